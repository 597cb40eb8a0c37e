"""Addresses that a platform tells, and may lie about: what is fetched from whom."""

import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from handlers.uploads import memory_file
from handlers.zalo import media
from handlers.zalo.media import Media

PUBLIC = "93.184.215.14"
PRIVATE = ["127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
           "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1",
           "ff02::1",
           "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:db8::1",
           "fec0::1"]  # fmt: skip


def a_file() -> httpx.Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"

    return httpx.Response(200, content=pieces())


class Wire:
    """Answers instead of strangers, and remembers who was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers, self.asked = list(answers), list[httpx.Request]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.pop(0)

    async def fetch(self, address: str, resolve: Callable[[str, int], Awaitable[list[str]]], **more: Any) -> str:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self), follow_redirects=False) as http:
            with memory_file() as file:
                return await Media(http, resolve=resolve, **more).fetch(address, file)


def behind(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """Names by number: each look gives the next address, and the last for ever."""
    left = list(addresses)

    async def resolve(host: str, port: int) -> list[str]:
        return [left.pop(0) if len(left) > 1 else left[0]]

    return resolve


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_address_of_a_private_network_is_asked(address: str) -> None:
    """Neither by its number nor by a name that means it, nor by a redirect."""
    assert not media.is_public(ipaddress.ip_address(address))
    wire = Wire()
    assert await wire.fetch("https://photo.example/x.jpg", behind(address)) == "broken"
    assert wire.asked == []
    there = Wire(httpx.Response(302, headers={"location": "https://other.example/y"}))
    assert await there.fetch("https://photo.example/x.jpg", behind(PUBLIC, address)) == "broken"
    assert len(there.asked) == 1


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1"]
)
async def test_a_number_is_read_however_it_is_written(host: str) -> None:
    """As the machine would read it when it connects."""
    wire = Wire()
    assert await wire.fetch(f"https://{host}/x", media.resolved) == "broken"
    assert wire.asked == []


async def test_one_private_address_among_public_ones_is_enough() -> None:
    """Which of them is connected to is nobody's to choose."""

    async def both(host: str, port: int) -> list[str]:
        return [PUBLIC, "10.0.0.1"]

    assert await Wire().fetch("https://photo.example/x.jpg", both) == "broken"


async def test_the_address_that_was_looked_at_is_the_one_that_is_asked() -> None:
    """A name that means another machine a moment later leads nowhere; the certificate is still the name's."""
    wire = Wire(a_file())
    assert await wire.fetch("https://photo.example:8443/x.jpg?y=1", behind(PUBLIC, "127.0.0.1")) == ""
    (request,) = wire.asked
    assert (request.url.host, request.url.port) == (PUBLIC, 8443)
    assert request.headers["host"] == "photo.example:8443"
    assert request.extensions["sni_hostname"] == "photo.example"


async def test_an_address_of_ipv6_is_asked_as_one() -> None:
    """In brackets."""
    wire = Wire(a_file())
    assert await wire.fetch("https://photo.example/x", behind("2606:4700::1111")) == ""
    assert str(wire.asked[0].url).startswith("https://[2606:4700::1111]/")


@pytest.mark.parametrize(
    "address",
    ["http://photo.example/x", "ftp://photo.example/x", "file:///etc/passwd", "https://a:b@photo.example/", "https://",
     "data:image/png;base64,AA", "//photo.example/x", "\x00", "https://[::1", "https://x:99999/"],
)  # fmt: skip
async def test_only_https_is_asked(address: str) -> None:
    """Also of a public address; and nothing that is no address makes an error."""
    wire = Wire()
    assert await wire.fetch(address, behind(PUBLIC)) == "broken"
    assert wire.asked == []


async def test_an_emulator_on_this_machine_counts_only_for_one() -> None:
    """And never makes the neighbours count."""
    assert await Wire(a_file()).fetch("http://127.0.0.1:9/x", media.resolved, local=True) == ""
    assert await Wire().fetch("http://127.0.0.1:9/x", media.resolved) == "broken"
    assert await Wire().fetch("http://10.0.0.1/x", media.resolved, local=True) == "broken"
    away = Wire(httpx.Response(302, headers={"location": "http://127.0.0.1:10/"}))
    assert await away.fetch("http://127.0.0.1:9/x", media.resolved, local=True) == "broken"


async def test_a_name_that_nobody_has_is_a_matter_of_now() -> None:
    """Asked for again it may be there."""

    async def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror

    assert await Wire().fetch("https://photo.example/x", nobody) == "busy"

"""Files that people sent, at addresses that a platform tells: such an address may lie, and is taken for a stranger's.

It is resolved, every address behind its name has to be a public one, and the connection goes to the very address that
was looked at: a name that means another machine a moment later leads nowhere. So does a redirect, looked at alike.
However long the answer says it is, no more than the largest file is read, and what it is tell its bytes, later.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from handlers.uploads import MemoryFile
from tips.evidence.limits import LARGEST

SECONDS: Final = 20.0  # for one file, redirects included
REDIRECTS: Final = 3
PORTS: Final = range(1, 65536)
OVER: Final = frozenset({403, 404, 410})  # how a platform says that it keeps a file no longer
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

log = logging.getLogger(__name__)
Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Refused(Exception):
    """An address that nothing is fetched from; why, in a word."""


def client() -> httpx.AsyncClient:
    """For strangers' servers: a connection is used once, so that none is mistaken for another name's."""
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=0)
    return httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False, limits=limits)


async def resolved(host: str, port: int) -> list[str]:
    """The addresses behind a name; behind a number, however it is written, that number's."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(it[4][0]) for it in found]


def is_public(ip: Ip) -> bool:
    """Whether an address is anybody's on the Internet, and not a way to this machine or its neighbours."""
    inside = _inside(ip)
    if inside is not None:
        return is_public(inside)
    near = ip.is_unspecified or ip.is_link_local or (isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local)
    return ip.is_global and not (near or ip.is_multicast or ip.is_reserved)


def _inside(ip: Ip) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for; None: it stands for itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    teredo = ip.teredo
    return ip.ipv4_mapped or ip.sixtofour or (teredo[1] if teredo else None)


@dataclass(frozen=True, slots=True)
class Media:
    """Fetches files.

    Args:
        local: the platform is an emulator on this machine: its own addresses on the loopback count too.
    """

    http: httpx.AsyncClient
    local: bool = False
    resolve: Resolve = resolved
    seconds: float = SECONDS

    async def fetch(self, address: str, file: MemoryFile) -> str:
        """Bring a file's bytes; why that cannot be, by a word of `evidence.kinds.REASONS`, or nothing."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._follow(httpx.URL(address), file)
        except (Refused, httpx.InvalidURL, httpx.RemoteProtocolError, ValueError) as error:
            log.warning("a file's address was refused: %s", type(error).__name__)
            return "broken"
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            log.warning("a file could not be fetched: %s", type(error).__name__)
            return "busy"

    async def _follow(self, first: httpx.URL, file: MemoryFile) -> str:
        url = first
        for _ in range(REDIRECTS + 1):
            ip = await self._looked_at(url, may_be_local=_origin(url) == _origin(first))
            async with self._opened(url, ip) as answer:
                if answer.status_code not in _MOVED:
                    return await _kept(answer, file)
                url = url.join(answer.headers.get("location", ""))
        raise Refused("redirects")

    async def _looked_at(self, url: httpx.URL, *, may_be_local: bool) -> Ip:
        """The address that a URL is asked for at."""
        port = _origin(url)[2]
        if url.scheme not in {"https", "http"} or not url.host or url.userinfo or port not in PORTS:
            raise Refused("no address")
        found = [ipaddress.ip_address(it.partition("%")[0]) for it in await self.resolve(url.host, port)]
        if not found:
            raise Refused("nobody")
        if self.local and may_be_local and all(it.is_loopback for it in found):
            return found[0]
        if url.scheme != "https" or not all(map(is_public, found)):
            raise Refused("not public")
        return found[0]

    @asynccontextmanager
    async def _opened(self, url: httpx.URL, ip: Ip) -> AsyncIterator[httpx.Response]:
        """The answer at this very address; name and certificate stay those of the URL."""
        headers = {"host": url.netloc.decode("ascii"), "accept-encoding": "identity"}
        extensions = {"sni_hostname": url.raw_host.decode("ascii")}
        request = self.http.build_request("GET", url.copy_with(host=str(ip)), headers=headers, extensions=extensions)
        answer = await self.http.send(request, stream=True)
        try:
            yield answer
        finally:
            await answer.aclose()


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


async def _kept(answer: httpx.Response, file: MemoryFile) -> str:
    if answer.status_code in OVER:
        return "expired"
    if answer.status_code != httpx.codes.OK:
        return "busy"
    async for piece in answer.aiter_raw():
        file.write(piece)
        if file.size > LARGEST:
            return "too_large"
    return ""

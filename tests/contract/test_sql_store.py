"""What is of the SQL store alone: rows that a hand was in, and processes that race for a lease in its database."""

import asyncio
import re
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from storage import Store
from storage.cases import queue_page
from storage.engine import Database, is_sqlite
from tests.contract.conftest import NOON, new_case
from tips.cases.case import NO_TIME, OPEN, QueueFilter, Sort


@pytest.mark.parametrize("garbage", [-9_000_000_000_000_000_000, -99_999_999_999_999])
async def test_a_time_that_is_none_hides_neither_its_case_nor_another(
    sql_store: Store, database_url: str, garbage: int
) -> None:
    """A hand was in the row: it reads as the oldest, so it is late and in its queue, and so are the others."""
    changes = [new_case(), new_case()]
    for change in changes:
        await sql_store.tips.submit(change)
    database = Database(database_url)
    async with database.write() as connection:
        for column in ("due_at", "received_at"):
            await connection.execute(
                sa.text(f"UPDATE tip SET {column} = :garbage WHERE id = :id"),
                {"garbage": garbage, "id": changes[0].case.id},
            )
    await database.close()
    found = await sql_store.cases.queue(["area-770"], QueueFilter(), 10, None)
    assert {row.id for row in found} == {change.case.id for change in changes}
    assert {due.id for due in await sql_store.cases.due(NOON + timedelta(days=9), 10)} == {row.id for row in found}
    assert (await sql_store.cases.get(changes[0].case.id, None)).due_at == NO_TIME


async def plan(url: str, statement: sa.Select[Any]) -> str:
    """How the database would answer; PostgreSQL may not take the whole table because it is small."""
    database = Database(url)
    async with database.write() as connection:
        words = "EXPLAIN QUERY PLAN " if is_sqlite(url) else "EXPLAIN "
        if not is_sqlite(url):
            for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort"):
                await connection.execute(sa.text(f"SET LOCAL enable_{way} = off"))
        sql = statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        rows = (await connection.execute(sa.text(words + str(sql).replace(":", "\\:")))).all()
    await database.close()
    return "\n".join(str(row[-1]) for row in rows)


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_first_pages_of_a_queue_come_out_of_its_index_in_their_order(
    sql_store: Store, database_url: str, *, backwards: bool
) -> None:
    """Nothing is sorted, and no other unit's row is looked at; the other way round as well."""
    told = await plan(database_url, queue_page(["area-770"], OPEN, 51, None, backwards=backwards))
    assert "ix_tip_queue" in told
    assert "TEMP B-TREE" not in told
    assert "Sort" not in told


@pytest.mark.parametrize("sort", Sort)
async def test_whatever_the_order_only_the_unit_s_open_cases_are_looked_at(
    sql_store: Store, database_url: str, sort: Sort
) -> None:
    """They are found by the unit; who may read is asked of each by an index."""
    told = await plan(database_url, queue_page(["area-770"], replace(OPEN, sort=sort), 51, None))
    assert "ix_tip_queue" in told or "ix_tip_unit_state" in told
    assert "ix_reading_grant" in told
    assert not re.search(r"SCAN|Seq Scan", told)


TAKER = """
import asyncio, os, sys
from datetime import UTC, datetime, timedelta
import storage
from tips.clock.leases import Leases
async def main():
    async with storage.open_store(sys.argv[1]) as store:
        now, taken = datetime(2026, 1, 1, tzinfo=UTC), 0
        leases = Leases(store.clockwork, bytes(32), lambda: now, os.urandom)
        for number in range(40):
            async with leases.turn("climb", now) as mine:
                taken += mine
            while (await leases.last("climb") or now - timedelta(1)) < now:
                await asyncio.sleep(0.001)
            now += timedelta(seconds=1)
        print(taken)
asyncio.run(main())
"""


async def test_each_slot_is_taken_once_however_many_processes_ask(sql_store: Store, database_url: str) -> None:
    """Three processes race for forty slots: forty are taken, none twice."""
    racing = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", TAKER, database_url, stdout=asyncio.subprocess.PIPE)
        for _ in range(3)
    ]
    taken = [int((await process.communicate())[0]) for process in racing]
    assert sum(taken) == 40

"""How many tips a second are sealed and durable, beside one-row commits of the ORM on the same store."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from bench.measure import Figure, at_least, paired
from storage import engine
from tests.fakes import databases, home, servers
from tips.intake.draft import Draft, Fragment

TASKS: Final = 64  # at once
TIPS: Final = 256  # in each round
ROUNDS: Final = 13
TEXT: Final = "ban ma tuy o karaoke duong le van sy q3"
# As many as make the bare side quickest here. SQLite writes one at a time, and more would wait in each other's way;
# on PostgreSQL commits of several share a sync.
CONNECTIONS: Final = {"SQLite": 2, "PostgreSQL": 16}
Item = TypeVar("Item")


class Line(SQLModel, table=True):
    """What the bare side commits."""

    __tablename__ = "bench_line"
    id: int | None = Field(default=None, primary_key=True)
    text: str


async def submit_sqlite() -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        return await _compared(Path(folder), "SQLite", "", f"sqlite+aiosqlite:///{folder}/bare.db")


async def submit_postgres() -> Figure:
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.postgres() as server,
        databases.on_server(server) as url,
        databases.on_server(server) as bare,
    ):
        return await _compared(Path(folder), "PostgreSQL", url, bare)


async def _compared(folder: Path, store: str, url: str, bare_url: str) -> Figure:
    async with home.opened(folder, url=url) as opened, _engine(bare_url, CONNECTIONS[store]) as bare:
        intake = opened.product.reception.intake
        triaged = opened.product.triager.triage(TEXT)
        readers = opened.product.roster().readers(triaged.route.chain)
        assert (len(readers.awake), len(readers.asleep)) == (1, 3), "not four grants, three of them asleep"

        promised = [it.code for it in (*readers.awake, *readers.asleep)]

        async def submitted(draft: Draft) -> None:
            await opened.product.store.tips.submit(intake.step(draft, triaged, promised))

        async def committed(text: str) -> None:
            async with AsyncSession(bare) as session:
                session.add(Line(text=text))
                await session.commit()

        async def ours() -> float:
            return await _rate([Draft(os.urandom(32), fragments=(Fragment(TEXT),)) for _ in range(TIPS)], submitted)

        async def ceiling() -> float:
            return await _rate([TEXT] * TIPS, committed)

        value, most = await paired(ours, ceiling, ROUNDS)
    how = (
        f"triaged tips with 4 grants through `tips.intake.submission`, {TASKS} tasks, median of {ROUNDS} rounds "
        f"of {TIPS}; "
        f"ceiling: one-row ORM commits by as many tasks over {CONNECTIONS[store]} connections, same {store} settings"
    )
    return at_least(value, most, "1/s", how)


@contextlib.asynccontextmanager
async def _engine(url: str, connections: int) -> AsyncIterator[AsyncEngine]:
    """An engine as bare as can be, with the table in it; on SQLite as durable as ours."""
    created = create_async_engine(url, pool_size=connections, max_overflow=0)
    if engine.is_sqlite(url):
        event.listen(created.sync_engine, "connect", engine.set_up)
    try:
        async with created.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        yield created
    finally:
        await created.dispose()


async def _rate(items: Sequence[Item], work: Callable[[Item], Awaitable[Any]]) -> float:
    """How many items a second so many tasks do, each taking the next one."""
    waiting = iter(items)

    async def task() -> None:
        for item in waiting:
            await work(item)

    start = time.perf_counter()
    await asyncio.gather(*(task() for _ in range(TASKS)))
    return len(items) / (time.perf_counter() - start)

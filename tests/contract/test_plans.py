"""How databases find what a turn needs: by a key, however many rows there are.

What is asked is taken from real turns, and explained by the database.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.engine import Database, is_sqlite
from tests.fakes.desk import acts, browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, QUAN, TRUC
from tests.fakes.words import DRUGS as TIP
from tips.clock.jobs import JobName

GROWING = (
    "tip",
    "envelope",
    "reading_grant",
    "event",
    "mailbox",
    "blob",
    "draft",
    "milestone",
    "outbox",
)  # with each tip
WHOLE = re.compile(r"(?:SCAN |Seq Scan on )(\w+)")
Asked = tuple[str, Any]


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, TRUC, QUAN), database_url) as home:
        yield home


@contextmanager
def overheard() -> Iterator[list[Asked]]:
    """What is asked of the database meanwhile, as the driver gets it."""
    asked: list[Asked] = []

    def hear(connection: sa.Connection, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
        asked.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)


async def whole_tables(url: str, asked: list[Asked]) -> set[tuple[str, str]]:
    """Which growing tables would be read whole, and for what; none may be because it is small."""
    database, found = Database(url), set()
    async with database.write() as connection:
        if not is_sqlite(url):
            await connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        words = "EXPLAIN QUERY PLAN " if is_sqlite(url) else "EXPLAIN "
        for statement, parameters in asked:
            if re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)\b", statement):
                one = parameters[0] if isinstance(parameters, list) else parameters
                rows = (await connection.exec_driver_sql(words + statement, one)).all()
                lines = [str(row[-1]) for row in rows]
                found |= {(it, statement) for line in lines for it in WHOLE.findall(line) if it in GROWING}
    await database.close()
    return found


async def citizens(office: Home) -> None:
    """A tip in two turns, its mailbox, and more words."""
    receipt = await office.citizen().sends(TIP)
    again = office.citizen("again")
    await again.says(receipt)
    await again.says("Thêm một ý: phòng số 6.")


async def officers(office: Home) -> None:
    """The first page, a case, an answer and a search."""
    async with browser(office) as client:
        await log_in(client, office, "an")
        case = re.search("/desk/case/([0-9a-f]{32})", (await client.get("/desk/")).text)
        assert case
        await acts(client, case[1], "claim")
        await acts(client, case[1], "answer", text="Đã nhận, cảm ơn.")
        assert (await client.get("/desk/search", params={"q": "karaoke"})).status_code == 200


async def clock(office: Home) -> None:
    """What it does every few minutes, but for what goes over all: who left since, and the week's early signs."""
    office.clock.forward(days=3)
    for job in office.product.jobs:
        if job.every < timedelta(hours=1) and job.name not in {JobName.FREE, JobName.EARLY_SIGNS}:
            await office.product.jobs.tick(job)


@pytest.mark.parametrize("turns", [citizens, officers, clock], ids=lambda it: it.__name__)
async def test_no_turn_reads_a_table_that_grows_with_each_tip(
    office: Home, database_url: str, turns: Callable[[Home], Awaitable[None]]
) -> None:
    """Each finds what it needs by a key, so that the millionth tip costs what the first did.

    But for the week's early signs, which a process counts once in ten minutes, if anybody looks.
    """
    if turns is not citizens:
        await citizens(office)
        await office.product.early_signs.seen_by(["area-770"])
    with overheard() as asked:
        await turns(office)
    assert len(asked) > 5
    assert await whole_tables(database_url, asked) == set()


async def test_a_table_that_is_read_whole_is_found_out(office: Home, database_url: str) -> None:
    """The test above would see it."""
    with overheard() as asked:
        await office.cases()
    assert {name for name, _ in await whole_tables(database_url, asked)} == {"tip"}

"""A desk that has a million tips: one page of its queue, and closing a month, beside bare SQL on the same file.

The rows are as narrow as the schema allows (the envelopes are not needed, each tip has one waking grant). They are
spread evenly over three years, all wards and as many categories as there are, and one in five is still open.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sqlite3
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import storage
from bench.measure import Figure, at_most, paired
from storage import migrate
from tests.fakes.people import full_roster
from tips.cases.case import OPEN
from tips.cases.milestones import DEADLINES, MISSED, TIMED, TIMES, Kind
from tips.crypto.keys import verify_key
from tips.organisation import units
from tips.organisation.roster import CLOCK, Roster
from tips.organisation.taxonomy import categories
from tips.statistics import periods, tables, work
from tips.statistics.archive import Archive
from tips.statistics.cells import Published
from tips.statistics.closing import Closing
from tips.statistics.figures import TOTAL

TIPS: Final = 1_000_000
PAGE: Final = 51  # what the desk asks for: a page, and whether there is another
QUEUE_ROUNDS: Final = 50
STATISTICS_ROUNDS: Final = 1  # a long one
MONTH: Final = "2024-06"
LEAST: Final = 5
FIRST_HOUR: Final = 470_000  # hours since 1970
HOURS: Final = 3 * 365 * 24

FILL: Final = f"""
    WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < {TIPS} - 1)
    INSERT INTO tip (id, unit, state, urgency, category, area, ward, received_at, level, opened, restricted, head)
    SELECT randomblob(16), 'area-' || area, iif(random() % 5, 'closed', 'screening'), 'P' || abs(random() % 4),
           category, area, ward, ({FIRST_HOUR} + abs(random() % {HOURS})) * 3600, 0, random() % 2 = 0, 0, zeroblob(32)
    FROM number JOIN place ON place.at = n % (SELECT count(*) FROM place)
                JOIN kind ON kind.at = n / (SELECT count(*) FROM place) % (SELECT count(*) FROM kind)
    ORDER BY 1
"""
WORK: Final = f"""
    INSERT INTO milestone (id, at, kind, unit, urgency, detail, took)
    SELECT randomblob(16), received_at, done.kind, unit, urgency,
           iif(done.kind = 'closed', 'unfounded', done.detail),
           iif(done.timed, json_extract('{json.dumps(TIMES)}', '$[' || abs(random() % {len(TIMES)}) || ']'), '')
    FROM tip CROSS JOIN done WHERE received_at >= ? AND received_at < ? ORDER BY 2, 1
"""
GRANTS: Final = """
    INSERT INTO reading_grant (envelope_id, reader, case_id, level, asleep, roster, sealed)
    SELECT id, unit, id, 0, 0, 1, zeroblob(32) FROM tip ORDER BY id
"""
BARE_QUEUE: Final = f"""
    SELECT * FROM tip WHERE unit = ? AND state != 'closed' ORDER BY urgency, opened, received_at, id LIMIT {PAGE}
"""
BARE_COUNTS: Final = """
    SELECT area, ward, category, urgency, state, opened, count(*)
    FROM tip WHERE received_at >= ? AND received_at < ? GROUP BY 1, 2, 3, 4, 5, 6
"""
FULLEST: Final = "SELECT unit FROM tip WHERE state != 'closed' GROUP BY unit ORDER BY count(*) DESC LIMIT 1"


async def queue_page() -> Figure:
    """What an officer of the fullest desk sees first."""
    async with storage.open_store(_url()) as store:
        with contextlib.closing(sqlite3.connect(_file())) as connection:
            (unit,) = connection.execute(FULLEST).fetchone()

            async def ours() -> float:
                start = time.perf_counter()
                page = await store.cases.queue((unit,), OPEN, PAGE, None)
                assert len(page) == PAGE
                return (time.perf_counter() - start) * 1000

            async def bare() -> float:
                start = time.perf_counter()
                page = connection.execute(BARE_QUEUE, (unit,)).fetchall()
                assert len(page) == PAGE
                return (time.perf_counter() - start) * 1000

            value, ceiling = await paired(ours, bare, QUEUE_ROUNDS)
    how = f"{PAGE} cases of the fullest desk among {TIPS:,} tips, median of {QUEUE_ROUNDS}; ceiling: one indexed SELECT"
    return at_most(value, ceiling, "ms", how)


async def month_close() -> Figure:
    """Closing a month of a city that has a million tips: one scan, and what makes it safe to publish."""
    organisation, signing = units.load("hcmc-districts"), os.urandom(32)
    async with storage.open_store(_url()) as store:
        with contextlib.closing(sqlite3.connect(_file())) as connection:

            async def ours() -> float:
                start = time.perf_counter()
                counts = tables.counted(await store.statistics.counts(*periods.bounds(MONTH)), organisation.areas)
                done = await store.statistics.milestones(*periods.bounds(MONTH))
                counts |= work.counted(done, organisation.units)
                closing = Closing(
                    store.statistics, _nobody, lambda: organisation.areas, LEAST, signing, _now, os.urandom
                )
                shown = closing.safe(MONTH, counts, Published())
                assert shown[TOTAL] == counts[TOTAL] == counts["step", "read"] > 0
                return time.perf_counter() - start

            async def bare() -> float:
                start = time.perf_counter()
                connection.execute(BARE_COUNTS, [int(it.timestamp()) for it in periods.bounds(MONTH)]).fetchall()
                return time.perf_counter() - start

            value, ceiling = await paired(ours, bare, STATISTICS_ROUNDS, warm_ups=0)
    how = f"a month of {TIPS:,} tips, and the work on them, counted and made safe; ceiling: one GROUP BY of the tips"
    return at_most(value, ceiling, "s", how)


async def statistics() -> Figure:
    """What every page of statistics reads: a closed month, its signature checked, beside the bare row."""
    organisation, signing = units.load("hcmc-districts"), os.urandom(32)
    people = replace(full_roster(organisation), processes={CLOCK: (verify_key(signing),)})
    async with storage.open_store(_url()) as store:
        closing = Closing(
            store.statistics, lambda: people, lambda: organisation.areas, LEAST, signing, _after, os.urandom
        )
        await closing.tick()
        with contextlib.closing(sqlite3.connect(_file())) as connection:

            async def ours() -> float:
                start = time.perf_counter()
                assert await Archive(store.statistics, lambda: people).figures()
                return (time.perf_counter() - start) * 1000

            async def bare() -> float:
                start = time.perf_counter()
                assert [json.loads(it) for (it,) in connection.execute("SELECT figures FROM period").fetchall()]
                return (time.perf_counter() - start) * 1000

            value, ceiling = await paired(ours, bare, QUEUE_ROUNDS)
    how = f"the figures of a closed month of {TIPS:,} tips, checked; ceiling: its row read as JSON"
    return at_most(value, ceiling, "ms", how)


def _nobody() -> Roster:
    raise AssertionError("nothing is signed here")


def _after() -> datetime:
    return datetime.fromtimestamp((FIRST_HOUR + 24 * 40) * 3600, UTC)


def _now() -> datetime:
    return datetime.now(UTC)


def _file() -> Path:
    return Path(_filled().name) / "tips.db"


def _url() -> str:
    return f"sqlite+aiosqlite:///{_file()}"


@functools.cache
def _filled() -> tempfile.TemporaryDirectory[str]:
    """The folder with the file, made once; it goes when the program ends."""
    folder = tempfile.TemporaryDirectory()
    file = Path(folder.name) / "tips.db"
    migrate.upgrade(f"sqlite+aiosqlite:///{file}")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")  # for the filling only: it is the connection's, not the file's
        _fill(connection)
    return folder


def _fill(connection: sqlite3.Connection) -> None:
    """All rows in one transaction, and the indexes after them."""
    areas = units.load("hcmc-districts").areas
    places = [(area, ward) for ward in areas.wards if (area := areas.district_of(ward))]
    found = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
    indexes = [row for table in ("tip", "reading_grant") for row in connection.execute(found, (table,)).fetchall()]
    connection.execute("CREATE TEMP TABLE place (at INTEGER PRIMARY KEY, area, ward)")
    connection.execute("CREATE TEMP TABLE kind (at INTEGER PRIMARY KEY, category)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO place VALUES (?, ?, ?)", [(at, *it) for at, it in enumerate(places)])
    connection.executemany("INSERT INTO kind VALUES (?, ?)", list(enumerate(categories())))
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute(FILL)
    connection.execute(GRANTS)
    connection.execute("CREATE TEMP TABLE done (kind, detail, timed)")
    ends = [(how, name, False) for how, name in zip((*[Kind.MET] * 3, *MISSED), DEADLINES, strict=True)]
    connection.executemany("INSERT INTO done VALUES (?, ?, ?)", [*((it, "", True) for it in TIMED), *ends])
    connection.execute(WORK, [int(it.timestamp()) for it in periods.bounds(MONTH)])
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")

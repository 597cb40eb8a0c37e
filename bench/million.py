"""A desk that has a million tips: one page of its queue, and the statistics, beside bare SQL on the same file.

The rows are as narrow as the schema allows (the envelopes are not needed, each tip has one waking grant). They are
spread evenly over three years, all wards and as many categories as there are, and one in five is still open.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Final

import storage
from bench.measure import Figure, at_most, paired
from storage import migrate
from tips.cases.case import OPEN
from tips.desk import statistics as published
from tips.organisation import units
from tips.organisation.taxonomy import categories

TIPS: Final = 1_000_000
PAGE: Final = 51  # what the desk asks for: a page, and whether there is another
QUEUE_ROUNDS: Final = 50
STATISTICS_ROUNDS: Final = 1  # a long one
BY: Final = ("month", "district", "category")
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
GRANTS: Final = """
    INSERT INTO reading_grant (envelope_id, reader, case_id, level, asleep, roster, sealed)
    SELECT id, unit, id, 0, 0, 1, zeroblob(32) FROM tip ORDER BY id
"""
BARE_QUEUE: Final = f"""
    SELECT * FROM tip WHERE unit = ? AND state != 'closed' ORDER BY urgency, opened, received_at, id LIMIT {PAGE}
"""
BARE_COUNTS: Final = """
    SELECT strftime('%Y-%m', received_at + 7 * 3600, 'unixepoch') AS month, area, category, count(*)
    FROM tip GROUP BY 1, 2, 3
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


async def statistics() -> Figure:
    """What the desk's page counts, small cells hidden; nothing warms up, because a round is long."""
    async with storage.open_store(_url()) as store:
        with contextlib.closing(sqlite3.connect(_file())) as connection:

            async def ours() -> float:
                start = time.perf_counter()
                published.table(await store.statistics.counts(None, None), BY)
                return time.perf_counter() - start

            async def bare() -> float:
                start = time.perf_counter()
                connection.execute(BARE_COUNTS).fetchall()
                return time.perf_counter() - start

            value, ceiling = await paired(ours, bare, STATISTICS_ROUNDS, warm_ups=0)
    how = (
        f"counts of {TIPS:,} tips by {', '.join(BY)} with small cells hidden, rounds: {STATISTICS_ROUNDS}; "
        "ceiling: one GROUP BY to the same cells"
    )
    return at_most(value, ceiling, "s", how)


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
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")

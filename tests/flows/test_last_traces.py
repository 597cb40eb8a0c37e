"""What is kept beside a tip tells no time finer than the hour, and what is destroyed is in no file of the database."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from storage import engine
from storage.tables import metadata
from tests.fakes import home
from tests.fakes.home import Home
from tests.fakes.words import DRUGS
from tips.clock.jobs import JobName
from tips.desk.actions import Fields
from tips.intake.reporter_notifications import Address
from tips.triage import Corrections

LONG = f"{DRUGS} " + "Khách ra vào đông lắm. " * 800  # several pages of a database
WINDOW = 48  # octets of a marker
NEAR = timedelta(days=400)


def behind(opened: Home) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of every table, past the product."""
    created = sa.create_engine(engine.sync_url(opened.settings.database_url))
    with created.connect() as connection:
        for table in metadata.sorted_tables:
            statement = sa.text(f"SELECT * FROM {table.name}")
            for row in connection.execute(statement).mappings():
                yield table.name, dict(row)
    created.dispose()


async def test_no_time_beside_a_tip_is_finer_than_its_hour(a_home: Home) -> None:
    """In no column of any row that names its case, and in no event: the minute of a message would find its sender."""
    a_home.clock.forward(minutes=17, seconds=23)
    receipt = await a_home.citizen().sends(DRUGS)
    case = (await a_home.case_of(receipt)).id
    a_home.clock.forward(minutes=5)
    await a_home.citizen().says(receipt)
    await a_home.citizen().says("Tối nay họ lại bán.")
    await a_home.product.review.open(await a_home.session("an"), case)
    now, seen = a_home.clock().timestamp(), 0
    for name, row in behind(a_home):
        if case not in row.values():
            continue
        times = [it for it in row.values() if type(it) is int and abs(it - now) < NEAR.total_seconds()]
        assert [it % 3600 for it in times] == [0] * len(times), name
        if name == "event":
            assert json.loads(row["body"])["at"].endswith(":00:00+00:00")
        seen += len(times)
    assert seen


def traces(folder: Path, markers: list[bytes]) -> dict[str, int]:
    """How many of these octets are in each file that holds any."""
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    counts = {name: sum(it in data for it in markers) for name, data in files.items()}
    return {name: count for name, count in counts.items() if count}


def windows(ciphertexts: list[bytes]) -> list[bytes]:
    """Some of each ciphertext: wherever its pages end, most of these lie within one."""
    return [it[at : at + WINDOW] for it in ciphertexts for at in range(0, len(it) - WINDOW + 1, 512)]


async def closed(opened: Home) -> tuple[bytes, list[bytes]]:
    """A long case that is closed, and markers of all its ciphertexts, which are in the home's files."""
    receipt = await opened.citizen().sends(LONG)
    case = (await opened.case_of(receipt)).id
    await opened.product.reporter_notifications.ask(case, Address("telegram", "5077001234", "vi"))
    officer, act = await opened.session("an"), opened.product.casework.act
    await act(officer, case, "accept")
    await act(officer, case, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
    await act(officer, case, "close")
    markers = sealed(opened, case)
    assert len(markers) > 40
    assert sum(traces(opened.settings.home, markers).values()) >= len(markers) - 3
    return case, markers


def sealed(opened: Home, case: bytes) -> list[bytes]:
    """Markers of everything that is sealed for a case."""
    rows = [row for name, row in behind(opened) if name in {"envelope", "reading_grant", "address"}]
    return windows([row["sealed"] for row in rows if row["case_id"] == case])


async def test_what_was_shredded_is_in_no_file_while_the_home_is_served(tmp_path: Path) -> None:
    """Neither in the database's own pages nor in what SQLite keeps beside them: not after the next restart, at once."""
    async with home.opened(tmp_path) as opened:
        _, destroyed = await closed(opened)
        receipt = await opened.citizen("another").sends(DRUGS)
        kept = sealed(opened, (await opened.case_of(receipt)).id)
        opened.clock.forward(days=91)
        assert await opened.product.retention.tick() == 1
        assert traces(opened.settings.home, destroyed) == {}
        assert sum(traces(opened.settings.home, kept).values()) >= len(kept) - 3


async def test_what_a_long_reading_held_in_the_log_is_gone_minutes_after_it_ends(tmp_path: Path) -> None:
    """A backup is being written while a case is shredded: that goes on, and the next round leaves no trace."""
    async with home.opened(tmp_path) as opened:
        _, destroyed = await closed(opened)
        opened.clock.forward(days=91)
        with closing(sqlite3.connect(engine.sqlite_path(opened.settings.database_url))) as reading:
            reading.execute("BEGIN")
            reading.execute("SELECT * FROM envelope").fetchone()
            assert await opened.product.retention.tick() == 1
        (minutely,) = [it for it in opened.product.jobs if it.name == JobName.DRAFTS]
        await opened.product.jobs.tick(minutely)
        assert traces(opened.settings.home, destroyed) == {}


async def test_keys_that_were_taken_from_the_accused_are_in_no_file(tmp_path: Path) -> None:
    """Their own seed opens them still: a case that is sealed anew leaves nothing of what it was before."""
    async with home.opened(tmp_path) as opened:
        receipt = await opened.citizen().sends(LONG)
        case = (await opened.case_of(receipt)).id
        before = sealed(opened, case)
        fields = Fields(corrections=Corrections(accused=("duty",)))
        await opened.product.casework.act(await opened.session("an"), case, "correct", fields)
        assert "duty" not in {it.reader for it in await opened.grants(case)}
        assert traces(opened.settings.home, before) == {}


async def test_keys_that_the_clock_took_from_the_accused_are_in_no_file(tmp_path: Path) -> None:
    """The case climbs past them before anybody seals it anew: the key that slept for them is gone at once."""
    async with home.opened(tmp_path) as opened:
        citizen = opened.citizen()
        receipt = await citizen.sends(DRUGS)
        case = (await opened.case_of(receipt)).id
        theirs = windows([it.sealed for it in await opened.grants(case) if it.reader == "duty"])
        await citizen.says(receipt)
        await citizen.says("Trực ban hình sự PC01 Công an thành phố nhận tiền của quán này mỗi tháng.")
        assert traces(opened.settings.home, theirs) != {}
        opened.clock.forward(days=3)
        assert await opened.product.escalation.tick() == 1
        assert traces(opened.settings.home, theirs) == {}

"""SQLite lets any type lie in any column: what a hand puts there is an edit like others, and hides nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.commands import doctor
from storage import engine, tables
from tests.fakes import desk
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, KIEM, QUAN, TRUC_COORDINATES
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_clock import behind
from tests.flows.test_insider import looks, sent
from tips import errors
from tips.clock import rounds

KINDS = {
    "text": "'x'",
    "octets": "x'6475'",
    "text that is no UTF-8": "CAST(x'ff41' AS TEXT)",
    "the largest number": "9223372036854775807",
    "a number that is no whole one": "1.5e300",
    "the same as text": "CAST({column} AS TEXT)",
    "the same as octets": "CAST({column} AS BLOB)",
}
OF_CASES = ("tip", "reading_grant", "mailbox", "envelope", "event")
LOST = {  # rows of a case without which nobody can tell, or open, what was sent: as if they were deleted
    *{("tip", "id"), ("reading_grant", "sealed")},
    *{("envelope", name) for name in ("id", "case_id", "sealed")},
    *{("event", name) for name in ("leaf", "case_id", "body", "signature")},
}


@pytest.fixture
async def loose(tmp_path: Path) -> AsyncIterator[Home]:
    """A home on SQLite."""
    async with opened(tmp_path, (AN, TRUC_COORDINATES, KIEM, QUAN)) as home:
        yield home


def puts(home: Home, table: str, column: str, value: str, case: bytes | None = None) -> None:
    """A value into a column, of a case's rows or all; no constraint is in the way of who owns the database."""
    key = "id" if table == "tip" else "case_id"
    created = sa.create_engine(engine.sync_url(home.settings.database_url))
    with created.begin() as connection:
        for pragma in ("ignore_check_constraints=ON", "foreign_keys=OFF"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        said = f"UPDATE OR IGNORE {table} SET {column} = {value.format(column=column)}"
        connection.execute(sa.text(f"{said} WHERE {key} = :case" if case else said), {"case": case} if case else {})
    created.dispose()


def columns(*names: str) -> list[tuple[str, str]]:
    return [(name, it.name) for name in names for it in tables.metadata.tables[name].columns]


async def pages(home: Home) -> None:
    """Every page that lists cases, and all that the clock does."""
    async with desk.browser(home) as client:
        for name in ("an", "truc", "kiem"):
            await desk.log_in(client, home, name)
            for page in ("/desk", "/desk?tab=closed", *(["/desk/ledger"] if name == "kiem" else [])):
                assert (await client.get(page)).status_code == 200, (name, page)
    for job in home.product.jobs:
        await home.product.jobs.tick(job)


@pytest.mark.parametrize("value", KINDS.values(), ids=KINDS.keys())
async def test_a_value_of_another_type_is_named_and_set_right_and_hides_no_other_case(loose: Home, value: str) -> None:
    """One case for every column of every table of cases, and one that nobody touched."""
    places = columns(*OF_CASES)
    rows = {place: (await sent(loose, f"{TIP} Tầng {number}."))[1] for number, place in enumerate(places)}
    code, untouched = await sent(loose)
    for place, row in rows.items():
        puts(loose, *place, value, row.id)
    problems = (await loose.product.audit()).problems
    assert not any(untouched.id.hex() in it for it in problems)
    with suppress(errors.NotVerified):
        await doctor.CHECKS["ledger"](loose.product)
    await pages(loose)
    for _ in range(3):
        await looks(loose)
        await loose.product.escalation.tick()
    report = await loose.product.audit()
    wrong = {place for place, row in rows.items() if any(row.id.hex() in it for it in report.problems)}
    assert wrong <= LOST
    loose.clock.forward(days=10)
    for _ in range(2):
        await looks(loose)
        await loose.product.escalation.tick()
    found = {it.id: it.unit for it in await loose.cases()}
    stays = {place for place, row in rows.items() if found.get(row.id) in {None, "area-770"}}
    assert stays <= LOST
    assert found[untouched.id] != "area-770"
    assert (await loose.product.mailboxes.read(code)).case.id == untouched.id
    before = {it.leaf for it in await loose.product.store.ledger.waiting()}
    await looks(loose)
    assert {it.leaf for it in await loose.product.store.ledger.waiting()} == before


BESIDE = sorted(set(tables.metadata.tables) - {*OF_CASES, "person", "session", "unit_seed", "officer_chat"})


@pytest.mark.parametrize("value", KINDS.values(), ids=KINDS.keys())
async def test_what_lies_beside_the_cases_stops_no_page_and_no_clock(loose: Home, value: str) -> None:
    """Every column of every other table, one after the other: notes, leases, tallies, rosters, periods."""
    _, row = await sent(loose)
    _, spoilt = await sent(loose, f"{TIP} Tầng hai.")
    puts(loose, "event", "body", "'x'", spoilt.id)
    await looks(loose)
    for name in BESIDE:
        for place in columns(name):
            with suppress(sa.exc.IntegrityError):  # `roster.version` is SQLite's own number of the row, and strict
                puts(loose, *place, value)
        loose.clock.forward(hours=1)
        await loose.product.audit()
        await pages(loose)
    loose.clock.forward(days=10)
    await pages(loose)
    await looks(loose)
    await loose.product.escalation.tick()
    assert (await loose.case(row.id)).unit != "area-770"


async def test_a_page_goes_on_from_no_place_that_is_none(loose: Home) -> None:
    """A due time of half a second, where nothing sets it right, would lead the clock to the first page for ever."""
    _, row = await sent(loose)
    behind(loose, "UPDATE tip SET due_at = 1000000.5 WHERE id = :id", id=row.id)
    behind(loose, "DELETE FROM event WHERE case_id = :id", id=row.id)
    await asyncio.wait_for(loose.product.escalation.tick(), 20)
    await asyncio.wait_for(loose.product.escalation.tick_all(), 20)
    assert [it.case for it in await loose.stuck()] == [row.id]


async def test_no_number_of_rows_without_an_id_hides_the_cases_behind_them(loose: Home) -> None:
    """A whole page of them, at the front of what the clock goes over and behind any true one, were they octets."""
    _, row = await sent(loose)
    names = ", ".join(it.name for it in tables.metadata.tables["tip"].columns if it.name != "id")
    for number in range(rounds.BATCH + 1):
        copy = f"INSERT INTO tip (id, {names}) SELECT CAST(x'7f' || {number} AS TEXT), {names} FROM tip WHERE id = :id"
        behind(loose, copy, id=row.id)
    behind(loose, "UPDATE tip SET due_at = due_at + 86400000 WHERE id = :id", id=row.id)
    loose.clock.forward(days=10)
    await looks(loose)
    assert (await loose.case(row.id)).unit != "area-770"

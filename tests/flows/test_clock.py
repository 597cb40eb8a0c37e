"""What time does goes on whatever happens to one case, one process, one clock, or the table of slots."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.commands import doctor
from bot.serve import scheduler
from storage import engine
from tests.fakes import desk, served
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, KIEM, QUAN, TRUC_COORDINATES
from tests.fakes.words import DRUGS as TIP
from tips.cases import case, deadlines
from tips.clock import rounds
from tips.clock.jobs import Job, JobName
from tips.desk.actions import Fields

PEOPLE = (AN, TRUC_COORDINATES, KIEM, QUAN)
FAR = 10**16  # seconds: no year that a program knows


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, PEOPLE, database_url) as home:
        yield home


def behind(home: Home, statement: str, **values: Any) -> list[Any]:
    """A hand in the database, past the product."""
    created = sa.create_engine(engine.sync_url(home.settings.database_url))
    with created.begin() as connection:
        done = connection.execute(sa.text(statement), values)
        found = list(done.all()) if done.returns_rows else []
    created.dispose()
    return found


async def sent(home: Home, many: int) -> list[bytes]:
    """So many tips; their ids in the order of the queue."""
    for number in range(many):
        await home.citizen(f"neighbour {number}").sends(TIP)
    return [it.id for it in await home.product.review.queue(await home.session("an"))]


async def at(home: Home, unit: str) -> set[bytes]:
    return {it[0] for it in behind(home, "SELECT id FROM tip WHERE unit = :unit", unit=unit)}


def job(home: Home, name: str) -> Job:
    return next(it for it in home.product.jobs if it.name == name)


BREAKS = {
    "its envelope is gone": "DELETE FROM envelope WHERE case_id = :id",
    "its unit is none": "UPDATE tip SET unit = 'no such unit' WHERE id = :id",
}


UPWARD = ("area-770", "duty", "vks-tp", "vks-tc", "held")
NAMES = {"area-770": "an", "duty": "truc", "vks-tp": "kiem"}


@pytest.mark.parametrize("written", ["1", "2", "3", "13", "123"])
async def test_what_is_written_at_a_level_never_sends_a_case_down_again(office: Home, written: str) -> None:
    """Pieces that were sealed on the way number their readers anew; the order of the levels is the tip's."""
    (case_id,) = await sent(office, 1)
    climbed = ["area-770"]
    for level in range(1, 6):
        office.clock.forward(days=40)
        await office.product.jobs.tick(job(office, "climb"))
        climbed.append(behind(office, "SELECT unit FROM tip WHERE id = :id", id=case_id)[0][0])
        if str(level) in written and climbed[-1] in NAMES:
            officer = await office.session(NAMES[climbed[-1]])
            await office.product.casework.act(officer, case_id, "note", Fields("xem kỹ vụ này"))
    ranks = [UPWARD.index(unit) for unit in climbed]
    assert ranks == sorted(ranks)
    assert climbed[-1] == climbed[-2], "a case at the top stays there"


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS.keys())
async def test_a_case_that_does_not_open_holds_no_other_back(office: Home, broken: str) -> None:
    """The other five climb in the same tick; what failed is counted, said by `doctor`, and seen at the desk."""
    ids = await sent(office, 6)
    behind(office, "UPDATE tip SET due_at = due_at - 3600 WHERE id = :id", id=ids[3])  # the first in line
    behind(office, broken, id=ids[3])
    office.clock.forward(days=2)
    assert await office.product.jobs.tick(job(office, "climb")) >= 5
    assert await at(office, "duty") >= set(ids) - {ids[3]}
    stuck = await office.stuck()
    if "no such unit" not in broken:  # that one could be helped
        assert [(it.job, it.case) for it in stuck] == [("climb", ids[3])]
        assert case.code_of(ids[3]) in await doctor.CHECKS["cases"](office.product)


async def test_what_failed_is_seen_by_overseers_and_admins_without_a_word_of_it(office: Home) -> None:
    """Which job, which case, since when; officers see nothing of it; once mended it climbs, and the list is empty."""
    ids = await sent(office, 2)
    (tip,) = await office.envelopes(ids[0])
    behind(office, "UPDATE envelope SET case_id = :other WHERE id = :id", id=tip.id, other=ids[1])
    office.clock.forward(days=2)
    first = office.clock()
    for _ in range(2):
        await office.product.escalation.tick()
        office.clock.forward(hours=1)
    for name in ("kiem", "quan"):
        async with desk.browser(office) as client:
            await desk.log_in(client, office, name)
            page = (await client.get("/desk/ledger")).text
            assert f"<td>lên cấp trên</td><td>{case.code_of(ids[0])}</td>" in page
            assert first.astimezone(deadlines.CITY).strftime("%H:%M %d/%m/%Y") in page
            assert "karaoke" not in page
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "an")
        assert (await client.get("/desk/ledger")).status_code == 404
    behind(office, "UPDATE envelope SET case_id = :own WHERE id = :id", id=tip.id, own=ids[0])
    assert await office.product.escalation.tick() == 1
    assert await office.stuck() == []


async def test_a_page_full_of_failures_hides_nothing_behind_it(office: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest late are all broken, more of them than one look takes: the next one still climbs."""
    monkeypatch.setattr(rounds, "BATCH", 2)
    ids = await sent(office, 6)
    for broken in ids[:5]:
        behind(office, "UPDATE tip SET due_at = due_at - 3600 WHERE id = :id", id=broken)
        behind(office, "DELETE FROM envelope WHERE case_id = :id", id=broken)
    office.clock.forward(days=2)
    assert await office.product.escalation.tick() == 1
    assert await at(office, "duty") == {ids[5]}
    assert len(await office.stuck()) == 5


@pytest.mark.parametrize("column", ["received_at", "due_at"])
async def test_a_case_whose_time_is_none_climbs_with_the_others(office: Home, column: str) -> None:
    """What a hand wrote there reads as the oldest time: the case is late, and nothing is held up."""
    ids = await sent(office, 3)
    behind(office, f"UPDATE tip SET {column} = {-(10**18)} WHERE id = :id", id=ids[1])
    office.clock.forward(days=2)
    assert await office.product.jobs.tick(job(office, "climb")) == 3
    assert await at(office, "duty") >= set(ids)
    assert await office.stuck() == []
    assert {row.id for row in await office.product.review.queue(await office.session("truc"))} >= set(ids)


async def test_a_case_that_cannot_be_shredded_keeps_no_other_from_it(office: Home) -> None:
    """Retention goes on case by case; one in whose rows a hand was is set right, and waits until it has been read."""
    ids = await sent(office, 3)
    session = await office.session("an")
    for id_ in ids:
        await office.product.casework.act(session, id_, "accept")
        await office.product.casework.act(session, id_, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
        await office.product.casework.act(session, id_, "close")
    behind(office, f"UPDATE tip SET due_at = {-FAR} WHERE id = :id", id=ids[1])
    office.clock.forward(days=91)
    assert await office.product.jobs.tick(job(office, "shred")) == 2
    assert behind(office, "SELECT DISTINCT case_id FROM envelope") == [(ids[1],)]
    assert await office.product.jobs.tick(job(office, "shred")) == 0
    await office.product.review.open(session, ids[1])
    office.clock.forward(hours=1)
    assert await office.product.jobs.tick(job(office, "shred")) == 1


async def test_a_case_whose_events_do_not_hold_silences_no_reminder(office: Home) -> None:
    """Of two urgent cases that were read and not taken, one has a broken event: the other is told of again."""
    ids = await sent(office, 2)
    for id_ in ids:
        await office.product.review.open(await office.session("an"), id_)
    behind(office, "UPDATE event SET body = signature WHERE case_id = :id", id=ids[0])
    office.clock.forward(hours=1)
    await office.product.reminders.tick()
    pings = await office.pings()
    assert [it.kind for it in pings].count("unattended") == 1
    assert [(it.job, it.case) for it in await office.stuck()] == [("repeat", ids[0])]


# --- slots ---------------------------------------------------------------------------------------------------------


async def test_rows_that_somebody_filled_in_stop_nothing(office: Home) -> None:
    """A slot for every quarter of an hour of a month, past, present and to come, and leases without an end."""
    ids = await sent(office, 2)
    office.clock.forward(days=2)
    now = int(office.clock().timestamp()) // 900 * 900
    for name in [it.name for it in office.product.jobs]:
        for number in range(-200, 200):
            until = FAR if number % 2 else None
            behind(
                office,
                "INSERT INTO job_run (name, slot, until) VALUES (:name, :slot, :until)",
                name=name, slot=now + number * 900, until=until,
            )  # fmt: skip
    assert await office.product.jobs.tick(job(office, "climb")) == 2
    assert await at(office, "duty") == set(ids)
    assert await office.product.jobs.tick(job(office, "climb")) == 0
    assert behind(office, "SELECT count(*) FROM job_run WHERE name = 'climb'") == [(1,)]


async def test_a_clock_that_ran_ahead_and_was_set_back_stops_nothing(office: Home) -> None:
    """The slots of a year to come were done: today's late case climbs all the same."""
    office.clock.forward(days=365)
    for it in office.product.jobs:
        await office.product.jobs.tick(it)
    office.clock.forward(days=-363)
    await sent(office, 1)
    office.clock.forward(days=1)
    assert await office.product.jobs.tick(job(office, "climb")) == 1
    assert await office.product.jobs.tick(job(office, "climb")) == 0


def test_ticks_that_a_clock_set_back_left_in_the_future_come_at_once() -> None:
    """To the scheduler, three hours back look like a next tick in three hours."""
    now = datetime.now(UTC)
    ticking = AsyncIOScheduler(timezone="UTC")
    for name, ahead in (("far", 3 * 3600), ("near", 9)):
        begin = now + timedelta(seconds=ahead)
        ticking.add_job(len, IntervalTrigger(seconds=10), args=("",), id=name, next_run_time=begin)
    ticking._eventloop = asyncio.new_event_loop()
    ticking.start(paused=True)
    scheduler.catch_up(ticking, now)
    assert ticking.get_job("far").next_run_time == now
    assert ticking.get_job("near").next_run_time == now + timedelta(seconds=9)
    ticking.shutdown(wait=False)


DYING = """
import asyncio, os, sys
from datetime import datetime
import storage
from tips.clock.leases import Leases
async def main():
    now = datetime.fromisoformat(sys.argv[3])
    async with storage.open_store(sys.argv[1]) as store:
        leases = Leases(store.clockwork, bytes.fromhex(sys.argv[2]), lambda: now, os.urandom)
        async with leases.turn("climb", datetime.fromisoformat(sys.argv[4])) as mine:
            os._exit(17 if mine else 1)
asyncio.run(main())
"""


async def test_the_slot_of_a_process_that_died_is_taken_over_in_minutes(office: Home) -> None:
    """It began to climb and was killed; another does it within the same slot, not while the first may be alive."""
    await sent(office, 1)
    office.clock.forward(days=2)
    climb = job(office, "climb")
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DYING, office.settings.database_url, office.product.leases.key.hex(),
        office.clock().isoformat(), climb.slot(office.clock()).isoformat(), cwd=served.ROOT,
    )  # fmt: skip
    assert await dying.wait() == 17
    assert await office.product.jobs.tick(climb) == 0
    office.clock.forward(minutes=3)
    assert climb.slot(office.clock()) == climb.slot(office.clock() - timedelta(minutes=3))
    assert await office.product.jobs.tick(climb) == 1
    assert await office.product.jobs.tick(climb) == 0


async def test_a_job_that_fails_may_be_tried_again_at_once(office: Home) -> None:
    """Its slot is not used up by the error."""
    calls = []

    async def work() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError
        return 7

    failing = Job(JobName.ESCALATE, timedelta(minutes=15), work)
    with contextlib.suppress(ValueError):
        await office.product.jobs.tick(failing)
    assert [await office.product.jobs.tick(failing) for _ in range(2)] == [7, 0]


async def test_no_table_grows_with_time_alone(office: Home) -> None:
    """Two days of every job and every look: as many rows as there are jobs."""
    every = replace(job(office, "sessions"), name="notices", every=timedelta(minutes=1))
    jobs = (*office.product.jobs, every)
    for _ in range(60):
        for it in jobs:
            await office.product.jobs.tick(it)
        office.clock.forward(minutes=49)
    assert behind(office, "SELECT count(*) FROM job_run") == [(len(jobs),)]
    assert behind(office, "SELECT count(*) FROM stuck") == [(0,)]

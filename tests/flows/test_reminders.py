"""Reminders of deadlines: of a long term once a third of it is left, of a short one three hours before; each once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.home import Home, opened
from tests.fakes.people import AN, BA, KIEM
from tests.fakes.words import DRUGS as TIP
from tips.cases import deadlines
from tips.cases.case import Case
from tips.desk.actions import Fields
from tips.organisation import units
from tips.organisation.working_days import USUAL

FRIDAY = datetime(2026, 11, 27, 10, tzinfo=UTC)  # five in the afternoon in the city


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, BA, KIEM), database_url) as home:
        yield home


async def does(home: Home, *acts: str, by: str = "an", **fields: str) -> Case:
    """Acts on the one case, one after the other."""
    session, row = await home.session(by), await home.the_case()
    for act in acts:
        row = await home.product.casework.act(session, row.id, act, Fields(**fields))
    return row


async def reminded(home: Home, last: int) -> list[float]:
    """How many hours before the deadline people are reminded of it, looked for in each of the last so many hours."""
    row = await home.the_case()
    assert row.due_at
    home.clock.moment = row.due_at - timedelta(hours=last, minutes=-7)
    told = set[bytes]()
    found = []
    while home.clock() < row.due_at:
        await home.product.reminders.tick()
        new = {it.id for it in await home.product.store.outbox.due(home.clock(), 99) if it.kind == "due"} - told
        told |= new
        found += [(row.due_at - home.clock()) // timedelta(hours=1) + 1] * len(new)
        home.clock.forward(hours=1)
    return found


async def test_a_short_term_is_reminded_of_three_hours_before(office: Home) -> None:
    """The day of screening."""
    await office.citizen().sends(TIP)
    await does(office, "claim")
    assert await reminded(office, 26) == [3]


async def test_twenty_days_are_reminded_of_once_a_third_is_left(office: Home) -> None:
    """Six days and sixteen hours before, once, and not again when three hours are left."""
    await office.citizen().sends(TIP)
    await does(office, "claim", "accept", "verify")
    assert await reminded(office, 190) == [160]


async def test_three_working_days_are_reminded_of_when_the_second_one_ends(office: Home) -> None:
    """From a Friday's morning: on Monday at five, a day before; over a weekend that is none of the days."""
    office.clock.moment = FRIDAY - timedelta(hours=8)
    await office.citizen().sends(TIP)
    row = await does(office, "claim", "accept")
    assert row.due_at == FRIDAY + timedelta(days=5)
    assert await reminded(office, 120) == [24]


async def test_an_extension_is_a_term_of_its_own(office: Home) -> None:
    """Twenty of its sixty days are left; at the third of the twenty days nothing is said once more."""
    await office.citizen().sends(TIP)
    await does(office, "claim", "accept", "verify")
    await does(office, "extend", by="ba", text="phải xác minh ở nhiều nơi")
    assert await reminded(office, 484) == [480]


@pytest.mark.parametrize(("left", "hours"), [(300, [160]), (100, [3])])
async def test_what_goes_on_after_a_suspension_is_reminded_of_by_what_is_left(
    office: Home, left: int, hours: list[float]
) -> None:
    """With more than the third at the third; with less, whose other reminder has gone by, three hours before."""
    await office.citizen().sends(TIP)
    row = await does(office, "claim", "accept", "verify")
    assert row.due_at
    office.clock.moment = row.due_at - timedelta(hours=left, minutes=-1)
    await does(office, "suspend", by="ba", text="chờ giám định")
    office.clock.forward(days=40)
    await does(office, "resume", by="ba")
    assert await reminded(office, min(left - 2, 190)) == hours


def test_every_term_has_one_hour_in_which_it_is_reminded_of() -> None:
    """Whatever the length, no two hours are for one deadline; and it lies before the end."""
    hours = [FRIDAY + timedelta(hours=at) for at in range(-24 * 9, 24 * 9)]
    for length in units.load().terms.lengths():
        ends = [end for hour in hours if (end := deadlines.reminded_of(USUAL, length, hour))]
        assert len(ends) == len(set(ends)) > 0
        for hour in hours:
            end = deadlines.reminded_of(USUAL, length, hour)
            assert end is None or end > hour


@pytest.mark.parametrize(
    ("length", "end"),
    [
        (None, timedelta(hours=3)),
        ({"hours": 24}, timedelta(hours=3)),
        ({"hours": 25}, timedelta(hours=9)),
        ({"days": 3}, timedelta(days=1)),
        ({"days": 14}, timedelta(hours=112)),
        ({"days": 20}, timedelta(hours=160)),
        ({"days": 60}, timedelta(days=20)),
        ({"working_days": 3}, timedelta(days=3)),  # Monday
        ({"working_days": 6}, timedelta(days=4)),
    ],
)
def test_a_third_is_of_the_whole_term(length: dict[str, int] | None, end: timedelta) -> None:
    """In whole hours; working days over a weekend."""
    assert deadlines.reminded_of(USUAL, length, FRIDAY) == FRIDAY + end

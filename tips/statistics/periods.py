"""Months, quarters and years by their names: `2026-11`, `2026-Q4`, `2026`; each is the sum of the next smaller."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import datetime

from tips.cases.deadlines import CITY
from tips.statistics.cells import Key, Sum


def closed_with(month: str) -> tuple[str, ...]:
    """What ends with a month: itself, and the quarter and the year whose last it is."""
    year, number = _split(month)
    quarter = (f"{year}-Q{number // 3}",) if number % 3 == 0 else ()
    return (month, *quarter, *((year,) if number == 12 else ()))


def parts(period: str) -> tuple[str, ...]:
    """The months of a quarter, the quarters of a year; a month has none."""
    year, _, rest = period.partition("-")
    if not rest:
        return tuple(f"{year}-Q{quarter}" for quarter in range(1, 5))
    if rest.startswith("Q"):
        last = int(rest[1:]) * 3
        return tuple(f"{year}-{month:02}" for month in range(last - 2, last + 1))
    return ()


def over_time(period: str, places: Iterable[Key], known: Container[Key] | None = None) -> list[Sum]:
    """That each cell of a quarter or year is the sum of its parts' cells, as far as those are published.

    Args:
        period: a month is the sum of nothing.
        places: the keys without their period; a cell's key is its period, then its place.
        known: every cell that is published, where not all of the parts' are: of a first year that is not whole, or
            of a table that only longer periods have.
    """
    of = parts(period)
    cells = ((place, tuple((part, *place) for part in of)) for place in places)
    kept = ((place, tuple(it for it in several if known is None or it in known)) for place, several in cells)
    return [Sum((period, *place), several) for place, several in kept if several]


def year_of(period: str) -> str:
    """The year that a period lies in."""
    return period[:4]


def months(period: str) -> tuple[str, ...]:
    """The months of a period."""
    of = parts(period)
    return tuple(month for part in of for month in months(part)) if of else (period,)


def around(month: str) -> tuple[str, ...]:
    """The quarter and the year that a month lies in."""
    year, number = _split(month)
    return f"{year}-Q{(number + 2) // 3}", year


def inside(period: str) -> Iterator[str]:
    """Every period that is a part of one, or of one of its parts."""
    for part in parts(period):
        yield part
        yield from inside(part)


def month_of(moment: datetime) -> str:
    """The city's month in which a moment is."""
    return f"{moment.astimezone(CITY):%Y-%m}"


def is_month(period: str) -> bool:
    """Whether a period is a month: the only one that is counted; the others add up."""
    return len(period) == len("2026-11") and period[5:].isdecimal()


def bounds(month: str) -> tuple[datetime, datetime]:
    """The moments, by the city's clock, from which and before which a month lasts."""
    year, number = _split(month)
    return _begins(int(year), number), _begins(int(year), number + 1)


def over(first: datetime, now: datetime) -> Iterator[str]:
    """Every period from the month of a moment on that is over, in the order in which they end; parts first."""
    local = first.astimezone(CITY)
    year, number = local.year, local.month
    while _begins(year, number + 1) <= now:
        yield from closed_with(f"{year}-{number:02}")
        year, number = year + number // 12, number % 12 + 1


def _begins(year: int, month: int) -> datetime:
    """The start of a month; 13 is the next year's first."""
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=CITY)


def _split(month: str) -> tuple[str, int]:
    year, _, number = month.partition("-")
    if not (number.isdecimal() and 1 <= int(number) <= 12):
        raise ValueError("no month")
    return year, int(number)

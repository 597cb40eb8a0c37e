"""Working days: weekends and public holidays are off, unless a decision of the government's swapped them. Pure.

The government moves working days each year (nghỉ bù, hoán đổi): what a library knows of that is as old as the library.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

MOST_IN_A_ROW: Final = 11  # days off in a row, with the weekends about them
MOST_A_YEAR: Final = 12  # days that are given off by decisions, and as many that are worked instead
LONGEST_TERM: Final = 13  # working days in one term: what a calendar is held to
_WEEKEND: Final = 5  # Saturday, as Python counts
_ABOUT: Final = timedelta(days=60)  # before and after a day, in which it can lengthen a term


def most_days(working_days: int) -> int:
    """How many days of the calendar so many working days can take, wherever they begin."""
    return math.ceil(working_days * 7 / 5) + MOST_IN_A_ROW


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked: as usual, but for what decisions of the government's say."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()  # although it is a weekend or a holiday

    def works(self, day: date) -> bool:
        """Whether a day is worked."""
        return day in self.worked or (day not in self.off and is_usually_worked(day))

    def is_sane(self) -> bool:
        """Whether no day is both, no year has too many, and no term takes longer than a person's step may give."""
        years = [[day.year for day in days] for days in (self.off, self.worked)]
        few = all(listed.count(year) <= MOST_A_YEAR for listed in years for year in set(listed))
        return few and not self.off & self.worked and all(map(self._is_short_about, self.off))

    def _is_short_about(self, day: date) -> bool:
        days = (day + timedelta(days=at) for at in range(-_ABOUT.days, _ABOUT.days))
        worked = [it for it in days if self.works(it)]
        return all((there - here).days <= MOST_IN_A_ROW + 1 for here, there in itertools.pairwise(worked)) and all(
            (there - here).days <= most_days(term)
            for term in range(1, LONGEST_TERM + 1)
            for here, there in zip(worked, worked[term:], strict=False)
        )


USUAL: Final = Calendar()


def is_usually_worked(day: date) -> bool:
    """Whether a day is worked where nobody decided anything that the library does not know."""
    off, worked = _known(day.year)
    return day in worked or (day.weekday() < _WEEKEND and day not in off)


@functools.cache
def _known(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """A year's public holidays, and the weekend days that were worked instead of some other day."""
    import holidays  # costs 50 ms, and most processes never count a working day

    found = holidays.country_holidays("VN", years=year)
    return frozenset(found), frozenset(found.weekend_workdays)

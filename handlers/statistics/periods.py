"""Months, quarters and years, as addresses and people name them."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from babel.dates import format_date, format_skeleton

import locales

MONTH: Final = 1  # months that a period has
QUARTER: Final = 3
YEAR: Final = 12
_CODE: Final = re.compile(r"(20\d\d)(?:-Q([1-4])|-(0[1-9]|1[0-2]))?")
_SKELETONS: Final = {MONTH: "yMMMM", QUARTER: "yQQQQ"}


@dataclass(frozen=True, slots=True)
class Period:
    """A month, a quarter or a year."""

    first: date  # its first day
    months: int  # 1, 3 or 12

    @property
    def code(self) -> str:
        """As an address has it: 2026-10, 2026-Q4, 2026."""
        year = str(self.first.year)
        if self.months == YEAR:
            return year
        return f"{year}-Q{self.part}" if self.months == QUARTER else f"{year}-{self.part:02}"

    @property
    def part(self) -> int:
        """Which of its year's periods of the same length it is, from 1."""
        return (self.first.month - 1) // self.months + 1

    @property
    def after(self) -> Period:
        """The next one of the same length."""
        return self._moved(self.months)

    @property
    def before(self) -> Period:
        """The one before, of the same length."""
        return self._moved(-self.months)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after.first - timedelta(days=1)

    def _moved(self, months: int) -> Period:
        year, month = divmod(self.first.year * YEAR + self.first.month - 1 + months, YEAR)
        return Period(date(year, month + 1, 1), self.months)

    def name(self, lang: str) -> str:
        """As a heading has it."""
        if self.months == YEAR:
            return locales.say(lang, "statistics.year", year=str(self.first.year))
        name = format_skeleton(_SKELETONS[self.months], self.first, locale=lang)
        return name[:1].upper() + name[1:]

    def within_year(self, lang: str) -> str:
        """As it is called below its year's number."""
        if self.months == YEAR:
            return locales.say(lang, "statistics.whole_year")
        return format_date(self.first, "QQQQ" if self.months == QUARTER else "LLL", locale=lang)

    def short(self, lang: str) -> str:
        """As it stands in a row of its like: a month's number, a quarter's sign, a year."""
        if self.months == MONTH:
            return str(self.part)
        return format_date(self.first, "QQQ", locale=lang) if self.months == QUARTER else str(self.first.year)


def parse(code: str) -> Period | None:
    """The period of a code; None: it is none."""
    found = _CODE.fullmatch(code)
    if not found:
        return None
    year, quarter, month = found.groups()
    if quarter:
        return Period(date(int(year), int(quarter) * QUARTER - 2, 1), QUARTER)
    return Period(date(int(year), int(month or 1), 1), MONTH if month else YEAR)


def some_months(period: Period, closed: Container[str]) -> tuple[Period, ...]:
    """The months of a longer period that are closed, where not all are, as of the one that this began in; else none."""
    months = [month_of(period.first)]
    while len(months) < period.months:
        months.append(months[-1].after)
    found = tuple(it for it in months if it.code in closed)
    return found if len(found) < period.months else ()


def only(months: Sequence[Period], lang: str) -> str:
    """Which months a period has, that has not all of its own; empty: it is whole."""
    named = ", ".join(format_date(it.first, "MMMM", locale=lang) for it in months)
    return locales.say(lang, "statistics.only", months=named) if months else ""


def name_of(period: Period, months: Sequence[Period], lang: str) -> str:
    """The name of a period, with which months it has where it has not all."""
    kept = only(months, lang)
    return f"{period.name(lang)} ({kept})" if kept else period.name(lang)


def month_of(day: date) -> Period:
    """The month that a day is in."""
    return Period(day.replace(day=1), MONTH)

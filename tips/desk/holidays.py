"""Holidays: an admin gives decisions of the government's that swap working days, each change signed and on record."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from tips import errors
from tips.cases import days_off, deadlines, written_words
from tips.cases.days_off import Decision
from tips.cases.ledger import Kind
from tips.desk.laying_down import LayingDown
from tips.organisation import working_days
from tips.organisation.roles import Task
from tips.people.session import Session

_LOCAL: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")  # 5/2/2027, as it is written on paper


@dataclass(frozen=True, slots=True)
class Holidays:
    """Gives decisions and takes them back. Deadlines that run already keep their day."""

    laying: LayingDown

    def listed(self) -> list[Decision]:
        """What is in force, by the day of each decision."""
        return days_off.decisions(self.laying.known())

    async def give(self, session: Session, given: Decision) -> None:
        """Put a decision into force, in place of what was given of it before.

        Raises:
            Refused: it is not theirs to give; or it has no number, one with signs that nobody sees, or no day; is of a
                day to come or has days that are over; a day is to be worked that is worked anyway; or with it too many
                days of a year would be off, those that are over among them, or in a row.
        """
        _check_role(session)
        await self.laying.refresh()
        given = replace(given, number=written_words.spaced(given.number))
        self._check(given)
        await self.laying.lay_down(session, Kind.HOLIDAYS, given.facts())

    async def take_back(self, session: Session, number: str) -> None:
        """Take a decision back; days that are over stay as they were reckoned.

        Raises:
            Refused: it is not theirs to do.
            NotFound: there is no such decision.
        """
        _check_role(session)
        await self.laying.refresh()
        found = next((it for it in self.listed() if it.number == written_words.spaced(number)), None)
        if found is None:
            raise errors.NotFound
        nothing = Decision(found.number, found.dated, frozenset(), frozenset())
        await self.laying.lay_down(session, Kind.HOLIDAYS, nothing.facts())

    def _check(self, given: Decision) -> None:
        today = self.laying.now().astimezone(deadlines.CITY).date()
        others = [it for it in self.listed() if it.number != given.number]
        if not given.number.isprintable():
            raise errors.Refused("error.holidays_signs")
        if not days_off.is_number(given.number):
            raise errors.Refused("error.holidays_number")
        if not given.off and not given.worked:
            raise errors.Refused("error.holidays_no_day")
        if given.dated > today:
            raise errors.Refused("error.holidays_dated")
        usual = days_off.calendar(others)
        if any(working_days.is_usually_worked(it) and usual.works(it) for it in given.worked):
            raise errors.Refused("error.holidays_worked")
        if not days_off.are_to_come(self.listed(), given, today):
            raise errors.Refused("error.holidays_past")
        if not days_off.is_sane(self.listed(), given, today):
            raise errors.Refused("error.holidays_many")


def days(texts: Iterable[str]) -> frozenset[date]:
    """Days as people write them, parted by spaces, commas or lines: `2027-02-05`, `5/2/2027`.

    Raises:
        Refused: one of them is none.
    """
    written = [it for text in texts for it in re.split(r"[\s,;]+", text) if it]
    return frozenset(map(day, written))


def day(written: str) -> date:
    """One day.

    Raises:
        Refused: it is none.
    """
    local = _LOCAL.fullmatch(written)
    try:
        return date(int(local[3]), int(local[2]), int(local[1])) if local else date.fromisoformat(written)
    except ValueError as error:
        raise errors.Refused("error.holidays_day", written[:20]) from error


def _check_role(session: Session) -> None:
    if not session.role.may_do(Task.HOLIDAYS):
        raise errors.Refused("error.role")

"""Days off: decisions of the government's that swap working days, as an admin gave them; what of them holds is pure.

A decision is known by its number. Given again it is another from then on; given without a day it is taken back. One
with which the calendar would not be sane any more counts for nothing, whoever signed it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from tips.cases import deadlines, standing
from tips.cases.ledger import Event, Kind
from tips.organisation.working_days import Calendar

LONGEST_NUMBER: Final = 60  # signs of a decision's number
_NUMBER: Final = re.compile(rf"\S(?:[^\x00-\x1f]{{0,{LONGEST_NUMBER - 2}}}\S)?")
_AHEAD: Final = 1  # years after the present one


@dataclass(frozen=True, slots=True)
class Decision:
    """What one decision says."""

    number: str  # as it stands on the paper: 123/QĐ-TTg
    dated: date
    off: frozenset[date]
    worked: frozenset[date]
    by: str = ""  # who gave it; "": nobody yet

    def facts(self) -> dict[str, str]:
        """It as an event says it."""
        named = {standing.SUBJECT: self.number, "dated": self.dated.isoformat()}
        return {**named, "off": _said(self.off), "worked": _said(self.worked)}


def is_number(text: str) -> bool:
    """Whether this can be a decision's number."""
    return _NUMBER.fullmatch(text) is not None


def decisions(events: Iterable[Event]) -> list[Decision]:
    """What is in force, by the day of each decision.

    Args:
        events: what is believed, oldest first.
    """
    found: dict[str, Decision] = {}
    for event in events:
        given = _given(event) if event.kind is Kind.HOLIDAYS else None
        if given is None or not _counts(found.values(), given, event.at.astimezone(deadlines.CITY).date()):
            continue
        found.pop(given.number, None)
        if given.off or given.worked:
            found[given.number] = given
    return sorted(found.values(), key=lambda it: (it.dated, it.number))


def calendar(listed: Iterable[Decision]) -> Calendar:
    """The working days by these decisions."""
    listed = list(listed)
    return Calendar(
        frozenset[date]().union(*(it.off for it in listed)), frozenset[date]().union(*(it.worked for it in listed))
    )


def are_to_come(known: Iterable[Decision], given: Decision, today: date) -> bool:
    """Whether a decision brings no day that is over, or far ahead; those that it had before it may keep."""
    before = [it for it in known if it.number == given.number]
    fresh = (given.off | given.worked).difference(*(it.off | it.worked for it in before))
    return all(today <= day and day.year <= today.year + _AHEAD for day in fresh)


def _counts(known: Collection[Decision], given: Decision, today: date) -> bool:
    others = [it for it in known if it.number != given.number]
    return are_to_come(known, given, today) and calendar([*others, given]).is_sane()


def _given(event: Event) -> Decision | None:
    """What an event says; None: nothing that can be read."""
    facts = event.facts
    try:
        off, worked = (frozenset(map(date.fromisoformat, facts[name].split())) for name in ("off", "worked"))
        return Decision(facts[standing.SUBJECT], date.fromisoformat(facts["dated"]), off, worked, event.by)
    except (KeyError, ValueError):
        return None


def _said(days: Collection[date]) -> str:
    return " ".join(it.isoformat() for it in sorted(days))

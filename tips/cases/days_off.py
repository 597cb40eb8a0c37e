"""Days off: decisions of the government's that swap working days, as an admin gave them; what of them holds is pure.

A decision is known by its number. Given again it is another from then on; given without a day it is taken back. Its
days that are over stay what they were, and count among those of their year. One with which the calendar would not be
sane any more counts for nothing, whoever signed it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from tips.cases import deadlines, standing
from tips.cases.ledger import Event, Kind
from tips.organisation.working_days import Calendar

LONGEST_NUMBER: Final = 60  # signs of a decision's number
_NUMBER: Final = re.compile(rf"\S(?:.{{0,{LONGEST_NUMBER - 2}}}\S)?")
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

    def is_over(self, today: date) -> bool:
        """Whether each of its days is: nothing of it can be taken back."""
        return all(it < today for it in self.off | self.worked)


def is_number(text: str) -> bool:
    """Whether this can be a decision's number: some signs, not too many, and none that nobody sees."""
    return _NUMBER.fullmatch(text) is not None and text.isprintable()


def decisions(events: Iterable[Event]) -> list[Decision]:
    """What is in force, by the day of each decision.

    Args:
        events: what is believed, oldest first.
    """
    found: dict[str, Decision] = {}
    for event in events:
        given, today = _given(event), event.at.astimezone(deadlines.CITY).date()
        if given is None or not (are_to_come(found.values(), given, today) and is_sane(found.values(), given, today)):
            continue
        found[given.number] = lasting(found.values(), given, today)
    there = (it for it in found.values() if it.off or it.worked)
    return sorted(there, key=lambda it: (it.dated, it.number))


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


def lasting(known: Iterable[Decision], given: Decision, today: date) -> Decision:
    """A decision from today on: of its days that are over each stays what it was."""
    before = next((it for it in known if it.number == given.number), None)
    if before is None:
        return given
    over = {it for it in before.off | before.worked if it < today}
    return replace(given, off=given.off - over | before.off & over, worked=given.worked - over | before.worked & over)


def is_sane(known: Collection[Decision], given: Decision, today: date) -> bool:
    """Whether the calendar is with a decision as it was without."""
    others = [it for it in known if it.number != given.number]
    return calendar([*others, lasting(known, given, today)]).is_sane()


def _given(event: Event) -> Decision | None:
    """What an event says; None: nothing that can be read."""
    facts = event.facts
    if event.kind is not Kind.HOLIDAYS or not is_number(facts[standing.SUBJECT]):
        return None
    try:
        off, worked = (frozenset(map(date.fromisoformat, facts[name].split())) for name in ("off", "worked"))
        return Decision(facts[standing.SUBJECT], date.fromisoformat(facts["dated"]), off, worked, event.by)
    except (KeyError, ValueError):
        return None


def _said(days: Collection[date]) -> str:
    return " ".join(it.isoformat() for it in sorted(days))

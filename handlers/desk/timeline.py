"""What happened to a case, in words: a line for each event, but one for all that a person read in an hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from handlers.desk.view_models import Speak, moment
from tips.cases import checking
from tips.cases.case import State
from tips.cases.ledger import Event, Kind
from tips.organisation.roster import PROCESSES
from tips.organisation.units import Organisation

_OF_SOMEBODY: Final = frozenset({Kind.ASSIGNED, Kind.HANDED_BACK, Kind.RECUSED})
_NAMED: Final = ("from", "to", "with", "unit")  # facts of an event that are a unit's code or a state


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of a case's history."""

    when: str
    kind: str  # its key for words
    who: str
    times: int = 1
    what: str = ""  # the units or states that it names


def timeline(events: Iterable[Event], organisation: Organisation, speak: Speak) -> list[Happening]:
    """The lines, in the order of the chain; what somebody read in an hour stands where they read first."""
    found: dict[object, list[Event]] = {}
    for number, it in enumerate(events):
        alike = it.kind is Kind.READ and not checking.differed(it)
        found.setdefault((it.by, it.at) if alike else number, []).append(it)
    return [_line(alike[0], len(alike), organisation, speak) for alike in found.values()]


def _line(it: Event, times: int, organisation: Organisation, speak: Speak) -> Happening:
    what = " → ".join(_names(it, organisation, speak))
    if checking.differed(it):
        told = ", ".join(speak(f"differed.{code}") for code in checking.differed(it))
        what = "; ".join(filter(None, (what, f"{speak('differed')}: {told}")))
    return Happening(moment(it.at), it.kind.value, _actor(it, speak), times, what)


def _names(event: Event, organisation: Organisation, speak: Speak) -> Iterator[str]:
    """What an event names, in words."""
    for code in (event.facts[name] for name in _NAMED if name in event.facts):
        if code in organisation.units:
            yield organisation.units[code].name
        elif code in tuple(State):
            yield speak(f"state.{code}")


def _actor(event: Event, speak: Speak) -> str:
    """Who did it; where it was done to somebody, them too."""
    actor, who = speak(f"desk.by.{event.by}") if event.by in PROCESSES else event.by, event.facts.get("who")
    return f"{actor} → {who}" if who and who != event.by and event.kind in _OF_SOMEBODY else actor

"""Who would read a tip, asked before one is written: about a place, a matter, and an office that is accused.

Nothing of a tip is known here. Of the roster only units come out: never a member, nor how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tips import errors
from tips.cases.case import State
from tips.intake.promise import Promise, promised
from tips.organisation.roster import Roster
from tips.organisation.taxonomy import Urgency, categories
from tips.organisation.terms import Terms
from tips.organisation.units import OVERSIGHT, Organisation, Unit, UnitKind
from tips.triage import accusations, routing
from tips.triage.results import Accusation, AreaFinding

USUAL: Final = Urgency.P2  # of a tip whose matter is not known, as triage has it


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know it about; every part may be empty."""

    area: str = ""  # a former district's or a ward's code
    category: str = ""
    accused: str = ""  # a unit's code, or a kind of the conflict table


@dataclass(frozen=True, slots=True)
class Length:
    """How long something may take."""

    unit: str  # hours working_days
    number: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Who would read it, and how long each of them may take to open it before the next one can."""

    promise: Promise
    within: Length
    at_rest: Length | None  # the same where nobody is in danger; None: danger makes no difference


def who_reads(roster: Roster, organisation: Organisation, asked: Asked) -> Answer:
    """The same that would be promised before a tip of this kind is sent.

    Raises:
        NotFound: there is no such place, matter or office.
    """
    finding, accused = _place(organisation, asked.area), _accused(organisation, asked.accused)
    route = routing.route(organisation, finding, _matter(asked.category), accused)
    urgency = organisation.urgency(asked.category) or USUAL
    at_rest = within(organisation.terms, Urgency.P1) if urgency is Urgency.P0 else None
    return Answer(promised(roster, route), within(organisation.terms, urgency), at_rest)


def matters() -> tuple[str, ...]:
    """The categories that can be asked about."""
    return tuple(code for code, it in categories().items() if it.urgency)


def kinds(organisation: Organisation) -> tuple[str, ...]:
    """The kinds of accused that can be asked about, each meaning whichever of them the place has."""
    return tuple(organisation.conflicts)


def offices(organisation: Organisation) -> tuple[Unit, ...]:
    """The offices that can be asked about by name: those of the whole city and above it."""
    return tuple(it for it in organisation.units.values() if it.area is None and it.kind != UnitKind.HELD)


def is_police(unit: Unit) -> bool:
    """Whether people would call it police, be it of the ward, the city or the ministry."""
    return unit.kind not in OVERSIGHT | {UnitKind.HELD}


def _place(organisation: Organisation, code: str) -> AreaFinding:
    district = organisation.areas.district_of(code)
    if code and district is None:
        raise errors.NotFound
    return AreaFinding(district, code if code != district and code else None)


def _matter(code: str) -> str | None:
    if code and code not in matters():
        raise errors.NotFound
    return code or None


def _accused(organisation: Organisation, code: str) -> list[Accusation]:
    if code in organisation.conflicts:
        return [Accusation(code)]
    found = accusations.chosen([code], organisation)
    if code and not found:
        raise errors.NotFound
    return found


def within(terms: Terms, urgency: str) -> Length:
    """How long whoever receives a tip may take to open it."""
    rule = terms.deadline(State.RECEIVED)
    assert rule
    ((unit, number),) = rule["by_urgency"][urgency].items()
    return Length(unit, number)

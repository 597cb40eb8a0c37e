"""Moving: what brings a case on between its receipt and its end, and what stops or stretches its deadline."""

from __future__ import annotations

from dataclasses import replace

from tips.cases import deadlines
from tips.cases.case import Case
from tips.cases.ledger import Kind
from tips.cases.plaintext import Part
from tips.desk.actions.step import Situation, Step
from tips.organisation.roles import Role


def accept(it: Situation) -> Step:
    """Take a case that was handed over, or screened, as the unit's own."""
    return moved_to(it, it.entering())


def verify(it: Situation) -> Step:
    """Begin to verify, or go back to it after a conclusion that did not hold."""
    return moved_to(it, it.entering())


def extend(it: Situation) -> Step:
    """Two more months (BLTTHS art. 147): once by the unit's head, once more by an overseer."""
    clock = deadlines.extended(it.organisation.terms, it.row.due_at or deadlines.hour(it.now))
    moved = replace(it.row, clock=clock.name, due_at=clock.due_at)
    return Step(Kind.EXTENDED, moved, piece=it.written(Part.NOTE))


def no_extension(it: Situation) -> str | None:
    """Refused: both were given, or the second is not an overseer's."""
    given = it.opened.count(Kind.EXTENDED)
    if given >= it.organisation.terms.extensions() or (given and it.session.role != Role.OVERSEER):
        return "error.extension"
    return None


def suspend(it: Situation) -> Step:
    """Stop the clock for a reason that is written down (BLTTHS art. 148); the reporter sees it standing still."""
    step = moved_to(it, it.entering())
    return replace(step, facts={**step.facts, "left_h": str(_hours_left(it))}, piece=it.written(Part.NOTE))


def resume(it: Situation) -> Step:
    """End a suspension; the clock goes on with the time that was left (BLTTHS art. 149)."""
    left = next((event.facts["left_h"] for event in reversed(it.opened.events) if "left_h" in event.facts), "0")
    deadline = deadlines.resumed(it.organisation.terms, int(left), it.now)
    return moved_to(it, replace(it.row, state=it.leads_to, clock=deadline.name, due_at=deadline.due_at))


def bounce(it: Situation) -> Step:
    """Send a case back to who handed it over; the second time it climbs by itself."""
    moved = replace(it.entering(), unit=_sender(it), officer=None, opened=False)
    if 1 + it.opened.count(Kind.BOUNCED) >= it.organisation.terms.bounces():
        moved = replace(moved, clock=deadlines.WAKE, due_at=deadlines.hour(it.now))
    return Step(Kind.BOUNCED, moved, piece=it.written(Part.NOTE))


def no_bounce(it: Situation) -> str | None:
    """Refused: nobody handed it over, or that unit may not read it (any more)."""
    sender = _sender(it)
    able = sender and sender not in it.opened.excluded and sender in it.opened.readers
    return None if able else "error.bounce"


def moved_to(it: Situation, moved: Case) -> Step:
    """A step to another state, both states on record."""
    return Step(Kind.MOVED, moved, {"from": it.row.state, "to": moved.state})


def _sender(it: Situation) -> str:
    """Who handed it over last; empty: nobody did."""
    handed_over = (event for event in reversed(it.opened.events) if event.kind is Kind.HANDED_OVER)
    return next((event.facts["from"] for event in handed_over), "")


def _hours_left(it: Situation) -> int:
    return max(0, int((it.row.due_at - it.now).total_seconds() // 3600)) if it.row.due_at else 0

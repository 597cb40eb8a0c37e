"""Talking: to the reporter, who reads it with the receipt, or to those who read the case."""

from __future__ import annotations

from tips.cases import lifecycle
from tips.cases.case import Case, State
from tips.cases.ledger import Kind
from tips.cases.plaintext import Part
from tips.desk.actions.step import Situation, Step
from tips.organisation.taxonomy import Urgency


def ask(it: Situation) -> Step:
    """Ask the reporter; whoever holds the receipt can read it and answer."""
    return Step(Kind.ASKED, it.row if _runs_on(it.row) else _waiting(it), piece=it.written(Part.QUESTION))


def _waiting(it: Situation) -> Case:
    return lifecycle.entering(it.row, State.NEEDS_INFO, it.now, it.organisation.terms)


def _runs_on(row: Case) -> bool:
    """Whether a question stops no clock: not the clocks of the law, and none while a life is in danger."""
    return row.urgency == Urgency.P0 or row.state in {State.ACCEPTED, State.VERIFYING}


def answer(it: Situation) -> Step:
    """Tell the reporter something; no answer is awaited."""
    return Step(Kind.ASKED, it.row, piece=it.written(Part.ANSWER))


def note(it: Situation) -> Step:
    """Write a note for those who read the case; the reporter does not see it."""
    return Step(Kind.NOTED, it.row, piece=it.written(Part.NOTE))

"""Talking: to the reporter, who reads it with the receipt, or to those who read the case."""

from __future__ import annotations

from tips.cases import lifecycle
from tips.cases.case import State
from tips.cases.ledger import Kind
from tips.cases.plaintext import Part
from tips.desk.actions.step import Situation, Step


def ask(it: Situation) -> Step:
    """Ask the reporter; whoever holds the receipt can read it and answer."""
    begun = it.row.state in {State.ACCEPTED, State.VERIFYING}  # a question does not stop the clocks of the law
    moved = it.row if begun else lifecycle.entering(it.row, State.NEEDS_INFO, it.now, it.organisation.terms)
    return Step(Kind.ASKED, moved, piece=it.written(Part.QUESTION))


def answer(it: Situation) -> Step:
    """Tell the reporter something; no answer is awaited."""
    return Step(Kind.ASKED, it.row, piece=it.written(Part.ANSWER))


def note(it: Situation) -> Step:
    """Write a note for those who read the case; the reporter does not see it."""
    return Step(Kind.NOTED, it.row, piece=it.written(Part.NOTE))

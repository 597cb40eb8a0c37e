"""Ending: a conclusion in words for the reporter, somebody outside who agrees with it, and the closing."""

from __future__ import annotations

from dataclasses import replace

from tips import errors
from tips.cases import deadlines, lifecycle
from tips.cases.ledger import Kind
from tips.cases.plaintext import Part
from tips.desk.actions.moving import moved_to
from tips.desk.actions.step import Situation, Step
from tips.desk.open_case import OpenCase
from tips.organisation import taxonomy


def conclude(it: Situation) -> Step:
    """Say how the case ends, to the reporter in plain words.

    Raises:
        Refused: no such result, or no words.
    """
    if it.fields.result not in lifecycle.results():
        raise errors.Refused("error.result")
    piece = it.written(Part.RESULT, {"result": it.fields.result})
    return Step(Kind.CONCLUDED, it.entering(), piece=piece)


def endorse(it: Situation) -> Step:
    """Agree with a conclusion, from outside the unit whose case it is."""
    return Step(Kind.ENDORSED, it.row, {"unit": it.session.unit})


def no_endorsement(it: Situation) -> str | None:
    """Refused: it is this session's own unit's case."""
    return "error.second_person" if it.in_own_unit else None


def close(it: Situation) -> Step:
    """End a concluded case; the time until it is shredded begins."""
    clock = deadlines.retention(it.organisation.terms, taxonomy.group_of(it.row.category), it.now)
    step = moved_to(it, replace(it.row, state=it.leads_to, clock=clock.name, due_at=clock.due_at))
    return replace(step, facts={**step.facts, "officer": it.row.officer or it.session.name})


def no_closing(it: Situation) -> str | None:
    """Refused: another unit's, or it needs a second person from outside, and nobody endorsed this conclusion."""
    if not it.in_own_unit:
        return "error.not_yours"
    if lifecycle.needs_second_person(it.row) and not _endorsed(it.opened):
        return "error.second_person"
    return None


def _endorsed(opened: OpenCase) -> bool:
    """Whether somebody outside the unit agreed with the newest conclusion."""
    concluded = max((number for number, it in enumerate(opened.events) if it.kind is Kind.CONCLUDED), default=-1)
    since = opened.events[concluded + 1 :]
    return any(it.kind is Kind.ENDORSED and it.facts["unit"] != opened.case.unit for it in since)

"""Progress: which milestones a step of an officer is, by what happened to the case before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from tips.cases import milestones
from tips.cases.case import ACCEPTED_STATES, Case, State
from tips.cases.ledger import Kind
from tips.cases.milestones import Milestone
from tips.cases.plaintext import Part
from tips.crypto.sealing import Random
from tips.desk.open_case import OPENED_UNREAD, OpenCase

_TO_REPORTER: Final = frozenset({Kind.ASKED, Kind.CONCLUDED})  # an office's words that the reporter reads


def of_step(opened: OpenCase, kind: Kind, after: Case, now: datetime, random: Random) -> tuple[Milestone, ...]:
    """The milestones of a step that leads an opened case to `after`."""
    found = (*_first(opened, kind, after), *milestones.ended(opened.case, after, now))
    return milestones.reached(opened.case, after, found, now, random)


def _first(opened: OpenCase, kind: Kind, after: Case) -> Iterator[tuple[milestones.Kind, str]]:
    if kind is Kind.READ and not _was_read(opened):
        yield milestones.Kind.READ, ""
    if kind in _TO_REPORTER and not any(it.kind in _TO_REPORTER for it in opened.events):
        yield milestones.Kind.ANSWERED, ""
    if after.state in ACCEPTED_STATES and not _was_accepted(opened):
        yield milestones.Kind.ACCEPTED, ""
    if after.state == State.CLOSED != opened.case.state:
        yield milestones.Kind.CLOSED, _result(opened)
    if kind is Kind.BOUNCED:
        yield milestones.Kind.BOUNCED, ""


def _was_read(opened: OpenCase) -> bool:
    """Whether somebody had read it before; who only gave it on for the quorum had not."""
    return any(it.kind is Kind.READ and it.facts != OPENED_UNREAD for it in opened.events)


def _was_accepted(opened: OpenCase) -> bool:
    """Whether an office had taken it before; a case that climbed since is received anew."""
    said = (it.facts.get(name) for it in opened.events for name in ("state", "to"))
    return opened.case.state in ACCEPTED_STATES or any(it in ACCEPTED_STATES for it in said)


def _result(opened: OpenCase) -> str:
    """How its newest conclusion says that it ended."""
    conclusions = (it.content.facts for it in reversed(opened.thread) if it.part == Part.RESULT)
    return next((str(it["result"]) for it in conclusions), "")

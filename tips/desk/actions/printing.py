"""Printing: a case leaves the house as a file for paper; where somebody is shut out of it, two people let it go."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tips.cases.ledger import Kind
from tips.desk.actions.step import Situation, Step
from tips.desk.open_case import OpenCase
from tips.organisation.roles import Role

GOOD_FOR: Final = timedelta(days=1)  # an agreement
_USED_UP_BY: Final = frozenset({Kind.PRINTED, Kind.HANDED_OVER, Kind.RELEASED, Kind.BOUNCED, Kind.ESCALATED})


def take_out(it: Situation) -> Step:
    """Take the whole case out as a file for paper; on record before there is one."""
    return Step(Kind.PRINTED, it.row)


def no_printing(it: Situation) -> str | None:
    """Refused: somebody is shut out of it, and no second person agreed."""
    if two_are_needed(it.opened) and not agreed(it) - {it.session.name}:
        return "error.print_agreement"
    return None


def agree(it: Situation) -> Step:
    """Agree that a case with an exclusion is printed once, by somebody else."""
    return Step(Kind.AGREED, it.row)


def no_agreement(it: Situation) -> str | None:
    """Refused: nobody is shut out of it; or this person agreed already."""
    return None if two_are_needed(it.opened) and it.session.name not in agreed(it) else "error.print_agreed"


def two_are_needed(opened: OpenCase) -> bool:
    """Whether one person alone may not print a case: somebody is, or was, shut out of it."""
    return opened.case.restricted or bool(opened.excluded)


def agreed(it: Situation) -> frozenset[str]:
    """Who agreed to the next printing; each printing, and each hand-over, uses up all that was agreed before it.

    It counts for a day, and of nobody who keeps away or is not, or no longer, of the case's unit or an overseer.
    """
    events = it.opened.events
    last = max((at for at, event in enumerate(events) if event.kind in _USED_UP_BY), default=-1)
    recent = (event.by for event in events[last + 1 :] if event.kind is Kind.AGREED and it.now - event.at <= GOOD_FOR)
    return frozenset(name for name in recent if name not in it.opened.recused and _could_agree(it, name))


def _could_agree(it: Situation, name: str) -> bool:
    member = it.roster.person(name)
    if member is None or member.unit in it.opened.excluded:
        return False
    return member.unit == it.row.unit or (member.role is Role.OVERSEER and member.unit in it.opened.readers)

"""Assigning: which officer has a case, who gives it up, and who keeps away from it.

The clock of the case runs on through all of it: whoever gets a case gets no more time than there was.
"""

from __future__ import annotations

from dataclasses import replace

from tips import errors
from tips.cases import lifecycle
from tips.cases.case import Case, State
from tips.cases.ledger import Kind
from tips.cases.pings import PingKind
from tips.desk.actions.step import Notice, Situation, Step
from tips.organisation.roles import Role


def claim(it: Situation) -> Step:
    """Take a case on oneself; a new one is then being screened."""
    moved = _given_to(it, it.session.name)
    return Step(Kind.CLAIMED, moved, {"state": moved.state})


def no_claim(it: Situation) -> str | None:
    """Refused: it is another unit's, a colleague has it, or this person closed it and the reporter disputed that."""
    if not it.in_own_unit:  # who only reads along would keep its own people from it
        return "error.not_yours"
    if it.row.officer not in {None, it.session.name}:
        return "error.claimed"
    return "error.disputed" if it.session.name in it.opened.disputed else None


def nobody_has_it(it: Situation) -> bool:
    """Whether a page offers to claim it; who has it already may, to no purpose."""
    return it.row.officer is None


def hand_back(it: Situation) -> Step:
    """Give up a case that this person has: it waits in the unit's queue again."""
    name = it.session.name
    facts = {"who": name, "state": it.row.state}
    return Step(
        Kind.HANDED_BACK,
        replace(it.row, officer=None),
        facts,
        notice=Notice(PingKind.RETURNED, it.row.unit, spared=(name,)),
    )


def no_hand_back(it: Situation) -> str | None:
    """Refused: it is not theirs."""
    return None if it.row.officer == it.session.name else "error.not_holding"


def assign(it: Situation) -> Step:
    """Give a case of this unit to somebody in it, whoever has it now; only they are told.

    Raises:
        Refused: this person cannot have it.
    """
    name = it.fields.who
    if name not in able(it):
        raise errors.Refused("error.assign")
    moved = _given_to(it, name)
    facts = {"who": name, "was": it.row.officer or "", "state": moved.state}
    others = tuple(member.name for member in it.roster.members(it.row.unit) if member.name != name)
    return Step(Kind.ASSIGNED, moved, facts, notice=Notice(PingKind.ASSIGNED, it.row.unit, spared=others))


def no_assignment(it: Situation) -> str | None:
    """Refused: it is another unit's case."""
    return None if it.in_own_unit else "error.not_yours"


def able(it: Situation) -> list[str]:
    """Who of the unit could be given the case: not who has it, keeps away, or closed it before a dispute."""
    kept_out = {it.row.officer, *it.opened.recused, *it.opened.disputed}
    return sorted(member.name for member in it.roster.members(it.row.unit) if member.name not in kept_out)


def recuse(it: Situation) -> Step:
    """Keep oneself away from a case, no reason asked; a head may keep somebody of the unit away.

    Raises:
        Refused: somebody else is named, and this is no head, or they are of another unit.
    """
    who = it.fields.who or it.session.name
    if who not in colleagues(it):
        raise errors.Refused("error.role")
    return Step(Kind.RECUSED, replace(it.row, officer=None if it.row.officer == who else it.row.officer), {"who": who})


def colleagues(it: Situation) -> list[str]:
    """Whom this session may keep away from a case: itself first, and a head everybody of the unit."""
    members = it.roster.members(it.session.unit) if it.session.role is Role.HEAD else ()
    return [it.session.name, *sorted(member.name for member in members if member.name != it.session.name)]


def _given_to(it: Situation, name: str) -> Case:
    """The case as this officer's; a new one is then being screened."""
    if it.row.state != State.RECEIVED:
        return replace(it.row, officer=name)
    return replace(lifecycle.entering(it.row, State.SCREENING, it.now, it.organisation.terms), officer=name)

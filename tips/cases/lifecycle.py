"""A case's life as one table (`data/lifecycle.json`): which action is allowed from which state, and to which role.

`received` also begins after an escalation; `needs_info` ends by the reporter's answer; `held` ends by the recovery
quorum; `closed` ends by a dispute, or by being shredded. Each state's deadline, say `terms`; what each action
does to a case, says `desk.actions`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from tips import errors
from tips.cases import deadlines
from tips.cases.case import Case, State
from tips.data import read
from tips.organisation import taxonomy
from tips.organisation.roles import Role
from tips.organisation.taxonomy import Flag, Urgency
from tips.organisation.terms import Terms

_UNDECIDED: Final = frozenset({State.SCREENING, State.NEEDS_INFO, State.FORWARDED})


class ActionName(StrEnum):
    """What a person may do to a case; the table has a row for each."""

    ASK = "ask"
    ANSWER = "answer"
    NOTE = "note"
    CLAIM = "claim"
    HAND_BACK = "hand_back"
    ASSIGN = "assign"
    ACCEPT = "accept"
    VERIFY = "verify"
    RESUME = "resume"
    ENDORSE = "endorse"
    CLOSE = "close"
    CONCLUDE = "conclude"
    BOUNCE = "bounce"
    EXTEND = "extend"
    SUSPEND = "suspend"
    HAND_OVER = "hand_over"
    CONSULT = "consult"
    SHARE = "share"
    RECUSE = "recuse"
    CLEAR = "clear"
    CORRECT = "correct"
    LINK = "link"
    PRINT = "print"
    AGREE = "agree_print"


@dataclass(frozen=True, slots=True)
class Rule:
    """When an action is allowed, and where it leads."""

    states: frozenset[State]
    leads_to: State | None  # None: it stays where it is
    roles: frozenset[Role]


@functools.cache
def actions() -> Mapping[ActionName, Rule]:
    """Every action by its name, in the order in which a page offers them."""
    table = read("lifecycle.json")
    return {ActionName(name): _rule(row, table["states"], table["roles"]) for name, row in table["actions"].items()}


def open_to(row: Case, role: Role) -> tuple[ActionName, ...]:
    """The actions that the table allows to a role on a case as it stands."""
    return tuple(name for name, rule in actions().items() if row.state in rule.states and role in rule.roles)


def check(row: Case, action: ActionName, role: Role) -> None:
    """Whether the table allows an action.

    Raises:
        Refused: not from this state, or not to this role.
    """
    if role not in actions()[action].roles:
        raise errors.Refused("error.role")
    if row.state not in actions()[action].states:
        raise errors.Refused("error.move")


def entering(row: Case, state: State, now: datetime, terms: Terms) -> Case:
    """The case in another state, with the deadline that this starts.

    While a life is in danger, until an office takes the case as its own, who is given it gets no more time than there
    was; whoever it is handed over to, as much as for a new one.
    """
    deadline = deadlines.start(terms, state, row.urgency, now)
    due, most = deadline.due_at, row.due_at
    if row.urgency == Urgency.P0 and state in _UNDECIDED and due:
        most = most if state != State.FORWARDED else deadlines.start(terms, State.RECEIVED, row.urgency, now).due_at
        due = min(due, most) if most else due
    return replace(row, state=state, clock=deadline.name, due_at=due)


def results() -> tuple[str, ...]:
    """How a case can end."""
    return tuple(read("lifecycle.json")["results"])


def needs_second_person(row: Case) -> bool:
    """Whether a case closes only with somebody outside its unit: corruption, a cover-up, or somebody shut out."""
    return row.restricted or taxonomy.has(row.category, Flag.SECOND_PERSON)


def _rule(row: Mapping[str, Any], states: Mapping[str, Sequence[str]], roles: Mapping[str, Sequence[str]]) -> Rule:
    """A row of the table; a name that stands for several states, or roles, is written out."""
    named = row["from"] if isinstance(row["from"], list) else states[row["from"]]
    return Rule(
        frozenset(map(State, named)),
        State(row["to"]) if "to" in row else None,
        frozenset(map(Role, roles[row["roles"]])),
    )

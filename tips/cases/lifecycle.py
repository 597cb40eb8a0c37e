"""A case's life as one table (`data/life.json`): its states, the clock that each starts, who may bring it where.

Each length names its article of law, or the word "policy". `received` also begins after a climb; `needs_info` ends by
the reporter's answer; `held` ends by the recovery quorum; `closed` ends by a dispute, or by being shredded.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections.abc import Mapping
from typing import Any, Final

from tips import errors
from tips.cases.case import Case

SECOND_PERSON: Final = ("corruption", "cover_up")  # groups that nobody closes alone


@functools.cache
def policy() -> dict[str, Any]:
    """The table; see the data file."""
    text = importlib.resources.files("tips.data").joinpath("life.json").read_text("utf-8")
    rules: dict[str, Any] = json.loads(text)
    return rules


def actions() -> Mapping[str, Any]:
    """Every act, with the states from which it may be done, the state it leads to, and the roles that may."""
    found: Mapping[str, Any] = policy()["actions"]
    return found


def open_to(row: Case, role: str) -> tuple[str, ...]:
    """The actions that the table allows to a role on a case as it stands."""
    return tuple(name for name, act in actions().items() if row.state in act["from"] and role in act["roles"])


def check(row: Case, act: str, role: str) -> None:
    """Whether the table allows an act.

    Raises:
        Refused: not from this state, or not to this role.
    """
    if role not in actions()[act]["roles"]:
        raise errors.Refused("error.role")
    if row.state not in actions()[act]["from"]:
        raise errors.Refused("error.move")


def after(row: Case, act: str) -> str:
    """The state that an act leads to."""
    return actions()[act]["to"] or row.state


def results() -> tuple[str, ...]:
    """How a case can end."""
    return tuple(policy()["results"])


def needs_second_person(row: Case) -> bool:
    """Whether a case closes only with somebody outside its unit: corruption, a cover-up, or somebody shut out."""
    return row.restricted or row.category.startswith(SECOND_PERSON)

"""The next step: of all that may be done to a case, the one that the desk's page puts first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from tips.cases import deadlines
from tips.cases.case import Case, State
from tips.cases.lifecycle import ActionName

_TAKEN_UP: Final = (ActionName.CLAIM, ActionName.ACCEPT)
_FIRST: Final[Mapping[State, tuple[ActionName, ...]]] = {  # by state, the first of these that is offered
    State.RECEIVED: _TAKEN_UP,
    State.SCREENING: _TAKEN_UP,
    State.NEEDS_INFO: _TAKEN_UP,
    State.FORWARDED: _TAKEN_UP,
    State.ACCEPTED: (ActionName.CLAIM, ActionName.VERIFY, ActionName.CONCLUDE),
    State.VERIFYING: (ActionName.CLAIM, ActionName.CONCLUDE),
    State.SUSPENDED: (ActionName.CLAIM, ActionName.RESUME),
    State.CONCLUDED: (ActionName.ENDORSE, ActionName.CLOSE, ActionName.CONSULT),
}
_RUNNING_OUT: Final = timedelta(days=3)  # before the end of a verification an extension comes first, where one is left


def next_step(row: Case, offered: Collection[ActionName], now: datetime) -> ActionName | None:
    """The action that brings a case on towards its lawful end; None: nothing is left to this person but words.

    Args:
        row: the case.
        offered: what may be done to it by this person, see `actions.offers`.
        now: the present time.
    """
    ends = row.due_at is not None and row.clock == deadlines.VERIFICATION and row.due_at - now <= _RUNNING_OUT
    if ends and row.officer and ActionName.EXTEND in offered:
        return ActionName.EXTEND
    known = row.state in tuple(State)
    return next((it for it in _FIRST.get(State(row.state), ()) if it in offered), None) if known else None

"""Progress: which milestones a step on a case is, by what happened to it before.

It is asked when the step is taken, and by whoever counts once more from what was signed; see `milestones`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from tips.cases import milestones
from tips.cases.case import ACCEPTED_STATES, Case, State
from tips.cases.ledger import Event, Kind

OPENED_UNREAD: Final = {"part": "held"}  # facts of the event that a held case was opened to be given to a unit
_TO_REPORTER: Final = frozenset({Kind.ASKED, Kind.CONCLUDED})  # an office's words that the reporter reads


def of_step(
    earlier: Sequence[Event], kind: Kind, before: Case, after: Case, now: datetime
) -> Iterator[tuple[milestones.Kind, str]]:
    """The milestones of an officer's step, each with its detail; of a closing the detail is for who knows it.

    Args:
        earlier: the events of the case before it.
        kind: of the step.
        before: the case until then.
        after: the case from then on.
        now: when it is taken.
    """
    if kind is Kind.READ and not any(it.kind is Kind.READ and it.facts != OPENED_UNREAD for it in earlier):
        yield milestones.Kind.READ, ""
    if kind in _TO_REPORTER and not any(it.kind in _TO_REPORTER for it in earlier):
        yield milestones.Kind.ANSWERED, ""
    if after.state in ACCEPTED_STATES and not _was_accepted(earlier, before):
        yield milestones.Kind.ACCEPTED, ""
    if after.state == State.CLOSED != before.state:
        yield milestones.Kind.CLOSED, ""
    if kind is Kind.BOUNCED:
        yield milestones.Kind.BOUNCED, ""
    yield from milestones.ended(before, after, now)


def _was_accepted(earlier: Sequence[Event], before: Case) -> bool:
    """Whether an office had taken it before; a case that climbed since is received anew."""
    said = (it.facts.get(name) for it in earlier for name in ("state", "to"))
    return before.state in ACCEPTED_STATES or any(it in ACCEPTED_STATES for it in said)

"""Scope: what an event of each kind may claim to change. Whoever may sign one may still not write what they like.

An officer's own program has their true key. A reading claims that somebody read, not that the case is due in a year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tips import errors
from tips.cases import deadlines
from tips.cases.case import State
from tips.cases.claims import Claimed
from tips.cases.ledger import Event, Kind
from tips.cases.plaintext import Part
from tips.organisation.roster import PROCESSES
from tips.organisation.terms import LONGEST

_TERM: Final = frozenset({"clock", "due"})
_WORK: Final = _TERM | {"state", "officer"}
_MOVE: Final = _WORK | {"unit", "opened"}
COLUMNS: Final[Mapping[Kind, frozenset[str]]] = {  # of a row's claims; what it is about is claimed anew by each
    Kind.ADDED: _TERM | {"state", "opened", "restricted"},
    Kind.DISPUTED: _WORK | {"opened", "restricted", "disputed"},
    Kind.READ: frozenset({"opened"}),
    Kind.ASKED: _WORK,
    Kind.NOTED: _TERM,  # a piece that shuts out the case's own unit asks the clock to wake the next
    Kind.CLAIMED: _WORK,
    Kind.HANDED_BACK: _WORK,
    Kind.ASSIGNED: _WORK,
    Kind.MOVED: _WORK,
    Kind.CORRECTED: _TERM | {"urgency", "restricted"},
    Kind.LINKED: _TERM,
    Kind.HANDED_OVER: _MOVE,
    Kind.RELEASED: _MOVE,
    Kind.BOUNCED: _MOVE,
    Kind.ESCALATED: _MOVE | {"level"},
    Kind.EXCLUDED: _MOVE | {"restricted"},
    Kind.CLEARED: _TERM,
    Kind.CONSULTED: _TERM,
    Kind.SHARED: _TERM,
    Kind.RECUSED: frozenset({"officer"}),
    Kind.EXTENDED: _TERM,
    Kind.CONCLUDED: _WORK,
    Kind.ENDORSED: frozenset(),
    Kind.AGREED: frozenset(),
    Kind.PRINTED: frozenset(),
    Kind.SHREDDED: _TERM | {"officer"},
    Kind.MENDED: _TERM,
}
_GIVES: Final[Mapping[Kind, str]] = {  # who gets keys to what was there before: the fact that names them
    Kind.HANDED_OVER: "to",
    Kind.RELEASED: "to",
    Kind.ESCALATED: "to",
    Kind.CONSULTED: "with",
    Kind.SHARED: "with",
}
_NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {  # facts without which nobody knows what happened
    Kind.HANDED_OVER: ("from", "to"),
    Kind.RELEASED: ("from", "to"),
    Kind.ESCALATED: ("from", "to"),
    Kind.CONSULTED: ("with",),
    Kind.SHARED: ("with",),
    Kind.ENDORSED: ("unit",),
    Kind.RECUSED: ("who",),
    Kind.DISPUTED: ("envelope", "officer"),
    Kind.ADDED: ("envelope",),
    Kind.NOTED: ("envelope",),
    Kind.EXCLUDED: ("envelope", "renewed"),
}
_DAY: Final = 86_400  # seconds
_OF_PIECE: Final = ("digest", "commitment", "part")
_ID, _HASH = "[0-9a-f]{32}", "[0-9a-f]{64}"
_SHAPES: Final[Mapping[str, str]] = {  # facts that others reckon by
    "envelope": _ID,
    "digest": _HASH,
    "commitment": _HASH,
    "part": "|".join(it for it in Part if it != Part.TIP) + f"|all|held|{_ID}",  # or what of it was read
    "renewed": f"({_ID}>{_ID}>{_HASH}( |$))*",
    "chunks": "[0-9]{1,9}",
    "left_h": "[0-9]{1,9}",
}
_WRITES: Final = frozenset(  # kinds that may bring a piece along
    {
        Kind.ADDED,
        Kind.DISPUTED,
        Kind.ASKED,
        Kind.NOTED,
        Kind.MOVED,
        Kind.CORRECTED,
        Kind.LINKED,
        Kind.HANDED_OVER,
        Kind.RELEASED,
        Kind.BOUNCED,
        Kind.CONSULTED,
        Kind.SHARED,
        Kind.EXTENDED,
        Kind.CONCLUDED,
        Kind.CLEARED,
        Kind.EXCLUDED,
    }
)
_TELLS: Final[Mapping[str, frozenset[Kind]]] = {  # facts by which pieces or keys change: of whom they are believed
    "envelope": _WRITES,
    "chunks": frozenset({Kind.ADDED}),
    "renewed": frozenset({Kind.EXCLUDED}),
    "pieces": frozenset({Kind.RESTARTED}),
    "aside": frozenset({Kind.RESTARTED}),
}
_SHUTS: Final = frozenset({Kind.ESCALATED, Kind.EXCLUDED})
_AGAIN: Final = frozenset({Kind.ASKED, Kind.EXTENDED})  # give more time where nothing else changes
_FROM: Final[Mapping[str, frozenset[str]]] = {  # whence a person brings a case to where nothing runs out
    State.SUSPENDED: frozenset({State.VERIFYING}),
    State.CLOSED: frozenset({State.CONCLUDED}),
    State.HELD: frozenset(),
}


def check(event: Event, before: Claimed, after: Claimed) -> None:
    """Whether an event claims no more than one of its kind may.

    Raises:
        NotVerified: it does.
    """
    needed = (*_NEEDED.get(event.kind, ()), *(_OF_PIECE if "envelope" in event.facts else ()))
    if not event.facts.keys() >= {*needed}:
        raise errors.NotVerified(f"this event does not say what happened: {event.kind}")
    if not all(re.fullmatch(shape, event.facts[name]) for name, shape in _SHAPES.items() if name in event.facts):
        raise errors.NotVerified(f"this event does not say what one of its kind says: {event.kind}")
    if any(name in event.facts and event.kind not in kinds for name, kinds in _TELLS.items()):
        raise errors.NotVerified(f"this event tells what one of its kind may not: {event.kind}")
    if before.row["state"] != State.CLOSED == after.row["state"] and event.facts.get("to") != State.CLOSED:
        raise errors.NotVerified(f"this event closes a case without saying so: {event.kind}")
    if event.claims.get("lost") and not event.claims.get("differed"):
        raise errors.NotVerified("this event tells of lost keys, and of nothing that differed")
    changed = {name for name, value in after.row.items() if name != "about" and before.row.get(name) != value}
    if changed - COLUMNS.get(event.kind, frozenset()) or before.row.keys() != after.row.keys():
        raise errors.NotVerified(f"this event changes what one of its kind may not: {event.kind}")
    if event.by not in PROCESSES and not (_may_stop(before.row, after.row) and _may_wait(event, before.row, after.row)):
        raise errors.NotVerified(f"this event lets a case lie: {event.kind}")
    if event.claims.get("shut") and event.kind not in _SHUTS:
        raise errors.NotVerified(f"this event takes keys that one of its kind may not: {event.kind}")
    given = event.claims.get("keys", {}).items()
    if not all(_may_give(event, before, it) for it in given) or "mailbox" in event.claims:
        raise errors.NotVerified(f"this event gives keys that one of its kind may not: {event.kind}")


def _may_stop(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a case may come into the state that is claimed."""
    state = after["state"]
    return state == before["state"] or before["state"] in _FROM.get(state, {before["state"]})


def _may_wait(event: Event, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a person's step may set the clock so: sooner, or for no longer than such a step ever gave."""
    (clock, due), (old, was) = ((it["clock"], it["due"]) for it in (after, before))
    if (clock, due) == (old, was) or after["state"] == State.CLOSED != before["state"]:
        return True
    if clock is None or due is None:
        return (clock, due) == (None, None) and after["state"] == State.SUSPENDED != before["state"]
    at = int(event.at.timestamp())
    if clock == deadlines.WAKE:
        return bool(due <= at)
    if clock == old and was is not None and due <= was:
        return True
    moved = event.kind in _AGAIN or any(before[it] != after[it] for it in ("state", "unit"))
    since = max(at, was or 0) if event.kind is Kind.EXTENDED else at
    return moved and clock in LONGEST and due <= since + LONGEST[clock] * _DAY


def _may_give(event: Event, before: Claimed, given: tuple[str, list[list[Any]]]) -> bool:
    """Whether an event may give these keys to an envelope: to its own, and to those before it as its kind says.

    Sealing anew gives nobody a key who had none.
    """
    envelope, keys = given
    if envelope == event.facts.get("envelope"):
        return True
    if event.kind is Kind.EXCLUDED:
        had = {it.reader for it in before.keys.values()} - set(event.claims.get("shut", ()))
        is_renewed = envelope in {step.split(">")[1] for step in event.facts.get("renewed", "").split()}
        return is_renewed and all(reader in had for reader, *_ in keys)
    who = event.facts.get(_GIVES.get(event.kind, ""))
    return who is not None and all(reader == who for reader, *_ in keys)

"""Signers: who may sign which event of a case, in one table. A true signature of somebody else's is none.

How somebody stands to a case is told by what its chain claims before the event, and by the roster.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Mapping
from enum import Enum, auto
from typing import Final

from tips import errors
from tips.cases import deadlines, lifecycle, standing
from tips.cases.case import State
from tips.cases.claims import Claimed
from tips.cases.ledger import Event, Kind
from tips.organisation.roles import Role
from tips.organisation.roster import APART, CLOCK, DESK, HELD, INTAKE, PROCESSES, Left, Person, Roster


class Standing(Enum):
    """How who signs an event stands to its case."""

    INTAKE = auto()
    CLOCK = auto()
    QUORUM = auto()  # the case is held, and the recovery offices opened it
    READER = auto()  # a person whose unit has a key to it that is awake
    OWNER = auto()  # a reader of the unit whose case it is, or of an overseer's
    OUTSIDE = auto()  # a reader of another unit


_OWNERS: Final = frozenset({Standing.OWNER})
_READERS: Final = frozenset({Standing.READER})
TABLE: Final[Mapping[Kind, frozenset[Standing]]] = {
    Kind.RECEIVED: frozenset({Standing.INTAKE}),
    Kind.ADDED: frozenset({Standing.INTAKE}),
    Kind.DISPUTED: frozenset({Standing.INTAKE}),
    Kind.ESCALATED: frozenset({Standing.CLOCK}),
    Kind.SHREDDED: frozenset({Standing.CLOCK}),
    Kind.MENDED: frozenset({Standing.CLOCK}),
    Kind.COVERED: frozenset({Standing.CLOCK}),
    Kind.RESTARTED: frozenset({Standing.CLOCK}),
    Kind.RELEASED: frozenset({Standing.QUORUM}),
    Kind.READ: frozenset({Standing.READER, Standing.QUORUM}),
    Kind.EXCLUDED: frozenset({Standing.READER, Standing.QUORUM}),
    Kind.NOTED: _READERS,
    Kind.RECUSED: _READERS,
    Kind.CLEARED: _READERS,
    Kind.AGREED: _READERS,
    Kind.PRINTED: _READERS,
    Kind.ENDORSED: frozenset({Standing.OUTSIDE}),
    Kind.ASKED: _OWNERS,
    Kind.CLAIMED: _OWNERS,
    Kind.HANDED_BACK: frozenset({Standing.OWNER, Standing.CLOCK}),
    Kind.ASSIGNED: _OWNERS,
    Kind.MOVED: _OWNERS,
    Kind.CORRECTED: _OWNERS,
    Kind.LINKED: _OWNERS,
    Kind.HANDED_OVER: _OWNERS,
    Kind.BOUNCED: _OWNERS,
    Kind.CONSULTED: _OWNERS,
    Kind.SHARED: _OWNERS,
    Kind.EXTENDED: _OWNERS,
    Kind.CONCLUDED: _OWNERS,
}


def _has_been(event: Event, roster: Roster, roles: Collection[Role]) -> bool:
    """Whether they had one of these roles then; by which key they signed as what, `standing` tells."""
    return bool(roster.keys_as(event.by, roles, event.at))


BESIDE: Final[Mapping[Kind, Callable[[Event, Roster], bool]]] = {
    Kind.SEQUENCED: lambda event, roster: event.by == CLOCK,
    Kind.FROZEN: lambda event, roster: event.by == CLOCK,
    Kind.ROSTER: lambda event, roster: _is_signer(event, roster) and _tells_a_version(event),
    Kind.RESTORED: lambda event, roster: _is_signer(event, roster),
    Kind.EXPORTED: lambda event, roster: event.by not in {CLOCK, DESK},
    Kind.SEARCHED: lambda event, roster: event.by not in PROCESSES,
    Kind.RECLAIMED: lambda event, roster: event.by not in {CLOCK, DESK},
    Kind.BACKED_UP: lambda event, roster: event.by not in {INTAKE, DESK},
    Kind.AUDITED: lambda event, roster: event.by not in {INTAKE, DESK},
    **{kind: functools.partial(_has_been, roles=roles) for kind, roles in standing.ROLES.items()},
}


def check_beside(event: Event, roster: Roster) -> None:
    """Whether who signed an event that concerns no case may have; of a case's `check` says.

    Raises:
        NotVerified: it is not theirs to sign.
    """
    if not event.case and not (event.kind in BESIDE and BESIDE[event.kind](event, roster)):
        raise errors.NotVerified(f"{event.by} may not sign this event: {event.kind}")


def _tells_a_version(event: Event) -> bool:
    """Whether it says which one, and what is in it."""
    return re.fullmatch("[0-9]{1,9}", event.facts.get("version", "")) is not None and "digest" in event.facts


def _is_signer(event: Event, roster: Roster) -> bool:
    return event.by in {it.name for it in (*roster.signers.listed, *roster.once)}


def check(event: Event, before: Claimed | None, roster: Roster) -> None:
    """Whether who signed an event of a case may have.

    Args:
        event: its signature holds.
        before: what the events before it claim; None: nothing.
        roster: tells who somebody is, or was until they left; of whom it does not tell that, nothing is asked but to be
            a person.

    Raises:
        NotVerified: it is no event of a case, or not theirs to sign.
    """
    allowed = TABLE.get(event.kind, frozenset())
    if not any(_STANDS[it](event, before, roster) for it in allowed):
        raise errors.NotVerified(f"{event.by} may not sign this event: {event.kind}")
    if _is_too_late(event, before, roster):
        raise errors.NotVerified(f"{event.by} had left, or had other keys, when this was signed")
    if event.kind is Kind.RECUSED and not _may_keep_away(event, roster):
        raise errors.NotVerified(f"{event.by} may not keep somebody else away")
    if event.kind is Kind.SHREDDED and before is not None and not _is_over(event, before):
        raise errors.NotVerified("this case was destroyed before its time")


def _is_too_late(event: Event, before: Claimed | None, roster: Roster) -> bool:
    """Whether an event of the time before somebody left follows one of a process after it: it was dated back."""
    ended, at = roster.ended(event.by), before.at if before else None
    return ended is not None and at is not None and event.at <= ended + APART < at


def _may_keep_away(event: Event, roster: Roster) -> bool:
    """Whether it is themselves, or a head keeps somebody of their unit away."""
    signers, who = roster.places(event.by, event.at), roster.places(event.facts.get("who", ""), event.at)
    if event.facts.get("who") == event.by or signers is None or who is None:
        return "who" in event.facts
    return any(it.role is Role.HEAD and it.unit in {one.unit for one in who} for it in signers)


def _is_over(event: Event, before: Claimed) -> bool:
    """Whether the case was closed, and its retention over when this happened."""
    row = before.row
    kept = row["state"] == State.CLOSED and row["clock"] == deadlines.RETENTION
    return kept and row["due"] is not None and row["due"] <= event.at.timestamp()


def _is_reader(event: Event, before: Claimed | None, roster: Roster) -> bool:
    return _worked(event, before, roster, _reads)


def _is_owner(event: Event, before: Claimed | None, roster: Roster) -> bool:
    return _worked(event, before, roster, _owns)


def _is_outside(event: Event, before: Claimed | None, roster: Roster) -> bool:
    return _worked(event, before, roster, _leads_elsewhere)


def _worked(event: Event, before: Claimed | None, roster: Roster, so: Callable[[Person | Left, Claimed], bool]) -> bool:
    """Whether somebody stood so to a case by where they worked then; of whom that is not known, nothing is asked."""
    if event.by in PROCESSES:
        return False
    places = roster.places(event.by, event.at)
    return places is None or before is None or any(so(it, before) for it in places)


def _is_quorum(event: Event, before: Claimed | None, roster: Roster) -> bool:
    """An overseer or an admin who brought the shares together; in homes of earlier programs the intake signed it."""
    if before is None:
        return event.by == INTAKE
    places, keys = roster.places(event.by, event.at), before.keys.values()
    held = any(it.reader == HELD and not it.asleep for it in keys)
    brought = places is None or any(it.role in {Role.OVERSEER, Role.ADMIN} for it in places)
    of_it = event.kind is not Kind.READ or event.facts.get("part") == "held"
    return held and brought and of_it and event.by not in PROCESSES


def _reads(person: Person | Left, before: Claimed) -> bool:
    return any(it.reader == person.unit and not it.asleep for it in before.keys.values())


def _owns(person: Person | Left, before: Claimed) -> bool:
    return _reads(person, before) and (person.unit == before.row["unit"] or person.role is Role.OVERSEER)


def _leads_elsewhere(person: Person | Left, before: Claimed) -> bool:
    leads = person.role in lifecycle.actions()[lifecycle.ActionName.ENDORSE].roles
    return leads and _reads(person, before) and person.unit != before.row["unit"]


_STANDS: Final[Mapping[Standing, Callable[[Event, Claimed | None, Roster], bool]]] = {
    Standing.INTAKE: lambda event, before, roster: event.by == INTAKE,
    Standing.CLOCK: lambda event, before, roster: event.by == CLOCK,
    Standing.QUORUM: _is_quorum,
    Standing.READER: _is_reader,
    Standing.OWNER: _is_owner,
    Standing.OUTSIDE: _is_outside,
}

"""Standing: what people lay down for the whole home, in signed events that concern no case and name a subject.

A row is believed only if who signed it had, at its time, a role that its kind asks for: by the key itself, so that who
was an officer then signs nothing as the admin whom they became. Of those that are believed the order is the hour, and
within it the number that each of them bears.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import ledger
from tips.cases.claims import Signature
from tips.cases.ledger import FIRST, Event, Kind, SignedEvent
from tips.crypto.sealing import Random
from tips.organisation.roles import Role
from tips.organisation.roster import APART, Roster

ROLES: Final[Mapping[Kind, frozenset[Role]]] = {  # whose word it is
    Kind.HOLIDAYS: frozenset({Role.ADMIN}),
    Kind.REQUESTED: frozenset({Role.ADMIN}),
    Kind.UNIT_WORDS: frozenset({Role.HEAD}),
    Kind.INCIDENT: frozenset({Role.ADMIN, Role.OVERSEER}),
    Kind.HOME_TEXT: frozenset({Role.ADMIN, Role.OVERSEER}),
}
SUBJECT: Final = "subject"  # the fact by which a store finds such events
_NUMBER: Final = "number"


def laid_down(kind: Kind, facts: Mapping[str, str], known: Sequence[Event], who: Signature, random: Random) -> Event:
    """An event that lays something down after all that is `known`; its facts name the subject."""
    numbered = {**facts, _NUMBER: str(len(known) + 1)}
    return Event(kind, b"", FIRST, who.at, who.by, random(32), numbered)


def believed(rows: Iterable[SignedEvent], roster: Roster, now: datetime) -> list[Event]:
    """What of stored rows counts, oldest first. A row of a time to come is none: it would outlast every later word."""
    found = [(it, event) for it in rows if (event := _verified(it, roster)) and event.at <= now + APART]
    found.sort(key=lambda it: (it[1].at, int(it[1].facts[_NUMBER]), it[0].leaf))
    return [event for _, event in found]


def is_signed(row: SignedEvent, roster: Roster) -> bool:
    """Whether it is one of these, whose word it is."""
    return _verified(row, roster) is not None


def _verified(row: SignedEvent, roster: Roster) -> Event | None:
    """The event of a row, if it is one of these, and whose word it is; None: it is not."""
    try:
        roles = ROLES.get(ledger.parse(row).kind, frozenset())
        event = ledger.verify(row, lambda by, at: roster.keys_as(by, roles, at))
    except errors.NotVerified:
        return None
    return event if SUBJECT in event.facts and re.fullmatch("[0-9]{1,9}", event.facts.get(_NUMBER, "")) else None

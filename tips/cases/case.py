"""A case: a tip under work. Its states, and what is kept of it in the clear; see `lifecycle` for how it moves."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from tips.crypto.receipt import ALPHABET, plain_code


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    SCREENING = "screening"
    NEEDS_INFO = "needs_info"
    FORWARDED = "forwarded"
    ACCEPTED = "accepted"
    VERIFYING = "verifying"
    SUSPENDED = "suspended"
    CONCLUDED = "concluded"
    CLOSED = "closed"
    HELD = "held"


OPEN_STATES: Final = frozenset(State) - {State.CLOSED}
ACCEPTED_STATES: Final = frozenset(
    {State.ACCEPTED, State.VERIFYING, State.SUSPENDED, State.CONCLUDED, State.CLOSED}
)  # an office took it as its own

NO_TIME: Final = datetime.fromtimestamp(0, UTC)  # what reads so is no time: a hand was in the row
RESTRICTED_AREA: Final = "city"
RESTRICTED_CATEGORY: Final = "restricted"
UNKNOWN_CATEGORY: Final = "unknown"
CODE_SIGNS: Final = 8  # of a case's code
FEWEST_SIGNS: Final = 4  # one group of it: from here on the beginning of a code tells cases apart
NEVER: Final = 253_402_300_799  # seconds since 1970, the end of 9999: stands for no deadline, behind every other
NOWHERE: Final = "unknown"  # stands for no area, behind every code


@dataclass(frozen=True, slots=True)
class Case:
    """What the store knows of a case in the clear: no more than routing, clocks and statistics need."""

    id: bytes  # 16 bytes
    unit: str
    state: str  # a `State`; anything else: a hand was in the row
    urgency: str  # an `Urgency`, as `state`
    category: str  # `restricted` for a tip with an exclusion
    area: str | None  # district code; `city` for a tip with an exclusion; None: not known
    ward: str | None  # unit code; None: not known, or restricted
    received_at: datetime  # truncated to the hour
    clock: str | None  # which deadline runs; None: none does
    due_at: datetime | None
    level: int  # how often it was escalated
    officer: str | None  # who claimed it
    opened: bool  # somebody of the unit has read it
    restricted: bool
    head: bytes  # leaf hash of its newest event: every change names the head that it saw
    disputed: bool = False  # the reporter did not accept that it was closed; its events say so as well
    salt: bytes | None = None  # of what its newest event claims, see `claims`; None: an earlier program signed it

    def overdue(self, now: datetime) -> bool:
        """Whether the running clock has run out."""
        return self.due_at is not None and self.due_at <= now

    @property
    def position(self) -> QueuePosition:
        """Where it stands in a queue."""
        due = int(self.due_at.timestamp()) if self.due_at else NEVER
        received = int(self.received_at.timestamp())
        return QueuePosition(self.urgency, due, self.officer is not None, received, self.area or NOWHERE, self.id)

    @property
    def code(self) -> str:
        """See `code_of`."""
        return code_of(self.id)


class QueuePosition(NamedTuple):
    """Where a case stands in a queue: all that any order of it looks at."""

    urgency: str  # an `Urgency`, as `state`
    due: int  # seconds since 1970, or `NEVER`
    claimed: bool
    received: int  # seconds since 1970
    area: str  # district code, or `NOWHERE`
    id: bytes


class Sort(StrEnum):
    """The order of a queue. Each looks at the id last, so that no two cases have one place."""

    URGENT = "urgent"  # urgent first, then what is due first, then what nobody has
    DUE = "due"
    NEWEST = "newest"
    OLDEST = "oldest"
    AREA = "area"

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields of a `QueuePosition` that it looks at, in their order."""
        return _KEYS[self]

    @property
    def descends(self) -> bool:
        """Whether the largest comes first."""
        return self is Sort.NEWEST

    def rank(self, place: QueuePosition) -> tuple[object, ...]:
        """What is compared of a place."""
        return tuple(getattr(place, key) for key in self.keys)


_KEYS: Final[Mapping[Sort, tuple[str, ...]]] = {
    Sort.URGENT: ("urgency", "due", "claimed", "id"),
    Sort.DUE: ("due", "claimed", "urgency", "id"),
    Sort.NEWEST: ("received", "id"),
    Sort.OLDEST: ("received", "id"),
    Sort.AREA: ("area", "urgency", "due", "claimed", "id"),
}


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which cases a page of a queue shows, and in which order; None: any."""

    states: frozenset[str] = frozenset(State)
    urgency: str | None = None
    category: str | None = None
    area: str | None = None  # district code
    received_before: datetime | None = None
    due_before: datetime | None = None
    officer: str | None = None
    claimed: bool | None = None
    opened: bool | None = None
    disputed: bool | None = None
    sort: Sort = Sort.URGENT


OPEN: Final = QueueFilter(OPEN_STATES)


def code_of(case: bytes) -> str:
    """A short name for people to say to each other: 8 signs of the id, not a secret, not the receipt."""
    bits = int.from_bytes(case[:5], "big")
    signs = "".join(ALPHABET[(bits >> shift) & 31] for shift in range(35, -1, -5))
    return f"{signs[:4]}-{signs[4:]}"


def restricted(row: Case) -> Case:
    """A case of which somebody is shut out: its area and category are told nowhere in the clear."""
    return replace(row, restricted=True, category=RESTRICTED_CATEGORY, area=RESTRICTED_AREA, ward=None)


def code_span(typed: str) -> tuple[bytes, bytes] | None:
    """Where the ids lie whose code is, or begins with, what somebody typed; None: no code begins so.

    Any case, spaces, dashes or dots; O for 0, I or L for 1. The first id and the last one, 5 bytes of each.
    """
    signs = plain_code(typed)
    if not FEWEST_SIGNS <= len(signs) <= CODE_SIGNS:
        return None
    values = [ALPHABET.find(sign) for sign in signs]
    if min(values) < 0:
        return None
    free = 5 * (CODE_SIGNS - len(signs))  # bits that were not typed
    first = functools.reduce(lambda bits, value: bits << 5 | value, values) << free
    return first.to_bytes(5, "big"), (first | (1 << free) - 1).to_bytes(5, "big")

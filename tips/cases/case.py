"""A case: a tip under work. Its states, and what is kept of it in the clear; see `lifecycle` for how it moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from tips.crypto.receipt import ALPHABET


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

NO_TIME: Final = datetime.fromtimestamp(0, UTC)  # what reads so is no time: a hand was in the row
RESTRICTED_AREA: Final = "city"
RESTRICTED_CATEGORY: Final = "restricted"
UNKNOWN_CATEGORY: Final = "unknown"


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

    def overdue(self, now: datetime) -> bool:
        """Whether the running clock has run out."""
        return self.due_at is not None and self.due_at <= now

    @property
    def position(self) -> QueuePosition:
        """Where it stands in a queue."""
        return QueuePosition(self.urgency, self.opened, self.received_at, self.id)

    @property
    def code(self) -> str:
        """See `code_of`."""
        return code_of(self.id)


class QueuePosition(NamedTuple):
    """Where a case stands in a queue: urgent first, then what nobody has read, then the oldest."""

    urgency: str  # an `Urgency`, as `state`
    opened: bool
    received_at: datetime
    id: bytes


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which cases a page of a queue shows; None: any."""

    states: frozenset[str] = frozenset(State)
    urgency: str | None = None
    category: str | None = None
    area: str | None = None  # district code
    received_before: datetime | None = None
    due_before: datetime | None = None
    officer: str | None = None


OPEN: Final = QueueFilter(OPEN_STATES)


def code_of(case: bytes) -> str:
    """A short name for people to say to each other: 8 signs of the id, not a secret, not the receipt."""
    bits = int.from_bytes(case[:5], "big")
    signs = "".join(ALPHABET[(bits >> shift) & 31] for shift in range(35, -1, -5))
    return f"{signs[:4]}-{signs[4:]}"


def restricted(row: Case) -> Case:
    """A case of which somebody is shut out: its area and category are told nowhere in the clear."""
    return replace(row, restricted=True, category=RESTRICTED_CATEGORY, area=RESTRICTED_AREA, ward=None)

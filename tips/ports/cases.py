"""What is asked of who keeps cases: new tips, cases under work, and the events of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from tips.cases.case import Case, QueueFilter, QueuePosition
from tips.cases.ledger import SignedEvent
from tips.cases.pings import Ping
from tips.cases.plaintext import Part
from tips.crypto.sealing import Envelope, Grant


@dataclass(frozen=True, slots=True)
class Mailbox:
    """How a receipt finds its case: by what it derives, never by itself."""

    lookup: bytes  # 16 bytes
    case: bytes
    public: bytes  # the receipt's reading key, so that questions and answers can be sealed to it


@dataclass(frozen=True, slots=True)
class Change:
    """One step in a case's life: all of it is stored, or nothing."""

    case: Case  # the row as it shall be
    before: bytes | None  # the head that was seen; None: the case is new
    events: tuple[SignedEvent, ...]
    envelopes: tuple[Envelope, ...] = ()
    grants: tuple[Grant, ...] = ()
    woken: tuple[Grant, ...] = ()  # grants that replace the stored one of the same envelope and reader
    dropped: tuple[bytes, ...] = ()  # ids of envelopes that go, with all their grants (re-keying)
    shut: tuple[str, ...] = ()  # readers whose grants of this case all go; applied before `grants` are added
    mailbox: Mailbox | None = None
    pings: tuple[Ping, ...] = ()
    notify_from: datetime | None = (
        None  # from then on there is something for the reporter, if an address of theirs is kept
    )
    forgotten: bool = False  # an address that is kept goes

    @property
    def files(self) -> tuple[bytes, ...]:
        """The envelopes that describe files: these need not wait any more."""
        return tuple(envelope.id for envelope in self.envelopes if envelope.part == Part.FILE)


class Tips(Protocol):
    """Where a new tip is put: durable at return, never twice."""

    async def submit(self, change: Change) -> bool:
        """Store a new case. False: a case of this id is stored already, and nothing was changed."""
        ...


class Due(NamedTuple):
    """A case's place on a page of the clock's: a time as the database has it, in seconds since 1970, and its id."""

    at: int
    id: bytes


@dataclass(frozen=True, slots=True)
class CaseBundle:
    """A case with all that belongs to it; no order tells anything."""

    case: Case
    envelopes: Sequence[Envelope]
    grants: Sequence[Grant]
    events: Sequence[SignedEvent]


class Cases(Protocol):
    """Cases under work. Who may read is part of each query: a unit sees what it holds a waking grant of."""

    async def queue(
        self, units: Sequence[str], wanted: QueueFilter, limit: int, after: QueuePosition | None
    ) -> list[Case]:
        """The cases of these units that are wanted, in the order of their places, from behind the place `after`."""
        ...

    async def get(self, case: bytes, units: Sequence[str] | None) -> Case:
        """One case. `units` None: the product itself asks (clock, mailbox). Raises `NotFound` also for another's."""
        ...

    async def bundle(self, case: bytes, units: Sequence[str] | None) -> CaseBundle:
        """A case with all that belongs to it, of one moment; otherwise as `get`."""
        ...

    async def envelopes(self, case: bytes) -> list[Envelope]:
        """All envelopes of a case; their order tells nothing."""
        ...

    async def grants(self, case: bytes) -> list[Grant]:
        """All grants of a case, waking and asleep."""
        ...

    async def events(self, case: bytes) -> list[SignedEvent]:
        """The ledger events of a case; their order tells nothing."""
        ...

    async def apply(self, change: Change) -> None:
        """Store one step. Raises `Stale` when the head is no longer `change.before`."""
        ...

    async def due(self, now: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """Open cases whose clock has run out by `now`, longest first, from behind `after`."""
        ...

    async def expired(self, now: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """Closed cases whose retention is over by `now`, longest first, from behind `after`."""
        ...

    async def due_within(self, first: datetime, last: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """Open cases whose clock runs out from `first` until before `last`; of those with an exclusion only P0."""
        ...

    async def unattended(self, now: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """Urgent cases (P0, P1) of past hours that somebody has read and nobody has taken; else as `due_within`."""
        ...

    async def taken(self, limit: int, after: Due | None = None) -> list[Due]:
        """Open cases that an officer has, oldest first, from behind `after`."""
        ...

    async def consulted(self, units: Sequence[str], limit: int) -> list[Case]:
        """Open cases of others that these units read along, most urgent and oldest first."""
        ...

    async def mailbox(self, lookup: bytes) -> Mailbox:
        """The mailbox of a receipt's look-up id. Raises `NotFound`."""
        ...

    async def mailbox_of(self, case: bytes) -> Mailbox:
        """The mailbox of a case. Raises `NotFound`."""
        ...

    async def held(self) -> list[Case]:
        """Cases that wait for the quorum."""
        ...


class Ledger(Protocol):
    """Events as they wait for the tree."""

    async def waiting(self) -> list[SignedEvent]:
        """Every event; the order tells nothing."""
        ...

    async def append(self, event: SignedEvent) -> None:
        """An event that concerns no case."""
        ...

    async def heads(self) -> list[Case]:
        """Every case, for checking its chain."""
        ...

"""What is asked of who keeps cases: new tips, cases under work, and the events of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from tips import errors
from tips.cases import chain_ends, checking, claims
from tips.cases.case import Case, QueueFilter, QueuePosition, State
from tips.cases.chain_ends import ChainEnd
from tips.cases.checking import Checked
from tips.cases.claims import NOTHING, Added, Entry, Mailbox, Mended, Signature
from tips.cases.ledger import FIRST, SignedEvent
from tips.cases.milestones import Milestone
from tips.cases.pings import Ping
from tips.cases.plaintext import Part
from tips.crypto.sealing import Envelope, Grant
from tips.organisation.roster import Roster


@dataclass(frozen=True, slots=True)
class Change:
    """One step in a case's life: all of it is stored, or nothing."""

    case: Case  # the row as it shall be
    before: bytes | None = None  # the head that was seen; None: the case is new
    events: tuple[SignedEvent, ...] = ()
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
    milestones: tuple[Milestone, ...] = ()
    mended: Mended = NOTHING  # rows that were not what was signed are set right first

    def signed(self, head: bytes, entries: Sequence[Entry], who: Signature, salt: bytes) -> Change:
        """The same step with its events, which claim all that it changes; see `claims.signed`."""
        return self.claiming(Added((*self.grants, *self.woken), self.shut, self.mailbox), head, entries, who, salt)

    def claiming(self, added: Added, head: bytes, entries: Sequence[Entry], who: Signature, salt: bytes) -> Change:
        """As `signed`, but for what of the case the events claim to be there."""
        row, events = claims.signed(self.case, head, entries, who, salt, added, self.mended)
        before = None if head == FIRST else self.mended.head or head
        return replace(self, case=row, before=before, events=events)

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
    mailboxes: Sequence[Mailbox]  # one, unless a hand was there
    end: ChainEnd | None = None  # what this machine kept of it outside the database, before it was read; None: nothing

    def checked(self, roster: Roster) -> Checked:
        """The case as it was signed; see `checking.check`.

        Raises:
            NotVerified: its chain does not hold, or holds and has lost what was once its end.
        """
        checked = checking.check(self.case, self.envelopes, self.grants, self.mailboxes, self.events, roster)
        if chain_ends.is_cut(self.end, checked):
            raise errors.NotVerified("the end of the chain of events was cut off")
        return checked


ASIDE: Final = "mailbox."  # how what was kept of mailboxes that were set aside is named
MOST_COUNTED: Final = 1000  # of what has no end: closed cases


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many cases of a queue a person may see; all but the closed ones are open."""

    open: int
    new: int  # nobody of the unit has read it
    mine: int
    unclaimed: int
    overdue: int
    disputed: int
    closed: int  # `MOST_COUNTED`, where there are so many or more

    def without(self, rows: Iterable[Case], name: str, now: datetime) -> QueueCounts:
        """The same without some of the cases that are counted, for a person of this name."""
        rows = list(rows)
        left = [it for it in rows if it.state != State.CLOSED]
        return QueueCounts(
            self.open - len(left),
            self.new - sum(not it.opened for it in left),
            self.mine - sum(it.officer == name for it in left),
            self.unclaimed - sum(it.officer is None for it in left),
            self.overdue - sum(it.overdue(now) for it in left),
            self.disputed - sum(it.disputed for it in left),
            self.closed - (len(rows) - len(left) if self.closed < MOST_COUNTED else 0),
        )


@dataclass(frozen=True, slots=True)
class Load:
    """The open cases of a queue that one person has."""

    officer: str | None  # None: nobody has them
    open: int
    overdue: int

    def without(self, rows: Iterable[Case], now: datetime) -> Load:
        """The same without some of the cases that are counted."""
        theirs = [it for it in rows if it.officer == self.officer and it.state != State.CLOSED]
        return Load(self.officer, self.open - len(theirs), self.overdue - sum(it.overdue(now) for it in theirs))


class Cases(Protocol):
    """Cases under work. Who may read is part of each query: a unit sees what it holds a waking grant of."""

    async def queue(
        self,
        units: Sequence[str],
        wanted: QueueFilter,
        limit: int,
        after: QueuePosition | None,
        *,
        backwards: bool = False,
    ) -> list[Case]:
        """The cases of these units that are wanted, in their order, from behind the place `after`.

        `backwards`: from before that place, the nearest first.
        """
        ...

    async def counts(self, units: Sequence[str], name: str, now: datetime) -> QueueCounts:
        """How many cases of these units there are for a person of this name."""
        ...

    async def loads(self, units: Sequence[str], now: datetime) -> list[Load]:
        """Who has how many of these units' open cases; in no order."""
        ...

    async def between(self, units: Sequence[str], first: bytes, last: bytes, limit: int) -> list[Case]:
        """The cases that these units may read whose ids begin between these, 5 bytes each; by their ids."""
        ...

    async def read_by(self, units: Sequence[str], name: str, limit: int) -> list[bytes]:
        """Ids of the cases that these units may read of which an event says that this person read them.

        The newest first. Whether they signed the event is for the caller to check.
        """
        ...

    async def bundles(self, cases: Sequence[bytes], units: Sequence[str] | None) -> list[CaseBundle]:
        """As `bundle`, of several cases, all of one moment; those that are not these units' to read are left out."""
        ...

    async def get(self, case: bytes, units: Sequence[str] | None) -> Case:
        """One case. `units` None: the product itself asks (clock, mailbox). Raises `NotFound` also for another's."""
        ...

    async def bundle(self, case: bytes, units: Sequence[str] | None) -> CaseBundle:
        """A case with all that belongs to it, of one moment; otherwise as `get`."""
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

    async def every(self, limit: int, after: Due | None = None) -> list[Due]:
        """All cases that are not destroyed, in the order of their ids, from behind `after`; all at the same time."""
        ...

    async def taken(self, limit: int, after: Due | None = None) -> list[Due]:
        """Open cases that an officer has, oldest first, from behind `after`."""
        ...

    async def consulted(self, units: Sequence[str], limit: int) -> list[Case]:
        """Open cases of others that these units read along, most urgent and oldest first."""
        ...

    async def mailbox(self, lookup: bytes) -> Mailbox:
        """The mailbox of a receipt's look-up id, also one that was set aside as its case had several.

        Raises:
            NotFound: there is none.
        """
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

    async def standing(self) -> list[SignedEvent]:
        """Events that concern no case and name a subject (see `standing`); the order tells nothing."""
        ...

    async def heads(self) -> list[Case]:
        """Every case, for checking its chain."""
        ...

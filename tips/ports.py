"""What the product asks of the world outside: few protocols, each with its contract.

Everywhere: times are aware and in UTC; a store that is locked, read-only, full or away raises `StoreUnavailable`
and has kept nothing; what was returned from is durable. The tests in `tests/contract` run on every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from tips.cases.case import Case, Place, Wanted
from tips.cases.ledger import SignedEvent
from tips.crypto.keys import LockedIdentity, SealedSeed
from tips.crypto.sealing import Envelope, Grant
from tips.organisation.roster import SignedRoster


@dataclass(frozen=True, slots=True)
class Ping:
    """A content-free word to a unit's people that something waits; `after` hides what and when."""

    id: bytes  # 16 random bytes
    unit: str
    kind: str  # one of `notices.KINDS`, or digest
    after: datetime
    spared: tuple[str, ...] = ()  # people of the unit who are not told


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
    news: datetime | None = None  # from then on there is something for the reporter, if an address of theirs is kept
    forgotten: bool = False  # an address that is kept goes

    @property
    def files(self) -> tuple[bytes, ...]:
        """The envelopes that describe files: these need not wait any more."""
        return tuple(envelope.id for envelope in self.envelopes if envelope.part == "file")


class Upload(Protocol):
    """A file as a channel received it: in memory, in no folder."""

    @property
    def fd(self) -> int:
        """The number of an anonymous memory file."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...


class Cleaned(Protocol):
    """A clean copy, in memory; `close` gives the memory back."""

    @property
    def kind(self) -> str:
        """One of image, audio, video and document."""
        ...

    @property
    def mime(self) -> str:
        """A key of `evidence.KINDS`."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def original(self) -> str:
        """SHA-256 of what was sent, in hex."""
        ...

    @property
    def clean(self) -> str:
        """SHA-256 of this copy, in hex."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, once, in small pieces."""
        ...

    def close(self) -> None:
        """Forget it."""
        ...


class Cleaner(Protocol):
    """Takes out of a file whatever tells of who made it, where and with what."""

    async def clean(self, fd: int, size: int) -> Cleaned:
        """A clean copy of the first `size` bytes of an open file. Raises `evidence.TurnedDown`."""
        ...


class Blobs(Protocol):
    """Sealed files, chunk by chunk. What no change named in time is swept away."""

    async def begin(self, envelope: bytes, expires_at: datetime, size: int, room: int) -> None:
        """A file of `size` bytes comes that this envelope will describe; it waits until a change stores that envelope.

        What expires first goes, where all that waits would take more than `room` bytes.
        """
        ...

    async def stay(self, envelopes: Sequence[bytes], expires_at: datetime) -> None:
        """Let files that wait do so until then; one that is gone stays gone."""
        ...

    async def add(self, envelope: bytes, first: int, chunks: Sequence[bytes]) -> None:
        """Store its chunks from number `first` on. Raises `StoreUnavailable` where it had to go meanwhile."""
        ...

    async def read(self, envelope: bytes, first: int, count: int) -> list[bytes]:
        """At most `count` chunks from number `first` on, in order."""
        ...

    async def waiting(self) -> int:
        """How many bytes all files take that wait."""
        ...

    async def count(self, envelope: bytes) -> int:
        """How many chunks are stored."""
        ...

    async def drop(self, envelopes: Sequence[bytes]) -> None:
        """Forget files that still wait; one that a case has stays."""
        ...

    async def expire(self, now: datetime) -> int:
        """Forget all that waited in vain until `now`; how many."""
        ...


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
class Whole:
    """A case with all that belongs to it; no order tells anything."""

    case: Case
    envelopes: Sequence[Envelope]
    grants: Sequence[Grant]
    events: Sequence[SignedEvent]


class Cases(Protocol):
    """Cases under work. Who may read is part of each query: a unit sees what it holds a waking grant of."""

    async def queue(self, units: Sequence[str], wanted: Wanted, limit: int, after: Place | None) -> list[Case]:
        """The cases of these units that are wanted, in the order of their places, from behind the place `after`."""
        ...

    async def get(self, case: bytes, units: Sequence[str] | None) -> Case:
        """One case. `units` None: the product itself asks (clock, mailbox). Raises `NotFound` also for another's."""
        ...

    async def whole(self, case: bytes, units: Sequence[str] | None) -> Whole:
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


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft as it is stored: nothing in it can be read without the process's keys."""

    key: bytes  # 16 bytes: keyed hash of channel and conversation
    sealed: bytes
    version: int  # below 2^53; greater than every version this key had before
    expires_at: datetime
    due: bool = field(default=False, compare=False)  # a receipt is due: no store that may forget is enough


class Drafts(Protocol):
    """Unfinished tips, and the stubs of finished ones. `get` gives what the store holds, never a memory of it."""

    async def get(self, key: bytes) -> DraftRow | None:
        """The draft of a conversation."""
        ...

    async def put(self, row: DraftRow, seen: int, step: Change | None = None) -> None:
        """Store a draft over the version that was seen (0: there was none), and with it a step of a case.

        Both are durable when this returns, or neither is. A new case that is stored already (its id comes from the
        draft's seed) is left as it is, and its draft is stored.

        Raises:
            Stale: the draft is no longer the version that was seen, or the case's head is not `step.before`.
            Unsure: the store went away while it was writing.
        """
        ...

    async def expire(self, now: datetime) -> int:
        """Forget all that expired by `now`; how many."""
        ...


class Addresses(Protocol):
    """Sealed addresses of reporters who asked to be told, by case."""

    async def put(self, case: bytes, sealed: bytes) -> None:
        """Keep a case's address, in place of the one it had."""
        ...

    async def every(self) -> list[tuple[bytes, bytes]]:
        """All, as case and sealed address."""
        ...

    async def due(self, now: datetime, limit: int, after: bytes = b"") -> list[tuple[bytes, bytes]]:
        """Those that news wait for by `now`, by case, from behind the case `after`."""
        ...

    async def told(self, case: bytes) -> None:
        """No news wait any more."""
        ...

    async def drop(self, cases: Sequence[bytes]) -> None:
        """Destroy the addresses of these cases."""
        ...


class Outbox(Protocol):
    """Pings that wait to be sent."""

    async def due(self, now: datetime, limit: int) -> list[Ping]:
        """Pings to send by `now`."""
        ...

    async def done(self, ids: Sequence[bytes]) -> None:
        """These were sent."""
        ...

    async def add(self, pings: Sequence[Ping]) -> None:
        """Further pings, of no case."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """That a process is at a job for a slot of time, or that the slot is done."""

    name: str
    slot: datetime
    owner: bytes  # 8 random bytes
    until: datetime | None  # None: it is done
    mark: bytes  # whose home's process wrote it


@dataclass(frozen=True, slots=True)
class Stuck:
    """A case that a job of the clock could not bring on."""

    job: str
    case: bytes
    error: str  # its kind, never its words
    since: datetime


class Clockwork(Protocol):
    """What the clock's processes know of each other, and what they could not do."""

    async def leases(self, name: str, decide: Callable[[Sequence[Lease]], Sequence[Lease]]) -> Sequence[Lease]:
        """Put what `decide` makes of a job's leases in their place, with nobody in between; what is there then."""
        ...

    async def note_stuck(self, job: str, failed: Mapping[bytes, str], now: datetime) -> None:
        """These cases (id -> kind of error) and no others fail in a job; who did before keeps their `since`."""
        ...

    async def stuck(self) -> list[Stuck]:
        """Every case that fails in some job, the longest first."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """A person's login, as it is stored; who they are and what they may stands in the roster."""

    locked: LockedIdentity
    totp_step: int  # the time step last used: a code counts once
    failures: int  # wrong passphrases from strange devices
    blocked_until: datetime | None
    code_misses: int = 0  # wrong one-time codes from strange devices, with the right passphrase
    code_blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A login, as it is stored: its content opens only with the cookie."""

    id: bytes
    name: str
    sealed: bytes
    seen_at: datetime
    expires_at: datetime


class Accounts(Protocol):
    """Logins and sessions."""

    async def get(self, name: str) -> Account:
        """A login. Raises `NotFound`."""
        ...

    async def put(self, account: Account) -> None:
        """Store a login."""
        ...

    async def note_failure(self, name: str, failures: int, blocked_until: datetime | None) -> None:
        """Wrong passphrases were tried for a name, so many by now."""
        ...

    async def note_code_misses(self, name: str, misses: int, blocked_until: datetime | None) -> None:
        """Wrong one-time codes were tried with the right passphrase, so many by now."""
        ...

    async def spend_code(self, name: str, step: int, latest: int) -> bool:
        """Mark a time step as used; False: it, or a later one, was used already.

        A step beyond `latest` was used by a clock that ran ahead, and counts for nothing.
        """
        ...

    async def open_session(self, session: StoredSession) -> None:
        """Store a session."""
        ...

    async def session(self, id: bytes) -> StoredSession:
        """A session. Raises `NotFound`."""
        ...

    async def touch_session(self, id: bytes, now: datetime) -> None:
        """It was used now."""
        ...

    async def sessions(self, name: str) -> list[StoredSession]:
        """A person's sessions, newest first."""
        ...

    async def close_sessions(self, *, id: bytes | None, idle_before: datetime | None) -> int:
        """Forget one session, or all that nobody used since; how many."""
        ...


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat of the officers' bot."""

    id: str
    name: str
    quiet: str = ""  # "22-6": from the hour 22 to the hour 6 of the city; empty: never


class Links(Protocol):
    """Which chats of the officers' bot belong to whom. Officers' chats only: a reporter's is nowhere."""

    async def offer(self, code: bytes, name: str, expires_at: datetime) -> None:
        """Keep the hash of a one-time code that links a chat to a person."""
        ...

    async def take(self, code: bytes, chat: str, now: datetime) -> str:
        """Link a chat by a code's hash, once; the person's name. Raises `NotFound`: unknown, used or expired."""
        ...

    async def chats(self, names: Sequence[str]) -> list[Chat]:
        """The chats of these people."""
        ...

    async def chat(self, id: str) -> Chat:
        """A chat. Raises `NotFound`: it is linked to nobody."""
        ...

    async def keep_quiet(self, id: str, quiet: str) -> None:
        """Set a chat's quiet hours; empty: none."""
        ...

    async def unlink(self, chat: str) -> None:
        """Forget a chat."""
        ...


class Keyring(Protocol):
    """The roster's versions, units' sealed seeds, and the sealed recovery seed."""

    async def rosters(self) -> list[SignedRoster]:
        """Every version, oldest first."""
        ...

    async def newest_roster(self) -> SignedRoster | None:
        """The newest version."""
        ...

    async def add_roster(
        self,
        roster: SignedRoster,
        accounts: Sequence[Account],
        seeds: Sequence[SealedSeed],
        events: Sequence[SignedEvent],
        gone: Sequence[str] = (),
    ) -> None:
        """A new version with the logins and seeds it names.

        Args:
            gone: whose logins, sessions, linked chats and copies of seeds go first, in the same transaction.

        Raises:
            Stale: the version exists already.
        """
        ...

    async def seeds(self, holder: str) -> list[SealedSeed]:
        """What is sealed to a holder."""
        ...

    async def seed_holders(self, unit: str) -> list[SealedSeed]:
        """Every sealed copy of a unit's seeds."""
        ...

    async def add_seeds(self, seeds: Sequence[SealedSeed]) -> None:
        """Further copies; one that is there already stays."""
        ...

    async def keep(self, name: str, value: bytes) -> None:
        """Keep a named sealed piece (the recovery seed's shares, the release seed's copy)."""
        ...

    async def kept(self, name: str) -> bytes:
        """A named sealed piece. Raises `NotFound`."""
        ...

    async def all_kept(self, prefix: str) -> Mapping[str, bytes]:
        """Every sealed piece whose name begins so; by the rest of its name."""
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


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many tips of a month, area and category; never fewer facts than these, never more."""

    period: str  # 2026-11
    district: str  # name, or "" where not known, or "restricted"
    ward: str
    category: str
    count: int


@dataclass(frozen=True, slots=True)
class Workload:
    """Open cases, in numbers."""

    open: int
    unread: int
    overdue: int
    mine: int


class Statistics(Protocol):
    """Counts for the city."""

    async def counts(self, first: datetime | None, last: datetime | None) -> list[CountRow]:
        """Raw counts, to be suppressed before anybody sees them."""
        ...

    async def workload(self, units: Sequence[str], name: str, now: datetime) -> Workload:
        """What waits for these units and for one person in them; cases with an exclusion are not counted."""
        ...


class Probe(Protocol):
    """Asks the store whether it takes a tip."""

    async def __call__(self) -> None:
        """Write as much as a tip, durably, and leave nothing of it. Raises `StoreUnavailable`."""
        ...


class Counters(Protocol):
    """How often something happened lately; forgotten with its span. Nothing here raises: what is away is not asked."""

    async def hit(self, name: bytes, limit: int, span: timedelta) -> bool:
        """Count one more of `name`; False: that would be more than `limit` within `span`, and nothing was counted."""
        ...

    async def full(self, name: bytes, limit: int, span: timedelta) -> bool:
        """Whether one more of `name` would be too many; counts nothing."""
        ...


class RunSecrets(Protocol):
    """Keys that are on no disk."""

    def lookup_key(self) -> bytes:
        """32 bytes: keys the hash by which a conversation finds its draft."""
        ...

    def relay_key(self) -> bytes:
        """32 bytes: seals the addresses of those who asked to be told."""
        ...

    def lost_relays(self) -> frozenset[bytes]:
        """The ids (`news.relay_id`) of this machine's earlier relay keys that a cold start has lost."""
        ...

    def device_key(self) -> bytes:
        """32 bytes: keys the cookies of devices from which somebody has logged in."""
        ...

    def count_key(self) -> bytes:
        """32 bytes: keys the names of what is counted; another one each hour."""
        ...

    def web_key(self) -> bytes:
        """32 bytes: keys the tags of the web chat's cookies and puzzles."""
        ...

    def draft_key(self, hour: int | None = None) -> tuple[int, bytes] | None:
        """The hour and key to seal drafts with now, or the key of a past `hour`; None: it is gone."""
        ...

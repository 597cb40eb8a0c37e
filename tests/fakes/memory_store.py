"""A store in plain dictionaries: what `tips.ports` asks for, and nothing that only a database has.

It is held to the contract by the same tests as the others. One class a port; `Kept` is what several processes' stores
have in common, as a database would be. Nothing here waits between its first look and its last write, so every method
is one transaction; `Kept.whole` takes back what a step has done that fails in the middle.
"""

import contextlib
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import storage
from storage import Store, migrate
from tips import errors
from tips.cases import ledger, outbox
from tips.cases.case import NO_TIME, OPEN_STATES, Case, QueueFilter, QueuePosition
from tips.cases.claims import Mailbox
from tips.cases.ledger import SignedEvent
from tips.cases.milestones import Milestone
from tips.cases.outbox import Trouble
from tips.cases.pings import Ping, Push
from tips.crypto import keys
from tips.crypto.keys import SealedSeed
from tips.crypto.sealing import Envelope, Grant
from tips.merkle.tree import Node
from tips.organisation.roster import SignedRoster
from tips.ports.cases import MOST_COUNTED, CaseBundle, Change, Due, Load, QueueCounts
from tips.ports.clock import ChainEnds, Lease, Stuck
from tips.ports.desk import Chat, Contact, CountRow, FrozenPeriod, Made, MilestoneRow, Tally, Workload
from tips.ports.intake import KEY_ID_BYTES, ClaimedAddress, DraftRow
from tips.ports.people import Account, Invitation, StoredSession
from tips.ports.tree import Growth, Head, Waiting

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
STATES = OPEN_STATES | {"closed"}


class TakenKeyError(Exception):
    """Something of this key is there already."""


@dataclass(frozen=True)
class Address:
    sealed: bytes
    news: datetime | None = None
    tries: int = 0
    claimed_until: float | None = None
    trouble: str | None = None


@dataclass(frozen=True)
class WaitingFile:
    expires_at: datetime
    size: int


@dataclass(frozen=True)
class LinkCode:
    name: str
    expires_at: datetime
    chat: str | None = None


@dataclass(frozen=True)
class WaitingPush:
    push: Push
    claimed_until: float | None = None  # in the machine's own seconds
    told: bool = False  # a digest that was sent


@dataclass
class Kept:
    """Everything, each by its key."""

    cases: dict[bytes, Case] = field(default_factory=dict)
    envelopes: dict[bytes, Envelope] = field(default_factory=dict)
    grants: dict[tuple[bytes, str], Grant] = field(default_factory=dict)  # by envelope and reader
    events: dict[bytes, SignedEvent] = field(default_factory=dict)  # by leaf
    nodes: dict[Node, bytes] = field(default_factory=dict)
    places: dict[bytes, int] = field(default_factory=dict)  # by leaf
    blinds: dict[int, bytes] = field(default_factory=dict)  # by place
    heads: dict[int, Head] = field(default_factory=dict)  # by size
    cosignatures: dict[tuple[int, str], bytes] = field(default_factory=dict)  # by size and witness
    mailboxes: dict[bytes, Mailbox] = field(default_factory=dict)  # by look-up id
    addresses: dict[bytes, Address] = field(default_factory=dict)  # by case
    blobs: dict[tuple[bytes, int], bytes] = field(default_factory=dict)  # by envelope and number
    waiting_files: dict[bytes, WaitingFile] = field(default_factory=dict)  # by envelope
    drafts: dict[bytes, DraftRow] = field(default_factory=dict)
    pings: dict[bytes, Ping] = field(default_factory=dict)
    pushes: dict[bytes, WaitingPush] = field(default_factory=dict)
    topics: dict[tuple[str, bytes], int] = field(default_factory=dict)  # by chat and case
    leases: dict[str, tuple[Lease, ...]] = field(default_factory=dict)  # by job
    stuck: dict[tuple[str, bytes], Stuck] = field(default_factory=dict)  # by job and case
    periods: dict[str, FrozenPeriod] = field(default_factory=dict)  # in the order of closing
    tallies: dict[tuple[str, str, str], int] = field(default_factory=dict)  # by month, what it is of, and name
    milestones: dict[bytes, Milestone] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    sessions: dict[bytes, StoredSession] = field(default_factory=dict)
    link_codes: dict[bytes, LinkCode] = field(default_factory=dict)
    invitations: dict[bytes, Invitation] = field(default_factory=dict)
    chats: dict[str, Chat] = field(default_factory=dict)
    rosters: dict[int, SignedRoster] = field(default_factory=dict)
    organisations: dict[str, bytes] = field(default_factory=dict)
    seeds: dict[tuple[str, int, str], SealedSeed] = field(default_factory=dict)  # by unit, generation and holder
    pieces: dict[str, bytes] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """All of the block, or nothing."""
        before = {it.name: dict(getattr(self, it.name)) for it in fields(self)}
        try:
            yield
        except BaseException:
            for name, table in before.items():
                setattr(self, name, table)
            raise


def store(kept: Kept, ends: ChainEnds | None = None) -> Store:
    """The store of one process over what is kept."""
    return Store(
        tips=MemoryTips(kept),
        cases=MemoryCases(kept, ends),
        drafts=MemoryDrafts(kept),
        outbox=MemoryOutbox(kept),
        keyring=MemoryKeyring(kept),
        accounts=MemoryAccounts(kept),
        invitations=MemoryInvitations(kept),
        officer_chats=MemoryOfficerChats(kept),
        ledger=MemoryLedger(kept),
        tree=MemoryTree(kept),
        statistics=MemoryStatistics(kept),
        blobs=MemoryBlobs(kept),
        addresses=MemoryAddresses(kept),
        clockwork=MemoryClockwork(kept),
        contacts=MemoryContacts(kept),
        probe=MemoryProbe(kept),
    )


@contextlib.contextmanager
def in_place() -> Iterator[str]:
    """An address at which the product finds such a store, as long as this lasts; there is nothing to migrate."""
    kept, address = Kept(), f"memory:{uuid.uuid4().hex}"
    open_store, upgrade = storage.open_store, migrate.upgrade

    @contextlib.asynccontextmanager
    async def opened(url: str, *rest: Any, **more: Any) -> AsyncIterator[Store]:
        if url == address:
            yield store(kept, more.get("ends"))
        else:
            async with open_store(url, *rest, **more) as other:
                yield other

    storage.open_store = opened
    migrate.upgrade = lambda url: None if url == address else upgrade(url)
    try:
        yield address
    finally:
        storage.open_store, migrate.upgrade = open_store, upgrade


def add(table: dict[Key, Value], key: Key, value: Value) -> None:
    """A new row; never in place of another."""
    if key in table:
        raise TakenKeyError
    table[key] = value


def found(table: Mapping[Key, Value], key: Key) -> Value:
    """A row, or `NotFound`."""
    if key not in table:
        raise errors.NotFound
    return table[key]


def forget(table: dict[Key, Value], keys: Iterable[Key]) -> int:
    """How many rows went."""
    return sum(table.pop(key, None) is not None for key in list(keys))


def ordered(table: Mapping[Any, Value]) -> list[Value]:
    """Rows by their keys, which are random: their order tells nothing."""
    return [table[key] for key in sorted(table)]


@dataclass(frozen=True)
class Port:
    rows: Kept


# --- cases ------------------------------------------------------------------------------------------------------------


class MemoryTips(Port):
    async def submit(self, change: Change) -> bool:
        return add_case(self.rows, change)


def add_case(kept: Kept, change: Change) -> bool:
    """A new case, unless it is there; whether it was new."""
    if change.case.id in kept.cases:
        return False
    with kept.whole():
        put_case(kept, change.case)
        add_rows(kept, change)
    return True


def put_case(kept: Kept, case: Case) -> None:
    if case.state not in STATES:
        raise ValueError("no such state")
    kept.cases[case.id] = case


def add_rows(kept: Kept, change: Change) -> None:
    """What a change adds beside the case's own row."""
    for event in change.events:
        add(kept.events, event.leaf, event)
    for envelope in change.envelopes:
        add(kept.envelopes, envelope.id, envelope)
    for grant in change.grants:
        add(kept.grants, (grant.envelope, grant.reader), grant)
    for ping in change.pings:
        add(kept.pings, ping.id, ping)
    for milestone in change.milestones:
        add(kept.milestones, milestone.id, milestone)
    if change.mailbox:
        add(kept.mailboxes, change.mailbox.lookup, change.mailbox)
    forget(kept.waiting_files, change.files)


def store_step(kept: Kept, change: Change) -> None:
    """One step of a case, whole."""
    with kept.whole():
        stored = kept.cases.get(change.case.id)
        if (stored.head if stored else None) != change.before:
            raise errors.Stale
        put_case(kept, change.case)
        remove(kept, change)
        mend(kept, change)
        add_rows(kept, change)
        tell(kept, change)
        if change.forgotten or change.case.restricted:
            unname(kept, change.case.id)
        for grant in change.woken:
            kept.grants[grant.envelope, grant.reader] = grant


def remove(kept: Kept, change: Change) -> None:
    """Envelopes that go, and readers whose grants go."""
    forget(kept.blobs, [key for key in kept.blobs if key[0] in change.dropped])
    forget(kept.grants, [key for key in kept.grants if key[0] in change.dropped])
    forget(kept.envelopes, change.dropped)
    theirs = [it for it in kept.grants.values() if it.case == change.case.id and it.reader in change.shut]
    forget(kept.grants, [(it.envelope, it.reader) for it in theirs])


def mend(kept: Kept, change: Change) -> None:
    """What was not as it was signed."""
    mended = change.mended
    forget(kept.grants, mended.strange)
    for grant in mended.again:
        if grant.reader not in change.shut and grant.envelope not in change.dropped:
            kept.grants[grant.envelope, grant.reader] = grant
    for piece in mended.pieces:
        told = {name: getattr(piece, name) for name in ("commitment", "part", "release")}
        kept.envelopes[piece.id] = replace(kept.envelopes[piece.id], **told)
    if mended.mailbox:
        forget(kept.mailboxes, [key for key, it in kept.mailboxes.items() if it.case == change.case.id])
        kept.mailboxes[mended.mailbox.lookup] = mended.mailbox


def tell(kept: Kept, change: Change) -> None:
    """News for the reporter, or the end of their address."""
    address = kept.addresses.get(change.case.id)
    if address and change.notify_from is not None:
        kept.addresses[change.case.id] = replace(address, news=change.notify_from, tries=0, trouble=None)
    if change.forgotten:
        forget(kept.addresses, [change.case.id])


def unname(kept: Kept, case: bytes) -> None:
    """What waits to be told to officers names this case no more."""
    for id_, ping in kept.pings.items():
        if ping.case == case:
            kept.pings[id_] = replace(ping, case=None, due=None)
    for id_, it in kept.pushes.items():
        if it.push.case == case:
            kept.pushes[id_] = replace(it, push=replace(it.push, case=None, due=None))
    forget(kept.topics, [key for key in kept.topics if key[1] == case])


def forget_chats(kept: Kept, chats: Iterable[str]) -> None:
    """Chats, and all that is kept by them."""
    gone = set(chats)
    forget(kept.chats, gone)
    forget(kept.pushes, [id_ for id_, it in kept.pushes.items() if it.push.chat in gone])
    forget(kept.topics, [key for key in kept.topics if key[0] in gone])


@dataclass(frozen=True)
class MemoryCases(Port):
    ends: ChainEnds | None = None

    async def queue(
        self,
        units: Sequence[str],
        wanted: QueueFilter,
        limit: int,
        after: QueuePosition | None,
        *,
        backwards: bool = False,
    ) -> list[Case]:
        rank, falls = wanted.sort.rank, wanted.sort.descends is not backwards
        page = [it for it in self._own(units) if is_wanted(it, wanted)]
        if after is not None:
            here: Any = rank(after)
            page = [it for it in page if (rank(it.position) < here if falls else rank(it.position) > here)]
        return sorted(page, key=lambda it: rank(it.position), reverse=falls)[:limit]

    async def counts(self, units: Sequence[str], name: str, now: datetime) -> QueueCounts:
        own = self._own(units)
        still_open = list(filter(is_open, own))
        return QueueCounts(
            open=len(still_open),
            new=sum(not it.opened for it in still_open),
            mine=sum(it.officer == name for it in still_open),
            unclaimed=sum(it.officer is None for it in still_open),
            overdue=sum(it.overdue(now) for it in still_open),
            disputed=sum(it.disputed for it in still_open),
            closed=min(MOST_COUNTED, len(own) - len(still_open)),
        )

    async def loads(self, units: Sequence[str], now: datetime) -> list[Load]:
        by: dict[str | None, list[Case]] = {}
        for it in filter(is_open, self._own(units)):
            by.setdefault(it.officer, []).append(it)
        return [Load(name, len(its), sum(it.overdue(now) for it in its)) for name, its in by.items()]

    async def between(self, units: Sequence[str], first: bytes, last: bytes, limit: int) -> list[Case]:
        return [it for it in self._readable(units) if first <= it.id[: len(first)] <= last][:limit]

    async def read_by(self, units: Sequence[str], name: str, limit: int) -> list[bytes]:
        said = ledger.mentions(kind=ledger.Kind.READ, by=name)
        read = {it.case for it in self.rows.events.values() if all(fact in it.body for fact in said)}
        found = [it for it in self._readable(units) if it.id in read]
        return [it.id for it in sorted(found, key=lambda it: it.received_at, reverse=True)][:limit]

    async def bundles(self, cases: Sequence[bytes], units: Sequence[str] | None) -> list[CaseBundle]:
        some = self.rows.cases.values() if units is None else self._readable(units)
        return [await self.bundle(it.id, units) for it in some if it.id in cases]

    async def get(self, case: bytes, units: Sequence[str] | None) -> Case:
        row = found(self.rows.cases, case)
        if units is not None and row not in self._readable(units):
            raise errors.NotFound
        return row

    async def bundle(self, case: bytes, units: Sequence[str] | None) -> CaseBundle:
        row = await self.get(case, units)
        mailboxes = [it for it in ordered(self.rows.mailboxes) if it.case == case]
        envelopes = [it for it in ordered(self.rows.envelopes) if it.case == case]
        grants = [it for it in ordered(self.rows.grants) if it.case == case]
        end = self.ends.load().get(case) if self.ends else None
        return CaseBundle(row, envelopes, grants, await self.events(case), mailboxes, end)

    async def events(self, case: bytes) -> list[SignedEvent]:
        return [it for it in ordered(self.rows.events) if it.case == case]

    async def apply(self, change: Change) -> None:
        store_step(self.rows, change)

    async def due(self, now: datetime, limit: int, after: Due | None = None) -> list[Due]:
        return self._timed(limit, after, lambda it: it.clock is not None and it.overdue(now) and is_open(it))

    async def expired(self, now: datetime, limit: int, after: Due | None = None) -> list[Due]:
        return self._timed(limit, after, lambda it: it.clock is not None and it.overdue(now) and not is_open(it))

    async def due_within(self, first: datetime, last: datetime, limit: int, after: Due | None = None) -> list[Due]:
        def wanted(it: Case) -> bool:
            return it.due_at is not None and first <= it.due_at < last and is_open(it) and may_be_told(it)

        return self._timed(limit, after, wanted)

    async def unattended(self, now: datetime, limit: int, after: Due | None = None) -> list[Due]:
        def wanted(it: Case) -> bool:
            new = it.state in ("received", "screening") and it.due_at is not None
            untaken = it.officer is None and it.opened and it.received_at < now
            return new and untaken and it.urgency in ("P0", "P1") and may_be_told(it)

        return self._timed(limit, after, wanted)

    async def taken(self, limit: int, after: Due | None = None) -> list[Due]:
        return self._timed(limit, after, lambda it: it.officer is not None and is_open(it), lambda it: it.received_at)

    async def every(self, limit: int, after: Due | None = None) -> list[Due]:
        return self._timed(limit, after, lambda it: True, lambda it: datetime.fromtimestamp(0, UTC))

    def _timed(
        self,
        limit: int,
        after: Due | None,
        wanted: Callable[[Case], bool],
        by: Callable[[Case], datetime | None] = lambda it: it.due_at,
    ) -> list[Due]:
        rows = [Due(int(moment.timestamp()), it.id) for it in self._every() if wanted(it) and (moment := by(it))]
        return sorted(it for it in rows if after is None or it > after)[:limit]

    async def consulted(self, units: Sequence[str], limit: int) -> list[Case]:
        others = [it for it in self._readable(units) if it.unit not in units and is_open(it)]
        return sorted(others, key=lambda it: (it.urgency, it.received_at, it.id))[:limit]

    async def mailbox(self, lookup: bytes) -> Mailbox:
        return found(self.rows.mailboxes, lookup)

    async def held(self) -> list[Case]:
        return [it for it in self._every() if it.state == "held"]

    def _every(self) -> list[Case]:
        return ordered(self.rows.cases)

    def _own(self, units: Sequence[str]) -> list[Case]:
        return [it for it in self._readable(units) if it.unit in units]

    def _readable(self, units: Sequence[str]) -> list[Case]:
        """The cases of which one of these units holds a waking grant."""
        awake = {it.case for it in self.rows.grants.values() if it.reader in units and not it.asleep}
        return [it for it in self._every() if it.id in awake]


def is_open(row: Case) -> bool:
    return row.state != "closed"


def may_be_told(row: Case) -> bool:
    """Whether a word of it may be sent at any hour."""
    return not row.restricted or row.urgency == "P0"


def is_wanted(row: Case, wanted: QueueFilter) -> bool:
    exact = ("urgency", "category", "area", "officer", "opened", "disputed")
    return (
        row.state in wanted.states
        and all(getattr(wanted, name) in (None, getattr(row, name)) for name in exact)
        and wanted.claimed in (None, row.officer is not None)
        and (wanted.received_before is None or row.received_at < wanted.received_before)
        and (wanted.due_before is None or row.overdue(wanted.due_before))
    )


class MemoryLedger(Port):
    async def waiting(self) -> list[SignedEvent]:
        return ordered(self.rows.events)

    async def standing(self) -> list[SignedEvent]:
        return [it for it in ordered(self.rows.events) if not it.case and b'"subject":' in it.body]

    async def append(self, event: SignedEvent) -> None:
        add(self.rows.events, event.leaf, event)

    async def heads(self) -> list[Case]:
        return ordered(self.rows.cases)


class MemoryTree(Port):
    async def heads(self, above: int, limit: int) -> list[Head]:
        return [self.rows.heads[size] for size in sorted(self.rows.heads, reverse=True) if size > above][:limit]

    async def nodes(self, wanted: Sequence[Node]) -> dict[Node, bytes]:
        return {node: self.rows.nodes[node] for node in wanted if node in self.rows.nodes}

    async def leaves(self, first: int, stop: int) -> dict[int, bytes]:
        return {at: it for (level, at), it in self.rows.nodes.items() if level == 0 and first <= at < stop}

    async def blinds(self, first: int, stop: int) -> dict[int, bytes]:
        return {place: it for place, it in self.rows.blinds.items() if first <= place < stop}

    async def waiting(self, leaves: Sequence[bytes]) -> set[bytes]:
        return {leaf for leaf in leaves if leaf in self.rows.events and leaf not in self.rows.places}

    async def cases(self, leaves: Sequence[bytes]) -> dict[bytes, bytes]:
        there = [self.rows.events[leaf] for leaf in leaves if leaf in self.rows.events]
        return {it.leaf: it.case for it in there if it.case in self.rows.cases}

    async def newest(self) -> dict[bytes, bytes]:
        there = {id_: self.rows.events.get(it.head) for id_, it in self.rows.cases.items()}
        return {id_: it.leaf for id_, it in there.items() if it and it.case == id_}

    async def places(self, leaves: Sequence[bytes]) -> dict[bytes, int]:
        return {leaf: self.rows.places[leaf] for leaf in leaves if leaf in self.rows.places}

    async def published(self, size: int, limit: int) -> list[tuple[Head, SignedEvent | None]]:
        found = [self.rows.heads[at] for at in sorted(self.rows.heads, reverse=True) if at <= size][:limit]
        return [(head, self.rows.events.get(head.closing)) for head in found]

    async def cosign(self, size: int, witness: str, line: bytes) -> None:
        self.rows.cosignatures[size, witness] = line

    async def cosignatures(self, sizes: Sequence[int], witnesses: Collection[str]) -> dict[int, list[bytes]]:
        found: dict[int, list[bytes]] = {}
        for (size, witness), line in sorted(self.rows.cosignatures.items()):
            if size in sizes and witness in witnesses:
                found.setdefault(size, []).append(line)
        return found

    async def sequence(
        self, after: int, is_ours: Callable[[Head], bool], limit: int, grow: Callable[[Waiting], Growth]
    ) -> None:
        """Nobody but the test holds this store, so no tally counts what waits."""
        larger = {size for size in self.rows.heads if size > after}
        if any(is_ours(self.rows.heads[size]) for size in larger):
            raise errors.Stale
        waiting = [leaf for leaf in sorted(self.rows.events) if leaf not in self.rows.places]
        growth = grow(Waiting((), waiting[:limit], 0, ()))
        forget(self.rows.heads, larger)
        self.rows.events[growth.event.leaf] = growth.event
        self.rows.heads[growth.head.size] = growth.head
        self.rows.nodes.update(growth.nodes)
        self.rows.places.update(growth.places)
        self.rows.blinds.update(growth.blinds)


# --- the citizen's side -----------------------------------------------------------------------------------------------


class MemoryDrafts(Port):
    async def get(self, key: bytes) -> DraftRow | None:
        return self.rows.drafts.get(key)

    async def put(self, row: DraftRow, seen: int, step: Change | None = None) -> None:
        with self.rows.whole():
            stored = self.rows.drafts.get(row.key)
            if (stored.version if stored else 0) != seen:
                raise errors.Stale
            self.rows.drafts[row.key] = replace(row, due=False)
            if step and step.before is None:
                add_case(self.rows, step)
            elif step:
                store_step(self.rows, step)

    async def expire(self, now: datetime) -> int:
        return forget(self.rows.drafts, [key for key, it in self.rows.drafts.items() if it.expires_at <= now])


class MemoryAddresses(Port):
    async def put(self, case: bytes, sealed: bytes) -> None:
        self.rows.addresses[case] = Address(sealed)

    async def every(self) -> list[tuple[bytes, bytes]]:
        return [(case, it.sealed) for case, it in sorted(self.rows.addresses.items(), key=lambda pair: pair[0])]

    async def claim(
        self, key: bytes, now: datetime, limit: int, after: bytes = b"", lease: timedelta = outbox.LEASE
    ) -> list[ClaimedAddress]:
        claims: list[ClaimedAddress] = []
        for case, it in sorted(self.rows.addresses.items(), key=lambda pair: pair[0]):
            waiting = it.news is not None and it.news <= now and it.trouble is None and is_free(it.claimed_until)
            if it.news and waiting and case > after and it.sealed.startswith(key) and len(claims) < limit:
                until = time.time() + lease.total_seconds()
                self.rows.addresses[case] = replace(it, tries=it.tries + 1, claimed_until=until)
                claims.append(ClaimedAddress(case, it.sealed, it.news, it.tries + 1))
        return claims

    async def told(self, claim: ClaimedAddress) -> None:
        self._answer(claim, news=None, tries=0)

    async def put_off(self, claim: ClaimedAddress, after: datetime) -> None:
        self._answer(claim, news=after)

    async def give_back(self, claim: ClaimedAddress) -> None:
        self._answer(claim, tries=claim.tries - 1)

    async def bury(self, claim: ClaimedAddress, trouble: Trouble) -> None:
        self._answer(claim, trouble=trouble)

    def _answer(self, claim: ClaimedAddress, **values: Any) -> None:
        it = self.rows.addresses.get(claim.case)
        if it and (it.tries, it.news) == (claim.tries, claim.news_from):
            self.rows.addresses[claim.case] = replace(it, claimed_until=None, **values)

    async def waiting(self, now: datetime) -> int:
        every = self.rows.addresses.values()
        return sum(it.news_from is not None and it.news_from <= now and it.trouble is None for it in every)

    async def dead(self) -> int:
        return sum(it.trouble is not None for it in self.rows.addresses.values())

    async def gone(self, claim: ClaimedAddress) -> None:
        it = self.rows.addresses.get(claim.case)
        if it and it.sealed == claim.sealed:
            forget(self.rows.addresses, [claim.case])

    async def lost(self, keys: Collection[bytes]) -> None:
        gone = [case for case, it in self.rows.addresses.items() if it.sealed[:KEY_ID_BYTES] in keys]
        forget(self.rows.addresses, gone)

    async def drop(self, cases: Sequence[bytes]) -> None:
        forget(self.rows.addresses, cases)


class MemoryBlobs(Port):
    async def begin(self, envelope: bytes, expires_at: datetime, size: int, room: int) -> None:
        with self.rows.whole():
            self._make_room(room - size)
            add(self.rows.waiting_files, envelope, WaitingFile(expires_at, size))

    def _make_room(self, room: int) -> None:
        """Let those go that expire first."""
        oldest = sorted(self.rows.waiting_files, key=lambda id_: (self.rows.waiting_files[id_].expires_at, id_))
        while oldest and self._taken() > room:
            self._forget([oldest.pop(0)])

    def _taken(self) -> int:
        return sum(it.size for it in self.rows.waiting_files.values())

    def _forget(self, envelopes: Iterable[bytes]) -> int:
        gone = {it for it in envelopes if it in self.rows.waiting_files}
        forget(self.rows.blobs, [key for key in self.rows.blobs if key[0] in gone])
        return forget(self.rows.waiting_files, gone)

    async def stay(self, envelopes: Sequence[bytes], expires_at: datetime) -> None:
        for id_ in envelopes:
            waiting = self.rows.waiting_files.get(id_)
            if waiting and waiting.expires_at < expires_at:
                self.rows.waiting_files[id_] = replace(waiting, expires_at=expires_at)

    async def add(self, envelope: bytes, first: int, chunks: Sequence[bytes]) -> None:
        if chunks and envelope not in self.rows.waiting_files:
            raise errors.StoreUnavailable("this file had to make room for others")
        with self.rows.whole():
            for number, chunk in enumerate(chunks, first):
                add(self.rows.blobs, (envelope, number), chunk)

    async def read(self, envelope: bytes, first: int, count: int) -> list[bytes]:
        numbers = range(first, first + count)
        return [self.rows.blobs[envelope, it] for it in numbers if (envelope, it) in self.rows.blobs]

    async def waiting(self) -> int:
        return self._taken()

    async def count(self, envelope: bytes) -> int:
        return sum(key[0] == envelope for key in self.rows.blobs)

    async def drop(self, envelopes: Sequence[bytes]) -> None:
        self._forget(envelopes)

    async def expire(self, now: datetime) -> int:
        return self._forget([id_ for id_, it in self.rows.waiting_files.items() if it.expires_at <= now])


# --- the officers' side -----------------------------------------------------------------------------------------------


def is_free(claimed_until: float | None) -> bool:
    now = time.time()
    return claimed_until is None or not now < claimed_until <= now + outbox.LEASE.total_seconds()


class MemoryOutbox(Port):
    async def due(self, now: datetime, limit: int) -> list[Ping]:
        return [it for it in ordered(self.rows.pings) if it.after <= now][:limit]

    async def add(self, pings: Sequence[Ping]) -> None:
        with self.rows.whole():
            for ping in pings:
                add(self.rows.pings, ping.id, ping)

    async def fan_out(self, now: datetime, limit: int, made: Made) -> int:
        pings = await self.due(now, limit)
        with self.rows.whole():
            for push in made(pings, ordered(self.rows.chats)) if pings else ():
                self.rows.pushes.setdefault(push.id, WaitingPush(push))
            forget(self.rows.pings, [it.id for it in pings])
        return len(pings)

    async def put_digest(self, pushes: Sequence[Push]) -> None:
        first = min((it.since for it in pushes), default=NO_TIME)
        rows = self.rows.pushes
        forget(rows, [key for key, it in rows.items() if it.push.kind == "digest" and it.push.since < first])
        for push in pushes:
            rows.setdefault(push.id, WaitingPush(push))

    async def claim(self, now: datetime, limit: int, lease: timedelta = outbox.LEASE) -> list[Push]:
        def wanted(it: WaitingPush) -> bool:
            return not it.told and it.push.after <= now and it.push.trouble is None and is_free(it.claimed_until)

        mine = sorted(filter(wanted, self.rows.pushes.values()), key=lambda it: it.push.after)[:limit]
        pushes = [replace(it.push, tries=it.push.tries + 1) for it in mine]
        for push in pushes:
            self.rows.pushes[push.id] = WaitingPush(push, time.time() + lease.total_seconds())
        return pushes

    async def done(self, push: Push) -> None:
        if self._holds(push):
            if push.kind == "digest":
                self.rows.pushes[push.id] = WaitingPush(push, told=True)
            else:
                forget(self.rows.pushes, [push.id])

    async def put_off(self, push: Push, after: datetime) -> None:
        self._answer(push, after=after)

    async def give_back(self, push: Push) -> None:
        self._answer(push, tries=push.tries - 1)

    async def bury(self, push: Push, trouble: Trouble) -> None:
        self._answer(push, trouble=trouble)

    def _answer(self, push: Push, **values: Any) -> None:
        if self._holds(push):
            self.rows.pushes[push.id] = WaitingPush(replace(self.rows.pushes[push.id].push, **values))

    def _holds(self, push: Push) -> bool:
        stored = self.rows.pushes.get(push.id)
        return stored is not None and stored.push.tries == push.tries and stored.push.trouble is None

    async def waiting(self, now: datetime) -> int:
        return sum(not it.told and it.push.after <= now and it.push.trouble is None for it in self.rows.pushes.values())

    async def dead(self) -> list[Push]:
        dead = [it.push for it in self.rows.pushes.values() if it.push.trouble is not None]
        return sorted(dead, key=lambda it: (it.since, it.id))

    async def expire(self, before: datetime) -> None:
        forget(self.rows.pushes, [it.id for it in await self.dead() if it.since < before])

    async def send_again(self, id: bytes, now: datetime) -> None:
        push = self._dead(id)
        self.rows.pushes[id] = WaitingPush(replace(push, after=now, tries=0, trouble=None))

    async def drop(self, id: bytes) -> None:
        self._dead(id)
        forget(self.rows.pushes, [id])

    def _dead(self, id: bytes) -> Push:
        push = found(self.rows.pushes, id).push
        if push.trouble is None:
            raise errors.NotFound
        return push


class MemoryOfficerChats(Port):
    async def offer(self, code: bytes, name: str, expires_at: datetime) -> None:
        add(self.rows.link_codes, code, LinkCode(name, expires_at))

    async def take(self, code: bytes, chat: str, now: datetime) -> str:
        forget(self.rows.link_codes, [key for key, it in self.rows.link_codes.items() if it.expires_at <= now])
        taken = found(self.rows.link_codes, code)
        if taken.chat not in (None, chat):
            raise errors.NotFound
        self.rows.link_codes[code] = replace(taken, chat=chat)
        if chat in self.rows.chats and self.rows.chats[chat].name != taken.name:
            forget_chats(self.rows, [chat])
        self.rows.chats[chat] = Chat(chat, taken.name)
        return taken.name

    async def chats(self, names: Sequence[str]) -> list[Chat]:
        return [it for it in ordered(self.rows.chats) if it.name in names]

    async def chat(self, id: str) -> Chat:
        return found(self.rows.chats, id)

    async def keep_quiet(self, id: str, quiet: str) -> None:
        if chat := self.rows.chats.get(id):
            self.rows.chats[id] = replace(chat, quiet=quiet)

    async def unlink(self, chat: str) -> None:
        forget_chats(self.rows, [chat])

    async def topic(self, chat: str, case: bytes) -> int | None:
        return self.rows.topics.get((chat, case))

    async def keep_topic(self, chat: str, case: bytes, topic: int) -> int:
        return self.rows.topics.setdefault((chat, case), topic)

    async def forget_topic(self, chat: str, case: bytes, topic: int) -> None:
        if self.rows.topics.get((chat, case)) == topic:
            del self.rows.topics[chat, case]


class MemoryStatistics(Port):
    async def counts(self, first: datetime, last: datetime | None) -> list[CountRow]:
        since = (it for it in self.rows.cases.values() if it.received_at >= first)
        within = (it for it in since if last is None or it.received_at < last)
        facts = Counter((it.area or "", it.ward or "", it.category, it.urgency, it.state, it.opened) for it in within)
        return [CountRow(*it, count) for it, count in sorted(facts.items())]

    async def restricted(self, last: datetime) -> int:
        return sum(it.restricted and it.received_at < last for it in self.rows.cases.values())

    async def began(self) -> datetime | None:
        return min((it.received_at for it in self.rows.cases.values() if not it.restricted), default=None)

    async def frozen(self) -> list[FrozenPeriod]:
        return list(self.rows.periods.values())

    async def published(self) -> list[FrozenPeriod]:
        return [replace(it, counted=b"") for it in self.rows.periods.values()]

    async def freeze(self, closed: FrozenPeriod, over: Sequence[str]) -> bool:
        if closed.period in self.rows.periods:
            return False
        self.rows.periods[closed.period] = closed
        self.rows.events[closed.closing.leaf] = closed.closing
        for period in over:
            if period in self.rows.periods:
                self.rows.periods[period] = replace(self.rows.periods[period], counted=b"")
        return True

    async def keep_only(self, periods: Collection[str]) -> None:
        closings = {name: it.closing.leaf for name, it in self.rows.periods.items()}
        known = self.rows.events
        forget(self.rows.periods, [it for it, leaf in closings.items() if it not in periods and leaf not in known])

    async def add_tallies(self, rows: Sequence[Tally]) -> None:
        for row in rows:
            key = (row.period, row.of, row.name)
            self.rows.tallies[key] = self.rows.tallies.get(key, 0) + row.count

    async def tallies(self) -> list[Tally]:
        return [Tally(*key, count) for key, count in sorted(self.rows.tallies.items())]

    async def milestones(self, first: datetime, last: datetime) -> list[MilestoneRow]:
        within = (it for it in self.rows.milestones.values() if first <= it.at < last)
        facts = Counter((str(it.kind), it.unit, it.urgency, it.detail, it.took) for it in within)
        return [MilestoneRow(*it, count) for it, count in sorted(facts.items())]

    async def forget_milestones(self, before: datetime) -> None:
        forget(self.rows.milestones, [key for key, it in self.rows.milestones.items() if it.at < before])

    async def workload(self, units: Sequence[str], name: str, now: datetime) -> Workload:
        rows = [it for it in self.rows.cases.values() if it.unit in units and is_open(it) and not it.restricted]
        unread, late = sum(not it.opened for it in rows), sum(it.overdue(now) for it in rows)
        return Workload(len(rows), unread, late, sum(it.officer == name for it in rows))


# --- people -----------------------------------------------------------------------------------------------------------


class MemoryAccounts(Port):
    async def get(self, name: str) -> Account:
        return found(self.rows.accounts, name)

    async def put(self, account: Account) -> None:
        self.rows.accounts[account.locked.name] = account

    async def note_failure(self, name: str, failures: int, blocked_until: datetime | None) -> None:
        self._note(name, failures=failures, blocked_until=blocked_until)

    async def note_code_misses(self, name: str, misses: int, blocked_until: datetime | None) -> None:
        self._note(name, code_misses=misses, code_blocked_until=blocked_until)

    def _note(self, name: str, **noted: Any) -> None:
        if account := self.rows.accounts.get(name):
            self.rows.accounts[name] = replace(account, **noted)

    async def spend_code(self, name: str, step: int, latest: int) -> bool:
        account = self.rows.accounts.get(name)
        if account is None or step <= account.totp_step <= latest:
            return False
        self.rows.accounts[name] = replace(account, totp_step=step)
        return True

    async def open_session(self, session: StoredSession) -> None:
        add(self.rows.sessions, session.id, session)

    async def session(self, id: bytes) -> StoredSession:
        return found(self.rows.sessions, id)

    async def sessions(self, name: str) -> list[StoredSession]:
        theirs = [it for it in self.rows.sessions.values() if it.name == name]
        return sorted(theirs, key=lambda it: it.expires_at, reverse=True)

    async def touch_session(self, id: bytes, now: datetime) -> None:
        if session := self.rows.sessions.get(id):
            self.rows.sessions[id] = replace(session, seen_at=now)

    async def close_sessions(self, *, id: bytes | None, idle_before: datetime | None) -> int:
        if idle_before is None:
            return forget(self.rows.sessions, [] if id is None else [id])
        return forget(self.rows.sessions, [key for key, it in self.rows.sessions.items() if it.seen_at <= idle_before])


class MemoryInvitations(Port):
    async def put(self, invitation: Invitation, now: datetime) -> bool:
        same = [it for it in self.rows.invitations.values() if it.name == invitation.name]
        if any(it.account and it.expires_at > now for it in same):
            return False
        await self.drop([invitation.name])
        add(self.rows.invitations, invitation.id, invitation)
        return True

    async def get(self, id: bytes) -> Invitation:
        return found(self.rows.invitations, id)

    async def take_up(self, invitation: Invitation, now: datetime) -> bool:
        stored = self.rows.invitations.get(invitation.id)
        if stored is None or stored.account or stored.expires_at <= now:
            return False
        self.rows.invitations[invitation.id] = invitation
        return True

    async def all(self) -> list[Invitation]:
        return sorted(self.rows.invitations.values(), key=lambda it: it.name)

    async def drop(self, names: Sequence[str]) -> int:
        return forget(self.rows.invitations, [key for key, it in self.rows.invitations.items() if it.name in names])

    async def expire(self, now: datetime) -> int:
        return forget(self.rows.invitations, [key for key, it in self.rows.invitations.items() if it.expires_at <= now])


class MemoryKeyring(Port):
    async def rosters(self) -> list[SignedRoster]:
        return ordered(self.rows.rosters)

    async def newest_roster(self) -> SignedRoster | None:
        return self.rows.rosters[max(self.rows.rosters)] if self.rows.rosters else None

    async def add_roster(
        self,
        roster: SignedRoster,
        accounts: Sequence[Account],
        seeds: Sequence[SealedSeed],
        events: Sequence[SignedEvent],
        gone: Sequence[str] = (),
        pieces: Mapping[str, bytes] | None = None,
        moved: Sequence[str] = (),
    ) -> None:
        kept = self.rows
        try:
            with kept.whole():
                self._let_go(gone)
                forget(kept.sessions, [key for key, it in kept.sessions.items() if it.name in moved])
                forget(kept.seeds, [key for key, it in kept.seeds.items() if it.holder in moved])
                joined = {*gone, *(it.locked.name for it in accounts)}
                forget(kept.invitations, [key for key, it in kept.invitations.items() if it.name in joined])
                if pieces:
                    theirs = (keys.RECOVERY, keys.RELEASE)
                    forget(kept.pieces, [name for name in kept.pieces if name.startswith(theirs)])
                    kept.pieces.update(pieces)
                add(kept.rosters, roster.version, roster)
                for account in accounts:
                    add(kept.accounts, account.locked.name, account)
                for seed in seeds:
                    add(kept.seeds, (seed.unit, seed.generation, seed.holder), seed)
                for event in events:
                    add(kept.events, event.leaf, event)
        except TakenKeyError as error:
            raise errors.Stale from error

    async def forget_roster(self, version: int, document: bytes) -> None:
        if (found := self.rows.rosters.get(version)) and found.document == document:
            forget(self.rows.rosters, [version])

    def _let_go(self, names: Sequence[str]) -> None:
        """Everything that is theirs."""
        kept = self.rows
        forget(kept.accounts, names)
        forget_chats(kept, [key for key, it in kept.chats.items() if it.name in names])
        for table in (kept.sessions, kept.link_codes):
            theirs: dict[Any, Any] = table
            forget(theirs, [key for key, it in theirs.items() if it.name in names])
        forget(kept.seeds, [key for key, it in kept.seeds.items() if it.holder in names])

    async def organisation(self, digest: str) -> bytes:
        return found(self.rows.organisations, digest)

    async def keep_organisation(self, digest: str, document: bytes) -> None:
        self.rows.organisations[digest] = document

    async def seeds(self, holder: str) -> list[SealedSeed]:
        return [it for it in ordered(self.rows.seeds) if it.holder == holder]

    async def seed_holders(self, unit: str) -> list[SealedSeed]:
        return [it for it in ordered(self.rows.seeds) if it.unit == unit]

    async def holders(self) -> list[tuple[str, int, str]]:
        return [*self.rows.seeds]

    async def drop_seeds(self, seeds: Sequence[SealedSeed]) -> None:
        forget(self.rows.seeds, [key for key, it in self.rows.seeds.items() if it in seeds])

    async def add_seeds(self, seeds: Sequence[SealedSeed]) -> None:
        for seed in seeds:
            self.rows.seeds.setdefault((seed.unit, seed.generation, seed.holder), seed)

    async def keep(self, name: str, value: bytes) -> None:
        self.rows.pieces[name] = value

    async def kept(self, name: str) -> bytes:
        return found(self.rows.pieces, name)

    async def all_kept(self, prefix: str) -> dict[str, bytes]:
        return {name.removeprefix(prefix): it for name, it in self.rows.pieces.items() if name.startswith(prefix)}


# --- processes --------------------------------------------------------------------------------------------------------


class MemoryContacts(Port):
    async def note(self, contact: Contact) -> None:
        known = self.rows.contacts.get(contact.name)
        self.rows.contacts[contact.name] = replace(contact, at=contact.at or (known.at if known else None))

    async def all(self) -> list[Contact]:
        return [self.rows.contacts[name] for name in sorted(self.rows.contacts)]


class MemoryClockwork(Port):
    async def leases(self, name: str, decide: Callable[[Sequence[Lease]], Sequence[Lease]]) -> Sequence[Lease]:
        after = decide(list(self.rows.leases.get(name, ())))
        self.rows.leases[name] = tuple(after)
        return after

    async def note_stuck(self, job: str, failed: Mapping[bytes, str], now: datetime) -> None:
        known = {case: it.since for (name, case), it in self.rows.stuck.items() if name == job}
        forget(self.rows.stuck, [(job, case) for case in known])
        for case, error in failed.items():
            self.rows.stuck[job, case] = Stuck(job, case, error, known.get(case, now))

    async def stuck(self) -> list[Stuck]:
        return sorted(self.rows.stuck.values(), key=lambda it: (it.since, it.case))


class MemoryProbe(Port):
    async def __call__(self) -> None:
        """There is always room."""

    async def schema(self) -> None:
        """Nobody else is at it."""

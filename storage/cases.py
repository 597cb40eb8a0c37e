"""Cases under work. Who may read is part of each query, never of the code around it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from storage import known, mapping, tables
from storage.engine import Database, Recording, holds
from storage.loose_types import NO_TEXT
from storage.tables import EventRow, GrantRow, Tip
from tips import errors
from tips.cases import ledger
from tips.cases.case import NOWHERE, OPEN_STATES, Case, QueueFilter, QueuePosition, State
from tips.cases.chain_ends import ChainEnd
from tips.cases.claims import Mailbox
from tips.cases.ledger import Kind, SignedEvent
from tips.organisation.taxonomy import Urgency
from tips.ports.cases import ASIDE, MOST_COUNTED, CaseBundle, Change, Due, Load, QueueCounts
from tips.ports.clock import ChainEnds

DUE: Final = mapping.table("tip").c.due_at


def every() -> sa.Select[Any]:
    """All cases."""
    return sa.select(*mapping.case_columns(mapping.table("tip")))


def readable(units: Sequence[str]) -> sa.Select[Any]:
    """The cases of which one of these units holds a waking grant."""
    return every().where(*_readable(mapping.table("tip"), units))


def _readable(tip: sa.Table, units: Sequence[str] | None) -> list[sa.ColumnElement[bool]]:
    """That one of these units holds a waking grant; of no units nothing is asked."""
    if units is None:
        return []
    theirs = col(GrantRow.reader).in_(units), sa.not_(col(GrantRow.asleep))
    return [sa.exists().where(col(GrantRow.case) == tip.c.id, *theirs)]


class SqlCases:
    """See `tips.ports.cases.Cases`."""

    def __init__(self, database: Database, ends: ChainEnds | None = None) -> None:
        self._database = database
        self._ends = ends

    async def queue(
        self,
        units: Sequence[str],
        wanted: QueueFilter,
        limit: int,
        after: QueuePosition | None,
        *,
        backwards: bool = False,
    ) -> list[Case]:
        """A page of the queue."""
        rows = await self._database.rows(queue_page(units, wanted, limit, after, backwards=backwards))
        return [mapping.to_case(row) for row in rows]

    async def counts(self, units: Sequence[str], name: str, now: datetime) -> QueueCounts:
        """How many cases a queue has, by what its tabs show."""
        sums = {
            "open": sa.func.count(),
            "new": sa.func.count().filter(sa.not_(col(Tip.opened))),
            "mine": sa.func.count().filter(col(Tip.officer) == name),
            "unclaimed": sa.func.count().filter(col(Tip.officer).is_(None)),
            "overdue": sa.func.count().filter(col(Tip.due_at) <= now),
            "disputed": sa.func.count().filter(col(Tip.disputed)),
        }
        some = _of_own(units, col(Tip.id)).where(col(Tip.state) == State.CLOSED).limit(MOST_COUNTED).subquery()
        closed = sa.select(sa.func.count()).select_from(some).scalar_subquery()
        statement = _of_own(units, *sums.values(), closed).where(col(Tip.state) != State.CLOSED)
        (found,) = await self._database.rows(statement)
        return QueueCounts(**dict(zip((*sums, "closed"), found, strict=True)))

    async def loads(self, units: Sequence[str], now: datetime) -> list[Load]:
        """Open cases by who has them."""
        late = sa.func.count().filter(col(Tip.due_at) <= now)
        statement = _of_own(units, col(Tip.officer), sa.func.count(), late).where(col(Tip.state) != State.CLOSED)
        return [Load(*row) for row in await self._database.rows(statement.group_by(col(Tip.officer)))]

    async def between(self, units: Sequence[str], first: bytes, last: bytes, limit: int) -> list[Case]:
        """Readable cases by how their ids begin."""
        within = (col(Tip.id) >= first, col(Tip.id) <= last + b"\xff" * 11)  # an id has 16 bytes
        statement = readable(units).where(*within).order_by(col(Tip.id)).limit(limit)
        return [mapping.to_case(row) for row in await self._database.rows(statement)]

    async def read_by(self, units: Sequence[str], name: str, limit: int) -> list[bytes]:
        """Readable cases that an event calls read by a person."""
        said = [holds(col(EventRow.body), fact) for fact in ledger.mentions(kind=Kind.READ, by=name)]
        read = sa.exists().where(col(EventRow.case) == col(Tip.id), *said)
        order = (col(Tip.received_at).desc(), col(Tip.id))
        statement = readable(units).where(read).order_by(*order).limit(limit).with_only_columns(col(Tip.id))
        return [id_ for (id_,) in await self._database.rows(statement)]

    async def get(self, case: bytes, units: Sequence[str] | None) -> Case:
        """One case."""
        tip = self._from("tip", units)
        statement = sa.select(*mapping.case_columns(tip)).where(tip.c.id == case, *_readable(tip, units))
        found = await self._database.rows(statement, *_named_by(case, units))
        if not found:
            raise errors.NotFound
        return mapping.to_case(found[0])

    async def bundle(self, case: bytes, units: Sequence[str] | None) -> CaseBundle:
        """A case with all that belongs to it, of one moment."""
        ends = self._kept()  # before the rows: what joins a chain in between is not missed
        tip, grant, envelope = (self._from(name, units) for name in ("tip", "reading_grant", "envelope"))
        async with self._database.read(*_named_by(case, units)) as session:
            connection = await session.connection()
            statement = sa.select(*mapping.case_columns(tip)).where(tip.c.id == case, *_readable(tip, units))
            row = (await connection.execute(statement)).first()
            if row is None:
                raise errors.NotFound
            kept = {}
            for name, to_record in _PARTS.items():
                table = self._from(name, units)
                found = (await connection.execute(sa.select(table).where(table.c.case_id == case))).all()
                kept[name] = [*map(to_record, found)]
            elsewhere = (await connection.execute(_elsewhere([case], grant, envelope))).all()
            kept["reading_grant"] += map(mapping.grant_of, elsewhere)
        parts = kept["envelope"], kept["reading_grant"], kept["event"], kept["mailbox"]
        return CaseBundle(mapping.to_case(row), *parts, ends.get(case))

    def _from(self, name: str, units: Sequence[str] | None) -> sa.Table:
        """Where rows of one case are: whoever reads for no unit finds them by the case's id and by nothing else."""
        return known.table(name, self._database.dialect) if units is None else mapping.table(name)

    async def bundles(self, cases: Sequence[bytes], units: Sequence[str] | None) -> list[CaseBundle]:
        """Several cases with all that belongs to them; plain rows, as there are thousands."""
        ends = self._kept()
        async with self._database.read() as session:
            connection = await session.connection()
            statement = every() if units is None else readable(units)
            rows = (await connection.execute(statement.where(col(Tip.id).in_(cases)))).all()
            kept = {}
            for name, to_record in _PARTS.items():
                table = mapping.table(name)
                found = (await connection.execute(sa.select(table).where(table.c.case_id.in_(cases)))).all()
                kept[name] = grouped(map(to_record, found))
            of_them = _elsewhere(cases, mapping.table("reading_grant"), mapping.table("envelope"))
            for row in (await connection.execute(of_them)).all():
                kept["reading_grant"].setdefault(row.of_case, []).append(mapping.grant_of(row))
        of = [mapping.to_case(row) for row in rows]
        whole = [(it, *(kept[name].get(it.id, []) for name in _PARTS), ends.get(it.id)) for it in of]
        return list(itertools.starmap(CaseBundle, whole))

    def _kept(self) -> Mapping[bytes, ChainEnd]:
        return self._ends.load() if self._ends else {}

    async def events(self, case: bytes) -> list[SignedEvent]:
        """The events of a case."""
        async with self._database.read() as session:
            found = await session.exec(select(EventRow).where(EventRow.case == case))
            return [mapping.to_event(row) for row in found]

    async def apply(self, change: Change) -> None:
        """Store one step of a case."""
        async with self._database.record(*named(change)) as recording:
            await store_step(recording, change)
        if change.dropped or change.shut:  # keys and ciphertexts went: for good, and now
            await self._database.empty_log()

    async def due(self, now: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """Open cases whose clock has run out."""
        return await self._timed(limit, after, *_run_out(now), col(Tip.state) != State.CLOSED)

    async def expired(self, now: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """Closed cases whose retention is over."""
        return await self._timed(limit, after, *_run_out(now), col(Tip.state) == State.CLOSED)

    async def due_within(self, first: datetime, last: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """Open cases whose clock runs out within a time."""
        within = (col(Tip.due_at) >= first, col(Tip.due_at) < last, col(Tip.state) != State.CLOSED)
        return await self._timed(limit, after, *within, _told_of())

    async def unattended(self, now: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """Urgent cases that somebody has read and nobody has taken."""
        new = sa.and_(col(Tip.state).in_((State.RECEIVED, State.SCREENING)), col(Tip.due_at).is_not(None))
        untaken = sa.and_(col(Tip.officer).is_(None), col(Tip.opened), col(Tip.received_at) < now)
        return await self._timed(limit, after, new, untaken, col(Tip.urgency).in_((Urgency.P0, Urgency.P1)), _told_of())

    async def _timed(
        self,
        limit: int,
        after: Due | None,
        *wanted: sa.ColumnElement[bool],
        by: sa.ColumnElement[Any] = DUE,
    ) -> list[Due]:
        """Only what a page is found by: a row that cannot be read then fails alone."""
        order = (sa.type_coerce(by, sa.BigInteger), col(Tip.id))
        is_place = order[0] == sa.cast(order[0], sa.BigInteger)  # what is no whole number has no place to go on from
        statement = sa.select(*order).where(*wanted, is_place).order_by(*order).limit(limit)
        if after is not None:
            statement = statement.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)))
        return [Due(at, id_) for at, id_ in await self._database.rows(statement)]

    async def every(self, limit: int, after: Due | None = None) -> list[Due]:
        """Every case."""
        return await self._timed(limit, after, by=sa.literal(0, sa.BigInteger))

    async def taken(self, limit: int, after: Due | None = None) -> list[Due]:
        """Open cases that an officer has."""
        theirs = sa.and_(col(Tip.officer).is_not(None), col(Tip.state) != State.CLOSED)
        return await self._timed(limit, after, theirs, by=mapping.table("tip").c.received_at)

    async def consulted(self, units: Sequence[str], limit: int) -> list[Case]:
        """Others' open cases that these units read along."""
        statement = readable(units).where(col(Tip.unit).not_in(units), col(Tip.state) != State.CLOSED)
        ordered = statement.order_by(*(mapping.table("tip").c[name] for name in ("urgency", "received_at", "id")))
        return [mapping.to_case(row) for row in await self._database.rows(ordered.limit(limit))]

    async def mailbox(self, lookup: bytes) -> Mailbox:
        """The mailbox of a look-up id."""
        mailbox, kept = (known.table(name, self._database.dialect) for name in ("mailbox", "kept"))
        found = await self._database.rows(sa.select(mailbox).where(mailbox.c.lookup == lookup), lookup)
        if found:
            return mapping.mailbox_of(found[0])
        named = sa.select(kept.c.name, kept.c.value).where(kept.c.name.like(f"{ASIDE}%.{lookup.hex()}"))
        aside = await self._database.rows(named, lookup)
        if not aside:
            raise errors.NotFound
        return Mailbox(lookup, bytes.fromhex(aside[0].name.split(".")[1]), aside[0].value)  # see migration 0013

    async def held(self) -> list[Case]:
        """Cases that wait for the quorum."""
        return [mapping.to_case(row) for row in await self._database.rows(every().where(col(Tip.state) == State.HELD))]


def queue_page(
    units: Sequence[str], wanted: QueueFilter, limit: int, after: QueuePosition | None, *, backwards: bool = False
) -> sa.Select[Any]:
    """A page of the queue, from behind a place on, or backwards from before it."""
    order = [_POSITION[key] for key in wanted.sort.keys]
    falls = wanted.sort.descends is not backwards
    statement = readable(units).where(col(Tip.unit).in_(units), *_conditions(wanted))
    if after is not None:
        values = zip(wanted.sort.rank(after), order, strict=True)
        here, place = sa.tuple_(*order), sa.tuple_(*(sa.literal(value, column.type) for value, column in values))
        statement = statement.where(here < place if falls else here > place)
    return statement.order_by(*(column.desc() if falls else column for column in order)).limit(limit)


_TIP: Final = mapping.table("tip").c
_POSITION: Final[Mapping[str, sa.ColumnElement[Any]]] = {  # a field of `QueuePosition`, as the index has it
    "urgency": _TIP.urgency,
    "due": sa.literal_column(tables.DUE, sa.BigInteger),
    "claimed": sa.literal_column(tables.CLAIMED, sa.Boolean),
    "received": sa.type_coerce(_TIP.received_at, sa.BigInteger),
    "area": sa.func.coalesce(_TIP.area, NOWHERE),
    "id": _TIP.id,
}


def _of_own(units: Sequence[str], *columns: Any) -> sa.Select[Any]:
    """Columns of these units' own cases, of those that they may read."""
    return readable(units).where(col(Tip.unit).in_(units)).with_only_columns(*columns)


def _conditions(wanted: QueueFilter) -> Iterator[sa.ColumnElement[bool]]:
    """What a wanted case must be."""
    if wanted.states <= OPEN_STATES:
        yield col(Tip.state) != State.CLOSED  # lets the partial index serve
    if wanted.states not in (OPEN_STATES, frozenset(State)):
        yield col(Tip.state).in_(sorted(wanted.states))
    columns = {Tip.urgency: wanted.urgency, Tip.category: wanted.category, Tip.area: wanted.area}
    for column, value in (columns | {Tip.officer: wanted.officer}).items():
        if value is not None:
            yield col(column) == value
    if wanted.claimed is not None:
        yield col(Tip.officer).is_not(None) if wanted.claimed else col(Tip.officer).is_(None)
    for flag, said in {Tip.opened: wanted.opened, Tip.disputed: wanted.disputed}.items():
        if said is not None:
            yield col(flag).is_(said)
    if wanted.received_before is not None:
        yield col(Tip.received_at) < wanted.received_before
    if wanted.due_before is not None:
        yield col(Tip.due_at) <= wanted.due_before


def _named_by(case: bytes, units: Sequence[str] | None) -> tuple[bytes, ...]:
    """What a reading names: whoever has a receipt has the id only; for officers their units' keys find the case."""
    return (case,) if units is None else ()


def named(change: Change) -> tuple[bytes, ...]:
    """The ids by which a step finds the rows that it changes."""
    mailbox = change.mended.mailbox
    return (change.case.id, mailbox.lookup) if mailbox else (change.case.id,)


async def store_step(recording: Recording, change: Change) -> None:
    """One step of a case, inside a transaction. Raises `Stale` when the head is no longer `change.before`."""
    connection = recording.connection
    await _swap_head(connection, change)
    await _remove(connection, change)
    await _mend(connection, change)
    for table, values in mapping.of_change(change).items():
        if values:
            await connection.execute(table.insert(), values)
    await recording.add(change.events)
    if change.files:
        waiting = mapping.table("waiting_file")
        await connection.execute(waiting.delete().where(waiting.c.envelope_id.in_(change.files)))
    await _tell(connection, change)
    if change.forgotten or change.case.restricted:
        await _unname(connection, change.case.id)
    for grant in change.woken:
        await connection.execute(_upsert(connection, "reading_grant", mapping.of_grant(grant)))


_PARTS: Final[Mapping[str, Callable[[Any], Any]]] = {  # of a `CaseBundle`, in its order, by table
    "envelope": mapping.envelope_of,
    "reading_grant": mapping.grant_of,
    "event": mapping.event_of,
    "mailbox": mapping.mailbox_of,
}


def _elsewhere(cases: Sequence[bytes], grant: sa.Table, envelope: sa.Table) -> sa.Select[Any]:
    """Keys to pieces of these cases that lie with another one, by a hand; `of_case`: whose they are."""
    both = sa.and_(grant.c.envelope_id == envelope.c.id, grant.c.case_id != envelope.c.case_id)
    named = sa.select(*grant.c, envelope.c.case_id.label("of_case")).join_from(envelope, grant, both)
    return named.where(envelope.c.case_id.in_(cases))


def grouped(records: Iterable[Any]) -> dict[bytes, list[Any]]:
    """Records by their case."""
    found: dict[bytes, list[Any]] = {}
    for record in records:
        found.setdefault(record.case, []).append(record)
    return found


def _run_out(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return col(Tip.due_at) <= now, col(Tip.clock).is_not(None)


def _told_of() -> sa.ColumnElement[bool]:
    """Cases of which a word may be sent at any hour."""
    return sa.or_(sa.not_(col(Tip.restricted)), col(Tip.urgency) == Urgency.P0)


async def _swap_head(connection: AsyncConnection, change: Change) -> None:
    """The case's row as it shall be, if nobody changed it since `change.before`."""
    table = known.table("tip", connection.dialect.name)
    values = mapping.of_case(change.case)
    if change.before is None:
        statement: Any = mapping.table("tip").insert().values(**values)
    else:
        is_seen = sa.or_(table.c.head == change.before, table.c.head < b"")  # or none, that only a hand puts there
        statement = table.update().where(table.c.id == change.case.id, is_seen).values(**values)
    done = await connection.execute(statement)
    if done.rowcount != 1:
        raise errors.Stale


async def _tell(connection: AsyncConnection, change: Change) -> None:
    """News for the reporter, if an address of theirs is kept; or its end."""
    address = mapping.table("address")
    mine = address.c.case_id == change.case.id
    if (
        change.notify_from is not None
    ):  # who is telling them now finds another number of tries, and leaves this to be told
        news = {"news_from": change.notify_from, "tries": 0, "trouble": None}
        await connection.execute(address.update().where(mine).values(**news))
    if change.forgotten:
        await connection.execute(address.delete().where(mine))


async def _unname(connection: AsyncConnection, case: bytes) -> None:
    """What waits to be told to officers names this case no more, and it has no topic."""
    for name in ("ping", "push"):
        table = known.table(name, connection.dialect.name)
        await connection.execute(table.update().where(table.c.case_id == case).values(case_id=None, due_at=None))
    topic = known.table("topic", connection.dialect.name)
    await connection.execute(topic.delete().where(topic.c.case_id == case))


async def _remove(connection: AsyncConnection, change: Change) -> None:
    grant, envelope, blob = mapping.table("reading_grant"), mapping.table("envelope"), mapping.table("blob")
    if change.dropped:
        await connection.execute(blob.delete().where(blob.c.envelope_id.in_(change.dropped)))
        await connection.execute(grant.delete().where(grant.c.envelope_id.in_(change.dropped)))
        await connection.execute(envelope.delete().where(envelope.c.id.in_(change.dropped)))
    if change.shut:
        await connection.execute(
            grant.delete().where(grant.c.case_id == change.case.id, grant.c.reader.in_(change.shut))
        )


async def _mend(connection: AsyncConnection, change: Change) -> None:
    """Set right what was not as it was signed; the row itself is written anew by every step."""
    grant, mailbox, envelope = (
        known.table(name, connection.dialect.name) for name in ("reading_grant", "mailbox", "envelope")
    )
    mended = change.mended
    for of, reader in mended.strange:
        this = grant.c.reader == reader if reader != NO_TEXT else grant.c.reader.not_in(await _readers(connection, of))
        await connection.execute(grant.delete().where(grant.c.envelope_id == of, this))
    for it in mended.again:
        if it.reader not in change.shut and it.envelope not in change.dropped:
            same = grant.c.envelope_id == it.envelope, grant.c.reader == it.reader
            await connection.execute(grant.delete().where(*same))
            await connection.execute(mapping.table("reading_grant").insert().values(**mapping.of_grant(it)))
    for piece in mended.pieces:
        signed = {"commitment": piece.commitment, "part": piece.part, "release": piece.release}
        await connection.execute(envelope.update().where(envelope.c.id == piece.id).values(**signed))
    if mended.mailbox:
        own = sa.or_(mailbox.c.case_id == change.case.id, mailbox.c.lookup == mended.mailbox.lookup)
        await connection.execute(mailbox.delete().where(own))
        await connection.execute(mapping.table("mailbox").insert().values(**mapping.of_mailbox(mended.mailbox)))


async def _readers(connection: AsyncConnection, envelope: bytes) -> list[str]:
    """Who has a key to an envelope, as far as it can be read."""
    grant = known.table("reading_grant", connection.dialect.name)
    found = await connection.execute(sa.select(grant.c.reader).where(grant.c.envelope_id == envelope))
    return [reader for reader in found.scalars() if reader != NO_TEXT]


def _upsert(connection: AsyncConnection, name: str, values: mapping.Values) -> sa.Executable:
    """Insert a row, or replace the one with its key."""
    table = mapping.table(name)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    keys = [column.name for column in table.primary_key]
    changed = {name: value for name, value in values.items() if name not in keys}
    statement: sa.Executable = (
        dialect.insert(table).values(**values).on_conflict_do_update(index_elements=keys, set_=changed)
    )
    return statement

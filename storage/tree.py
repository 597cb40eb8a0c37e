"""The ledger's tree: what waits to join it, its nodes, and its heads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import known, mapping
from storage.engine import Database, is_sqlite
from storage.loose_types import NO_NUMBER
from tips import errors
from tips.cases.ledger import SignedEvent
from tips.merkle import notes, tree
from tips.merkle.tallies import SignedTally
from tips.merkle.tree import Node
from tips.ports.tree import Growth, Head, Waiting

_AT_ONCE: Final = 5000  # values in one statement: SQLite takes 32,766


class SqlTree:
    """See `tips.ports.tree.Tree`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heads(self, above: int, limit: int) -> list[Head]:
        """Larger heads, the largest first."""
        table = mapping.table("tree_head")
        wanted = sa.select(table.c.size, table.c.note, table.c.closing).where(
            table.c.size > above, _short(table.c.note)
        )
        rows = await self._database.rows(wanted.order_by(table.c.size.desc()).limit(limit))
        return [Head(*row) for row in rows if _is_head(row)]

    async def nodes(self, wanted: Sequence[Node]) -> dict[Node, bytes]:
        """Hashes of complete subtrees."""
        table, found = mapping.table("tree_node"), {}
        for some in _pieces(wanted):
            there = sa.tuple_(table.c.level, table.c.at).in_(some)
            rows = await self._database.rows(sa.select(table.c.level, table.c.at, table.c.hash).where(there))
            found.update({(row.level, row.at): row.hash for row in rows if _are_octets(row.hash)})
        return found

    async def leaves(self, first: int, stop: int) -> dict[int, bytes]:
        """Hashes of leaves."""
        table = mapping.table("tree_node")
        there = table.c.level == 0, table.c.at >= first, table.c.at < stop
        return dict(await self._octets(sa.select(table.c.at, table.c.hash).where(*there)))

    async def blinds(self, first: int, stop: int) -> dict[int, bytes]:
        """What dummies were blinded by."""
        table = mapping.table("tree_blind")
        there = table.c.place >= first, table.c.place < stop
        return dict(await self._octets(sa.select(table.c.place, table.c.blind).where(*there)))

    async def places(self, leaves: Sequence[bytes]) -> dict[bytes, int]:
        """Where the leaves of events stand."""
        table, found = mapping.table("tree_place"), {}
        for some in _pieces(leaves):
            of_them = sa.select(table.c.place, table.c.leaf).where(table.c.leaf.in_(some))
            found.update({leaf: place for place, leaf in await self._octets(of_them)})
        return found

    async def cases(self, leaves: Sequence[bytes]) -> dict[bytes, bytes]:
        """Whose events these are."""
        event, case = mapping.table("event"), mapping.table("tip")
        both, found = sa.select(event.c.leaf, case.c.id).join(case, case.c.id == event.c.case_id), dict[bytes, bytes]()
        for some in _pieces(leaves):
            found.update((row.leaf, row.id) for row in await self._database.rows(both.where(event.c.leaf.in_(some))))
        return found

    async def newest(self) -> dict[bytes, bytes]:
        """The heads of all cases, in one query."""
        event, case = mapping.table("event"), mapping.table("tip")
        there = sa.and_(event.c.leaf == case.c.head, event.c.case_id == case.c.id)
        return {
            row.id: row.head for row in await self._database.rows(sa.select(case.c.id, case.c.head).join(event, there))
        }

    async def waiting(self, leaves: Sequence[bytes]) -> set[bytes]:
        """Those that wait."""
        table = mapping.table("waiting_leaf")
        asked = [sa.select(table.c.leaf).where(table.c.leaf.in_(some)) for some in _pieces(leaves)]
        return {row.leaf for one in asked for row in await self._database.rows(one)}

    async def published(self, size: int, limit: int) -> list[tuple[Head, SignedEvent | None]]:
        """Heads with the events that closed them."""
        head = mapping.table("tree_head")
        wanted = sa.select(head.c.size, head.c.note, head.c.closing).where(head.c.size <= size, _short(head.c.note))
        rows = await self._database.rows(wanted.order_by(head.c.size.desc()).limit(limit))
        heads = [Head(*row) for row in rows if _is_head(row)]
        closings = await self._events([it.closing for it in heads])
        return [(it, closings.get(it.closing)) for it in heads]

    async def _events(self, leaves: Sequence[bytes]) -> dict[bytes, SignedEvent]:
        """Events by exactly these leaves."""
        event, found = known.table("event", self._database.dialect), dict[bytes, SignedEvent]()
        for some in _pieces(leaves):
            rows = await self._database.rows(sa.select(event).where(event.c.leaf.in_(some)), *some)
            found.update((it.leaf, mapping.event_of(it)) for it in rows if _are_octets(it.leaf, it.body, it.signature))
        return found

    async def cosign(self, size: int, witness: str, line: bytes) -> None:
        """One row a head and witness."""
        async with self._database.write() as connection:
            await _put(connection, "tree_cosignature", [{"size": size, "witness": witness, "line": line}])

    async def cosignatures(self, sizes: Sequence[int], witnesses: Collection[str]) -> dict[int, list[bytes]]:
        """Lines by size."""
        table, found = mapping.table("tree_cosignature"), defaultdict(list)
        for some in _pieces(sizes):
            of_them = sa.select(table.c.size, table.c.line).where(
                table.c.size.in_(some), table.c.witness.in_(witnesses)
            )
            for size, line in await self._octets(of_them.order_by(table.c.size, table.c.witness)):
                found[size].append(line)
        return dict(found)

    async def sequence(
        self, after: int, is_ours: Callable[[Head], bool], limit: int, grow: Callable[[Waiting], Growth]
    ) -> None:
        """The next head, in one transaction."""
        async with self._database.write() as connection:
            if not is_sqlite(self._database.url):  # a transaction of SQLite's is alone anyway
                await connection.execute(sa.text("LOCK TABLE waiting_leaf, leaf_tally IN SHARE ROW EXCLUSIVE MODE"))
            await _check_newest(connection, after, is_ours)
            waiting = await _waiting(connection, limit)
            await _store(connection, grow(waiting), waiting)

    async def _octets(self, statement: sa.Select[Any]) -> list[tuple[int, bytes]]:
        """Numbers and bytes; what a hand put elsewhere is not there."""
        rows = await self._database.rows(statement)
        return [(number, octets) for number, octets in rows if number != NO_NUMBER and _are_octets(octets)]


async def _check_newest(connection: AsyncConnection, after: int, is_ours: Callable[[Head], bool]) -> None:
    table = mapping.table("tree_head")
    columns = (table.c.size, table.c.note, table.c.closing)
    larger = sa.select(*columns).where(table.c.size > after, _short(table.c.note))
    found = await connection.stream(larger)
    async for row in found:
        if _is_head(row) and is_ours(Head(*row)):
            raise errors.Stale
    await connection.execute(table.delete().where(table.c.size > after))


async def _waiting(connection: AsyncConnection, limit: int) -> Waiting:
    """What waits; rows that are no event's leaf, or one that is in the tree already, go."""
    table, event, placed = (mapping.table(name) for name in ("waiting_leaf", "event", "tree_place"))
    good = sa.exists().where(event.c.leaf == table.c.leaf), ~sa.exists().where(placed.c.leaf == table.c.leaf)
    gone = await connection.execute(table.delete().where(~sa.and_(*good)))
    told = (await connection.execute(sa.select(table.c.leaf).where(table.c.told.is_(True)))).scalars().all()
    others = sa.select(table.c.leaf).where(table.c.told.is_not(True)).limit(limit)
    untold = (await connection.execute(others)).scalars().all()
    stored = await connection.execute(sa.select(mapping.table("leaf_tally")))
    tallies = [SignedTally(row.instance, row.body, row.state, row.signature) for row in stored]
    return Waiting(
        [leaf for leaf in told if _is_leaf(leaf)],
        [leaf for leaf in untold if _is_leaf(leaf)],
        int(gone.rowcount),
        tallies,
    )


async def _store(connection: AsyncConnection, growth: Growth, waiting: Waiting) -> None:
    leaf = mapping.table("waiting_leaf")
    for some in _pieces([*waiting.told, *waiting.untold]):
        await connection.execute(leaf.delete().where(leaf.c.leaf.in_(some)))
    await connection.execute(mapping.table("event").insert().values(**mapping.of_event(growth.event)))
    head = growth.head
    await _put(connection, "tree_head", [{"size": head.size, "note": head.note, "closing": head.closing}])
    await _put(connection, "tree_node", [{"level": at[0], "at": at[1], "hash": it} for at, it in growth.nodes.items()])
    await _put(connection, "tree_place", [{"leaf": it, "place": place} for it, place in growth.places.items()])
    await _put(connection, "tree_blind", [{"place": place, "blind": it} for place, it in growth.blinds.items()])


async def _put(connection: AsyncConnection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows, in place of what a hand left at their keys."""
    if not rows:
        return
    table = mapping.table(name)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {it.name: new.excluded[it.name] for it in table.columns if it.name not in keys}
    await connection.execute(new.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def _pieces(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(values), _AT_ONCE):
        yield values[at : at + _AT_ONCE]


def _is_head(row: Sequence[Any]) -> bool:
    size, *octets = row[:3]
    return size != NO_NUMBER and _are_octets(*octets)


def _short(note: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Not longer than a note can be: what is need not be brought."""
    return sa.func.length(note) <= notes.MOST_BYTES


def _is_leaf(value: bytes) -> bool:
    return len(value) == tree.HASH


def _are_octets(*values: bytes | None) -> bool:
    """Whether none is missing, or of another type."""
    return all(values)

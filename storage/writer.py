"""The hot path: one thread that groups whatever waits into one transaction. The only part that is not SQLAlchemy.

A commit costs one sync of the disk, however many tips are in it; so while one group is being synced the next one
gathers. Every waiter is answered only after the commit that holds its rows. Several processes may each have a writer
on one database.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
import functools
import queue
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table

from storage import engine, loose_types, mapping, retrying, server
from storage.tallying import WRITER, Lane
from tips import errors
from tips.merkle.tallies import Tally
from tips.ports.cases import Change
from tips.ports.intake import DraftRow
from tips.ports.tree import TallyBook

GROUP: Final = 256  # items in one transaction at most
WAITING: Final = 4096  # items that may wait; beyond that a submission is asked to try again


@dataclass(frozen=True, slots=True)
class Submission:
    """A new case; the answer is whether it was new."""

    change: Change


@dataclass(frozen=True, slots=True)
class PutDraft:
    """A draft over the version that was seen (0: none), and a new case with it; the answer is None, or `Stale`."""

    row: DraftRow
    seen: int
    new: Change | None = None


Item = Submission | PutDraft
Statement = tuple[str, Sequence[Any]]  # with `?` for each value
Waiter = tuple[Item, asyncio.AbstractEventLoop, asyncio.Future[Any]]


class Writer:
    """Use as an async context manager; leaving it writes what still waits."""

    def __init__(self, url: str, busy: float = engine.BUSY, book: TallyBook | None = None, schema: str = "") -> None:
        self._lane = Lane(book, WRITER)
        self._driver: Driver = SqliteDriver(url, busy, schema) if engine.is_sqlite(url) else PostgresDriver(url, schema)
        self._waiting: queue.Queue[Waiter | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    async def __aenter__(self) -> Writer:
        """Start the thread."""
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what waits, then end the thread."""
        await asyncio.to_thread(self._waiting.put, None)
        await asyncio.to_thread(self._thread.join)

    async def write(self, item: Item) -> Any:
        """Write one item, together with whatever else waits; it is durable when this returns.

        Raises:
            StoreUnavailable: nothing of it was kept.
            Unsure: the server went away while it committed.
            Stale: a draft is no longer the version that was seen.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        try:
            self._waiting.put_nowait((item, loop, future))
        except queue.Full as error:
            raise errors.StoreUnavailable from error
        return await future

    def _run(self) -> None:
        try:
            while group := self._next_group():
                _answer(group, self._written([item for item, _, _ in group]))
        finally:
            self._driver.close()

    def _next_group(self) -> list[Waiter]:
        first = self._waiting.get()
        if first is None:
            return []
        group = [first]
        while len(group) < GROUP:
            try:
                further = self._waiting.get_nowait()
            except queue.Empty:
                break
            if further is None:
                self._waiting.put(None)  # for the next round: this group is still to be written
                break
            group.append(further)
        return group

    def _written(self, items: Sequence[Item]) -> list[Any]:
        """The answers of a group; one bad item does not spoil the others."""
        group = Group(self._driver, self._lane)
        try:
            answers = self._driver.transact(functools.partial(group.write, items), self._lane.instance())
        except errors.StoreUnavailable as error:
            return [error] * len(items)
        except Exception as error:
            return [error] if len(items) == 1 else [self._written([item])[0] for item in items]
        self._lane.kept(group.tally)
        return answers


def _answer(group: Sequence[Waiter], answers: Sequence[Any]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = defaultdict(list)
    for (_, loop, future), answer in zip(group, answers, strict=True):
        by_loop[loop].append((future, answer))
    for loop, answered in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, answered)


def _resolve(answered: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in answered:
        if future.done():  # whoever asked has gone away
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def _answer_to(item: Item, done: bool) -> Any:
    """What whoever asked is told."""
    if isinstance(item, Submission):
        return done
    return None if done else errors.Stale()


class Group:
    """Everything of a group, inside its transaction."""

    def __init__(self, driver: Driver, lane: Lane) -> None:
        self._driver, self._lane = driver, lane
        self.tally: Tally | None = None

    def write(self, items: Sequence[Item]) -> list[Any]:
        """The answers, once everything is written: what an item hangs on first, then everything of the new cases."""
        done = self._driver.each([self._first(it) for it in items])
        new = [it.change for it, ok in zip(items, done, strict=True) if ok and isinstance(it, Submission)]
        told = [it.new for it, ok in zip(items, done, strict=True) if ok and isinstance(it, PutDraft) and it.new]
        added = self._driver.each([self._driver.insert(mapping.table("tip"), mapping.of_case(it.case)) for it in told])
        self._add_all([*new, *(it for it, ok in zip(told, added, strict=True) if ok)])
        return [_answer_to(it, ok) for it, ok in zip(items, done, strict=True)]

    def _first(self, item: Item) -> Statement:
        """What tells whether an item is taken: it touches a row, or none."""
        match item:
            case Submission(change):
                return self._driver.insert(mapping.table("tip"), mapping.of_case(change.case))
            case PutDraft(row, seen):
                return self._driver.put_draft(row, seen)

    def _add_all(self, new: Sequence[Change]) -> None:
        """The other rows of new cases, table by table."""
        events = [mapping.of_event(event) for it in new for event in it.events]
        children: dict[Table, list[mapping.Values]] = defaultdict(list, {mapping.table("event"): events})
        for change in new:
            for table, values in mapping.of_change(change).items():
                children[table] += values
        leaves = [it["leaf"] for it in events]
        children[mapping.table("waiting_leaf")] = self._lane.waiting(leaves)
        with self._driver.at_once():
            for envelope in (it for change in new for it in change.files):
                self._driver.keep_file(envelope)
            for table, values in children.items():
                if values:
                    self._driver.insert_many(table, values)
            self.tally = self._lane.add(self._driver.execute, leaves)


class Driver(abc.ABC):
    """The statements of the hot path, made once from the tables' own columns."""

    mark = "?"
    change_draft = "UPDATE draft SET sealed = ?, version = ?, expires_at = ? WHERE key = ? AND version = ?"

    def __init__(self, schema: str) -> None:
        self._schema = schema
        self._connection: Any = None

    @abc.abstractmethod
    def transact(self, work: Callable[[], list[Any]], known: Sequence[bytes] = ()) -> list[Any]:
        """Run work in one transaction; `known`: ids by which rows are found, as in `engine.Database.read`."""

    def check_schema(self, known: Sequence[bytes]) -> None:
        """That the database is still at the schema that this program knows; first in each transaction.

        Raises:
            Outdated: see `engine.check_schema`.
        """
        if self._schema:
            engine.check_schema(self.held(known), self._schema)

    def held(self, known: Sequence[bytes]) -> Sequence[Any]:
        """The row of the schema; whoever writes is alone."""
        return self.execute(engine.SCHEMA, ())

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def execute(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        """One statement; the rows of one that asks for some, for which alone an answer is waited."""
        done = self._connection.execute(self._own(statement), tuple(values))
        return done.fetchall() if statement.startswith("SELECT") else ()

    def each(self, statements: Sequence[Statement]) -> list[bool]:
        """Whether each statement touched a row; they run in this order."""
        with self.at_once():
            done = [self._connection.execute(self._own(sql), tuple(values)) for sql, values in statements]
        return [it.rowcount > 0 for it in done]

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Statements of this block need not wait for each other's answers."""
        yield

    def insert(self, table: Table, values: mapping.Values) -> Statement:
        """Insert a row unless its key is taken."""
        return _insert(table) + " ON CONFLICT DO NOTHING", _row(table, values)

    def insert_many(self, table: Table, values: Sequence[mapping.Values]) -> None:
        """Insert rows."""
        cursor = self._connection.cursor()
        cursor.executemany(self._own(_insert(table)), [_row(table, it) for it in values])
        cursor.close()

    def put_draft(self, row: DraftRow, seen: int) -> Statement:
        """Store a draft over the version that was seen."""
        if not seen:
            return self.insert(mapping.table("draft"), mapping.of_draft(row))
        return self.change_draft, (row.sealed, row.version, int(row.expires_at.timestamp()), row.key, seen)

    def keep_file(self, envelope: bytes) -> None:
        """The file of an envelope has its tip: it waits no more."""
        self._connection.execute(self._own("DELETE FROM waiting_file WHERE envelope_id = ?"), (envelope,))

    def _own(self, statement: str) -> str:
        return statement.replace("?", self.mark)


class SqliteDriver(Driver):
    """sqlite3 from the standard library, with the same settings as the engine."""

    def __init__(self, url: str, busy: float, schema: str) -> None:
        super().__init__(schema)
        self._path, self._busy = engine.sqlite_path(url), busy

    def transact(self, work: Callable[[], list[Any]], known: Sequence[bytes] = ()) -> list[Any]:
        """See `Driver`."""
        try:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                self.check_schema(known)
                done = work()
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except (sqlite3.OperationalError, OSError) as error:
            self.close()
            raise errors.StoreUnavailable from error
        return done

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path, timeout=self._busy, isolation_level=None, uri=engine.is_uri(self._path)
            )
            engine.set_up(self._connection, None)
            self._connection.text_factory = loose_types.text_of
        connection: sqlite3.Connection = self._connection
        return connection


class PostgresDriver(Driver):
    """psycopg, one connection; what need not wait goes out as one pipeline."""

    mark = "%s"
    change_draft = "SELECT 1 WHERE put_draft(?, ?, ?, ?, ?)"  # see `storage.known`; a row, where one was changed

    def __init__(self, url: str, schema: str) -> None:
        super().__init__(schema)
        self._how = server.connection(url) | server.arguments(url, serving=True)

    def held(self, known: Sequence[bytes]) -> Sequence[Any]:
        """The row of the schema, held against who upgrades; and in the same statement what is named."""
        return self.execute(engine.HELD, (engine.listed(known),))

    def transact(self, work: Callable[[], list[Any]], known: Sequence[bytes] = ()) -> list[Any]:
        """See `Driver`."""
        import psycopg

        try:
            done = self._worked(work, known)
            self._commit()
        except psycopg.errors.InsufficientPrivilege as error:
            raise errors.NotPermitted from error
        except (psycopg.OperationalError, psycopg.InternalError, psycopg.InterfaceError) as error:
            lost = self._connection is not None and self._connection.broken
            self.close()
            kind = retrying.Passing if retrying.passes(error.sqlstate, lost=lost) else errors.StoreUnavailable
            raise kind from error
        return done

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """See `Driver`."""
        with self._connection.pipeline():
            yield

    def _worked(self, work: Callable[[], list[Any]], known: Sequence[bytes]) -> list[Any]:
        import psycopg

        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(**self._how)
        try:
            self.check_schema(known)
            return work()
        except BaseException:
            with contextlib.suppress(psycopg.Error):  # a lost connection has rolled back by itself
                self._connection.rollback()
            raise

    def _commit(self) -> None:
        """What was not answered may have been done: only then nobody knows."""
        import psycopg

        try:
            self._connection.commit()
        except psycopg.OperationalError as error:
            if self._connection.broken:
                self.close()
                raise errors.Unsure from error
            raise


@functools.cache
def _insert(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608


def _row(table: Table, values: mapping.Values) -> tuple[Any, ...]:
    plain = mapping.plain(values)
    return tuple(plain[column.name] for column in table.columns)

"""The database's settings, its transactions, and what its failures are called.

Every failure that passes by itself or by an administrator's hand (locked, read-only, full, away) is one error for the
product, `StoreUnavailable`; a bug stays a bug. No statement's values ever reach an error or a log.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import loose_types, mapping, retrying, server
from storage.tallying import STEPS, Lane
from tips import errors
from tips.cases.ledger import SignedEvent
from tips.merkle.tallies import Tally
from tips.ports.tree import TallyBook

BUSY: Final = 5.0  # seconds that a connection waits for another's lock
PRAGMAS: Final = (
    "PRAGMA page_size=8192",  # before the first table; sealed texts are 4 KiB and more
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # a commit that returned survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
)
EMPTYING: Final = 0.2  # seconds that the emptying of a log waits for readers; what reads longer lets the next one do it
READING: Final = "tinbao_reading"
SCHEMA: Final = "SELECT version_num FROM alembic_version"
KNOWN: Final = "tinbao.known"  # the ids that a transaction names; see `storage.rights`
NAMING: Final = f"SELECT set_config('{KNOWN}', ?, true)"  # with `?` for them as `listed`; it ends with the transaction
# On PostgreSQL who upgrades waits for whoever read it so, and the other way round; on SQLite whoever writes is alone.
HELD: Final = f"{NAMING}, hold_schema()"
NOT_PERMITTED: Final = "42501"  # PostgreSQL's code
_FAILURES: Final = (exc.OperationalError, exc.InternalError, exc.InterfaceError, exc.TimeoutError, OSError)


def is_sqlite(url: str) -> bool:
    """Whether a database URL is SQLite's."""
    return url.startswith("sqlite")


def sqlite_path(url: str) -> str:
    """The file of a SQLite URL; a `file:` URI keeps its parameters, such as `mode=ro`."""
    parsed = make_url(url)
    kept = "&".join(f"{name}={value}" for name, value in parsed.query.items() if name != "uri")
    return f"{parsed.database or ''}?{kept}" if kept else parsed.database or ""


def is_uri(path: str) -> bool:
    """Whether a SQLite path is a URI with parameters."""
    return path.startswith("file:")


def create_engine(url: str, busy: float = BUSY) -> AsyncEngine:
    """An engine with this project's settings."""
    if not is_sqlite(url):
        how = server.arguments(url, serving=True)
        return create_async_engine(
            server.address(url), hide_parameters=True, pool_pre_ping=True, pool_size=8, connect_args=how
        )
    created = create_async_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": busy, "isolation_level": None, "uri": "file:" in url},
    )
    created.dialect.colspecs = {**created.dialect.colspecs, **loose_types.READ_AS}
    event.listen(created.sync_engine, "connect", read_loosely)
    event.listen(created.sync_engine, "connect", set_up)
    event.listen(created.sync_engine, "begin", _begin)
    return created


def set_up(connection: Any, _: object) -> None:
    """Give a new SQLite connection this project's settings."""
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        with contextlib.suppress(sqlite3.OperationalError):  # a read-only database takes no page size or journal
            cursor.execute(pragma)
    cursor.close()


def read_loosely(connection: Any, _: object) -> None:
    """Let text that is no UTF-8 be read as bytes; see `loose_types`."""
    getattr(connection, "driver_connection", connection).text_factory = loose_types.text_of


def _begin(connection: sa.Connection) -> None:
    # A writer takes its lock at once; one that only upgrades later could lose what it read in between.
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextlib.asynccontextmanager
async def guarded() -> AsyncIterator[None]:
    """Failures of the database by the product's name for them."""
    try:
        yield
    except _FAILURES as error:
        raise unavailable(error) from error
    except exc.ProgrammingError as error:
        if is_not_permitted(error):
            raise errors.NotPermitted from error
        raise


def unavailable(error: BaseException) -> errors.StoreUnavailable:
    """What an error of SQLAlchemy's is called where a database cannot be used."""
    if is_not_permitted(error):
        return errors.NotPermitted()
    lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    return retrying.Passing() if retrying.passes(_code(error), lost=lost) else errors.StoreUnavailable()


def is_not_permitted(error: BaseException) -> bool:
    """Whether an error of SQLAlchemy's says that the role lacks a right."""
    return _code(error) == NOT_PERMITTED


def _code(error: BaseException) -> str | None:
    """PostgreSQL's own, of an error of SQLAlchemy's."""
    code: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return code


def listed(ids: Iterable[bytes]) -> str:
    """Ids as PostgreSQL writes an array of bytes."""
    return "{" + ",".join(f'"\\\\x{it.hex()}"' for it in ids) + "}"


@contextlib.asynccontextmanager
async def _answered() -> AsyncIterator[None]:
    """A commit whose answer was lost with the connection may have been done."""
    try:
        yield
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise errors.Unsure from error
        raise


class seconds(FunctionElement[int]):  # noqa: N801 (a function of SQL)
    """The database's own time in whole seconds: one clock for all processes, whatever theirs say."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(seconds, "sqlite")
def _sqlite_seconds(*_: Any, **__: Any) -> str:
    return "CAST(strftime('%s', 'now') AS INTEGER)"


@compiles(seconds, "postgresql")
def _postgresql_seconds(*_: Any, **__: Any) -> str:
    return "CAST(floor(extract(epoch FROM now())) AS BIGINT)"


class holds(FunctionElement[bool]):  # noqa: N801 (a function of SQL)
    """Whether the bytes of a column hold others."""

    type = sa.Boolean()
    inherit_cache = True

    def __init__(self, column: Any, part: bytes) -> None:
        super().__init__(column, sa.literal(part, sa.LargeBinary))


@compiles(holds, "sqlite")
def _sqlite_holds(element: holds, compiler: Any, **how: Any) -> str:
    return f"instr({compiler.process(element.clauses, **how)}) > 0"


@compiles(holds, "postgresql")
def _postgresql_holds(element: holds, compiler: Any, **how: Any) -> str:
    column, part = element.clauses
    return f"position({compiler.process(part, **how)} IN {compiler.process(column, **how)}) > 0"


def check_schema(found: Sequence[Sequence[Any]], known: str) -> None:
    """That a database is still at the schema that this program knows; `found`: its rows of `SCHEMA`, or of `HELD`.

    Raises:
        Outdated: a later version upgraded it while this one runs.
    """
    if [it[-1] for it in found] != [known]:
        raise errors.Outdated


class Database:
    """One engine, for reading and for writing.

    Args:
        schema: the revision that this program knows; at another one it writes nothing. "": at whichever.
    """

    def __init__(self, url: str, busy: float = BUSY, book: TallyBook | None = None, schema: str = "") -> None:
        self.url = url
        self._schema = schema
        self.busy = busy
        self._lane = Lane(book, STEPS)
        self._engine = create_engine(url, busy)
        self.dialect = self._engine.dialect.name
        snapshot = {} if is_sqlite(url) else {"isolation_level": "REPEATABLE READ"}  # SQLite reads one moment anyway
        self._reading = self._engine.execution_options(**{READING: True}, **snapshot)

    @contextlib.asynccontextmanager
    async def read(self, *known: bytes) -> AsyncIterator[AsyncSession]:
        """A session that only reads, and sees one moment of the database.

        Args:
            known: ids by which rows are found; for whoever may find them by nothing else.
        """
        async with guarded(), AsyncSession(self._reading) as session:
            if known:
                await self.name(await session.connection(), known)
            yield session

    async def rows(self, statement: sa.Executable, *known: bytes) -> Sequence[Any]:
        """Plain rows, without objects: for pages and sums. `known`: as for `read`."""
        async with guarded(), self._reading.connect() as connection:
            if known:
                await self.name(connection, known)
            found: Sequence[Any] = (await connection.execute(statement)).all()
        return found

    async def name(self, connection: AsyncConnection, known: Sequence[bytes]) -> None:
        """Name ids by which rows are found, in place of those that the transaction named before."""
        if not is_sqlite(self.url):
            await connection.exec_driver_sql(NAMING.replace("?", "%s"), (listed(known),))

    @contextlib.asynccontextmanager
    async def write(self, *known: bytes) -> AsyncIterator[AsyncConnection]:
        """A transaction: durable when the block is left, nothing of it kept where it raises (but for `Unsure`).

        Args:
            known: as for `read`.
        """
        async with guarded(), self._engine.connect() as connection, connection.begin() as transaction:
            if self._schema:
                check_schema(await self._held(connection, known), self._schema)
            yield connection
            async with _answered():
                await transaction.commit()

    async def _held(self, connection: AsyncConnection, known: Sequence[bytes]) -> Sequence[Any]:
        """The schema's row, held; and in the same statement what is named."""
        if is_sqlite(self.url):
            return (await connection.exec_driver_sql(SCHEMA)).all()
        return (await connection.exec_driver_sql(HELD.replace("?", "%s"), (listed(known),))).all()

    async def check_schema(self) -> None:
        """Look whether the schema is still the one that this program knows.

        Raises:
            Outdated: it is not.
        """
        if self._schema:
            check_schema(await self.rows(sa.text(SCHEMA)), self._schema)

    @contextlib.asynccontextmanager
    async def record(self, *known: bytes) -> AsyncIterator[Recording]:
        """A transaction that adds events; otherwise as `write`."""
        async with self._lane.turn():
            async with self.write(*known, *self._lane.instance()) as connection:
                recording = Recording(connection, self._lane)
                yield recording
            self._lane.kept(recording.tally)

    async def empty_log(self) -> None:
        """Bring SQLite's write-ahead log into the database, and leave nothing in it: it holds what was deleted since.

        While somebody reads, it may stay: then the next call does it.
        """
        if is_sqlite(self.url):
            await asyncio.to_thread(_empty_log, sqlite_path(self.url))

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


class Recording:
    """A transaction under way that adds events."""

    def __init__(self, connection: AsyncConnection, lane: Lane) -> None:
        self.connection, self._lane = connection, lane
        self.tally: Tally | None = None

    async def add(self, events: Sequence[SignedEvent]) -> None:
        """Add events, once in a transaction; their leaves wait for the tree, and are counted."""
        if events:
            await self.connection.execute(mapping.table("event").insert(), [mapping.of_event(it) for it in events])
            leaves = [it.leaf for it in events]
            await self.connection.execute(mapping.table("waiting_leaf").insert(), self._lane.waiting(leaves))
            self.tally = await self.connection.run_sync(self._counted, leaves)

    def _counted(self, connection: sa.Connection, leaves: Sequence[bytes]) -> Tally | None:
        mark = "?" if connection.dialect.name == "sqlite" else "%s"

        def execute(statement: str, values: Sequence[Any]) -> Sequence[Any]:
            done = connection.exec_driver_sql(statement.replace("?", mark), tuple(values))
            return done.all() if done.returns_rows else ()

        return self._lane.add(execute, leaves)


def _empty_log(path: str) -> None:
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_beside(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _beside(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=EMPTYING, isolation_level=None, uri=is_uri(path))


def sync_url(url: str) -> str:
    """The same database for a driver without asyncio."""
    return url.replace("sqlite+aiosqlite:", "sqlite:") if is_sqlite(url) else server.address(url)

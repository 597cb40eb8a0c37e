"""The whole store as rows and back: what a backup seals. Drafts, sessions and link codes are left out on purpose.

The first line is a manifest. Each row is a line, its table's name and its values, bytes as base64; long ones follow the
line as they are, and it tells their lengths. Rows come in the order of their keys, which tells nothing. Rows of an
older schema are put into that schema, which is then brought to the newest.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc

from storage import engine, migrate, server
from storage.loose_types import NO_NUMBER, NO_OCTETS, NO_TEXT
from storage.tables import PASSING
from tips import errors
from tips.crypto.pieces import Pieces
from tips.people.recovery import LedgerState, Manifest

FIRST: Final = ("blob", "event", "roster")  # files, ledger and roster come before all other rows
MANIFEST: Final = "manifest"
BATCH: Final = 100  # rows that are in memory at once; a chunk of a file is one
UNTOLD: Final = "0013"  # the schema of rows without a manifest: of the last program that wrote none
LONG: Final = 512  # bytes; what is longer stands behind its line as it is
_PYTHON: Final[Mapping[str | None, type]] = {"blob": bytes, "text": str, "integer": int}


def dump(url: str, product: str, at: datetime) -> Iterator[bytes]:
    """The manifest and every lasting row, all of one moment, in pieces.

    Args:
        product: the version of the program that writes.
        at: the present.

    Raises:
        StoreUnavailable: the database is away.
    """
    with _reading(url) as connection:
        tables = _tables(connection)
        yield _line(MANIFEST, _manifest(connection, tables, product, at).plain())
        for table in tables:
            rows = _lasting(table, sqlite=_is_sqlite(connection)).order_by(*table.primary_key)
            for row in connection.execute(rows.execution_options(yield_per=BATCH)).mappings():
                yield from _record(table.name, {it.name: _read(it, row[it.name]) for it in table.c})


def load(url: str, source: Pieces) -> tuple[Manifest | None, LedgerState]:
    """Put what `dump` wrote into an empty database: all of it or, on an error, none.

    Returns:
        The manifest (None: an earlier program wrote none), and the ledger as it is now.

    Raises:
        Altered: the rows are not those of the manifest.
        BadSetting: the database holds something already, or a later program wrote this.
        ForeignFile: these are no rows of this product.
        StoreUnavailable: it is away or cannot be written.
    """
    try:
        records = _records(source)
        first = next(records, None)
        manifest = Manifest.of(first[1]) if first and first[0] == MANIFEST else None
        rows = records if manifest else itertools.chain([first] if first else [], records)
        _prepare(url, manifest)
        with _writing(url) as connection:
            counted = _insert(connection, rows)
            state = _ledger(connection)
            if manifest and (manifest.ledger != state or Counter(manifest.rows) != counted):
                raise errors.Altered("its rows are not those of its manifest")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.ForeignFile from error
    try:
        migrate.upgrade(url)
    except BaseException:
        empty(url)
        raise
    return manifest, state


def empty(url: str) -> None:
    """Take everything out of a database that was restored, and is not to be kept."""
    with _writing(url) as connection:
        for table in reversed(_every_table(connection)):
            connection.execute(sa.delete(table))


# --- tables as they are in the database, whatever its schema ----------------------------------------------------------


def _tables(connection: sa.Connection) -> list[sa.Table]:
    """Those that last, each after all that it refers to, but the `FIRST` ones, which refer to nothing, in front."""
    lasting = [it for it in _every_table(connection) if it.name not in PASSING]
    return sorted(lasting, key=lambda it: FIRST.index(it.name) if it.name in FIRST else len(FIRST))


def _every_table(connection: sa.Connection) -> list[sa.Table]:
    found = sa.inspect(connection)
    names = [name for name, _ in found.get_sorted_table_and_fkc_names() if name and name != "alembic_version"]
    return [_table(found, name) for name in names]


def _table(found: sa.Inspector, name: str) -> sa.Table:
    keys = found.get_pk_constraint(name)["constrained_columns"]
    columns = {
        it["name"]: sa.Column(it["name"], it["type"], primary_key=it["name"] in keys) for it in found.get_columns(name)
    }
    return sa.Table(name, sa.MetaData(), *columns.values(), sa.PrimaryKeyConstraint(*(columns[key] for key in keys)))


def _lasting(table: sa.Table, *, sqlite: bool) -> sa.Select[Any]:
    """A table's rows, without the chunks of files whose tips are not sent, whatever a hand says of those that are.

    SQLite lets any type lie in any column (see `loose_types`): a key of another type than its column's no process of
    ours wrote, and two of them could be one and the same once they are read.
    """
    every = sa.select(table)
    if sqlite:
        every = every.where(*(sa.func.typeof(it) == kind for it in table.primary_key if (kind := _kind(it))))
    if table.name != "blob":
        return every
    waiting = sa.table("waiting_file", sa.column("envelope_id"))
    envelope = sa.table("envelope", sa.column("id"))
    sent = table.c.envelope_id.in_(sa.select(envelope.c.id))
    return every.where(sa.or_(sent, table.c.envelope_id.not_in(sa.select(waiting.c.envelope_id))))


def _kind(column: sa.Column[Any]) -> str | None:
    """What SQLite calls values of a column's type; None: it may be several."""
    kinds = {sa.LargeBinary: "blob", sa.String: "text", sa.Integer: "integer"}
    return next((kind for of, kind in kinds.items() if isinstance(column.type, of)), None)


# --- the manifest -----------------------------------------------------------------------------------------------------


def _manifest(connection: sa.Connection, tables: Sequence[sa.Table], product: str, at: datetime) -> Manifest:
    counts = {it.name: _count(connection, it) for it in tables}
    newest = connection.execute(sa.text("SELECT version, document FROM roster ORDER BY version DESC LIMIT 1")).first()
    return Manifest(
        schema=migrate.schema(connection),
        product=product,
        at=at,
        rows={name: count for name, count in counts.items() if count},
        roster=newest.version if newest else 0,
        roster_digest=hashlib.sha256(newest.document).hexdigest() if newest else "",
        ledger=_ledger(connection),
    )


def _count(connection: sa.Connection, table: sa.Table) -> int:
    rows = _lasting(table, sqlite=_is_sqlite(connection)).with_only_columns(*table.primary_key)
    counting = sa.select(sa.func.count()).select_from(rows.subquery())
    return connection.execute(counting).scalar_one()


def _ledger(connection: sa.Connection) -> LedgerState:
    typed = " WHERE typeof(leaf) = 'blob'" if _is_sqlite(connection) else ""
    in_order = sa.text(f"SELECT leaf FROM event{typed} ORDER BY leaf")  # noqa: S608
    leaves = connection.execution_options(yield_per=BATCH).execute(in_order)
    return LedgerState.of(bytes(leaf) for (leaf,) in leaves)


# --- rows as lines ----------------------------------------------------------------------------------------------------


def _record(table: str, row: Mapping[str, Any]) -> Iterator[bytes]:
    plain, long = {}, {}
    for name, value in row.items():
        if isinstance(value, bytes) and len(value) > LONG:
            long[name] = value
        else:
            plain[name] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
    yield _line(table, plain, {name: len(value) for name, value in long.items()})
    yield from long.values()


def _read(column: sa.Column[Any], value: Any) -> Any:
    """A value as it is read everywhere: one of another type than its column's is none that anybody writes."""
    if value is None or isinstance(value, _PYTHON.get(_kind(column), object)):
        return value
    return {"blob": NO_OCTETS, "text": NO_TEXT, "integer": NO_NUMBER}[str(_kind(column))]


def _line(*parts: Any) -> bytes:
    return json.dumps(parts, separators=(",", ":")).encode() + b"\n"


def _records(source: Pieces) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each table's name with a row's values: those that stand behind the line as bytes, short ones as base64."""
    while line := source.line():
        name, values, *lengths = json.loads(line)
        for column, length in lengths[0].items() if lengths else ():
            values[column] = source.take(length)
            if len(values[column]) != length:
                raise errors.Altered
        yield name, values


def _prepare(url: str, manifest: Manifest | None) -> None:
    """Bring the database to the schema of the rows."""
    known = migrate.revisions(migrate.SCRIPTS)
    if manifest and manifest.schema not in known:
        raise errors.BadSetting(
            f"this backup has schema {manifest.schema} and was written by Tin Báo {manifest.product}, a later version:"
            " install that one to restore it"
        )
    migrate.upgrade(url, manifest.schema if manifest else UNTOLD)


def _insert(connection: sa.Connection, rows: Iterator[tuple[str, dict[str, Any]]]) -> Counter[str]:
    """Insert rows, so many at once; how many of each table."""
    tables = {it.name: it for it in _tables(connection)}
    if any(connection.execute(sa.select(sa.literal(1)).select_from(it).limit(1)).first() for it in tables.values()):
        raise errors.BadSetting("this database is not empty: restore into a new home")
    counted: Counter[str] = Counter()
    for name, those in itertools.groupby(rows, key=lambda row: row[0]):
        table = tables[name]
        binary = [it.name for it in table.c if isinstance(it.type, sa.LargeBinary)]
        while batch := [_typed(values, binary) for _, values in itertools.islice(those, BATCH)]:
            connection.execute(table.insert(), batch)
            counted[name] += len(batch)
    return counted


def _typed(values: dict[str, Any], binary: Sequence[str]) -> dict[str, Any]:
    """A row's values, with the bytes of those that came as base64."""
    short = {name: base64.b64decode(values[name]) for name in binary if isinstance(values.get(name), str)}
    return {**values, **short}


# --- transactions on a driver without asyncio -------------------------------------------------------------------------


def _is_sqlite(connection: sa.Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _reading(url: str) -> contextlib.AbstractContextManager[sa.Connection]:
    """One moment of the database."""
    return _connected(url, "BEGIN")


def _writing(url: str) -> contextlib.AbstractContextManager[sa.Connection]:
    return _connected(url, "BEGIN IMMEDIATE")


@contextlib.contextmanager
def _connected(url: str, begin: str) -> Iterator[sa.Connection]:
    created = _engine(url)
    try:
        with created.connect() as connection:
            if engine.is_sqlite(url):  # its driver would begin a transaction at the first write, and read without one
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # a row that hangs on nothing is for the audit
                connection.exec_driver_sql(begin)
            yield connection
            connection.commit()
    except exc.IntegrityError as error:
        raise errors.Altered("its rows do not fit together") from error
    except exc.DBAPIError as error:
        raise engine.unavailable(error) from error
    finally:
        created.dispose()


def _engine(url: str) -> sa.Engine:
    if not engine.is_sqlite(url):
        how = server.arguments(url, serving=False)
        return sa.create_engine(
            engine.sync_url(url), hide_parameters=True, isolation_level="REPEATABLE READ", connect_args=how
        )
    options = {"isolation_level": None, "uri": "file:" in url}
    created = sa.create_engine(engine.sync_url(url), hide_parameters=True, connect_args=options)
    sa.event.listen(created, "connect", engine.set_up)
    sa.event.listen(created, "connect", engine.read_loosely)
    return created

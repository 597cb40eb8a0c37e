"""The whole store as lines and back: what a backup seals. Drafts, sessions and link codes are left out on purpose.

A line is a table's name and a row; bytes are base64. Rows come in the order of their keys, which tells nothing.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc

from storage import engine
from storage.tables import Moment, metadata
from tips import errors

# Worthless without keys that are in no backup, or of the hour: what is restored tells nobody again what was told.
PASSING: Final = frozenset(
    {"draft", "session", "link_code", "job_run", "stuck", "waiting_file", "address", "push", "topic"}
)
BATCH: Final = 100  # rows that are in memory at once; a chunk of a file is one


def dump(url: str) -> Iterator[bytes]:
    """Every lasting row as one line, all of one moment.

    Raises:
        StoreUnavailable: the database is away.
    """
    with _connected(url) as connection:
        for table in _tables():
            lasting = _lasting(table).order_by(*table.primary_key).execution_options(yield_per=BATCH)
            for row in connection.execute(lasting).mappings():
                values = {name: _plain(value) for name, value in row.items()}
                yield json.dumps([table.name, values], separators=(",", ":")).encode() + b"\n"


def load(url: str, data: Iterable[bytes]) -> int:
    """Put the lines of `dump` into an empty database at the same schema: all of them or, on an error, none.

    Raises:
        BadSetting: the database holds something already.
        StoreUnavailable: it is away or cannot be written.
    """
    count = 0
    with _connected(url) as connection:
        if any(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() for table in _tables()):
            raise errors.BadSetting("this database is not empty: restore into a new home")
        for name, lines in itertools.groupby(map(json.loads, _lines(data)), key=lambda line: str(line[0])):
            table = metadata.tables[name]
            rows = (_typed(table, values) for _, values in lines)
            while batch := list(itertools.islice(rows, BATCH)):
                connection.execute(table.insert(), batch)
                count += len(batch)
    return count


def _lasting(table: sa.Table) -> sa.Select[Any]:
    """A table's rows, without the chunks of files whose tips are not sent."""
    every = sa.select(table)
    if table.name != "blob":
        return every
    return every.where(table.c.envelope_id.not_in(sa.select(metadata.tables["waiting_file"].c.envelope_id)))


def _tables() -> list[sa.Table]:
    return [table for table in metadata.sorted_tables if table.name not in PASSING]


@contextlib.contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    """A transaction on a driver without asyncio."""
    options = {} if engine.is_sqlite(url) else {"isolation_level": "REPEATABLE READ"}
    created = sa.create_engine(engine.sync_url(url), hide_parameters=True, **options)
    if engine.is_sqlite(url):
        sa.event.listen(created, "connect", engine.set_up)
    try:
        with created.begin() as connection:
            yield connection
    except exc.DBAPIError as error:
        raise errors.StoreUnavailable from error
    finally:
        created.dispose()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return int(value.timestamp()) if isinstance(value, datetime) else value


def _typed(table: sa.Table, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _of_type(table.c[name].type, value) for name, value in values.items()}


def _of_type(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, sa.LargeBinary):
        return base64.b64decode(value)
    return datetime.fromtimestamp(value, UTC) if isinstance(kind, Moment) else value


def _lines(data: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines from pieces of any length."""
    waiting = b""
    for piece in data:
        *whole, waiting = (waiting + piece).split(b"\n")
        yield from whole

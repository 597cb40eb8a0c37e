"""Unfinished tips, beside the finished ones: a draft and the step of a case that goes with it are one transaction."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import mapping
from storage.cases import named, store_step
from storage.engine import Database, is_sqlite, is_uri, sqlite_path
from storage.writer import PutDraft, Writer
from tips import errors
from tips.ports.cases import Change
from tips.ports.intake import DraftRow


class PlainReads:
    """Reads of a row by its key on a connection of its own: some 20 µs, less than a thread to wait for would cost."""

    def __init__(self, url: str) -> None:
        self._path = sqlite_path(url)
        self._connection: sqlite3.Connection | None = None

    def get(self, key: bytes) -> DraftRow | None:
        """The draft of a conversation."""
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, uri=is_uri(self._path))
            statement = "SELECT sealed, version, expires_at FROM draft WHERE key = ?"
            row = self._connection.execute(statement, (key,)).fetchone()
        except sqlite3.Error as error:
            raise errors.StoreUnavailable from error
        return DraftRow(key, row[0], row[1], datetime.fromtimestamp(row[2], UTC)) if row else None

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection.close()


class SqlDrafts:
    """See `tips.ports.intake.Drafts`."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database, self._writer = database, writer
        self._plain = PlainReads(database.url) if is_sqlite(database.url) else None

    async def get(self, key: bytes) -> DraftRow | None:
        """The draft of a conversation."""
        if self._plain:
            return self._plain.get(key)
        found = await self._database.rows(_FIND.bindparams(key=key))
        return DraftRow(key, *found[0]) if found else None

    async def put(self, row: DraftRow, seen: int, step: Change | None = None) -> None:
        """A draft and a new case go with the writer's group; a further step of a case is a transaction of its own."""
        if step is None or step.before is None:
            await self._writer.write(PutDraft(row, seen, step))
            return
        async with self._database.record(*named(step)) as recording:
            await _swap(recording.connection, row, seen)
            await store_step(recording, step)

    async def drop(self, key: bytes, version: int) -> None:
        """Forget a draft, if it is no newer than this version."""
        async with self._database.write() as connection:
            await connection.execute(_dropped(connection, key, version))

    async def expire(self, now: datetime) -> int:
        """Forget all that expired; of what else was deleted since, no log keeps anything either."""
        table = mapping.table("draft")
        async with self._database.write() as connection:
            done = await connection.execute(table.delete().where(table.c.expires_at <= now))
        await self._database.empty_log()
        return int(done.rowcount)

    def close(self) -> None:
        """Close what was opened for reading."""
        if self._plain:
            self._plain.close()


# On PostgreSQL a draft is found by its key alone: by functions, see `storage.known`.
_DRAFT: Final = mapping.table("draft")
_FIND: Final = sa.text("SELECT sealed, version, expires_at FROM find_draft(:key)").columns(
    _DRAFT.c.sealed, _DRAFT.c.version, _DRAFT.c.expires_at
)
_PUT: Final = sa.text("SELECT 1 WHERE put_draft(:sealed, :version, :expires_at, :key, :seen)").bindparams(
    sa.bindparam("expires_at", type_=_DRAFT.c.expires_at.type)
)
_DROP: Final = sa.text("SELECT drop_draft(:key, :version)")


def _dropped(connection: AsyncConnection, key: bytes, version: int) -> sa.Executable:
    if connection.dialect.name == "sqlite":
        return _DRAFT.delete().where(_DRAFT.c.key == key, _DRAFT.c.version <= version)
    return _DROP.bindparams(key=key, version=version)


def _changed(connection: AsyncConnection, row: DraftRow, seen: int) -> sa.Executable:
    values = mapping.of_draft(row)
    if connection.dialect.name == "sqlite":
        return _DRAFT.update().where(_DRAFT.c.key == row.key, _DRAFT.c.version == seen).values(**values)
    return _PUT.bindparams(seen=seen, **values)


async def _swap(connection: AsyncConnection, row: DraftRow, seen: int) -> None:
    """The draft as it shall be, if it is still the version that was seen."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(_DRAFT).values(**mapping.of_draft(row)).on_conflict_do_nothing()
    done = await connection.execute(_changed(connection, row, seen) if seen else new)
    if done.rowcount != 1:
        raise errors.Stale

"""Unfinished tips, beside the finished ones.

A turn of a conversation must not wait for a read: what this process wrote last is remembered, still sealed. Because
`put` compares versions, remembering something outdated costs a retry and never an overwrite.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

from sqlmodel import select

from storage import rows
from storage.engine import Database, is_sqlite, is_uri, sqlite_path
from storage.tables import DraftTable
from storage.writer import DropDraft, PutDraft, Writer
from tips import errors
from tips.ports import DraftRow

REMEMBERED: Final = 4096  # sealed rows


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
    """See `tips.ports.Drafts`."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database, self._writer = database, writer
        self._plain = PlainReads(database.url) if is_sqlite(database.url) else None
        self._sealed: OrderedDict[bytes, DraftRow | None] = OrderedDict()

    async def get(self, key: bytes) -> DraftRow | None:
        """The draft of a conversation."""
        if key in self._sealed:
            return self._sealed[key]
        found = self._plain.get(key) if self._plain else await self._get(key)
        self._remember(key, found)
        return found

    async def _get(self, key: bytes) -> DraftRow | None:
        async with self._database.read() as session:
            row = (await session.exec(select(DraftTable).where(DraftTable.key == key))).first()
        return DraftRow(row.key, row.sealed, row.version, row.expires_at) if row else None

    def close(self) -> None:
        """Close what was opened for reading."""
        if self._plain:
            self._plain.close()

    async def put(self, row: DraftRow) -> None:
        """Store the next version."""
        try:
            await self._writer.write(PutDraft(row))
        except errors.TinBaoError:
            self._sealed.pop(row.key, None)
            raise
        self._remember(row.key, row)

    async def drop(self, key: bytes) -> None:
        """Forget a draft."""
        self._sealed.pop(key, None)
        await self._writer.write(DropDraft(key))

    async def expire(self, now: datetime) -> int:
        """Forget all that expired."""
        self._sealed.clear()
        table = rows.table("draft")
        async with self._database.write() as connection:
            done = await connection.execute(table.delete().where(table.c.expires_at <= now))
        return int(done.rowcount)

    def _remember(self, key: bytes, row: DraftRow | None) -> None:
        self._sealed[key] = row
        self._sealed.move_to_end(key)
        if len(self._sealed) > REMEMBERED:
            self._sealed.popitem(last=False)

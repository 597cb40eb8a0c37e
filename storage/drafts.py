"""Unfinished tips, beside the finished ones.

A turn of a conversation must not wait for a read: what this process wrote last is remembered, still sealed. Because
`put` compares versions, remembering something outdated costs a retry and never an overwrite.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Final

from sqlmodel import select

from storage import rows
from storage.engine import Database
from storage.tables import DraftTable
from storage.writer import DropDraft, PutDraft, Writer
from tips import errors
from tips.ports import DraftRow

REMEMBERED: Final = 4096  # sealed rows


class SqlDrafts:
    """See `tips.ports.Drafts`."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database, self._writer = database, writer
        self._sealed: OrderedDict[bytes, DraftRow | None] = OrderedDict()

    async def get(self, key: bytes) -> DraftRow | None:
        """The draft of a conversation."""
        if key in self._sealed:
            return self._sealed[key]
        async with self._database.read() as session:
            row = (await session.exec(select(DraftTable).where(DraftTable.key == key))).first()
        found = DraftRow(row.key, row.sealed, row.version, row.expires_at) if row else None
        self._remember(key, found)
        return found

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

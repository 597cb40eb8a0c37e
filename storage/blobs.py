"""Sealed files, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from storage import rows
from storage.engine import Database


class SqlBlobs:
    """See `tips.ports.Blobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, envelope: bytes, expires_at: datetime) -> None:
        """A file that waits."""
        waiting = {"envelope_id": envelope, "expires_at": expires_at}
        async with self._database.write() as connection:
            await connection.execute(rows.table("waiting_file").insert(), waiting)

    async def add(self, envelope: bytes, first: int, chunks: Sequence[bytes]) -> None:
        """Further chunks."""
        values = [{"envelope_id": envelope, "number": at, "sealed": it} for at, it in enumerate(chunks, first)]
        if values:
            async with self._database.write() as connection:
                await connection.execute(rows.table("blob").insert(), values)

    async def read(self, envelope: bytes, first: int, count: int) -> list[bytes]:
        """Chunks in order."""
        blob = rows.table("blob").c
        wanted = sa.select(blob.sealed).where(blob.envelope_id == envelope, blob.number >= first)
        found = await self._database.rows(wanted.where(blob.number < first + count).order_by(blob.number))
        return [sealed for (sealed,) in found]

    async def waiting(self) -> int:
        """How many files wait."""
        found = await self._database.rows(sa.select(sa.func.count()).select_from(rows.table("waiting_file")))
        return int(found[0][0])

    async def count(self, envelope: bytes) -> int:
        """How many chunks there are."""
        blob = rows.table("blob").c
        found = await self._database.rows(sa.select(sa.func.count()).where(blob.envelope_id == envelope))
        return int(found[0][0])

    async def drop(self, envelopes: Sequence[bytes]) -> None:
        """Forget files that wait."""
        waiting = rows.table("waiting_file").c.envelope_id
        await self._forget(sa.select(waiting).where(waiting.in_(envelopes)))

    async def expire(self, now: datetime) -> int:
        """Forget what waited in vain."""
        waiting = rows.table("waiting_file").c
        return await self._forget(sa.select(waiting.envelope_id).where(waiting.expires_at <= now))

    async def _forget(self, wanted: sa.Select[tuple[bytes]]) -> int:
        blob, waiting = rows.table("blob"), rows.table("waiting_file")
        async with self._database.write() as connection:
            gone = (await connection.execute(wanted)).scalars().all()
            if gone:
                await connection.execute(blob.delete().where(blob.c.envelope_id.in_(gone)))
                await connection.execute(waiting.delete().where(waiting.c.envelope_id.in_(gone)))
        return len(gone)

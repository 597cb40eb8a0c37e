"""Sealed files, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import known, mapping
from storage.engine import Database
from tips import errors

AT_ONCE: Final = 500  # files that one statement names


class SqlBlobs:
    """See `tips.ports.evidence.Blobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, envelope: bytes, expires_at: datetime, size: int, room: int) -> None:
        """A file that waits, and the room that it needs."""
        values = {"envelope_id": envelope, "expires_at": expires_at, "size": size}
        async with self._database.write() as connection:
            await self._make_room(connection, room - size)
            await connection.execute(mapping.table("waiting_file").insert(), values)

    async def stay(self, envelopes: Sequence[bytes], expires_at: datetime) -> None:
        """Wait until then; written only where that is new."""
        waiting = mapping.table("waiting_file")
        older = waiting.c.envelope_id.in_(envelopes) & (waiting.c.expires_at < expires_at)
        if await self._database.rows(sa.select(waiting.c.envelope_id).where(older)):
            async with self._database.write() as connection:
                await connection.execute(waiting.update().where(older).values(expires_at=expires_at))

    async def add(self, envelope: bytes, first: int, chunks: Sequence[bytes]) -> None:
        """Further chunks."""
        values = [{"envelope_id": envelope, "number": at, "sealed": it} for at, it in enumerate(chunks, first)]
        waiting = mapping.table("waiting_file").c.envelope_id
        if values:
            async with self._database.write() as connection:
                if not (await connection.execute(sa.select(waiting).where(waiting == envelope))).first():
                    raise errors.StoreUnavailable("this file had to make room for others")
                await connection.execute(mapping.table("blob").insert(), values)

    async def read(self, envelope: bytes, first: int, count: int) -> list[bytes]:
        """Chunks in order."""
        blob = mapping.table("blob").c
        wanted = sa.select(blob.sealed).where(blob.envelope_id == envelope, blob.number >= first)
        found = await self._database.rows(wanted.where(blob.number < first + count).order_by(blob.number))
        return [sealed for (sealed,) in found]

    async def waiting(self) -> int:
        """How many bytes wait."""
        found = await self._database.rows(sa.select(_TAKEN))
        return int(found[0][0])

    async def count(self, envelope: bytes) -> int:
        """How many chunks there are."""
        blob = known.table("blob", self._database.dialect).c
        found = await self._database.rows(sa.select(sa.func.count()).where(blob.envelope_id == envelope), envelope)
        return int(found[0][0])

    async def drop(self, envelopes: Sequence[bytes]) -> None:
        """Forget files that wait."""
        waiting = mapping.table("waiting_file").c.envelope_id
        await self._forget(sa.select(waiting).where(waiting.in_(envelopes)))

    async def expire(self, now: datetime) -> int:
        """Forget what waited in vain."""
        waiting = mapping.table("waiting_file").c
        return await self._forget(sa.select(waiting.envelope_id).where(waiting.expires_at <= now))

    async def _forget(self, wanted: sa.Select[bytes]) -> int:
        async with self._database.write() as connection:
            gone = [envelope for (envelope,) in await connection.execute(wanted)]
            await self._remove(connection, gone)
        return len(gone)

    async def _make_room(self, connection: AsyncConnection, room: int) -> None:
        """Let those go that expire first, until what waits takes no more than `room` bytes."""
        waiting = mapping.table("waiting_file").c
        over = int((await connection.execute(sa.select(_TAKEN))).scalar_one()) - room
        if over <= 0:
            return
        gone = []
        oldest = sa.select(waiting.envelope_id, waiting.size).order_by(waiting.expires_at, waiting.envelope_id)
        for envelope, size in (await connection.execute(oldest)).all():
            gone.append(envelope)
            over -= size
            if over <= 0:
                break
        await self._remove(connection, gone)

    async def _remove(self, connection: AsyncConnection, envelopes: Sequence[bytes]) -> None:
        """Chunks of files that wait, and that they do."""
        for at in range(0, len(envelopes), AT_ONCE):
            some = envelopes[at : at + AT_ONCE]
            await self._database.name(connection, some)
            for table in (known.table("blob", self._database.dialect), mapping.table("waiting_file")):
                await connection.execute(table.delete().where(table.c.envelope_id.in_(some)))


_TAKEN: Final = sa.func.coalesce(sa.func.sum(mapping.table("waiting_file").c.size), 0)

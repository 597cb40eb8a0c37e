"""Addresses of those who asked to be told, sealed under a key that is on no disk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from storage import mapping
from storage.engine import Database


class SqlAddresses:
    """See `tips.ports.intake.Addresses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, case: bytes, sealed: bytes) -> None:
        """A case's address, in place of the one it had."""
        table = mapping.table("address")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.case_id == case))
            await connection.execute(table.insert(), {"case_id": case, "sealed": sealed, "news_from": None})

    async def every(self) -> list[tuple[bytes, bytes]]:
        """All of them."""
        return await self._pairs(sa.true())

    async def due(self, now: datetime, limit: int, after: bytes = b"") -> list[tuple[bytes, bytes]]:
        """Those for which something waits."""
        table = mapping.table("address").c
        return await self._pairs(sa.and_(table.news_from <= now, table.case_id > after), limit)

    async def notified(self, case: bytes) -> None:
        """Nothing waits for it any more."""
        table = mapping.table("address")
        async with self._database.write() as connection:
            await connection.execute(table.update().where(table.c.case_id == case).values(news_from=None))

    async def drop(self, cases: Sequence[bytes]) -> None:
        """Destroy addresses."""
        if cases:
            table = mapping.table("address")
            async with self._database.write() as connection:
                await connection.execute(table.delete().where(table.c.case_id.in_(cases)))

    async def _pairs(self, wanted: sa.ColumnElement[bool], limit: int | None = None) -> list[tuple[bytes, bytes]]:
        table = mapping.table("address").c
        statement = sa.select(table.case_id, table.sealed).where(wanted).order_by(table.case_id).limit(limit)
        return [(case, sealed) for case, sealed in await self._database.rows(statement)]

"""Pings that wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from storage import mapping
from storage.engine import Database
from storage.tables import PingRow
from tips.cases.pings import Ping


class SqlOutbox:
    """See `tips.ports.desk.Outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: datetime, limit: int) -> list[Ping]:
        """Pings to send by `now`."""
        statement = select(PingRow).where(col(PingRow.after) <= now).order_by(col(PingRow.id)).limit(limit)
        async with self._database.read() as session:
            return [mapping.to_ping(row) for row in await session.exec(statement)]

    async def done(self, ids: Sequence[bytes]) -> None:
        """These were sent."""
        table = mapping.table("ping")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.id.in_(ids)))

    async def add(self, pings: Sequence[Ping]) -> None:
        """Further pings, of no case."""
        if pings:
            async with self._database.write() as connection:
                await connection.execute(mapping.table("ping").insert(), [mapping.of_ping(it) for it in pings])

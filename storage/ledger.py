"""Events as they wait for the tree."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import select

from storage import rows
from storage.engine import Database
from storage.tables import EventRow
from tips.case import Case
from tips.ledger import SignedEvent


class SqlLedger:
    """See `tips.ports.Ledger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self) -> list[SignedEvent]:
        """Every event."""
        async with self._database.read() as session:
            return [rows.to_event(row) for row in await session.exec(select(EventRow))]

    async def append(self, event: SignedEvent) -> None:
        """An event that concerns no case."""
        async with self._database.write() as connection:
            await connection.execute(rows.table("event").insert().values(**rows.of_event(event)))

    async def heads(self) -> list[Case]:
        """Every case."""
        return [rows.to_case(row) for row in await self._database.rows(sa.select(*rows.case_columns()))]

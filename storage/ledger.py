"""Events as they wait for the tree."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import select

from storage import known, mapping
from storage.cases import every
from storage.engine import Database
from storage.tables import LONGEST_STANDING, STANDING, EventRow
from tips.cases.case import Case
from tips.cases.ledger import SignedEvent


class SqlLedger:
    """See `tips.ports.cases.Ledger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self) -> list[SignedEvent]:
        """Every event."""
        async with self._database.read() as session:
            return [mapping.to_event(row) for row in await session.exec(select(EventRow))]

    async def standing(self) -> list[SignedEvent]:
        """Events of a subject; the index holds none but these."""
        dialect = self._database.dialect
        table = known.table("standing", dialect)
        short = sa.func.length(table.c.body) <= LONGEST_STANDING
        rows = await self._database.rows(sa.select(table).where(STANDING[dialect], short))
        return [mapping.event_of(row) for row in rows]

    async def append(self, event: SignedEvent) -> None:
        """An event that concerns no case."""
        async with self._database.record() as recording:
            await recording.add([event])

    async def heads(self) -> list[Case]:
        """Every case."""
        return [mapping.to_case(row) for row in await self._database.rows(every())]

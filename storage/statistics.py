"""Raw counts; `tips.statistics` hides the small ones before anybody sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from storage.engine import Database
from storage.tables import Tip
from tips import clocks
from tips.ports import CountRow


class SqlStatistics:
    """See `tips.ports.Statistics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, first: datetime | None, last: datetime | None) -> list[CountRow]:
        """Counts by the city's months, area code, ward code and category."""
        of = (col(Tip.received_at), col(Tip.area), col(Tip.ward), col(Tip.category))
        statement = sa.select(*of, sa.func.count()).group_by(*of)
        if first is not None:
            statement = statement.where(col(Tip.received_at) >= first)
        if last is not None:
            statement = statement.where(col(Tip.received_at) < last)
        counts: Counter[tuple[str, str, str, str]] = Counter()
        async with self._database.read() as session:
            for hour, area, ward, category, count in (await session.execute(statement)).all():
                month = hour.astimezone(clocks.CITY).strftime("%Y-%m")
                counts[month, area or "", ward or "", category] += count
        return [CountRow(*cell, count) for cell, count in sorted(counts.items())]

    async def by_state(self, units: Sequence[str]) -> Mapping[str, int]:
        """How many cases of these units are in each state."""
        statement = select(Tip.state, sa.func.count()).where(col(Tip.unit).in_(units)).group_by(col(Tip.state))
        async with self._database.read() as session:
            return dict((await session.exec(statement)).all())

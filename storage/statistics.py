"""Raw counts; `tips.desk.statistics` hides the small ones before anybody sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from storage import mapping
from storage.engine import Database, is_sqlite
from storage.tables import OpensRow, Tip
from tips.cases.case import State
from tips.ports.desk import CountRow, OpenRow, Workload

AHEAD: Final = 7 * 3600  # seconds that the city is ahead of UTC, all year


class SqlStatistics:
    """See `tips.ports.desk.Statistics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, first: datetime | None, last: datetime | None) -> list[CountRow]:
        """Counts by the city's months, area code, ward code and category."""
        of = (self._month(), col(Tip.area), col(Tip.ward), col(Tip.category))
        statement = sa.select(*of, sa.func.count()).group_by(*of).order_by(*of)
        if first is not None:
            statement = statement.where(col(Tip.received_at) >= first)
        if last is not None:
            statement = statement.where(col(Tip.received_at) < last)
        found = await self._database.rows(statement)
        return [CountRow(month, area or "", ward or "", what, count) for month, area, ward, what, count in found]

    async def add_opens(self, rows: Sequence[OpenRow]) -> None:
        """Add to the counts of posters' links, in one transaction."""
        table = mapping.table("opens")
        dialect = sqlite if is_sqlite(self._database.url) else postgresql
        async with self._database.write() as connection:
            for row in rows:
                new = dialect.insert(table).values(period=row.period, area=row.area, count=row.count)
                more = {"count": table.c.count + new.excluded.count}
                await connection.execute(new.on_conflict_do_update(index_elements=["period", "area"], set_=more))

    async def opens(self) -> list[OpenRow]:
        """Every count of posters' links."""
        of = (col(OpensRow.period), col(OpensRow.area))
        found = await self._database.rows(sa.select(*of, col(OpensRow.count)).order_by(*of))
        return [OpenRow(*row) for row in found]

    def _month(self) -> sa.ColumnElement[str]:
        """The city's month of a tip, counted by the database: a row for each hour would be a million rows."""
        seconds = sa.type_coerce(col(Tip.received_at), sa.BigInteger)
        if is_sqlite(self._database.url):
            return sa.func.strftime("%Y-%m", seconds + AHEAD, "unixepoch")
        return sa.func.to_char(sa.func.timezone("UTC", sa.func.to_timestamp(seconds + AHEAD)), "YYYY-MM")

    async def workload(self, units: Sequence[str], name: str, now: datetime) -> Workload:
        """What waits for these units and for one person in them."""
        unread, late = sa.not_(col(Tip.opened)), col(Tip.due_at) <= now
        sums = [sa.func.count().filter(it) for it in (sa.true(), unread, late, col(Tip.officer) == name)]
        theirs = (col(Tip.unit).in_(units), col(Tip.state) != State.CLOSED, sa.not_(col(Tip.restricted)))
        (found,) = await self._database.rows(sa.select(*sums).where(*theirs))
        return Workload(*found)

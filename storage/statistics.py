"""Raw counts, and the figures of closed periods; `tips.statistics` hides small counts before anybody sees them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from storage import mapping
from storage.engine import Database, is_sqlite
from storage.tables import OpensRow, TallyRow, Tip
from tips.cases.case import State
from tips.cases.ledger import SignedEvent
from tips.ports.desk import CountRow, FrozenPeriod, MilestoneRow, Tallied, Tally, Workload


class SqlStatistics:
    """See `tips.ports.desk.Statistics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, first: datetime, last: datetime | None) -> list[CountRow]:
        """Counts by all that they are published by, in one pass over the tips."""
        of = (col(Tip.area), col(Tip.ward), col(Tip.category), col(Tip.urgency), col(Tip.state), col(Tip.opened))
        statement = sa.select(*of, sa.func.count()).where(col(Tip.received_at) >= first).group_by(*of).order_by(*of)
        if last is not None:
            statement = statement.where(col(Tip.received_at) < last)
        found = await self._database.rows(statement)
        return [CountRow(area or "", ward or "", *other) for area, ward, *other in found]

    async def restricted(self, last: datetime) -> int:
        """How many tips before a moment accuse somebody in office."""
        statement = sa.select(sa.func.count()).where(col(Tip.restricted), col(Tip.received_at) < last)
        ((count,),) = await self._database.rows(statement)
        return int(count)

    async def began(self) -> datetime | None:
        """The hour of the first tip that accuses nobody in office."""
        plain = sa.select(col(Tip.received_at)).where(sa.not_(col(Tip.restricted)))
        found = await self._database.rows(plain.order_by(col(Tip.received_at)).limit(1))
        return next((first for (first,) in found), None)

    async def frozen(self) -> list[FrozenPeriod]:
        """Every closed period."""
        table = mapping.table("period")
        columns = [table.c[name] for name in ("period", "figures", "counted", "leaf", "body", "signature")]
        rows = await self._database.rows(sa.select(*columns).order_by(table.c.number))
        return [
            FrozenPeriod(period, figures, counted, SignedEvent(leaf, b"", body, signature))
            for period, figures, counted, leaf, body, signature in rows
        ]

    async def published(self) -> list[FrozenPeriod]:
        """Every closed period, without its counts."""
        table = mapping.table("period")
        columns = [table.c[name] for name in ("period", "figures", "leaf", "body", "signature")]
        rows = await self._database.rows(sa.select(*columns).order_by(table.c.number))
        return [
            FrozenPeriod(period, figures, b"", SignedEvent(leaf, b"", body, signature))
            for period, figures, leaf, body, signature in rows
        ]

    async def freeze(self, closed: FrozenPeriod, over: Sequence[str]) -> bool:
        """Keep a closed period, once."""
        table, event = mapping.table("period"), closed.closing
        values = {
            "period": closed.period,
            "number": sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0) + 1).scalar_subquery(),
            "figures": closed.figures,
            "counted": closed.counted,
            "leaf": event.leaf,
            "body": event.body,
            "signature": event.signature,
        }
        dialect = sqlite if is_sqlite(self._database.url) else postgresql
        async with self._database.record() as recording:
            connection = recording.connection
            new = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.period)
            if (await connection.execute(new)).first() is None:
                return False
            await recording.add([event])
            await connection.execute(table.update().where(table.c.period.in_(over)).values(counted=b""))
        return True

    async def keep_only(self, periods: Collection[str]) -> None:
        """What nobody closed goes."""
        table, event = mapping.table("period"), mapping.table("event")
        is_closed = sa.exists().where(event.c.leaf == table.c.leaf)
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.period.not_in(periods), sa.not_(is_closed)))

    async def add_tallies(self, rows: Sequence[Tally]) -> None:
        """Add to these counts, in one transaction; posters' links have a table of their own, the oldest."""
        dialect = sqlite if is_sqlite(self._database.url) else postgresql
        async with self._database.write() as connection:
            for row in rows:
                is_open = row.of == Tallied.OPENS
                table = mapping.table("opens" if is_open else "tally")
                of = {"area": row.name} if is_open else {"of": row.of, "name": row.name}
                new = dialect.insert(table).values(period=row.period, count=row.count, **of)
                more = {"count": table.c.count + new.excluded.count}
                await connection.execute(new.on_conflict_do_update(index_elements=["period", *of], set_=more))

    async def tallies(self) -> list[Tally]:
        """Every tally."""
        opens = sa.select(
            col(OpensRow.period), sa.literal(Tallied.OPENS.value).label("of"), col(OpensRow.area), col(OpensRow.count)
        )
        others = sa.select(col(TallyRow.period), col(TallyRow.of), col(TallyRow.name), col(TallyRow.count))
        found = [row for it in (opens, others) for row in await self._database.rows(it)]
        return sorted((Tally(*row) for row in found), key=lambda it: (it.period, it.of, it.name))

    async def milestones(self, first: datetime, last: datetime) -> list[MilestoneRow]:
        """Counts of what was reached, in one pass."""
        table = mapping.table("milestone")
        of = [table.c[name] for name in ("kind", "unit", "urgency", "detail", "took")]
        statement = sa.select(*of, sa.func.count()).where(table.c.at >= first, table.c.at < last)
        found = await self._database.rows(statement.group_by(*of).order_by(*of))
        return [MilestoneRow(*row) for row in found]

    async def forget_milestones(self, before: datetime) -> None:
        """Rows whose counts are frozen."""
        table = mapping.table("milestone")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.at < before))

    async def workload(self, units: Sequence[str], name: str, now: datetime) -> Workload:
        """What waits for these units and for one person in them."""
        unread, late = sa.not_(col(Tip.opened)), col(Tip.due_at) <= now
        sums = [sa.func.count().filter(it) for it in (sa.true(), unread, late, col(Tip.officer) == name)]
        theirs = (col(Tip.unit).in_(units), col(Tip.state) != State.CLOSED, sa.not_(col(Tip.restricted)))
        (found,) = await self._database.rows(sa.select(*sums).where(*theirs))
        return Workload(*found)

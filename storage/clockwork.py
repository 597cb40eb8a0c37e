"""What the clock's processes know of each other, and what they could not do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from storage import mapping
from storage.engine import Database
from storage.tables import StuckRow
from tips.ports.clock import Lease, Stuck


class SqlClockwork:
    """See `tips.ports.clock.Clockwork`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def leases(self, name: str, decide: Callable[[Sequence[Lease]], Sequence[Lease]]) -> Sequence[Lease]:
        """Put what `decide` makes of a job's leases in their place."""
        table = mapping.table("job_run")
        async with self._database.write() as connection:
            if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"job {name}"))))
            stored = (await connection.execute(sa.select(table).where(table.c.name == name))).all()
            before = [lease for row in stored if (lease := _lease(row))]
            after = decide(before)
            if list(after) != before or len(before) < len(stored):
                await connection.execute(table.delete().where(table.c.name == name))
                if after:
                    await connection.execute(table.insert(), [_values(it) for it in after])
        return after

    async def note_stuck(self, job: str, failed: Mapping[bytes, str], now: datetime) -> None:
        """Put the failures of a round in place of those of the round before."""
        known = {it.case: it for it in await self.stuck() if it.job == job}
        if not known and not failed:
            return
        table = mapping.table("stuck")
        noted = [
            {"job": job, "case_id": case, "error": error, "since": known[case].since if case in known else now}
            for case, error in failed.items()
        ]
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.job == job))
            if noted:
                await connection.execute(table.insert(), noted)

    async def stuck(self) -> list[Stuck]:
        """Every case that fails in some job."""
        async with self._database.read() as session:
            found = await session.exec(select(StuckRow).order_by(col(StuckRow.since), col(StuckRow.case)))
            return [Stuck(it.job, it.case, it.error, it.since) for it in found]


def _lease(row: Any) -> Lease | None:
    """A row as a lease; None: no process of ours can have written it."""
    try:
        until = None if row.until is None else datetime.fromtimestamp(row.until, UTC)
        return Lease(row.name, datetime.fromtimestamp(row.slot, UTC), row.owner or b"", until, row.mark or b"")
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _values(lease: Lease) -> mapping.Values:
    until = None if lease.until is None else int(lease.until.timestamp())
    slot = int(lease.slot.timestamp())
    return {"name": lease.name, "slot": slot, "owner": lease.owner, "until": until, "mark": lease.mark}

"""Exports: counts that leave the house, each on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tips.cases import deadlines, ledger
from tips.crypto.sealing import Random
from tips.organisation.roster import INTAKE
from tips.ports.cases import Ledger
from tips.ports.desk import CountRow, Statistics


@dataclass(frozen=True, slots=True)
class Exports:
    """Gives counts away and signs that it did."""

    statistics: Statistics
    ledger: Ledger
    signing: bytes = field(repr=False)  # Ed25519 seed of the intake process
    now: Callable[[], datetime]
    random: Random

    async def counts(self, first: datetime | None, last: datetime | None, by: str) -> list[CountRow]:
        """Raw counts from `first` until before `last`, to be suppressed before anybody sees them.

        Args:
            by: the dimensions as they were asked for; the record says so.
        """
        rows = await self.statistics.counts(first, last)
        hour = deadlines.hour(self.now())
        event = ledger.Event(ledger.Kind.EXPORTED, b"", ledger.FIRST, hour, INTAKE, self.random(32), {"by": by})
        await self.ledger.append(ledger.sign(event, self.signing))
        return rows

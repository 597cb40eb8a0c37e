"""How many came by a poster's link: a number for each place and month, and nothing of anybody.

A count waits in memory until its hour ends, so that no row tells when somebody came; what a process had not yet kept
when it died is lost. It is apart from tips: whether whoever came told something is nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tips.cases import deadlines
from tips.ports.desk import OpenRow, Statistics


@dataclass(frozen=True, slots=True)
class PosterOpens:
    """Counts in memory, and puts them by."""

    statistics: Statistics
    now: Callable[[], datetime]
    _waiting: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)

    def count(self, place: str) -> None:
        """Somebody came by the link of a place, by its code."""
        self._waiting[f"{self.now().astimezone(deadlines.CITY):%Y-%m}", place] += 1

    def left(self) -> timedelta:
        """How long this hour lasts."""
        now = self.now()
        return timedelta(hours=1) - (now - now.replace(minute=0, second=0, microsecond=0))

    async def keep(self) -> None:
        """Add what waits to what is kept.

        Raises:
            StoreUnavailable: all of it waits on.
        """
        rows = [OpenRow(period, area, count) for (period, area), count in sorted(self._waiting.items())]
        if not rows:
            return
        await self.statistics.add_opens(rows)
        self._waiting.subtract({(it.period, it.area): it.count for it in rows})
        for key in [key for key, count in self._waiting.items() if count <= 0]:
            del self._waiting[key]

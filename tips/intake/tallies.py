"""Tallies: how many came by a poster, began a conversation, or said what is no tip; numbers by month, and of nobody.

A count waits in memory until its hour ends, so that no row tells when somebody came; what a process had not yet kept
when it died is lost. It is apart from tips: whether whoever came told something is nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tips import errors
from tips.ports.desk import Statistics, Tallied, Tally
from tips.statistics import periods
from tips.statistics.figures import ALL


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts in memory, and puts them by."""

    statistics: Statistics
    now: Callable[[], datetime]
    _waiting: Counter[tuple[str, str, str]] = field(default_factory=Counter, repr=False)

    def count(self, of: Tallied, name: str = ALL) -> None:
        """One more: of a place by its code, of a channel or a language by its name."""
        self._waiting[periods.month_of(self.now()), of, name] += 1

    def left(self) -> timedelta:
        """How long this hour lasts."""
        now = self.now()
        return timedelta(hours=1) - (now - now.replace(minute=0, second=0, microsecond=0))

    async def keep(self) -> None:
        """Add what waits to what is kept.

        Raises:
            StoreUnavailable: all of it waits on; of `Unsure`, nothing: no count is ever added twice.
        """
        rows = [Tally(*key, count) for key, count in sorted(self._waiting.items())]
        if not rows:
            return
        try:
            await self.statistics.add_tallies(rows)
        except errors.Unsure:
            self._done(rows)
            raise
        self._done(rows)

    def _done(self, rows: Sequence[Tally]) -> None:
        self._waiting.subtract({(it.period, it.of, it.name): it.count for it in rows})
        for key in [key for key, count in self._waiting.items() if count <= 0]:
            del self._waiting[key]

"""Budgets against floods, without knowing anybody: counters by conversation, in memory, forgotten by the hour."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
KEPT: Final = 50_000  # conversations counted at most; beyond that the oldest counts are forgotten


@dataclass(slots=True)
class Budgets:
    """How much one conversation may do; `None` anywhere lifts that limit."""

    now: Callable[[], datetime]
    turns_a_minute: int | None = 60
    tips_an_hour: int | None = 40
    misses_an_hour: int | None = 10  # wrong receipts, before a wait
    _spent: dict[tuple[str, bytes], deque[datetime]] = field(default_factory=dict)

    def allow_turn(self, key: bytes) -> bool:
        """Whether one more message is answered; counts it."""
        return self._spend("turn", key, self.turns_a_minute, MINUTE)

    def allow_tip(self, key: bytes) -> bool:
        """Whether one more tip is taken now; counts it."""
        return self._spend("tip", key, self.tips_an_hour, HOUR)

    def allow_look_up(self, key: bytes) -> bool:
        """Whether a receipt may be tried; only misses count (`note_miss`)."""
        return self.misses_an_hour is None or self._used("miss", key, HOUR) < self.misses_an_hour

    def note_miss(self, key: bytes) -> None:
        """A wrong receipt was tried."""
        self._spend("miss", key, self.misses_an_hour, HOUR)

    def _used(self, what: str, key: bytes, span: timedelta) -> int:
        times = self._spent.get((what, key))
        if times is None:
            return 0
        while times and times[0] <= self.now() - span:
            times.popleft()
        return len(times)

    def _spend(self, what: str, key: bytes, limit: int | None, span: timedelta) -> bool:
        if limit is None:
            return True
        if self._used(what, key, span) >= limit:
            return False
        if len(self._spent) >= KEPT:
            self._spent.pop(next(iter(self._spent)))
        self._spent.setdefault((what, key), deque()).append(self.now())
        return True

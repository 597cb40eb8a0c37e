"""Rate limits against floods, without knowing anybody: counters by conversation, forgotten by the hour."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tips.ports.intake import Counters

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
LEAST: Final = 3  # that each process grants: who stays with one, and mistypes once, may type again
KEPT: Final = 50_000  # names counted at most; beyond that those are forgotten that nobody asked for


@dataclass(slots=True)
class Memory:
    """Counters of this process alone; see `tips.ports.intake.Counters`. Of each limit it grants its share."""

    now: Callable[[], datetime]
    processes: int = 1  # that run side by side, each with counters of its own
    _spent: dict[bytes, deque[datetime]] = field(default_factory=dict)

    async def hit(self, name: bytes, limit: int, span: timedelta) -> bool:
        """Count one more, if it is within this process's share."""
        if await self.full(name, limit, span):
            return False
        self._spent.setdefault(name, deque()).append(self.now())
        if len(self._spent) > KEPT:
            self._spent.pop(next(iter(self._spent)))
        return True

    async def full(self, name: bytes, limit: int, span: timedelta) -> bool:
        """Whether one more would be too many."""
        times = self._spent.pop(name, deque())
        while times and times[0] <= self.now() - span:
            times.popleft()
        if times:
            self._spent[name] = times  # behind all that nobody asked for since
        return len(times) >= max(min(limit, LEAST), limit // self.processes)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How much one conversation may do; `None` anywhere lifts that limit."""

    counters: Counters
    turns_a_minute: int | None = 60
    tips_an_hour: int | None = 40
    misses_an_hour: int | None = 10  # wrong receipts, before a wait

    async def allow_turn(self, key: bytes) -> bool:
        """Whether one more message is answered; counts it."""
        return await self._spend(b"turn", key, self.turns_a_minute, MINUTE)

    async def allow_tip(self, key: bytes) -> bool:
        """Whether one more tip is taken now; counts it."""
        return await self._spend(b"tip", key, self.tips_an_hour, HOUR)

    async def allow_look_up(self, key: bytes) -> bool:
        """Whether a receipt may be tried; only misses count (`note_miss`)."""
        return self.misses_an_hour is None or not await self.counters.full(b"miss" + key, self.misses_an_hour, HOUR)

    async def note_miss(self, key: bytes) -> None:
        """A wrong receipt was tried."""
        await self._spend(b"miss", key, self.misses_an_hour, HOUR)

    async def _spend(self, what: bytes, key: bytes, limit: int | None, span: timedelta) -> bool:
        return limit is None or await self.counters.hit(what + key, limit, span)

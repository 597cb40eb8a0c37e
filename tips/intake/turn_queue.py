"""The turns of one conversation wait for each other in this process; across processes, a draft's version decides."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Line:
    """The turns of one conversation that wait, and how many there are."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class TurnQueue:
    """A line for every conversation that has a turn under way; none for the others."""

    _lines: dict[bytes, _Line] = field(default_factory=dict)

    @contextlib.asynccontextmanager
    async def alone(self, key: bytes) -> AsyncIterator[None]:
        """One turn of a conversation at a time; the others wait in the order they came."""
        line = self._lines.setdefault(key, _Line())
        line.waiting += 1
        try:
            async with line.lock:
                yield
        finally:
            line.waiting -= 1
            if not line.waiting:
                del self._lines[key]

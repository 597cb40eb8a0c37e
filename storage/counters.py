"""Counters that several processes share, on Valkey beside the drafts: nothing of them is in the database or a backup.

What is counted is named by a MAC under a key that is another each hour, and only numbers are kept, no times: who has
the server's memory learns how much was asked for lately, and by whom only with the key, which is on no disk.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from valkey import asyncio as valkey
from valkey.exceptions import ValkeyError

from tips.ports.intake import Counters

PREFIX: Final = "tinbao:count"
PATIENCE: Final = 0.5  # seconds for an answer: no turn waits for a counter
AWAY: Final = timedelta(seconds=5)  # for so long a server that did not answer is not asked again


class SharedCounters:
    """See `tips.ports.intake.Counters`. While the server is away, each process counts in its memory."""

    def __init__(self, url: str, key: Callable[[], bytes], beside: Counters, now: Callable[[], datetime]) -> None:
        pool: Any = valkey.ConnectionPool.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        self._pool, self._key, self._beside, self._now = pool, key, beside, now
        storage = RedisStorage("async+valkey://", key_prefix=PREFIX, connection_pool=pool)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._away_until: datetime | None = None

    async def __aenter__(self) -> SharedCounters:
        """Ready; the connection opens with the first call."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def hit(self, name: bytes, limit: int, span: timedelta) -> bool:
        """Count one more, if it is within the limit."""
        item, mac = _item(limit, span), self._mac(name)
        return await self._asked(lambda: self._limiter.hit(item, mac), lambda: self._beside.hit(name, limit, span))

    async def full(self, name: bytes, limit: int, span: timedelta) -> bool:
        """Whether one more would be too many."""
        item, mac = _item(limit, span), self._mac(name)

        async def asked() -> bool:
            return not await self._limiter.test(item, mac)

        return await self._asked(asked, lambda: self._beside.full(name, limit, span))

    async def _asked(self, server: Callable[[], Awaitable[bool]], memory: Callable[[], Awaitable[bool]]) -> bool:
        if self._away_until and self._now() < self._away_until:
            return await memory()
        try:
            return await server()
        except (ValkeyError, OSError, TimeoutError):
            self._away_until = self._now() + AWAY
            return await memory()

    def _mac(self, name: bytes) -> str:
        return hmac.digest(self._key(), name, hashlib.sha256)[:16].hex()


def _item(limit: int, span: timedelta) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(limit, int(span.total_seconds()))

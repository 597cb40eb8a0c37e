"""Unfinished tips on Valkey: off the tips' database, gone with their expiry, sealed as everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from valkey import asyncio as valkey
from valkey.exceptions import ValkeyError

from tips import errors
from tips.ports import DraftRow

PREFIX: Final = b"tinbao:draft:"

# Stores version n over version n - 1 (n = 1: over nothing), and says whether it did.
_PUT: Final = """
local seen = redis.call('HGET', KEYS[1], 'version')
if (seen or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'sealed', ARGV[3], 'expires', ARGV[4])
redis.call('EXPIREAT', KEYS[1], ARGV[4])
return 1
"""


class ValkeyDrafts:
    """See `tips.ports.Drafts`. How durable a draft is, is the server's setting (`appendfsync always`)."""

    def __init__(self, url: str) -> None:
        self._client: Any = valkey.from_url(url)  # type: ignore[no-untyped-call]
        self._put = self._client.register_script(_PUT)

    async def __aenter__(self) -> ValkeyDrafts:
        """Ready; the connection opens with the first call."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, key: bytes) -> DraftRow | None:
        """The draft of a conversation."""
        found = await self._call(self._client.hgetall(PREFIX + key))
        if not found:
            return None
        expires = datetime.fromtimestamp(int(found[b"expires"]), UTC)
        return DraftRow(key, found[b"sealed"], int(found[b"version"]), expires)

    async def put(self, row: DraftRow) -> None:
        """Store the next version."""
        values = [row.version - 1, row.version, row.sealed, int(row.expires_at.timestamp())]
        if not await self._call(self._put(keys=[PREFIX + row.key], args=values)):
            raise errors.Stale

    async def drop(self, key: bytes) -> None:
        """Forget a draft."""
        await self._call(self._client.delete(PREFIX + key))

    async def expire(self, now: datetime) -> int:
        """Forget what expired by `now`; what the server expired by its own clock is not counted."""
        dropped = 0
        async for key in self._client.scan_iter(PREFIX + b"*"):
            expires = await self._call(self._client.hget(key, "expires"))
            if expires is not None and int(expires) <= now.timestamp():
                dropped += await self._call(self._client.delete(key))
        return dropped

    async def _call(self, answer: Any) -> Any:
        try:
            return await answer
        except (ValkeyError, OSError) as error:
            raise errors.StoreUnavailable from error

"""Unfinished tips on Valkey: off the tips' database, gone with their expiry, sealed as everywhere.

What goes together with a step of a case cannot be on Valkey alone: both are written to the database, in one
transaction, and Valkey follows. Until it has, the newer draft is the database's; one whose receipt is due stays there
until that has arrived. Meanwhile a claim keeps every other process from writing this draft, so that no words slip in
between. Who finds a claim that is not given back writes to the database too, and whoever had it finds that out.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from datetime import UTC, datetime
from typing import Any, Final

from valkey import asyncio as valkey
from valkey.exceptions import ValkeyError

from storage.drafts import SqlDrafts
from tips import errors
from tips.ports.cases import Change
from tips.ports.intake import DraftRow

PREFIX: Final = b"tinbao:draft:"
CLAIM: Final = b"tinbao:claim:"
CLAIM_LIFE: Final = 24 * 3600_000  # milliseconds, as a draft: it is given back, or broken
CLAIM_WAIT: Final = 2.0  # seconds until another's claim is broken, by way of the database
LOOK: Final = 0.05  # seconds between looks at another's claim

# Takes the claim for a token, if the draft is no newer than was seen. 1: taken, 0: stale, -1: another has it.
_CLAIM: Final = """
local seen = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if seen > tonumber(ARGV[1]) then return 0 end
if redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return 1 end
return -1
"""

# Stores a draft over whatever is no newer than was seen (a server that lost its memory has nothing), and gives the
# claim of this token back. 1: stored, 0: stale, -1: another has the claim, -2: a later version of the program wrote it.
_PUT: Final = """
local claim = redis.call('GET', KEYS[2])
if claim and claim ~= ARGV[5] and ARGV[6] == '0' then return -1 end
if (redis.call('HGET', KEYS[1], 'schema') or '') > ARGV[7] then return -2 end
local seen = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if seen > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'sealed', ARGV[3], 'expires', ARGV[4], 'schema', ARGV[7])
redis.call('EXPIREAT', KEYS[1], ARGV[4])
redis.call('DEL', KEYS[2])
return 1
"""


# Gives a claim back, if it is still this token's.
_FREE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class ValkeyDrafts:
    """See `tips.ports.intake.Drafts`. How durable an unfinished draft is, its server decides (`appendfsync always`)."""

    def __init__(self, url: str, beside: SqlDrafts, schema: str) -> None:
        self._client: Any = valkey.from_url(url)  # type: ignore[no-untyped-call]
        self._beside, self._schema = beside, schema.encode()
        self._put, self._claim, self._free = map(self._client.register_script, (_PUT, _CLAIM, _FREE))

    async def __aenter__(self) -> ValkeyDrafts:
        """Ready; the connection opens with the first call."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, key: bytes) -> DraftRow | None:
        """The newer of Valkey's draft and the database's; where Valkey is away, a sent one is still found."""
        beside = await self._beside.get(key)
        try:
            found = await self._call(self._client.hgetall(PREFIX + key))
        except errors.StoreUnavailable:
            if beside:
                return beside
            raise
        if not found:
            return beside
        if found.get(b"schema", b"") > self._schema:
            raise errors.Outdated
        expires = datetime.fromtimestamp(int(found[b"expires"]), UTC)
        row = DraftRow(key, found[b"sealed"], int(found[b"version"]), expires)
        return beside if beside and beside.version > row.version else row

    async def put(self, row: DraftRow, seen: int, step: Change | None = None) -> None:
        """Store a draft; with a step of a case, or while a receipt is due, in the database first."""
        if step is not None:
            await self._put_both(row, seen, step)
            return
        beside = await self._beside.get(row.key)
        if row.due or not await self._followed(row, seen, b""):
            await self._broken(row, seen)
        elif beside:
            with contextlib.suppress(errors.StoreUnavailable):  # it is kept, and the older one is never asked for
                await self._beside.drop(row.key, row.version)

    async def _put_both(self, row: DraftRow, seen: int, step: Change) -> None:
        token = secrets.token_bytes(16)
        if not await self._run(self._claim, row, [seen, token, CLAIM_LIFE]):
            await self._broken(row, seen, step)
            return
        try:
            await self._fence(row, seen, step)
        except errors.TinBaoError:
            with contextlib.suppress(errors.StoreUnavailable):
                await self._call(self._free(keys=[CLAIM + row.key], args=[token]))
            raise
        # From here on it is durable: Valkey may follow when it can.
        with contextlib.suppress(errors.StoreUnavailable, errors.Stale):
            if await self._followed(row, seen, token) and not row.due:
                await self._beside.drop(row.key, row.version)

    async def _broken(self, row: DraftRow, seen: int, step: Change | None = None) -> None:
        """Write to the database, and to Valkey whoever has a claim there.

        Raises:
            Stale: also where Valkey has another's newer draft, unless a step was stored: that stands.
        """
        await self._fence(row, seen, step)
        try:
            await self._followed(row, seen, b"", final=True)
        except errors.StoreUnavailable:
            return  # the database has it
        except errors.Stale:
            if step is None:
                raise

    async def _fence(self, row: DraftRow, seen: int, step: Change | None) -> None:
        """Write to the database, over what is there, unless that is newer than what was seen."""
        beside = await self._beside.get(row.key)
        if beside and beside.version > seen:
            raise errors.Stale
        await self._beside.put(row, beside.version if beside else 0, step)

    async def _followed(self, row: DraftRow, seen: int, token: bytes, *, final: bool = False) -> bool:
        """Whether Valkey has the draft now; not, where a claim was never given back. `final`: whatever it says."""
        expires = int(row.expires_at.timestamp())
        values = [seen, row.version, row.sealed, expires, token, int(final), self._schema]
        return await self._run(self._put, row, values)

    async def _run(self, script: Any, row: DraftRow, values: list[Any]) -> bool:
        """Run a script, after whoever has the claim; False: a claim was there for longer than a claim lives."""
        for _ in range(int(CLAIM_WAIT / LOOK) + 1):
            done = await self._call(script(keys=[PREFIX + row.key, CLAIM + row.key], args=values))
            if done == 1:
                return True
            if done == 0:
                raise errors.Stale
            if done == -2:
                raise errors.Outdated
            await asyncio.sleep(LOOK)
        return False

    async def expire(self, now: datetime) -> int:
        """Forget what expired by `now`; what the server expired by its own clock is not counted."""
        dropped = await self._beside.expire(now)
        for key in await self._call(self._keys()):
            expires = await self._call(self._client.hget(key, "expires"))
            if expires is not None and int(expires) <= now.timestamp():
                dropped += await self._call(self._client.delete(key))
        return dropped

    async def _keys(self) -> list[bytes]:
        return [key async for key in self._client.scan_iter(PREFIX + b"*")]

    async def _call(self, answer: Any) -> Any:
        try:
            return await answer
        except (ValkeyError, OSError) as error:
            raise errors.StoreUnavailable from error

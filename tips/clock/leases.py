"""Leases: of several processes one does a job for a slot of time. Who dies at it holds it for minutes, not for ever.

A lease saves doing a thing twice; it must never keep a thing from being done. So a row counts only if a process of this
home marked it, under a key that is in no database, and not if it speaks of a time that is yet to come: neither rows
that somebody filled in, nor those of a clock that was set back, hold anything up.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from tips import errors
from tips.crypto.sealing import Random
from tips.ports.clock import Clockwork, Lease

HELD_FOR: Final = timedelta(minutes=2)  # then another process may begin the same slot anew
APART: Final = timedelta(minutes=5)  # how far the clocks of two machines may differ


@dataclass(frozen=True, slots=True)
class Leases:
    """Gives each slot of a job to one caller at a time, and once it is done to nobody."""

    clockwork: Clockwork
    key: bytes = field(repr=False)
    now: Callable[[], datetime]
    random: Random

    @contextlib.asynccontextmanager
    async def turn(self, name: str, slot: datetime) -> AsyncIterator[bool]:
        """Whether the block is the one that does the job; if it ends with an error, the next who asks may."""
        mine = await self._take(name, slot)
        try:
            yield mine is not None
        except BaseException:
            if mine:
                with contextlib.suppress(errors.StoreUnavailable):
                    await self._end(mine, None)
            raise
        if mine:
            await self._end(mine, self._marked(replace(mine, until=None)))

    async def last(self, name: str) -> datetime | None:
        """The slot for which a job was done last."""
        known = await self.clockwork.leases(name, lambda rows: rows)
        return max((it.slot for it in self._ours(known) if it.until is None), default=None)

    async def _take(self, name: str, slot: datetime) -> Lease | None:
        now = self.now().replace(microsecond=0)
        mine = self._marked(Lease(name, slot, self.random(8), now + HELD_FOR, b""))
        rows = await self.clockwork.leases(name, lambda rows: [mine] if free(self._ours(rows), slot, now) else rows)
        return mine if mine in rows else None

    async def _end(self, mine: Lease, after: Lease | None) -> None:
        """What a lease becomes; one that was taken over meanwhile stays with who has it."""

        def decide(rows: Sequence[Lease]) -> Sequence[Lease]:
            rest = [it for it in rows if it != mine]
            return [*rest, after] if after and mine in rows else rest

        await self.clockwork.leases(mine.name, decide)

    def _ours(self, rows: Iterable[Lease]) -> list[Lease]:
        return [it for it in rows if hmac.compare_digest(it.mark, self._marked(it).mark)]

    def _marked(self, lease: Lease) -> Lease:
        until = int(lease.until.timestamp()) if lease.until else 0
        told = repr((str(lease.name), int(lease.slot.timestamp()), lease.owner.hex(), until)).encode()
        return replace(lease, mark=hmac.digest(self.key, told, hashlib.sha256)[:16])


def free(leases: Iterable[Lease], slot: datetime, now: datetime) -> bool:
    """Whether a slot may be begun: it was not done, and nobody is at the job now."""
    for it in leases:
        if it.slot > now + APART:  # a clock ran ahead, and was set back since
            continue
        if it.until is None and it.slot >= slot:
            return False
        if it.until is not None and now < it.until <= now + HELD_FOR + APART:
            return False
    return True

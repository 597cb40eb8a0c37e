"""What the citizen's side asks for: unfinished tips, addresses to tell, and counters against floods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tips.ports.cases import Change


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft as it is stored: nothing in it can be read without the process's keys."""

    key: bytes  # 16 bytes: keyed hash of channel and conversation
    sealed: bytes
    version: int  # below 2^53; greater than every version this key had before
    expires_at: datetime
    due: bool = field(default=False, compare=False)  # a receipt is due: no store that may forget is enough


class Drafts(Protocol):
    """Unfinished tips, and the stubs of finished ones. `get` gives what the store holds, never a memory of it."""

    async def get(self, key: bytes) -> DraftRow | None:
        """The draft of a conversation."""
        ...

    async def put(self, row: DraftRow, seen: int, step: Change | None = None) -> None:
        """Store a draft over the version that was seen (0: there was none), and with it a step of a case.

        Both are durable when this returns, or neither is. A new case that is stored already (its id comes from the
        draft's seed) is left as it is, and its draft is stored.

        Raises:
            Stale: the draft is no longer the version that was seen, or the case's head is not `step.before`.
            Unsure: the store went away while it was writing.
        """
        ...

    async def expire(self, now: datetime) -> int:
        """Forget all that expired by `now`; how many."""
        ...


class Addresses(Protocol):
    """Sealed addresses of reporters who asked to be told, by case."""

    async def put(self, case: bytes, sealed: bytes) -> None:
        """Keep a case's address, in place of the one it had."""
        ...

    async def every(self) -> list[tuple[bytes, bytes]]:
        """All, as case and sealed address."""
        ...

    async def due(self, now: datetime, limit: int, after: bytes = b"") -> list[tuple[bytes, bytes]]:
        """Those for which something waits by `now`, by case, from behind the case `after`."""
        ...

    async def notified(self, case: bytes) -> None:
        """Nothing waits for it any more."""
        ...

    async def drop(self, cases: Sequence[bytes]) -> None:
        """Destroy the addresses of these cases."""
        ...


class Counters(Protocol):
    """How often something happened lately; forgotten with its span. Nothing here raises: what is away is not asked."""

    async def hit(self, name: bytes, limit: int, span: timedelta) -> bool:
        """Count one more of `name`; False: that would be more than `limit` within `span`, and nothing was counted."""
        ...

    async def full(self, name: bytes, limit: int, span: timedelta) -> bool:
        """Whether one more of `name` would be too many; counts nothing."""
        ...

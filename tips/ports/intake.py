"""What the citizen's side asks for: unfinished tips, addresses to tell, and counters against floods."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from tips.cases import outbox
from tips.cases.outbox import Trouble
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


KEY_ID_BYTES: Final = 8  # of the id of the key that an address is sealed under; they begin it


@dataclass(frozen=True, slots=True)
class ClaimedAddress:
    """An address for which something waits, as who tells them holds it: by its news, and the number of tries."""

    case: bytes
    sealed: bytes = field(repr=False)
    news_from: datetime
    tries: int  # this one included


class Addresses(Protocol):
    """Sealed addresses of reporters who asked to be told, by case."""

    async def put(self, case: bytes, sealed: bytes) -> None:
        """Keep a case's address, in place of the one it had."""
        ...

    async def every(self) -> list[tuple[bytes, bytes]]:
        """All, as case and sealed address."""
        ...

    async def claim(
        self, key: bytes, now: datetime, limit: int, after: bytes = b"", lease: timedelta = outbox.LEASE
    ) -> list[ClaimedAddress]:
        """Those for which something waits by `now`, each for one caller, by case, from behind the case `after`.

        What is claimed and never answered comes back after the lease. News that come meanwhile undo the claim: then no
        answer to it changes anything.

        Args:
            key: the id of the key that they are sealed under, which begins each of them.
        """
        ...

    async def told(self, claim: ClaimedAddress) -> None:
        """They were told: nothing waits any more, unless news came meanwhile."""
        ...

    async def put_off(self, claim: ClaimedAddress, after: datetime) -> None:
        """They are told later."""
        ...

    async def give_back(self, claim: ClaimedAddress) -> None:
        """Nobody tried to tell them."""
        ...

    async def bury(self, claim: ClaimedAddress, trouble: Trouble) -> None:
        """These news will not be told: the address stays, a dead letter with the kind of error, until others come."""
        ...

    async def waiting(self, now: datetime) -> int:
        """For how many something waits by `now`, dead letters not counted."""
        ...

    async def dead(self) -> int:
        """How many are dead letters."""
        ...

    async def gone(self, claim: ClaimedAddress) -> None:
        """Nobody is there any more: the address is destroyed, if it is still this one."""
        ...

    async def lost(self, keys: Collection[bytes]) -> None:
        """Destroy what is sealed under keys that nobody has any more, by their ids."""
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

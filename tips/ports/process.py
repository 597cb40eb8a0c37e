"""What every process asks for: a store that takes tips, and keys that are on no disk."""

from __future__ import annotations

from typing import Protocol


class Probe(Protocol):
    """Asks the store whether it takes a tip."""

    async def __call__(self) -> None:
        """Write as much as a tip, durably, and leave nothing of it. Raises `StoreUnavailable`."""
        ...

    async def schema(self) -> None:
        """Look whether this program still knows how everything is stored. Raises `Outdated`."""
        ...


class RunSecrets(Protocol):
    """Keys that are on no disk."""

    def lookup_key(self) -> bytes:
        """32 bytes: keys the hash by which a conversation finds its draft."""
        ...

    def relay_key(self) -> bytes:
        """32 bytes: seals the addresses of those who asked to be told."""
        ...

    def lost_relays(self) -> frozenset[bytes]:
        """The ids of this machine's earlier relay keys that a cold start has lost; see `reporter_notifications`."""
        ...

    def device_key(self) -> bytes:
        """32 bytes: keys the cookies of devices from which somebody has logged in."""
        ...

    def count_key(self) -> bytes:
        """32 bytes: keys the names of what is counted; another one each hour."""
        ...

    def web_key(self) -> bytes:
        """32 bytes: keys the tags of the web chat's cookies and puzzles."""
        ...

    def draft_key(self, hour: int | None = None) -> tuple[int, bytes] | None:
        """The hour and key to seal drafts with now, or the key of a past `hour`; None: it is gone."""
        ...

"""What is asked of who receives, cleans and keeps files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol


class Upload(Protocol):
    """A file as a channel received it: in memory, in no folder."""

    @property
    def fd(self) -> int:
        """The number of an anonymous memory file."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...


class Cleaned(Protocol):
    """A clean copy, in memory; `close` gives the memory back."""

    @property
    def kind(self) -> str:
        """One of image, audio, video and document."""
        ...

    @property
    def mime(self) -> str:
        """A key of `evidence.kinds.KINDS`."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def original(self) -> str:
        """SHA-256 of what was sent, in hex."""
        ...

    @property
    def clean(self) -> str:
        """SHA-256 of this copy, in hex."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, once, in small pieces."""
        ...

    def close(self) -> None:
        """Forget it."""
        ...


class Cleaner(Protocol):
    """Takes out of a file whatever tells of who made it, where and with what."""

    async def clean(self, fd: int, size: int) -> Cleaned:
        """A clean copy of the first `size` bytes of an open file. Raises `evidence.kinds.TurnedDown`."""
        ...


class Blobs(Protocol):
    """Sealed files, chunk by chunk. What no change named in time is swept away."""

    async def begin(self, envelope: bytes, expires_at: datetime, size: int, room: int) -> None:
        """A file of `size` bytes comes that this envelope will describe; it waits until a change stores that envelope.

        What expires first goes, where all that waits would take more than `room` bytes.
        """
        ...

    async def stay(self, envelopes: Sequence[bytes], expires_at: datetime) -> None:
        """Let files that wait do so until then; one that is gone stays gone."""
        ...

    async def add(self, envelope: bytes, first: int, chunks: Sequence[bytes]) -> None:
        """Store its chunks from number `first` on. Raises `StoreUnavailable` where it had to go meanwhile."""
        ...

    async def read(self, envelope: bytes, first: int, count: int) -> list[bytes]:
        """At most `count` chunks from number `first` on, in order."""
        ...

    async def waiting(self) -> int:
        """How many bytes all files take that wait."""
        ...

    async def count(self, envelope: bytes) -> int:
        """How many chunks are stored."""
        ...

    async def drop(self, envelopes: Sequence[bytes]) -> None:
        """Forget files that still wait; one that a case has stays."""
        ...

    async def expire(self, now: datetime) -> int:
        """Forget all that waited in vain until `now`; how many."""
        ...

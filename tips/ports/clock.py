"""What the clock's processes ask for: who is at a job, and what could not be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tips.cases.chain_ends import ChainEnd


@dataclass(frozen=True, slots=True)
class Lease:
    """That a process is at a job for a slot of time, or that the slot is done."""

    name: str
    slot: datetime
    owner: bytes  # 8 random bytes
    until: datetime | None  # None: it is done
    mark: bytes  # whose home's process wrote it


@dataclass(frozen=True, slots=True)
class Stuck:
    """A case that a job of the clock could not bring on."""

    job: str
    case: bytes
    error: str  # its kind, never its words
    since: datetime


class AllCovered(Protocol):
    """That no case of an earlier program is left whose rows are still to be claimed; kept outside the database."""

    def known(self) -> bool:
        """Whether it was noted."""
        ...

    def note(self) -> None:
        """From now on one that claims nothing was cut back, or comes from an old backup."""
        ...


class ChainEnds(Protocol):
    """Where a process keeps, outside the database, where the cases' chains ended."""

    def load(self) -> Mapping[bytes, ChainEnd]:
        """By case; empty: none was kept yet, or what was is spoilt."""
        ...

    def is_spoilt(self) -> bool:
        """Whether what was kept cannot be read; it stops nobody, and the next head says so."""
        ...

    def keep(self, found: Mapping[bytes, ChainEnd]) -> None:
        """Keep these beside the others; none in place of one that is further on, nor of what is spoilt."""
        ...

    def forget(self) -> None:
        """From now on none is kept: what was is spoilt, or is another history's."""
        ...


class Clockwork(Protocol):
    """What the clock's processes know of each other, and what they could not do."""

    async def leases(self, name: str, decide: Callable[[Sequence[Lease]], Sequence[Lease]]) -> Sequence[Lease]:
        """Put what `decide` makes of a job's leases in their place, with nobody in between; what is there then."""
        ...

    async def note_stuck(self, job: str, failed: Mapping[bytes, str], now: datetime) -> None:
        """These cases (id -> kind of error) and no others fail in a job; who did before keeps their `since`."""
        ...

    async def stuck(self) -> list[Stuck]:
        """Every case that fails in some job, the longest first."""
        ...

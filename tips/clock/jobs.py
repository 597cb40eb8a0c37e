"""Jobs: what time asks for, each with how often. A slot of a job is done once, by whichever process comes first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tips.clock.leases import Leases


class JobName(StrEnum):
    """Every job; the values name leases, and what stands still."""

    MEND = "mend"
    ESCALATE = "climb"
    FREE = "free"
    DESTROY = "shred"
    REMIND = "remind"
    EARLY_SIGNS = "signs"
    CLOSE = "months"
    SEQUENCE = "tree"
    AUDIT = "audit"
    DRAFTS = "drafts"
    FILES = "files"
    SESSIONS = "sessions"
    INVITATIONS = "invitations"
    BACK_UP = "backup"


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work and how often it is due."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[int]]  # does what is due now; how much it was

    def slot(self, now: datetime) -> datetime:
        """The start of the slot that a moment belongs to."""
        seconds = self.every.total_seconds()
        return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=now.tzinfo)


@dataclass(frozen=True, slots=True)
class Jobs:
    """Everything that time does to this product."""

    listed: tuple[Job, ...]
    leases: Leases
    now: Callable[[], datetime]

    def __iter__(self) -> Iterator[Job]:
        """Each of them."""
        return iter(self.listed)

    async def tick(self, job: Job) -> int:
        """Do a job if nobody has done it for this slot, or is at it; how much was done."""
        async with self.leases.turn(job.name, job.slot(self.now())) as mine:
            return await job.work() if mine else 0

    async def last(self, job: Job) -> datetime | None:
        """The slot for which a job was done last."""
        return await self.leases.last(job.name)

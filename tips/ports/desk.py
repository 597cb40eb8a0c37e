"""What the officers' side asks for: pings that wait, linked chats, and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tips.cases.pings import Ping


class Outbox(Protocol):
    """Pings that wait to be sent."""

    async def due(self, now: datetime, limit: int) -> list[Ping]:
        """Pings to send by `now`."""
        ...

    async def done(self, ids: Sequence[bytes]) -> None:
        """These were sent."""
        ...

    async def add(self, pings: Sequence[Ping]) -> None:
        """Further pings, of no case."""
        ...


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat of the officers' bot."""

    id: str
    name: str
    quiet: str = ""  # "22-6": from the hour 22 to the hour 6 of the city; empty: never


class OfficerChats(Protocol):
    """Which chats of the officers' bot belong to whom. Officers' chats only: a reporter's is nowhere."""

    async def offer(self, code: bytes, name: str, expires_at: datetime) -> None:
        """Keep the hash of a one-time code that links a chat to a person."""
        ...

    async def take(self, code: bytes, chat: str, now: datetime) -> str:
        """Link a chat by a code's hash, once; the person's name. Raises `NotFound`: unknown, used or expired."""
        ...

    async def chats(self, names: Sequence[str]) -> list[Chat]:
        """The chats of these people."""
        ...

    async def chat(self, id: str) -> Chat:
        """A chat. Raises `NotFound`: it is linked to nobody."""
        ...

    async def keep_quiet(self, id: str, quiet: str) -> None:
        """Set a chat's quiet hours; empty: none."""
        ...

    async def unlink(self, chat: str) -> None:
        """Forget a chat."""
        ...


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many tips of a month, area and category; never fewer facts than these, never more."""

    period: str  # 2026-11
    district: str  # code; "" where not known, `city` where somebody is shut out
    ward: str
    category: str
    count: int


@dataclass(frozen=True, slots=True)
class OpenRow:
    """How many came by the posters of a place in a month; nothing finer is known."""

    period: str  # 2026-11
    area: str  # a code, of a ward or a district
    count: int


@dataclass(frozen=True, slots=True)
class Workload:
    """Open cases, in numbers."""

    open: int
    unread: int
    overdue: int
    mine: int


class Statistics(Protocol):
    """Counts for the city."""

    async def counts(self, first: datetime | None, last: datetime | None) -> list[CountRow]:
        """Raw counts, to be suppressed before anybody sees them."""
        ...

    async def add_opens(self, rows: Sequence[OpenRow]) -> None:
        """Add to the counts of posters' links, all or none."""
        ...

    async def opens(self) -> list[OpenRow]:
        """Raw counts of posters' links, to be suppressed before anybody sees them."""
        ...

    async def workload(self, units: Sequence[str], name: str, now: datetime) -> Workload:
        """What waits for these units and for one person in them; cases with an exclusion are not counted."""
        ...

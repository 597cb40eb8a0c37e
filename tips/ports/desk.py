"""What the officers' side asks for: pings that wait, linked chats, and counts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from tips.cases import outbox
from tips.cases.ledger import SignedEvent
from tips.cases.outbox import Trouble
from tips.cases.pings import Ping, Push


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat of the officers' bot."""

    id: str
    name: str
    quiet: str = ""  # "22-6": from the hour 22 to the hour 6 of the city; empty: never


Made = Callable[[Sequence[Ping], Sequence[Chat]], Sequence[Push]]


class Outbox(Protocol):
    """Pings that wait for their time, and pushes that wait to be sent.

    A push belongs to who claimed it: for `outbox.LEASE`, and by the number of its tries. Whoever held it before and
    comes late with an answer changes nothing.
    """

    async def add(self, pings: Sequence[Ping]) -> None:
        """Further pings, of no step of a case."""
        ...

    async def due(self, now: datetime, limit: int) -> list[Ping]:
        """Pings whose time has come by `now`."""
        ...

    async def fan_out(self, now: datetime, limit: int, made: Made) -> int:
        """Put what is made of the pings that are due, and of all chats, in these pings' place: all of it or nothing.

        How many pings that were. Of several who ask at once each gets other pings.
        """
        ...

    async def put_digest(self, pushes: Sequence[Push]) -> None:
        """The digest of an hour; one that is there stays as it is, told or not, and those of earlier hours go."""
        ...

    async def claim(self, now: datetime, limit: int, lease: timedelta = outbox.LEASE) -> list[Push]:
        """Pushes to send by `now`, each for one caller; what is claimed and never answered comes back after the lease.

        `tries` counts this one.
        """
        ...

    async def done(self, push: Push) -> None:
        """A claimed push is over: it goes; a digest's row stays, so that it is not told twice in its hour."""
        ...

    async def put_off(self, push: Push, after: datetime) -> None:
        """A claimed push is tried again."""
        ...

    async def give_back(self, push: Push) -> None:
        """A claimed push was not tried at all."""
        ...

    async def bury(self, push: Push, trouble: Trouble) -> None:
        """A claimed push will not be sent: it is kept as a dead letter, with the kind of error only."""
        ...

    async def waiting(self, now: datetime) -> int:
        """How many pushes could be sent by `now` and were not."""
        ...

    async def dead(self) -> list[Push]:
        """Dead letters, oldest first."""
        ...

    async def expire(self, before: datetime) -> None:
        """Dead letters that wait since before then go."""
        ...

    async def send_again(self, id: bytes, now: datetime) -> None:
        """A dead letter begins anew. Raises `NotFound`: it is none."""
        ...

    async def drop(self, id: bytes) -> None:
        """A dead letter goes. Raises `NotFound`: it is none."""
        ...


class ContactState(StrEnum):
    """How a messenger answered last."""

    CONNECTING = "connecting"
    UP = "up"
    TROUBLE = "trouble"


class Way(StrEnum):
    """How a messenger's updates come."""

    WEBHOOK = "webhook"
    POLLING = "polling"


@dataclass(frozen=True, slots=True)
class Contact:
    """What a process that serves a channel knows of its messenger."""

    name: str
    way: Way
    state: ContactState
    error: str  # the kind of the last error; "": none
    at: datetime | None  # the hour in which it answered last; None: never yet


class Contacts(Protocol):
    """When each channel's messenger answered last, as the processes wrote it that serve them."""

    async def note(self, contact: Contact) -> None:
        """What a process knows of a channel, in place of what was known; without an hour the known one stays."""
        ...

    async def all(self) -> list[Contact]:
        """Every channel that was ever served, by name."""
        ...


class OfficerChats(Protocol):
    """Which chats of the officers' bot belong to whom. Officers' chats only: a reporter's is nowhere."""

    async def offer(self, code: bytes, name: str, expires_at: datetime) -> None:
        """Keep the hash of a one-time code that links a chat to a person."""
        ...

    async def take(self, code: bytes, chat: str, now: datetime) -> str:
        """Link a chat by a code's hash, to this chat only; the person's name.

        Asked again by the chat that used it, because a messenger brought its words twice, it says the same.

        Raises:
            NotFound: unknown, expired, or used by another chat.
        """
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
        """Forget a chat, what waits to be sent to it, and its topics."""
        ...

    async def topic(self, chat: str, case: bytes) -> int | None:
        """A case's topic in a chat, if it has one there."""
        ...

    async def keep_topic(self, chat: str, case: bytes, topic: int) -> int:
        """Keep a case's topic in a chat, unless it has one there; the one that it has."""
        ...

    async def forget_topic(self, chat: str, case: bytes, topic: int) -> None:
        """This topic is not there any more."""
        ...


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many tips of a place, category, urgency and state; never fewer facts than these, never more."""

    district: str  # code; "" where not known, `city` where somebody is shut out
    ward: str
    category: str
    urgency: str
    state: str
    opened: bool  # somebody of the unit has read it
    count: int


@dataclass(frozen=True, slots=True)
class FrozenPeriod:
    """A closed period's figures, as they were signed; see `tips.statistics.archive`."""

    period: str  # 2026-11, 2026-Q4, 2026
    figures: bytes  # what is published of it
    counted: bytes  # every count, for the longer periods that it is a part of; empty once these are closed too
    closing: SignedEvent  # names the digest of both


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """How many milestones of a kind a unit reached; see `tips.cases.milestones`."""

    kind: str
    unit: str
    urgency: str
    detail: str
    took: str
    count: int


class Tallied(StrEnum):
    """What is counted by month that is no tip, and is tied to none."""

    OPENS = "opens"  # who came by a poster's link, by its place
    CHANNEL = "channel"  # conversations that began, by channel
    LANGUAGE = "language"  # the same by the language in which they were answered
    ASIDE = "aside"  # messages that were set aside as no tip
    SIGN = "sign"  # early signs that were raised


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something happened in a month; nothing finer is known."""

    period: str  # 2026-11
    of: str
    name: str  # a place, a channel, a language; "all" where nothing is told apart
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

    async def counts(self, first: datetime, last: datetime | None) -> list[CountRow]:
        """Raw counts of what came from `first` until before `last`, to be suppressed before anybody sees them."""
        ...

    async def restricted(self, last: datetime) -> int:
        """How many tips that came before `last` accuse somebody in office."""
        ...

    async def began(self) -> datetime | None:
        """When the first tip came that accuses nobody in office: another opens no month; None: none did."""
        ...

    async def frozen(self) -> list[FrozenPeriod]:
        """Every closed period, in the order in which they were closed."""
        ...

    async def published(self) -> list[FrozenPeriod]:
        """The same without `counted`, which is empty: small counts are for the closing alone."""
        ...

    async def freeze(self, closed: FrozenPeriod, over: Sequence[str]) -> bool:
        """Keep a closed period with its event, unless it is closed already; of the periods `over` forget the counts.

        All of it or nothing; whether it was kept.
        """
        ...

    async def keep_only(self, periods: Collection[str]) -> None:
        """Take away what lies in the place of closed periods and is none of these, nor in the ledger."""
        ...

    async def add_tallies(self, rows: Sequence[Tally]) -> None:
        """Add to these counts, all or none."""
        ...

    async def tallies(self) -> list[Tally]:
        """Every raw tally, to be suppressed before anybody sees it."""
        ...

    async def milestones(self, first: datetime, last: datetime) -> list[MilestoneRow]:
        """Raw counts of what was reached from `first` until before `last`; see `counts`."""
        ...

    async def forget_milestones(self, before: datetime) -> None:
        """Of what was reached before then the counts are frozen: the rows go."""
        ...

    async def workload(self, units: Sequence[str], name: str, now: datetime) -> Workload:
        """What waits for these units and for one person in them; cases with an exclusion are not counted."""
        ...

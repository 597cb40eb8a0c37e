"""Pings: content-free words to a unit's people that something waits. What and when is hidden where it could tell."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tips.cases import deadlines, reading_grants
from tips.cases.case import Case
from tips.cases.reading_grants import Key
from tips.crypto.sealing import Random
from tips.organisation.taxonomy import Urgency


class PingKind(StrEnum):
    """What a ping is about."""

    NEW = "new"  # a case came in, or was handed over
    URGENT = "urgent"  # somebody is in danger: no quiet hours hold
    ESCALATED = "climbed"
    ANSWER = "answer"  # the reporter wrote
    EARLY_SIGN = "sign"
    DUE = "due"  # a deadline comes near
    UNATTENDED = "unattended"  # urgent, read, and nobody has it
    CONSULTED = "consulted"
    SHARED = "shared"  # the unit may read another's case along
    RETURNED = "returned"  # nobody has it any more
    ASSIGNED = "assigned"  # somebody was given it
    MENDED = "mended"  # a case below was changed by a hand in the database
    DIGEST = "digest"  # at a fixed hour, whether there is something or not


@dataclass(frozen=True, slots=True)
class Ping:
    """A content-free word to a unit's people that something waits; `after` hides what and when."""

    id: bytes  # 16 random bytes
    unit: str
    kind: str  # a `PingKind`; anything else: a hand was in the row
    after: datetime
    spared: tuple[str, ...] = ()  # people of the unit who are not told
    case: bytes | None = None  # which one it is about; None: none, or one of which nothing may be told
    due: datetime | None = None  # when that case's clock runs out


@dataclass(frozen=True, slots=True)
class Push:
    """One ping for one chat, until it was sent."""

    id: bytes  # 16 bytes, by what it is made from: made twice it is the same
    chat: str = field(repr=False)
    kind: str
    since: datetime  # since when it waits
    after: datetime  # when it is sent, or tried again
    case: bytes | None = None
    due: datetime | None = None
    tries: int = 0  # how often sending was begun; who sends holds it by this number
    trouble: str | None = None  # an `outbox.Trouble`: it is a dead letter


def ping(row: Case, kind: PingKind, now: datetime, random: Random) -> Ping:
    """A content-free word to the case's unit; for a restricted one the next fixed hour hides when it came.

    Where somebody is in danger (P0) it goes out at once, quiet hours and exclusions or not. Only a case of which nobody
    is shut out is named.
    """
    if row.urgency != Urgency.P0 and row.restricted:
        return Ping(random(16), row.unit, PingKind.DIGEST, deadlines.next_digest(now))
    shown = PingKind.URGENT if row.urgency == Urgency.P0 else kind
    return about(row, Ping(random(16), row.unit, shown, deadlines.hour(now)))


def of_a_hand(keys: Sequence[Key], unit: str, now: datetime, random: Random) -> tuple[Ping, ...]:
    """A word to the level above a case's unit, which is clean: that a hand was in a case; not in which."""
    upper = reading_grants.next_level(keys, unit)
    return (Ping(random(16), upper, PingKind.MENDED, deadlines.hour(now)),) if upper else ()


def about(row: Case, told: Ping) -> Ping:
    """A ping that names its case, if that may be named."""
    return told if row.restricted else replace(told, case=row.id, due=row.due_at)


def push(made_from: bytes, chat: str, told: Ping) -> Push:
    """One ping for one chat; `made_from` and the chat are what makes its id."""
    id_ = hashlib.sha256(b"tinbao push" + made_from + b"/" + chat.encode()).digest()[:16]
    return Push(id_, chat, told.kind, told.after, told.after, told.case, told.due)

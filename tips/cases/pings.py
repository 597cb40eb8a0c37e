"""Pings: content-free words to a unit's people that something waits. What and when is hidden where it could tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tips.cases import deadlines
from tips.cases.case import Case
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
    RETURNED = "returned"  # nobody has it any more
    ASSIGNED = "assigned"  # somebody was given it
    DIGEST = "digest"  # at a fixed hour, whether there is something or not


@dataclass(frozen=True, slots=True)
class Ping:
    """A content-free word to a unit's people that something waits; `after` hides what and when."""

    id: bytes  # 16 random bytes
    unit: str
    kind: str  # a `PingKind`; anything else: a hand was in the row
    after: datetime
    spared: tuple[str, ...] = ()  # people of the unit who are not told


def ping(row: Case, kind: PingKind, now: datetime, random: Random) -> Ping:
    """A content-free word to the case's unit; for a restricted one the next fixed hour hides when it came.

    Where somebody is in danger (P0) it goes out at once, quiet hours and exclusions or not.
    """
    if row.urgency == Urgency.P0:
        return Ping(random(16), row.unit, PingKind.URGENT, deadlines.hour(now))
    if row.restricted:
        return Ping(random(16), row.unit, PingKind.DIGEST, deadlines.next_digest(now))
    return Ping(random(16), row.unit, kind, deadlines.hour(now))

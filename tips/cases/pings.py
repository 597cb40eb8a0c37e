"""Pings: content-free words to a unit's people that something waits. What and when is hidden where it could tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tips.cases import deadlines
from tips.cases.case import Case
from tips.crypto.sealing import Random
from tips.organisation.taxonomy import Urgency


@dataclass(frozen=True, slots=True)
class Ping:
    """A content-free word to a unit's people that something waits; `after` hides what and when."""

    id: bytes  # 16 random bytes
    unit: str
    kind: str  # one of `officer_notifications.KINDS`, or digest
    after: datetime
    spared: tuple[str, ...] = ()  # people of the unit who are not told


def ping(row: Case, kind: str, now: datetime, random: Random) -> Ping:
    """A content-free word to the case's unit; for a restricted one the next fixed hour hides when it came.

    Where somebody is in danger (P0) it goes out at once, quiet hours and exclusions or not.
    """
    if row.urgency == Urgency.P0:
        return Ping(random(16), row.unit, "urgent", deadlines.hour(now))
    if row.restricted:
        return Ping(random(16), row.unit, "digest", deadlines.next_digest(now))
    return Ping(random(16), row.unit, kind, deadlines.hour(now))

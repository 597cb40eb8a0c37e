"""Deadlines: every state has one, and a late case escalates. Pure: what is due is computed, never slept for.

The lengths are data, each with its article of law or the word "policy"; see `policy`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tips.cases import policy
from tips.cases.case import State

CITY: Final = ZoneInfo("Asia/Ho_Chi_Minh")
WAKE: Final = "wake"  # a request: wake the next clean level now, because those awake are accused, or sent it back
DISPUTE: Final = "dispute"  # a request: wake an overseer now, because the reporter does not accept the closing
RETENTION: Final = "retention"
VERIFICATION: Final = "verification"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A running deadline."""

    name: str | None
    due_at: datetime | None


def hour(moment: datetime) -> datetime:
    """The hour of a moment: finer times are not kept beside a tip."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def moment(at: datetime) -> str:
    """A moment as people of the city read it: `14:00 29/11/2026`."""
    return at.astimezone(CITY).strftime("%H:%M %d/%m/%Y")


def start(state: str, urgency: str, now: datetime) -> Deadline:
    """The clock that entering a state starts."""
    rule = policy.deadline(state)
    if rule is None:
        return Deadline(None, None)
    length = rule["by_urgency"][urgency] if "by_urgency" in rule else rule
    return Deadline(rule["clock"], _after(length, now))


def retention(group: str, now: datetime) -> Deadline:
    """The deadline that closing starts: when it runs out the case is destroyed.

    Args:
        group: the case's category group, or `restricted`.
    """
    return Deadline(RETENTION, hour(now) + timedelta(days=policy.retention_days(group), hours=1))


def extended(due: datetime) -> Deadline:
    """The verification's clock after one extension (BLTTHS art. 147(2))."""
    return Deadline(VERIFICATION, due + timedelta(days=policy.extension_days()))


def resumed(left: int, now: datetime) -> Deadline:
    """The verification's deadline after a suspension, with the hours that were left (BLTTHS art. 149)."""
    return Deadline(VERIFICATION, hour(now) + timedelta(hours=max(policy.resumption_hours(), left)))


def backups_gone(shredded: datetime) -> datetime:
    """From when on no backup holds what was shredded."""
    return shredded + timedelta(days=policy.backup_days())


def after_escalation(urgency: str, now: datetime) -> Deadline:
    """The clock that a newly woken level gets."""
    return start(State.RECEIVED, urgency, now)


def _after(length: Mapping[str, Any], now: datetime) -> datetime:
    # Counted from the next full hour: a due time must not tell the minute, nor come early.
    if "hours" in length:
        return hour(now) + timedelta(hours=1 + length["hours"])
    if "days" in length:
        return hour(now) + timedelta(days=length["days"], hours=1)
    return working_days_after(length["working_days"], now)


def next_digest(now: datetime) -> datetime:
    """The next of the fixed hours at which digests go out, strictly after `now`."""
    local = now.astimezone(CITY)
    for days in (0, 1):
        for at in policy.digest_hours():
            moment = datetime.combine(local.date() + timedelta(days=days), time(at), CITY)
            if moment > local:
                return moment.astimezone(UTC)
    raise AssertionError("every day has a digest hour")


def working_days_after(days: int, now: datetime) -> datetime:
    """The end of the n-th working day after `now`, in the city's calendar (weekends and public holidays off)."""
    day = now.astimezone(CITY).date()
    left = days
    while left:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in _holidays(day.year):
            left -= 1
    return datetime.combine(day, time(17), CITY).astimezone(UTC)


@functools.cache
def _holidays(year: int) -> frozenset[Any]:
    import holidays  # costs 50 ms, and most processes never count a working day

    return frozenset(holidays.country_holidays("VN", years=year))

"""Deadlines: every state has one, and a late case escalates. Pure: what is due is computed, never slept for.

The lengths are the organisation's `terms`, each with its article of law or the word "policy".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tips.cases import policy
from tips.cases.case import State
from tips.organisation.terms import Terms
from tips.organisation.working_days import Calendar

SOON: Final = timedelta(hours=3)  # before the end of a short term people are reminded of it
LONG: Final = timedelta(days=1)  # a term that is longer
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


def start(terms: Terms, state: str, urgency: str, now: datetime) -> Deadline:
    """The clock that entering a state starts."""
    rule = terms.deadline(state)
    length = rule and term(terms, state, rule["clock"], urgency)
    return Deadline(rule["clock"], _after(terms.calendar, length, now)) if rule and length else Deadline(None, None)


def term(terms: Terms, state: str, clock: str | None, urgency: str) -> Mapping[str, Any] | None:
    """The length of the term that runs in a state; None: another clock runs, or none."""
    rule = terms.deadline(state)
    if rule is None or rule["clock"] != clock:
        return None
    length: Mapping[str, Any] = rule["by_urgency"][urgency] if "by_urgency" in rule else rule
    return length


def reminded_of(calendar: Calendar, length: Mapping[str, Any] | None, hour: datetime) -> datetime | None:
    """The end of the term of such a length that people are reminded of in an hour; None: of none.

    Of a term that is longer than a day once a third of it is left, of any other three hours before its end. Working
    days end at five in the afternoon: a third of three of them is left when the second one ends.
    """
    if length is None:
        return hour + SOON
    if "working_days" in length:
        return _working_term(calendar, math.ceil(length["working_days"] / 3), hour)
    whole = timedelta(days=length.get("days", 0), hours=length.get("hours", 0))
    return hour + (_third(whole) if whole > LONG else SOON)


def is_past_its_third(length: Mapping[str, Any] | None, left: timedelta) -> bool:
    """Whether a term with so much left has less than the third at which people are reminded of it."""
    return length is not None and left < _third(timedelta(days=length.get("days", 0), hours=length.get("hours", 0)))


def _third(whole: timedelta) -> timedelta:
    """A third of a term, in whole hours."""
    return timedelta(hours=math.ceil(whole / timedelta(hours=3)))


def _working_term(calendar: Calendar, days: int, hour: datetime) -> datetime | None:
    """The end of a term of which so many working days are left when the present one ends, in this hour."""
    end = working_days_after(calendar, 1, hour - timedelta(days=1))
    return working_days_after(calendar, days, hour) if end == hour else None


def retention(terms: Terms, group: str, now: datetime) -> Deadline:
    """The deadline that closing starts: when it runs out the case is destroyed.

    Args:
        terms: of the organisation.
        group: the case's category group, or `restricted`.
    """
    return Deadline(RETENTION, hour(now) + timedelta(days=terms.retention_days(group), hours=1))


def extended(terms: Terms, due: datetime) -> Deadline:
    """The verification's clock after one extension (BLTTHS art. 147(2))."""
    return Deadline(VERIFICATION, due + timedelta(days=terms.extension_days()))


def resumed(terms: Terms, left: int, now: datetime) -> Deadline:
    """The verification's deadline after a suspension, with the hours that were left (BLTTHS art. 149)."""
    return Deadline(VERIFICATION, hour(now) + timedelta(hours=max(terms.resumption_hours(), left)))


def backups_gone(shredded: datetime) -> datetime:
    """From when on no backup holds what was shredded."""
    return shredded + timedelta(days=policy.backup_days())


def after_escalation(terms: Terms, urgency: str, now: datetime) -> Deadline:
    """The clock that a newly woken level gets."""
    return start(terms, State.RECEIVED, urgency, now)


def _after(calendar: Calendar, length: Mapping[str, Any], now: datetime) -> datetime:
    # Counted from the next full hour: a due time must not tell the minute, nor come early.
    if "hours" in length:
        return hour(now) + timedelta(hours=1 + length["hours"])
    if "days" in length:
        return hour(now) + timedelta(days=length["days"], hours=1)
    return working_days_after(calendar, length["working_days"], now)


def next_digest(now: datetime) -> datetime:
    """The next of the fixed hours at which digests go out, strictly after `now`."""
    local = now.astimezone(CITY)
    for days in (0, 1):
        for at in policy.digest_hours():
            moment = datetime.combine(local.date() + timedelta(days=days), time(at), CITY)
            if moment > local:
                return moment.astimezone(UTC)
    raise AssertionError("every day has a digest hour")


def working_days_after(calendar: Calendar, days: int, now: datetime) -> datetime:
    """The end of the n-th working day after `now`, in the city's time."""
    day = now.astimezone(CITY).date()
    left = days
    while left:
        day += timedelta(days=1)
        left -= calendar.works(day)
    return datetime.combine(day, time(17), CITY).astimezone(UTC)

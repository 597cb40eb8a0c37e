"""Milestones: what is counted of the work on cases, each in a row that names no case.

A tip's first reading, its acceptance, the first words to its reporter and its closing, each with how long after the tip
that was; what was sent back or disputed; and of each deadline of an office how it ended. Of a case in which somebody in
office is accused there is none at all: who knows how many of all others there were could subtract.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tips.cases import deadlines
from tips.cases.case import Case, State
from tips.crypto.sealing import Random


class Kind(StrEnum):
    """What was reached."""

    READ = "read"  # somebody of an office read it, for the first time
    ACCEPTED = "accepted"  # an office took it as its own, for the first time
    ANSWERED = "answered"  # the first words of an office to the reporter
    CLOSED = "closed"
    BOUNCED = "bounced"  # sent back to who handed it over
    DISPUTED = "disputed"  # the reporter does not accept the closing
    MET = "met"  # a deadline that was kept
    LATE = "late"  # one that was over when the step came
    CLIMBED = "climbed"  # one that was over, and the clock took the case one level up


TIMED: Final = (Kind.READ, Kind.ACCEPTED, Kind.ANSWERED, Kind.CLOSED)  # how long after the tip is counted too
MISSED: Final = (Kind.LATE, Kind.CLIMBED)  # how a deadline ends that was not kept
DEADLINES: Final = ("screening", "acceptance", "notice", "verification", "answer")  # of offices, in a case's order
TIMES: Final = ("4h", "24h", "3d", "7d", "30d", "more")  # classes of how long something took
_HOURS: Final = (4, 24, 3 * 24, 7 * 24, 30 * 24)  # at most, of each class but the last
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Milestone:
    """One of them; its `unit` is the one that had the case until then."""

    id: bytes  # 16 bytes, random
    at: datetime  # truncated to the hour
    kind: str
    unit: str
    urgency: str
    detail: str = ""  # how a closed case ended; which deadline it was
    took: str = ""  # one of `TIMES`, of what is `TIMED`


def reached(
    before: Case, after: Case, found: Iterable[tuple[Kind, str]], now: datetime, random: Random
) -> tuple[Milestone, ...]:
    """The rows of what a step reached, each a kind and its detail; none where somebody in office is accused."""
    if before.restricted or after.restricted:
        return ()
    at = deadlines.hour(now)
    took = time_class(at - before.received_at)
    return tuple(
        Milestone(random(16), at, kind, before.unit, before.urgency, detail, took if kind in TIMED else "")
        for kind, detail in found
    )


def ended(before: Case, after: Case, now: datetime) -> Iterable[tuple[Kind, str]]:
    """How the deadline that ran on a case ended with a step of an office; nothing where it runs on, or only stopped."""
    moved_on = (before.state, before.unit) != (after.state, after.unit) and after.state != State.SUSPENDED
    if moved_on and before.clock in DEADLINES:
        yield Kind.LATE if before.overdue(now) else Kind.MET, before.clock


def missed(before: Case, after: Case) -> Iterable[tuple[Kind, str]]:
    """The deadline that the clock found over: the case climbed for it, or there was nobody above."""
    if before.clock in DEADLINES:
        yield Kind.LATE if before.unit == after.unit else Kind.CLIMBED, before.clock


def time_class(length: timedelta) -> str:
    """The class of a length in whole hours."""
    hours = length // _HOUR
    return next((name for name, most in zip(TIMES, _HOURS, strict=False) if hours <= most), TIMES[-1])

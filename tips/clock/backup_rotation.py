"""Backup rotation: when the next nightly backup is due, and which are too old to be kept.

Reporters are told on which day the last backup is gone that holds what was destroyed (`deadlines.backups_gone`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final

from tips.cases import deadlines, policy

AT: Final = time(2)  # of the city's night, when least is written
EVERY: Final = timedelta(hours=1)  # between looks; a backup that failed is tried again at the next
LATE: Final = timedelta(hours=36)  # the newest is older: a night was missed


def due(made: Iterable[datetime], now: datetime) -> bool:
    """Whether tonight's backup is still to be made.

    Args:
        made: when the whole backups that there are were made; one from a time to come counts for none.
        now: the present.
    """
    return not any(_tonight(now) <= it <= now for it in made)


def _tonight(now: datetime) -> datetime:
    """The last time that it was two o'clock."""
    local = now.astimezone(deadlines.CITY)
    today = datetime.combine(local.date(), AT, deadlines.CITY)
    return today if today <= local else today - timedelta(days=1)


def old(made: Iterable[datetime], now: datetime) -> set[datetime]:
    """Which backups have had their days, or will have had them before the next look."""
    return {it for it in made if _over(it, now)}


def overdue(last: datetime, now: datetime, destroyed: Iterable[datetime]) -> bool:
    """Whether a backup holds something that no backup should by now.

    The only one there is stays as long as it does not: where every backup since has failed, deleting it helps nobody.

    Args:
        last: when it was made.
        now: the present.
        destroyed: the hours in which something was destroyed.
    """
    return any(deadlines.hour(last) <= it and _over(it, now) for it in destroyed)


def _over(since: datetime, now: datetime) -> bool:
    return now + EVERY - since >= timedelta(days=policy.backup_days())


def late(made: Iterable[datetime], now: datetime) -> bool:
    """Whether the newest backup is older than it should ever be."""
    return not any(timedelta(0) <= now - it <= LATE for it in made)

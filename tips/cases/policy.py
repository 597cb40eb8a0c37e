"""Policy: what the program itself promises of time, whatever an organisation's `terms` are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tips.data import read


def backup_days() -> int:
    """After how many days no backup holds what was destroyed."""
    days: int = _rules()["backups_kept"]["days"]
    return days


def digest_hours() -> Sequence[int]:
    """The hours of the city's day at which digests go out, in order."""
    hours: Sequence[int] = _rules()["digest_hours"]
    return hours


def _rules() -> Mapping[str, Any]:
    rules: Mapping[str, Any] = read("deadlines_and_hours.json")
    return rules

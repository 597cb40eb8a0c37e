"""Policy: how long things may take and are kept (`data/deadlines_and_hours.json`), each with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tips.data import read


def deadline(state: str) -> Mapping[str, Any] | None:
    """The rule of the deadline that a state starts; None: it starts none."""
    found: Mapping[str, Any] | None = _rules()["deadlines"][state]
    return found


def lengths() -> list[Mapping[str, Any]]:
    """Every length that a deadline can have: of each state, by urgency where it differs, and of an extension."""
    rules = [rule for rule in _rules()["deadlines"].values() if rule]
    found = [length for rule in rules for length in rule.get("by_urgency", {"": rule}).values()]
    return [*found, {"days": extension_days()}]


def retention() -> Mapping[str, Any]:
    """The rule of how long a closed case is kept."""
    found: Mapping[str, Any] = _rules()["retention"]
    return found


def retention_days(group: str) -> int:
    """How many days a closed case of a category group (or `restricted`) is kept."""
    days: int = retention()["by_group"].get(group, retention()["days"])
    return days


def extension_days() -> int:
    """By how many days one extension lengthens a verification."""
    days: int = _rules()["extension"]["days"]
    return days


def extensions() -> int:
    """How many extensions a verification can get."""
    most: int = _rules()["extension"]["at_most"]
    return most


def resumption_hours() -> int:
    """How many hours a verification has at least when a suspension ends."""
    hours: int = _rules()["resumption"]["hours"]
    return hours


def bounces() -> int:
    """How many desks may send a case back before it escalates by itself."""
    most: int = _rules()["bounces"]["at_most"]
    return most


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

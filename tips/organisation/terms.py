"""Terms: how long things may take and are kept, as an organisation's document says it, each with its source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tips.organisation import working_days
from tips.organisation.working_days import Calendar

LONGEST: Final[Mapping[str, int]] = {  # days that a person's step gives a clock at most, whatever a document says
    "screening": 21,
    "reporter_answers": 60,
    "acceptance": 14,
    "notice": 30,
    "verification": 200,
    "answer": 30,
}


def most_days(length: Mapping[str, Any]) -> int:
    """How many days of the calendar a length can take, wherever it begins."""
    if "working_days" in length:
        return working_days.most_days(int(length["working_days"]))
    return math.ceil(float(length.get("days", 0)) + float(length.get("hours", 0)) / 24)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a document says under `policy`, and which days are working days."""

    rules: Mapping[str, Any] = field(repr=False)
    calendar: Calendar = working_days.USUAL

    def deadline(self, state: str) -> Mapping[str, Any] | None:
        """The rule of the deadline that a state starts; None: it starts none."""
        found: Mapping[str, Any] | None = self.rules["deadlines"][state]
        return found

    def lengths(self) -> list[Mapping[str, Any]]:
        """Every length that a deadline can have: of each state, by urgency where it differs, and of an extension."""
        rules = [rule for rule in self.rules["deadlines"].values() if rule]
        found = [length for rule in rules for length in rule.get("by_urgency", {"": rule}).values()]
        return [*found, {"days": self.extension_days()}]

    def retention(self) -> Mapping[str, Any]:
        """The rule of how long a closed case is kept."""
        found: Mapping[str, Any] = self.rules["retention"]
        return found

    def retention_days(self, group: str) -> int:
        """How many days a closed case of a category group (or `restricted`) is kept."""
        days: int = self.retention()["by_group"].get(group, self.retention()["days"])
        return days

    def extension_days(self) -> int:
        """By how many days one extension lengthens a verification."""
        days: int = self.rules["extension"]["days"]
        return days

    def extensions(self) -> int:
        """How many extensions a verification can get."""
        most: int = self.rules["extension"]["at_most"]
        return most

    def resumption_hours(self) -> int:
        """How many hours a verification has at least when a suspension ends."""
        hours: int = self.rules["resumption"]["hours"]
        return hours

    def bounces(self) -> int:
        """How many desks may send a case back before it escalates by itself."""
        most: int = self.rules["bounces"]["at_most"]
        return most

"""Which cases a page of the queue shows, as its address says it: codes only, nothing of a tip."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from handlers.desk import forms
from tips.cases.case import OPEN_STATES, QueueFilter, QueuePosition, State
from tips.organisation.taxonomy import Urgency

AGES: Final = ("1", "3", "7", "30")  # days since a tip came
NAMES: Final = ("state", "urgency", "category", "area", "age", "overdue", "mine")


def chosen(params: Mapping[str, str]) -> dict[str, str]:
    """The filters of an address, without what is empty or none."""
    known = {"state": tuple(State), "urgency": tuple(Urgency), "age": AGES, "overdue": ("1",), "mine": ("1",)}
    found = {name: forms.findable(params[name]) for name in NAMES if params.get(name)}
    return {name: value for name, value in found.items() if name not in known or value in known[name]}


def wanted(filters: Mapping[str, str], name: str, now: datetime) -> QueueFilter:
    """What the filters mean for a person now; without a state: all that is open."""
    state, age = filters.get("state"), filters.get("age")
    return QueueFilter(
        states=frozenset({state}) if state else OPEN_STATES,
        urgency=filters.get("urgency"),
        category=filters.get("category"),
        area=filters.get("area"),
        received_before=now - timedelta(days=int(age)) if age else None,
        due_before=now if "overdue" in filters else None,
        officer=name if "mine" in filters else None,
    )


def address(filters: Mapping[str, str], place: QueuePosition | None = None) -> str:
    """The queue's query with these filters, from behind a place on."""
    behind = {"after": format_position(place)} if place else {}
    return urlencode({**filters, **behind})


def format_position(place: QueuePosition) -> str:
    """A place as an address holds it."""
    return f"{place.urgency}.{int(place.opened)}.{int(place.received_at.timestamp())}.{place.id.hex()}"


def parse_position(text: str) -> QueuePosition | None:
    """The inverse of `written`; None for whatever else stands there."""
    try:
        urgency, opened, received, id_ = forms.findable(text).split(".")
        at = datetime.fromtimestamp(int(received), UTC)
        return QueuePosition(urgency, opened == "1", at, bytes.fromhex(id_))
    except (ValueError, OverflowError, OSError):
        return None

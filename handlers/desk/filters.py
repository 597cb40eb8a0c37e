"""Which cases a page of the queue shows, in which order, as its address says it: codes only, nothing of a tip."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode

from handlers.desk import forms
from tips.cases.case import NEVER, OPEN_STATES, QueueFilter, QueuePosition, Sort, State
from tips.organisation.taxonomy import Urgency

AGES: Final = ("1", "3", "7", "30")  # days since a tip came
SET: Final = ("1",)
KNOWN: Final = {
    "state": tuple(State),
    "urgency": tuple(Urgency),
    "age": AGES,
    "overdue": SET,
    "mine": SET,
    "unclaimed": SET,
    "new": SET,
    "disputed": SET,
    "sort": tuple(Sort)[1:],  # the first one is the order without a word
}
NAMES: Final = (*KNOWN, "category", "area")
TABS: Final[Mapping[str, Mapping[str, str]]] = {  # each with what it asks for
    "open": {},
    "mine": {"mine": "1"},
    "overdue": {"overdue": "1"},
    "unclaimed": {"unclaimed": "1"},
    "new": {"new": "1"},
    "disputed": {"disputed": "1"},
    "closed": {"state": State.CLOSED},
}
LONGEST: Final = 500  # characters of a list's address, which is made of codes


def chosen(params: Mapping[str, str]) -> dict[str, str]:
    """The filters and the order of an address, without what is empty or none."""
    found = {name: forms.findable(params[name]) for name in NAMES if params.get(name)}
    return {name: value for name, value in found.items() if name not in KNOWN or value in KNOWN[name]}


def listed(address: str) -> dict[str, str]:
    """The same of a list's address that another page was given."""
    return chosen(dict(parse_qsl(address[:LONGEST])))


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
        claimed=False if "unclaimed" in filters else None,
        opened=False if "new" in filters else None,
        disputed=True if "disputed" in filters else None,
        sort=Sort(filters.get("sort", Sort.URGENT)),
    )


def tab(filters: Mapping[str, str]) -> str:
    """The tab that shows just this; empty: none does."""
    asked = {name: value for name, value in filters.items() if name != "sort"}
    return next((name for name, asks in TABS.items() if asks == asked), "")


def address(filters: Mapping[str, str], place: QueuePosition | None = None) -> str:
    """The queue's query with these filters, from behind a place on."""
    behind = {"after": format_position(place)} if place else {}
    return urlencode({**filters, **behind})


def behind_case(filters: Mapping[str, str]) -> str:
    """What stands behind a case's address, so that its page knows the list it was opened from; plain, where that is."""
    return f"?{urlencode({'list': address(filters)})}" if filters else ""


def format_position(place: QueuePosition) -> str:
    """A place as an address holds it."""
    return f"{place.urgency}.{place.due}.{int(place.claimed)}.{place.received}.{place.area}.{place.id.hex()}"


def parse_position(text: str) -> QueuePosition | None:
    """The inverse of `format_position`; None for whatever else stands there."""
    try:
        urgency, due, claimed, received, area, id_ = forms.findable(text).split(".")
        place = QueuePosition(urgency, int(due), claimed == "1", int(received), area, bytes.fromhex(id_))
    except ValueError:
        return None
    return place if place.due in range(NEVER + 1) and place.received in range(NEVER + 1) else None

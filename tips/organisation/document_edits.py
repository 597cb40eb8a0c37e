"""One length of a document changed: how long something may take or is kept, with where that is written. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tips import errors
from tips.organisation import documents
from tips.organisation.documents import Document

RETENTION: Final = "retention"
_BESIDE: Final = ("extension", "resumption")  # lengths that are no state's
_UNITS: Final = ("hours", "days", "working_days")
LONGEST_SOURCE: Final = 200  # signs


@dataclass(frozen=True, slots=True)
class Length:
    """One length that a document sets."""

    name: str  # a state, `retention`, `extension` or `resumption`; the urgency or category group after a dot
    number: int
    unit: str  # hours, days or working_days
    source: str


def lengths(document: Document) -> list[Length]:
    """Every length of a document, in its order."""
    found = _places(document.plain["policy"])
    return [Length(name, at[key], key if key in _UNITS else "days", rule["source"]) for name, at, key, rule in found]


def with_length(document: Document, name: str, number: int, source: str, issued: date) -> Document:
    """A document in which one length is another, in the same unit.

    Args:
        document: the one in force.
        name: as `Length` has it.
        number: of the unit that it has.
        source: where that is written, or the word "policy"; it stands for all of the same rule.
        issued: the document's day.

    Raises:
        NotFound: there is no such length.
        Refused: no source is named, or too long a one.
    """
    if not source.strip() or len(source) > LONGEST_SOURCE or not source.isprintable():
        raise errors.Refused("error.org_source")
    plain = copy.deepcopy(dict(document.plain))
    for found, at, key, rule in _places(plain["policy"]):
        if found == name:
            at[key], rule["source"] = number, source.strip()
            return documents.of_plain({**plain, "issued": issued.isoformat()})
    raise errors.NotFound


_Place = tuple[str, MutableMapping[str, Any], str, MutableMapping[str, Any]]  # name, where, key, rule


def _places(policy: Mapping[str, Any]) -> Iterator[_Place]:
    for state, rule in policy["deadlines"].items():
        for name, at in _by_urgency(state, rule or {}):
            yield from ((name, at, unit, rule) for unit in _UNITS if unit in at)
    kept = policy[RETENTION]
    yield RETENTION, kept, "days", kept
    yield from ((f"{RETENTION}.{group}", kept["by_group"], group, kept) for group in kept["by_group"])
    for name in _BESIDE:
        yield from ((name, policy[name], unit, policy[name]) for unit in _UNITS if unit in policy[name])


def _by_urgency(state: str, rule: MutableMapping[str, Any]) -> Iterator[tuple[str, MutableMapping[str, Any]]]:
    if "by_urgency" in rule:
        yield from ((f"{state}.{urgency}", at) for urgency, at in rule["by_urgency"].items())
    elif rule:
        yield state, rule

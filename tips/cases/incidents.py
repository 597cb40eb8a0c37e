"""Incidents: something went wrong with the home itself. People open them, add to them and close them; pure.

The words of one are for those who look after the home. What everybody may read of it are words of their own, which
one person offers and another one agrees to.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from tips.cases import standing
from tips.cases.ledger import Event, Kind

LONGEST: Final = 500  # signs of one entry
ID_SIGNS: Final = 16
_LINK: Final = re.compile(r"https?:|www\.|@|\b[\w-]+\.(?:com|net|org|vn|me|info|io|app|link|ly|cc|xyz|top)\b", re.I)


class IncidentKind(StrEnum):
    """What went wrong."""

    CHANNEL = "channel"  # a channel was away
    STORE = "store"  # the database, or the drafts
    CLOCK = "clock"  # it stood still
    LOST = "lost"  # a machine or a key
    DATA = "data"  # data was lost
    SEEN = "seen"  # somebody saw what they should not have
    OTHER = "other"


class Act(StrEnum):
    """What an event does to an incident."""

    OPEN = "open"
    ADD = "add"
    CLOSE = "close"
    OFFER = "offer"  # words for everybody
    AGREE = "agree"  # to words that somebody else offered


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody said of an incident."""

    act: Act
    by: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One, as all that was said of it makes it."""

    id: str
    kind: IncidentKind
    since: datetime  # by the hour
    entries: tuple[Entry, ...]
    closed: datetime | None = None
    offered: Entry | None = None  # words for everybody that wait for somebody else's agreement
    public: str = ""  # what everybody may read; "": nothing


def is_plain(words: str, *, public: bool = False) -> bool:
    """Whether these are words as one may say them: some, not too long; for everybody in one line and without links."""
    if not words.strip() or len(words) > LONGEST or not all(it.isprintable() or it == "\n" for it in words):
        return False
    return not public or ("\n" not in words and not _LINK.search(words))


def digest(words: str) -> str:
    """What somebody who agrees to words names them by."""
    return hashlib.sha256(words.encode()).hexdigest()


def opening(by: str, kind: IncidentKind, since: datetime, words: str, salt: str) -> dict[str, str]:
    """The facts that open an incident. Its id follows from all of them: nobody opens the same one in another way."""
    said = {"kind": str(kind), "since": since.isoformat(), "words": words, "salt": salt}
    return {standing.SUBJECT: _id(by, said), "act": str(Act.OPEN), **said}


def _id(by: str, said: Mapping[str, str]) -> str:
    told = json.dumps([by, *(said.get(name, "") for name in ("kind", "since", "words", "salt"))])
    return digest(told)[:ID_SIGNS]


def incidents(events: Iterable[Event]) -> list[Incident]:
    """Every incident, the newest first.

    Args:
        events: what is believed, oldest first.
    """
    found: dict[str, Incident] = {}
    for event in events:
        if event.kind is Kind.INCIDENT and (after := _after(found.get(event.facts[standing.SUBJECT]), event)):
            found[after.id] = after
    return sorted(found.values(), key=lambda it: (it.since, it.id), reverse=True)


def _after(before: Incident | None, event: Event) -> Incident | None:
    """An incident after an event; None: the event says nothing that counts."""
    facts = event.facts
    act = next((it for it in Act if it == facts.get("act")), None)
    words = facts.get("words", "")
    if act is None or not (act is Act.AGREE or is_plain(words, public=act is Act.OFFER)):
        return None
    entry = Entry(act, event.by, event.at, words)
    if before is None:
        return _opened(entry, event) if act is Act.OPEN else None
    match act:
        case Act.ADD:
            return replace(before, entries=(*before.entries, entry))
        case Act.CLOSE:
            return None if before.closed else replace(before, entries=(*before.entries, entry), closed=event.at)
        case Act.OFFER:
            return replace(before, offered=entry)
        case Act.AGREE:
            return _agreed(before, event)
        case Act.OPEN:
            return None


def _opened(entry: Entry, event: Event) -> Incident | None:
    kind = next((it for it in IncidentKind if it == event.facts.get("kind")), None)
    try:
        since = datetime.fromisoformat(event.facts.get("since", ""))
    except ValueError:
        return None
    if kind is None or since.tzinfo is None or since > event.at:
        return None
    if event.facts[standing.SUBJECT] != _id(event.by, event.facts):
        return None
    return Incident(event.facts[standing.SUBJECT], kind, since, (entry,))


def _agreed(before: Incident, event: Event) -> Incident | None:
    """Words that were offered count once somebody else agreed to these very words."""
    offered = before.offered
    if offered is None or offered.by == event.by or digest(offered.words) != event.facts.get("digest"):
        return None
    return replace(before, offered=None, public=offered.words)

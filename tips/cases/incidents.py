"""Incidents: something went wrong with the home itself. People open them, add to them and close them; pure.

The words of one are for those who look after the home. What everybody may read of it are words of their own, which
one person offers and another one, of another office, agrees to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from tips.cases import agreements, standing, written_words
from tips.cases.agreements import Agreement, Worked
from tips.cases.ledger import YEARS, Event, Kind

LONGEST: Final = 500  # signs of one entry
ID_SIGNS: Final = 16


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

    @property
    def digest(self) -> str:
        """What somebody who agrees to its words names them by."""
        return digest(self.words)


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
    """Whether these are words as one may say them; for everybody by the same rule as a notice of the home's."""
    return written_words.may_be_told(words, LONGEST) if public else written_words.is_plain(words, LONGEST)


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


def incidents(events: Iterable[Event], worked: Worked) -> list[Incident]:
    """Every incident, the newest first.

    Args:
        events: what is believed, oldest first.
        worked: see `agreements`.
    """
    told: dict[str, list[Event]] = {}
    for event in events:
        if event.kind is Kind.INCIDENT:
            told.setdefault(event.facts[standing.SUBJECT], []).append(event)
    found = (it for of_one in told.values() if (it := _incident(of_one, worked)))
    return sorted(found, key=lambda it: (it.since, it.id), reverse=True)


def _incident(events: Sequence[Event], worked: Worked) -> Incident | None:
    """What the events of one make it; None: nobody opened it."""
    found: Incident | None = None
    for event in events:
        found = _after(found, event) or found
    if found is None:
        return None
    public, offered = agreements.settled((it for event in events if (it := _for_everybody(event))), worked)
    return replace(found, public=public.words if public else "", offered=offered)


def _for_everybody(event: Event) -> Entry | Agreement | None:
    words = event.facts.get("words", "")
    match event.facts.get("act"):
        case Act.OFFER if is_plain(words, public=True):
            return Entry(Act.OFFER, event.by, event.at, words)
        case Act.AGREE:
            return Agreement(event.by, event.at, event.facts.get("digest", ""))
    return None


def _after(before: Incident | None, event: Event) -> Incident | None:
    """An incident after an event that is not for everybody; None: it says nothing that counts."""
    act = next((it for it in (Act.OPEN, Act.ADD, Act.CLOSE) if it == event.facts.get("act")), None)
    words = event.facts.get("words", "")
    if act is None or not is_plain(words):
        return None
    entry = Entry(act, event.by, event.at, words)
    if before is None:
        return _opened(entry, event) if act is Act.OPEN else None
    if act is Act.OPEN or (act is Act.CLOSE and before.closed):
        return None
    return replace(before, entries=(*before.entries, entry), closed=event.at if act is Act.CLOSE else before.closed)


def _opened(entry: Entry, event: Event) -> Incident | None:
    kind = next((it for it in IncidentKind if it == event.facts.get("kind")), None)
    try:
        since = datetime.fromisoformat(event.facts.get("since", ""))
    except ValueError:
        return None
    if kind is None or since.tzinfo is None or since.year not in YEARS or since > event.at:
        return None
    if event.facts[standing.SUBJECT] != _id(event.by, event.facts):
        return None
    return Incident(event.facts[standing.SUBJECT], kind, since, (entry,))

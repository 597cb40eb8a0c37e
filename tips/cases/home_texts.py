"""The home's own texts: who runs it, how to reach them, and one notice to reporters for a time; pure.

Everybody reads them, so one of them could lure a reporter: there are these three and no other, in one line without
links, and one counts only once somebody of another office agreed to it word by word.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from tips.cases import incidents, standing
from tips.cases.deadlines import CITY
from tips.cases.ledger import Event, Kind

SHOWN_FOR: Final = timedelta(days=60)  # a notice, at most
_NUMBER: Final = re.compile(r"(?:\d[ .()+-]*){7,}")  # of a telephone; a day is written with strokes
_LANGUAGE: Final = re.compile("[a-z]{2}")
_WORDS: Final = "words."  # and the language


class TextName(StrEnum):
    """Which text."""

    OPERATOR = "operator"  # who runs the machine that tips come to first
    CONTACT = "contact"  # how to reach them
    NOTICE = "notice"  # to reporters, for a time


LONGEST: Final[Mapping[TextName, int]] = {TextName.OPERATOR: 120, TextName.CONTACT: 200, TextName.NOTICE: 280}  # signs


class TextAct(StrEnum):
    """What an event does to a text."""

    OFFER = "offer"
    AGREE = "agree"


@dataclass(frozen=True, slots=True)
class HomeText:
    """A text as somebody offered it; without words the home has none of its own any more."""

    name: TextName
    words: Mapping[str, str]  # by language
    until: date | None  # the last day of a notice, in the city; None: of another text, or of no words
    by: str
    at: datetime

    @property
    def digest(self) -> str:
        """What somebody who agrees to it names it by: all that it says."""
        told = [self.name, sorted(self.words.items()), self.until.isoformat() if self.until else ""]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def facts(self) -> dict[str, str]:
        """What an event that offers it says."""
        said = {standing.SUBJECT: str(self.name), "act": str(TextAct.OFFER)}
        words = {f"{_WORDS}{lang}": text for lang, text in self.words.items()}
        return said | words | ({"until": self.until.isoformat()} if self.until else {})

    def said(self, lang: str, now: datetime, source: str) -> str:
        """Its words in a language, or else in the `source`; "": it is over, or there are none."""
        if self.until and now.astimezone(CITY).date() > self.until:
            return ""
        return self.words.get(lang) or self.words.get(source, "")


@dataclass(frozen=True, slots=True)
class HomeTexts:
    """What is in force, and what waits for somebody else."""

    in_force: Mapping[TextName, HomeText] = field(default_factory=dict)
    offered: Mapping[TextName, HomeText] = field(default_factory=dict)


def is_plain(name: TextName, words: str) -> bool:
    """Whether these are words for everybody: in one line, without links, in a notice without telephone numbers."""
    read = unicodedata.normalize("NFKC", words)
    if len(words) > LONGEST[name] or not incidents.is_plain(read, public=True):
        return False
    return name is not TextName.NOTICE or not _NUMBER.search(read)


def problem(it: HomeText, source: str) -> str:
    """What is wrong with a text, as the key of an error; "": nothing. A text without words takes one back.

    `source`: the language that it has in any case.
    """
    if not it.words:
        return "" if it.until is None else "error.text_until"
    known = source in it.words and all(map(_LANGUAGE.fullmatch, it.words))
    if not known or not all(is_plain(it.name, words) for words in it.words.values()):
        return "error.text_words"
    today = it.at.astimezone(CITY).date()
    due = it.until is not None and today <= it.until <= today + SHOWN_FOR
    return "" if due is (it.name is TextName.NOTICE) and (due or it.until is None) else "error.text_until"


def texts(events: Iterable[Event], worked: Callable[[str, datetime], Collection[str]], source: str) -> HomeTexts:
    """What came of all that was said.

    Args:
        events: what is believed, oldest first.
        worked: in which offices somebody did at a time.
        source: the language that each text has in any case.
    """
    in_force, offered = dict[TextName, HomeText](), dict[TextName, HomeText]()
    for event in events:
        name = next((it for it in TextName if it == event.facts.get(standing.SUBJECT)), None)
        if event.kind is not Kind.HOME_TEXT or name is None:
            continue
        if event.facts.get("act") == TextAct.OFFER and (text := _offered(name, event, source)):
            offered[name] = text
        elif event.facts.get("act") == TextAct.AGREE and _agrees(event, offered.get(name), worked):
            in_force[name] = offered.pop(name)
    return HomeTexts({name: it for name, it in in_force.items() if it.words}, offered)


def agreement(text: HomeText) -> dict[str, str]:
    """What an event that agrees to a text says."""
    return {standing.SUBJECT: str(text.name), "act": str(TextAct.AGREE), "digest": text.digest}


def _offered(name: TextName, event: Event, source: str) -> HomeText | None:
    said = event.facts.items()
    words = {fact.removeprefix(_WORDS): text for fact, text in said if fact.startswith(_WORDS)}
    try:
        until = date.fromisoformat(event.facts["until"]) if "until" in event.facts else None
    except ValueError:
        return None
    text = HomeText(name, words, until, event.by, event.at)
    return None if problem(text, source) else text


def _agrees(event: Event, text: HomeText | None, worked: Callable[[str, datetime], Collection[str]]) -> bool:
    """Whether somebody else, of another office, agrees to this very text."""
    if text is None or event.by == text.by or event.facts.get("digest") != text.digest:
        return False
    here, there = set(worked(event.by, event.at)), set(worked(text.by, text.at))
    return bool(here and there) and not here & there

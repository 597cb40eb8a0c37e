"""The home's own texts: who runs it, how to reach them, and one notice to reporters for a time; pure.

Everybody reads them, so one of them could lure a reporter: there are these three and no other, in one line without
links, and one counts only once somebody of another office agreed to it word by word.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from tips.cases import agreements, standing, written_words
from tips.cases.agreements import Agreement, Worked
from tips.cases.deadlines import CITY
from tips.cases.ledger import Event, Kind

SHOWN_FOR: Final = timedelta(days=60)  # a notice, at most
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
    """Whether these are words for everybody; in a notice without telephone numbers."""
    return written_words.may_be_told(words, LONGEST[name], numbers=name is not TextName.NOTICE)


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


def texts(events: Iterable[Event], worked: Worked, source: str) -> HomeTexts:
    """What came of all that was said.

    Args:
        events: what is believed, oldest first.
        worked: see `agreements`.
        source: the language that each text has in any case.
    """
    said: dict[TextName, list[HomeText | Agreement]] = {name: [] for name in TextName}
    for event in events:
        if event.kind is Kind.HOME_TEXT and (it := _said(event, source)):
            said[TextName(event.facts[standing.SUBJECT])].append(it)
    found = {name: agreements.settled(it, worked) for name, it in said.items()}
    return HomeTexts(
        {name: it for name, (it, _) in found.items() if it and it.words},
        {name: it for name, (_, it) in found.items() if it},
    )


def agreement(name: TextName, digest: str) -> dict[str, str]:
    """What an event that agrees to a text says."""
    return {standing.SUBJECT: str(name), "act": str(TextAct.AGREE), "digest": digest}


def _said(event: Event, source: str) -> HomeText | Agreement | None:
    """What an event says of a text; None: nothing that counts."""
    name = next((it for it in TextName if it == event.facts.get(standing.SUBJECT)), None)
    match event.facts.get("act"):
        case TextAct.OFFER if name:
            return _offered(name, event, source)
        case TextAct.AGREE if name:
            return Agreement(event.by, event.at, event.facts.get("digest", ""))
    return None


def _offered(name: TextName, event: Event, source: str) -> HomeText | None:
    said = event.facts.items()
    words = {fact.removeprefix(_WORDS): text for fact, text in said if fact.startswith(_WORDS)}
    try:
        until = date.fromisoformat(event.facts["until"]) if "until" in event.facts else None
    except ValueError:
        return None
    text = HomeText(name, words, until, event.by, event.at)
    return None if problem(text, source) else text

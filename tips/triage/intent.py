"""Intent: what a message is, before anything is stored. When in doubt it is a tip."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tips.triage.lexicon import Found, Hits
from tips.triage.text import Text

NO_TIP: Final = ("status", "how_to", "administrative", "greeting", "out_of_scope", "spam")
LONG: Final = 60  # words: a story, hardly ever a mere question
BRIEF: Final = 9  # words: a greeting is no longer
PLEA: Final = 45  # words: somebody in danger writes no more
_ASKS: Final = 3.0  # what a question adds to everything that is no tip
_DENIES: Final = 4.0  # what "I accuse nobody, just asking" adds
_ENOUGH: Final = 4.5  # below this no message is taken for something else than a tip
_IDLE: Final = 3.0  # a question that tells less of a crime than this is no tip
_DANGER: Final = 6.0
_NARRATED: Final = ("recurring", "past", "held", "weapon", "hurt")
_SYLLABLE: Final = re.compile(r"[^aeiouy]{0,3}[aeiouy]{1,3}[^aeiouy]{0,3}(?:[aeiouy]{1,2}[^aeiouy]{0,3}){0,4}")


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message is, and how sure that is."""

    name: str
    confidence: float


def find(text: Text, found: Found, hits: Hits, category: float, *, placed: bool, accused: bool) -> Intent:
    """The intent of a message.

    Args:
        text: the message.
        found: its weighted phrases.
        hits: its signals.
        category: how strongly its phrases tell of a crime.
        placed: whether it names the place of an incident.
        accused: whether it accuses an official.
    """
    if not text.words:
        return Intent("tip", 0.0)
    tip = _tip(text, hits, category, placed=placed, accused=accused)
    asks = _asks(text, found)
    denies = bool(found.evidence.get("intent:negated"))
    if _in_danger(text, found, hits, category, asks=asks):
        return Intent("emergency", _share(found.score("intent:emergency"), tip))
    scores = {name: _scored(name, found, text, asks=asks, denies=denies) for name in NO_TIP}
    if max(scores[name] for name in NO_TIP if name != "greeting") >= _IDLE:
        scores["greeting"] = min(scores["greeting"], _IDLE)
    best = max(scores, key=lambda name: scores[name])
    if scores[best] >= _ENOUGH and scores[best] > tip - (2.0 if denies else 0.0):
        return Intent(best, _share(scores[best], tip))
    if category < _IDLE and not placed and not accused:
        if asks and len(text.words) < LONG / 2:
            return Intent(best if scores[best] > 0.0 else "out_of_scope", 0.3)
        if _gibberish(text):
            return Intent("spam", 0.5)
    return Intent("tip", _share(tip, scores[best]))


def _asks(text: Text, found: Found) -> bool:
    return bool(found.evidence.get("intent:questions")) or text.original.rstrip().endswith("?")


def _tip(text: Text, hits: Hits, category: float, *, placed: bool, accused: bool) -> float:
    """How much a message reads like a tip: a crime, a place, a time, somebody accused, a story's length."""
    told = sum(bool(hits.get(name)) for name in _NARRATED)
    length = min(len(text.words) / LONG, 1.5) * 2.0
    return category + 2.0 * placed + 3.0 * accused + 0.6 * told + length


def _in_danger(text: Text, found: Found, hits: Hits, category: float, *, asks: bool) -> bool:
    """Whether somebody pleads for help in a danger that is there now."""
    if hits.get("suicide"):
        return True
    listed = found.evidence.get("intent:emergency", ())
    if not listed or (asks and listed[0].weight < _DANGER):
        return False
    score = found.score("intent:emergency") + (1.5 if hits.get("hurt") or hits.get("trapped") else 0.0)
    if hits.get("past") and not hits.get("now") and listed[0].weight <= _DANGER:
        return False
    grave = category >= _IDLE or bool(hits.get("hurt") or hits.get("trapped") or hits.get("held"))
    return score >= _DANGER and len(text.words) <= PLEA and (grave or listed[0].weight >= _DANGER)


def _scored(name: str, found: Found, text: Text, *, asks: bool, denies: bool) -> float:
    score = found.score(f"intent:{name}")
    if not score:
        return 0.0
    if name == "greeting":
        return score + 4.0 if len(text.words) <= BRIEF else score - 4.0
    if name == "spam":
        return score - (3.0 if asks else 0.0)
    if asks:
        score += _ASKS + (2.0 if name == "how_to" and len(text.words) < LONG / 2 else 0.0)
    elif name == "how_to":
        score -= _ASKS
    if denies and name == "how_to":
        score += _DENIES
    return score


def _gibberish(text: Text) -> bool:
    """Whether half of the words could be no syllables of any language."""
    odd = sum(not word.isdecimal() and not _SYLLABLE.fullmatch(word) for word in text.words)
    return odd * 2 >= len(text.words) > 1


def _share(one: float, other: float) -> float:
    return round(one / (one + max(other, 0.0) + 1.0), 3)

"""Intent: what a message is, before anything is stored. When in doubt it is a tip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tips.triage.lexicon import Found
from tips.triage.signals import Hits
from tips.triage.text import Text

NO_TIP: Final = ("status", "how_to", "administrative", "greeting", "out_of_scope", "spam")
LONG: Final = 60  # words: a story, hardly ever a mere question
BRIEF: Final = 9  # words: a greeting is no longer
_ASKS: Final = 3.0  # what a question adds to everything that is no tip
_DENIES: Final = 4.0  # what "I accuse nobody, just asking" adds
_ENOUGH: Final = 5.0  # below this no message is taken for something else than a tip
_DANGER: Final = 6.0
_NARRATED: Final = ("now", "recurring", "past", "held", "weapon", "hurt")


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
        category: the score of its best category.
        placed: whether it names the place of an incident.
        accused: whether it accuses an official.
    """
    if not text.words:
        return Intent("tip", 0.0)
    tip = _tip(text, hits, category, placed=placed, accused=accused)
    asks = bool(found.evidence.get("intent:questions")) or text.original.rstrip().endswith("?")
    denies = bool(found.evidence.get("intent:negated"))
    danger = found.score("intent:emergency") + (3.0 if hits.get("hurt") else 0.0)
    if danger >= _DANGER and _is_danger(found, hits, category) and not (asks and not hits.get("suicide")):
        return Intent("emergency", _share(danger, tip))
    scores = {name: _scored(name, found, text, asks, denies) for name in NO_TIP}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] >= _ENOUGH and scores[best] > tip - (2.0 if denies else 0.0):
        return Intent(best, _share(scores[best], tip))
    return Intent("tip", _share(tip, scores[best]))


def _tip(text: Text, hits: Hits, category: float, *, placed: bool, accused: bool) -> float:
    """How much a message reads like a tip: a crime, a place, a time, somebody accused, a story's length."""
    told = sum(bool(hits.get(name)) for name in _NARRATED)
    length = min(len(text.words) / LONG, 1.5) * 3.0
    return category + 2.0 * placed + 3.0 * accused + 0.8 * told + length


def _is_danger(found: Found, hits: Hits, category: float) -> bool:
    """Whether what is urgent is a danger to somebody, not an impatient request."""
    strongest = found.evidence["intent:emergency"][0].weight if "intent:emergency" in found.evidence else 0.0
    if hits.get("past") and not hits.get("suicide") and strongest < _DANGER:
        return False
    return bool(hits.get("suicide") or (strongest >= _DANGER and (category >= 3.0 or hits.get("hurt"))))


def _scored(name: str, found: Found, text: Text, asks: bool, denies: bool) -> float:
    score = found.score(f"intent:{name}")
    if not score:
        return 0.0
    if name == "greeting":
        return score + 4.0 if len(text.words) <= BRIEF else score - 4.0
    if name == "spam":
        return score - 2.0
    if asks:
        score += _ASKS
    if denies and name == "how_to":
        score += _DENIES
    return score


def _share(one: float, other: float) -> float:
    return round(one / (one + max(other, 0.0) + 1.0), 3)

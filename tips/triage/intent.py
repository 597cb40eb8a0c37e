"""Intent: what a message is, before anything is stored. When in doubt it is a tip.

A linear model over named features (`data/intent_weights.json`, learnt by `scripts/learn_intents.py` from text of the
project's own) says how likely each intent is; two rules stand beside it, for danger and for gibberish.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tips.triage import features, linear
from tips.triage.lexicon import Found, Hits
from tips.triage.text import Text

WEIGHTS: Final = "intent_weights.json"
NO_TIP: Final = ("status", "how_to", "administrative", "greeting", "out_of_scope", "spam")
SURE: Final = 0.7  # so likely must it be that a message is no tip
SURE_OF_CRIME: Final = 0.8  # and where it tells of a crime at a place: whoever is afraid asks a question too
SURE_OF_HINTS: Final = 0.97  # where it hints at somebody in office and asks nothing
GRAVE: Final = 6.0  # a text that tells of a crime as much as this
PLEA: Final = 45  # words: somebody in danger writes no more
_IDLE: Final = 3.0  # a text that tells less of a crime than this may be gibberish
_DANGER: Final = 6.0
_SYLLABLE: Final = re.compile(r"[^aeiouy]{0,3}[aeiouy]{1,3}[^aeiouy]{0,3}(?:[aeiouy]{1,2}[^aeiouy]{0,3}){0,4}")


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message is, and how sure that is."""

    name: str
    confidence: float


def find(
    text: Text,
    found: Found,
    hits: Hits,
    strength: float,
    *,
    placed: bool,
    accused: bool,
    wished: bool = False,
    hinted: bool = False,
    endangered: bool = False,
) -> Intent:
    """The intent of a message.

    The arguments are those of `features.names`, and whether it says who should or must not read it, whether words hint
    at somebody in office, and whether the writer is in danger.
    """
    meant = _meant(text, found, hits, strength, placed=placed, accused=accused)
    if meant.name not in NO_TIP:
        return meant
    if endangered:
        return Intent("emergency", 0.5)
    asks, how = features.asks(text, found), meant.name == "how_to"
    if (wished and not (asks and how)) or (hinted and not (asks or how) and meant.confidence < SURE_OF_HINTS):
        return Intent("tip", 0.5)
    return meant


def _meant(text: Text, found: Found, hits: Hits, strength: float, *, placed: bool, accused: bool) -> Intent:
    if not text.words:
        return Intent("tip", 0.0)
    if text.unread:  # nobody is turned away for words that were not understood
        return Intent("emergency" if _in_danger(text, found, hits, strength) else "tip", 0.0)
    likely = linear.load(WEIGHTS).likely(features.names(text, found, hits, strength, placed=placed, accused=accused))
    if _in_danger(text, found, hits, strength) or likely["emergency"] >= SURE:
        return Intent("emergency", round(max(likely["emergency"], 0.5), 3))
    best = max(NO_TIP, key=lambda name: likely[name])
    least = SURE_OF_CRIME if strength >= GRAVE and (placed or accused) else SURE
    if 1.0 - likely["tip"] - likely["emergency"] >= least:
        return Intent(best, round(likely[best], 3))
    if strength < _IDLE and not placed and not accused and _gibberish(text):
        return Intent("spam", 0.5)
    return Intent("tip", round(likely["tip"], 3))


def _in_danger(text: Text, found: Found, hits: Hits, strength: float) -> bool:
    """Whether somebody pleads for help in a danger that is there now."""
    if hits.get("suicide"):
        return True
    listed = found.evidence.get("intent:emergency", ())
    if not listed or (features.asks(text, found) and listed[0].weight < _DANGER):
        return False
    score = found.score("intent:emergency") + (1.5 if hits.get("hurt") or hits.get("trapped") else 0.0)
    if hits.get("past") and not hits.get("now") and listed[0].weight <= _DANGER:
        return False
    grave = strength >= _IDLE or bool(hits.get("hurt") or hits.get("trapped") or hits.get("held"))
    return score >= _DANGER and len(text.words) <= PLEA and (grave or listed[0].weight >= _DANGER)


def _gibberish(text: Text) -> bool:
    """Whether half of the words could be no syllables of any language."""
    odd = sum(not word.isdecimal() and not _SYLLABLE.fullmatch(word) for word in text.words)
    return odd * 2 >= len(text.words) > 1

"""Intent: what a message is, before anything is stored. When in doubt it is a tip.

The model says how likely each intent is; rules stand beside it for what nobody is turned away for: words that triage
cannot read, a wish about who reads it, a hint at somebody in office, a danger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tips.triage import features
from tips.triage.model import Scores
from tips.triage.reading import Reading
from tips.triage.urgency import IN_DANGER

NO_TIP: Final = ("status", "how_to", "administrative", "greeting", "out_of_scope", "spam")
SURE: Final = 0.75  # so likely must it be that a message is no tip
SURE_OF_CRIME: Final = 0.95  # and where it tells of a crime at a place: whoever is afraid asks a question too
SURE_OF_HINTS: Final = 0.97  # where it hints at somebody in office and asks nothing
CALLS: Final = 0.5  # so likely must it be that somebody calls for help
ENDANGERED: Final = 0.6  # and that a life is in danger, where it is said in so few words
CRY: Final = 6.0  # so much weighs a phrase that is a cry for help
POSSIBLE: Final = 0.03  # so likely must danger be where there is one
PLEA: Final = 45  # words: somebody in danger writes no more


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message is, and how sure that is."""

    name: str
    confidence: float


def find(it: Reading, scores: Scores, *, accused: bool, endangered: bool) -> Intent:
    """The intent of a message.

    Args:
        it: the message.
        scores: what the models say of it.
        accused: whether it accuses somebody in office.
        endangered: whether the writer is threatened, or says that somebody is in danger.
    """
    meant = _meant(it, scores)
    if meant.name not in NO_TIP:
        return meant
    if endangered:
        return Intent("emergency", 0.5)
    asks, how = features.asks(it.text, it.found), meant.name == "how_to"
    wished = it.wished.shut_out or (it.wished.wanted and not (asks and how))
    told = (accused or it.hinted.get("alone")) and meant.confidence < SURE_OF_HINTS and not (asks or how)
    if told or wished:
        return Intent("tip", 0.5)
    return meant


def _cries(it: Reading) -> bool:
    """Whether it holds words that hardly anybody uses but in danger, and asks nothing."""
    listed = it.found.evidence.get("intent:emergency", ())
    cries = bool(it.hits.get("suicide")) or bool(listed and listed[0].weight >= CRY)
    return cries and len(it.text.words) <= PLEA and not features.asks(it.text, it.found)


def _meant(it: Reading, scores: Scores) -> Intent:
    likely = scores.intents
    calls = likely["emergency"]
    if it.unsaid:
        return Intent("emergency" if _cries(it) else "tip", 0.0)
    if _cries(it) and scores.danger >= POSSIBLE:
        return Intent("emergency", round(max(calls, 0.5), 3))
    if calls >= CALLS or (scores.danger >= ENDANGERED and len(it.text.words) <= PLEA and calls > likely["tip"] / 2):
        return Intent("emergency", round(max(calls, 0.5), 3))
    best = max(NO_TIP, key=lambda name: likely[name])
    least = SURE_OF_CRIME if it.tells_of_crime else SURE
    if 1.0 - likely["tip"] - calls >= least and scores.danger < IN_DANGER:
        return Intent(best, round(likely[best], 3))
    return Intent("tip", round(likely["tip"], 3))

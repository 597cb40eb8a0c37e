"""Category: which of the taxonomy's codes the words speak for, and how sure that is."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tips.triage import words
from tips.triage.finding import Accusation, Reason
from tips.triage.lexicon import Found, Hits
from tips.triage.text import Text, read

OFFICE: Final = ("corruption.", "cover_up.", "justice.")  # what a tip that accuses an official is about
OFFICIAL: Final = (  # hardly ever said of anybody else
    "corruption.bribery", "corruption.abuse_of_office", "cover_up.protection", "cover_up.mishandled_case", "justice.",
)  # fmt: skip
OFFICE_FIRST: Final = 8.0  # so much further up are such categories where an official is accused
PRIVATE: Final = 0.45  # what is left of an official's crime where no official is accused
COVERED: Final = 3.0  # what an accused official adds to the likeliest of them
POLICE: Final = frozenset({"ward_police", "district_police", "city_department", "city_police_leadership"})
CHILD: Final = {"sexual.rape": "child.sexual", "sexual.harassment": "child.sexual", "violence.assault": "child.abuse"}


@dataclass(frozen=True, slots=True)
class Category:
    """The two likeliest codes, and how strongly whole phrases (not single words) tell of a crime."""

    code: str | None
    second: str | None
    told: float
    confidence: float


@functools.cache
def codes() -> Mapping[str, Mapping[str, Any]]:
    """The taxonomy, by code."""
    return {row["code"]: row for row in read("taxonomy.json")}


def find(text: Text, found: Found, hits: Hits, accusations: Sequence[Accusation]) -> tuple[Category, list[Reason]]:
    """The category of a text, and the words that speak for it."""
    phrases = {code: found.score(code) for code in found.evidence if code in codes()}
    scores = words.score(text)
    for code, score in phrases.items():
        scores[code] = scores.get(code, 0.0) + score
    _weigh(scores, hits, accusations)
    told = max((_plain(code, score, accusations) for code, score in phrases.items()), default=0.0)
    ranked = sorted((code for code in scores if scores[code] > 0), key=lambda code: (-scores[code], code))
    if not ranked:
        return Category(None, None, told, 0.0), []
    best = ranked[0]
    second = ranked[1] if len(ranked) > 1 else None
    rival = scores[second] if second else 0.0
    confidence = round(scores[best] / (scores[best] + rival + 2.0), 3)
    return Category(best, second, told, confidence), _reasons(text, found, best)


def _weigh(scores: dict[str, float], hits: Hits, accusations: Sequence[Accusation]) -> None:
    """What the accused and the victims change."""
    kinds = {it.kind for it in accusations}
    if hits.get("child"):
        for code, of_child in CHILD.items():
            if scores.get(code, 0.0) >= 5.0:
                scores[of_child] = scores.get(of_child, 0.0) + scores[code] * 0.8
    if not kinds:
        scores |= {code: _plain(code, score, ()) for code, score in scores.items()}
        return
    if hits.get("cover_up") or (kinds & POLICE and _crime(scores) >= 5.0):
        scores["cover_up.protection"] = scores.get("cover_up.protection", 0.0) + COVERED
    elif not any(code.startswith(OFFICE) for code in scores):
        scores["corruption.abuse_of_office"] = COVERED
    for code in scores:
        if code.startswith(OFFICE):
            scores[code] += OFFICE_FIRST


def _plain(code: str, score: float, accusations: Sequence[Accusation]) -> float:
    """A score as it counts: an official's crime counts for less where no official is accused."""
    return score if accusations or not code.startswith(OFFICIAL) else score * PRIVATE


def _crime(scores: Mapping[str, float]) -> float:
    """The strongest score of a crime that anybody may commit."""
    return max((score for code, score in scores.items() if not code.startswith(OFFICE)), default=0.0)


def _reasons(text: Text, found: Found, code: str) -> list[Reason]:
    listed = found.evidence.get(code, [])[:3]
    if not listed:
        return []
    words = ", ".join(text.said(it.first, it.after) for it in listed)
    span = text.span(listed[0].first, listed[0].after)
    return [Reason("category.words", span, {"evidence": words, "category": code})]

"""Category: which of the taxonomy's codes the words speak for, and how sure that is."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tips.triage.finding import Accusation, Reason
from tips.triage.lexicon import Found, Hits
from tips.triage.text import Text, read

OFFICIAL: Final = ("corruption.", "cover_up.protection", "cover_up.mishandled_case", "justice.")
PRIVATE: Final = 0.45  # what is left of an official's crime where no official is accused
COVERED: Final = 5.0  # what an accused official adds to protection, if the words speak of it
POLICE: Final = frozenset({"ward_police", "district_police", "city_department", "city_police_leadership"})
CHILD: Final = {"sexual.rape": "child.sexual", "sexual.harassment": "child.sexual", "violence.assault": "child.abuse"}


@dataclass(frozen=True, slots=True)
class Category:
    """The two likeliest codes."""

    code: str | None
    second: str | None
    score: float
    confidence: float


@functools.cache
def codes() -> Mapping[str, Mapping[str, Any]]:
    """The taxonomy, by code."""
    return {row["code"]: row for row in read("taxonomy.json")}


def find(text: Text, found: Found, hits: Hits, accusations: Sequence[Accusation]) -> tuple[Category, list[Reason]]:
    """The category of a text, and the words that speak for it."""
    scores = {code: found.score(code) for code in found.evidence if code in codes()}
    _weigh(scores, hits, accusations)
    ranked = sorted((code for code in scores if scores[code] > 0), key=lambda code: (-scores[code], code))
    if not ranked:
        return Category(None, None, 0.0, 0.0), []
    best = ranked[0]
    second = ranked[1] if len(ranked) > 1 else None
    rival = scores[second] if second else 0.0
    confidence = round(scores[best] / (scores[best] + rival + 2.0), 3)
    return Category(best, second, scores[best], confidence), _reasons(text, found, best)


def _weigh(scores: dict[str, float], hits: Hits, accusations: Sequence[Accusation]) -> None:
    """What the accused and the victims change."""
    kinds = {it.kind for it in accusations}
    if not kinds:
        for code in scores:
            if code.startswith(OFFICIAL):
                scores[code] *= PRIVATE
    elif scores.get("cover_up.protection", 0.0) or (hits.get("cover_up") and kinds & POLICE):
        scores["cover_up.protection"] = scores.get("cover_up.protection", 0.0) + COVERED
    if kinds & POLICE and scores.get("cover_up.mishandled_case", 0.0) >= 5.0:
        scores["cover_up.mishandled_case"] += COVERED
    if kinds and scores.get("corruption.bribery", 0.0) >= 3.0:
        scores["corruption.bribery"] += 3.0
    if kinds and not any(code.startswith(("corruption.", "cover_up.", "justice.")) for code in scores):
        scores["corruption.abuse_of_office"] = 3.0
    if hits.get("child"):
        for code, of_child in CHILD.items():
            if scores.get(code, 0.0) >= 5.0:
                scores[of_child] = scores.get(of_child, 0.0) + scores[code] * 0.8


def _reasons(text: Text, found: Found, code: str) -> list[Reason]:
    listed = found.evidence.get(code, [])[:3]
    if not listed:
        return []
    words = ", ".join(text.said(it.first, it.after) for it in listed)
    span = text.span(listed[0].first, listed[0].after)
    return [Reason("category.words", span, {"evidence": words, "category": code})]

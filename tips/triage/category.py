"""Category: which of the taxonomy's codes a text speaks of, and how sure that is.

The model decides; the weighted phrases of the code that it chose are what an officer is shown as the reason.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tips.organisation.taxonomy import Flag, categories, has
from tips.triage.model import TOLD, Models, Scores
from tips.triage.reading import Reading
from tips.triage.results import Accusation, Reason

PRIVATE: Final = 0.25  # what is left of an official's crime where no official is accused
LEAST: Final = 0.06  # below this the model knows nothing, with 57 codes to choose from


@dataclass(frozen=True, slots=True)
class Category:
    """The two likeliest codes; no code where nothing speaks for any."""

    code: str | None
    second: str | None
    confidence: float  # 0 to 1


def find(
    it: Reading, models: Models, scores: Scores, accusations: Sequence[Accusation]
) -> tuple[Category, list[Reason]]:
    """The category of a text, and the words that speak for it."""
    if it.unsaid:
        return Category(None, None, 0.0), []
    likely = {**scores.categories}
    if not accusations:
        likely |= {code: likely[code] * PRIVATE for code in _officials_only() & likely.keys()}
    best, second = sorted(sorted(likely), key=likely.__getitem__, reverse=True)[:2]
    if likely[best] < LEAST:
        return Category(None, None, 0.0), []
    return Category(best, second, round(likely[best], 3)), _reasons(it, models, best)


@functools.cache
def _officials_only() -> frozenset[str]:
    """The crimes of officials, which count for less where no official is accused."""
    return frozenset(code for code in categories() if has(code, Flag.OFFICIALS_ONLY))


def _reasons(it: Reading, models: Models, code: str) -> list[Reason]:
    """The lexicon's phrases for a code; where it has none, the words that spoke most for it."""
    listed = [(one.first, one.after) for one in it.found.evidence.get(code, [])[:TOLD]]
    listed = listed or models.telling(it.grams, "category", code)
    if not listed:
        return []
    words = ", ".join(it.text.said(*spot) for spot in listed)
    return [Reason("category.words", it.text.span(*listed[0]), {"evidence": words, "category": code})]

"""Category: which of the taxonomy's codes a text speaks of, and how sure that is.

A linear model (`data/category_weights.json`, learnt by `scripts/learn_categories.py` from text of the project's own)
over the words, the weighted phrases, the kinds of the accused and what is at stake. The phrases are also what an
officer is shown as the reason.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tips.organisation.taxonomy import Flag, categories, has
from tips.triage import linear
from tips.triage.gazetteer import Mention
from tips.triage.lexicon import Found, Hits
from tips.triage.results import Accusation, Reason
from tips.triage.text import Text

WEIGHTS: Final = "category_weights.json"
PRIVATE: Final = 0.25  # what is left of an official's crime where no official is accused
AT_STAKE: Final = ("child", "weapon", "cover_up", "held", "hurt")
STEPS: Final = (0.0, 2.0, 4.0, 6.0, 9.0)  # of a code's phrases: each weight that is passed is a feature
LEAST: Final = 0.06  # below this the model knows nothing, with 57 codes to choose from


@dataclass(frozen=True, slots=True)
class Category:
    """The two likeliest codes; no code where nothing speaks for any."""

    code: str | None
    second: str | None
    confidence: float  # 0 to 1
    in_office: float  # how likely it is an offence in office, whoever is accused


def find(
    text: Text, found: Found, hits: Hits, mentions: Sequence[Mention], accusations: Sequence[Accusation]
) -> tuple[Category, list[Reason]]:
    """The category of a text, and the words that speak for it."""
    if text.unread:
        return Category(None, None, 0.0, 0.0), []
    guessed = linear.load(WEIGHTS).likely(features(text, found, hits, mentions, accusations))
    likely = {code: _plain(code, share, accusations) for code, share in guessed.items()}
    in_office = sum(guessed[code] for code in _in_office())
    best, second = sorted(likely, key=lambda code: (-likely[code], code))[:2]
    if likely[best] < LEAST:
        return Category(None, None, 0.0, in_office), []
    return Category(best, second, round(likely[best], 3), in_office), _reasons(text, found, best)


@functools.cache
def _in_office() -> tuple[str, ...]:
    known = linear.load(WEIGHTS).answers
    return tuple(code for code in known if has(code, Flag.OFFENCE_IN_OFFICE))


def phrase_strength(found: Found, accusations: Sequence[Accusation]) -> float:
    """How strongly whole phrases (not single words) tell of a crime."""
    scores = ((code, found.score(code)) for code in found.evidence if code in categories())
    return max((_plain(code, score, accusations) for code, score in scores), default=0.0)


def features(
    text: Text,
    found: Found,
    hits: Hits,
    mentions: Sequence[Mention],
    accusations: Sequence[Accusation],
    *,
    bare: bool = False,
) -> list[str]:
    """What the category of a text is judged by, each once, in a fixed order.

    Args:
        text: the message.
        found: its weighted phrases.
        hits: its signals.
        mentions: the places that it names: a street called after a revolution tells of none.
        accusations: who is accused.
        bare: as if it were written without accents.
    """
    places = {at for it in mentions for at in range(it.first, it.after)}
    listed = list(_neighbours("", text.words, places))
    if text.accented and not bare:
        listed += _neighbours("'", text.canons, places)
    for code in found.evidence:
        score = found.score(code)
        listed += [f"!{code}>{step:g}" for step in STEPS if score > step]
    listed += [f"!{it.kind}" for it in accusations] or ["!nobody"]
    listed += [f"!{name}" for name in AT_STAKE if hits.get(name)]
    return list(dict.fromkeys(listed))


def _neighbours(mark: str, words: Sequence[str], places: set[int]) -> Iterator[str]:
    """The words and pairs of neighbours; numbers are one word, and so are places."""
    said = [f"{mark}{'@' if at in places else '#' if it.isdecimal() else it}" for at, it in enumerate(words)]
    yield from said
    yield from map(" ".join, itertools.pairwise(said))


def _plain(code: str, score: float, accusations: Sequence[Accusation]) -> float:
    """A score as it counts: an official's crime counts for less where no official is accused."""
    return score if accusations or not has(code, Flag.OFFICIALS_ONLY) else score * PRIVATE


def _reasons(text: Text, found: Found, code: str) -> list[Reason]:
    listed = found.evidence.get(code, [])[:3]
    if not listed:
        return []
    words = ", ".join(text.said(it.first, it.after) for it in listed)
    span = text.span(listed[0].first, listed[0].after)
    return [Reason("category.words", span, {"evidence": words, "category": code})]

"""Single words: the small linear model behind the phrases, with its weights as data (`data/weights.json`)."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from tips.triage.text import Text, canonical, parse, read

FADING: Final = 0.75  # each further word for a category counts so much less
_Weights = Mapping[str, Mapping[str, float]]


@functools.cache
def load() -> tuple[_Weights, _Weights]:
    """Weights by word with its accents, and by bare word: there the mean of all words that it may stand for."""
    exact: _Weights = read("weights.json")["words"]
    senses: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    for word, weights in exact.items():
        senses[" ".join(parse(_readable(word)).words)].append(weights)
    return exact, {word: _mean(found) for word, found in senses.items()}


def _readable(word: str) -> str:
    """A canonical word without the tone numbers at the end of each syllable."""
    return " ".join(part.rstrip("0123456789") or part for part in word.split())


def _mean(senses: list[Mapping[str, float]]) -> Mapping[str, float]:
    total: dict[str, float] = defaultdict(float)
    for weights in senses:
        for code, weight in weights.items():
            total[code] += weight / len(senses)
    return dict(total)


def score(text: Text) -> dict[str, float]:
    """What the single words and neighbouring pairs say for each category."""
    exact, bare = load()
    found: dict[str, list[float]] = defaultdict(list)
    seen: set[str] = set()
    before = before_bare = ""
    for word, raw in zip(text.words, text.raws, strict=True):
        accented = raw if raw.isascii() else canonical(raw)
        for key, plain in ((accented, word), (f"{before} {accented}", f"{before_bare} {word}")):
            if key in seen:
                continue
            seen.add(key)
            weights = exact.get(key)
            if weights is None and not text.accented:
                weights = bare.get(plain)
            for code, weight in (weights or {}).items():
                found[code].append(weight)
        before, before_bare = accented, word
    return {code: _faded(weights) for code, weights in found.items()}


def _faded(weights: list[float]) -> float:
    total, share = 0.0, 1.0
    for weight in sorted(weights, reverse=True):
        total += weight * share
        share *= FADING
    return total

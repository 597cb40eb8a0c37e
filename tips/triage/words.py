"""Single words: the small linear model behind the phrases, with its weights as data (`data/weights.json`)."""

from __future__ import annotations

import functools
import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tips.triage.text import Text, parse, read

FADING: Final = 0.75  # each further word for a category counts so much less
Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by word, and by a word and the one after it."""

    singles: dict[str, Weights] = field(default_factory=dict)
    pairs: dict[str, dict[str, Weights]] = field(default_factory=dict)

    def learn(self, key: str, weights: Weights) -> None:
        """Take in a word, or two parted by a space."""
        first, _, second = key.partition(" ")
        if second:
            self.pairs.setdefault(first, {})[second] = weights
        else:
            self.singles[first] = weights


@functools.cache
def load() -> tuple[Model, Model]:
    """The model of words with their accents, and of bare words: there the mean of all words that one may stand for."""
    exact, bare = Model(), Model()
    senses: dict[str, list[Weights]] = defaultdict(list)
    for key, weights in read("weights.json")["words"].items():
        exact.learn(key, weights)
        senses[" ".join(parse(_readable(key)).words)].append(weights)
    for key, found in senses.items():
        bare.learn(key, _mean(found))
    return exact, bare


def _readable(word: str) -> str:
    """A canonical word without the tone numbers at the end of each syllable."""
    return " ".join(part.rstrip("0123456789") or part for part in word.split())


def _mean(senses: list[Weights]) -> Weights:
    total: dict[str, float] = defaultdict(float)
    for weights in senses:
        for code, weight in weights.items():
            total[code] += weight / len(senses)
    return dict(total)


def score(text: Text) -> dict[str, float]:
    """What the single words and neighbouring pairs say for each code; a word counts once."""
    exact, bare = load()
    found: dict[str, list[float]] = defaultdict(list)
    for weights in _distinct(text.canons, exact) if text.accented else _distinct(text.words, bare):
        for code, weight in weights.items():
            found[code].append(weight)
    return {code: _faded(listed) for code, listed in found.items()}


def _distinct(words: list[str], model: Model) -> list[Weights]:
    """The weights of a text's words and pairs, each once."""
    seen = dict.fromkeys(words)
    listed = [weights for word in seen if (weights := model.singles.get(word))]
    following = {
        (first, second): weights
        for first, second in itertools.pairwise(words)
        if first in model.pairs and (weights := model.pairs[first].get(second))
    }
    return listed + list(following.values())


def _faded(weights: list[float]) -> float:
    total, share = 0.0, 1.0
    for weight in sorted(weights, reverse=True):
        total += weight * share
        share *= FADING
    return total

"""Weighted phrases: what speaks for each category and for each intent, in one pass over a text."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tips.triage.text import Phrases, Text, read

FADING: Final = 0.5  # each further phrase for the same thing counts half as much as the one before


@dataclass(frozen=True, slots=True)
class Evidence:
    """A phrase that was found."""

    weight: float
    first: int  # words from, up to
    after: int


@dataclass(frozen=True, slots=True)
class Found:
    """What speaks for each thing, the strongest first."""

    evidence: Mapping[str, list[Evidence]]

    def score(self, name: str) -> float:
        """The weights of a thing's distinct phrases, fading."""
        listed = self.evidence.get(name)
        if not listed:
            return 0.0
        return sum(it.weight * FADING**index for index, it in enumerate(listed[:6]))


@functools.cache
def _tree() -> Phrases[tuple[str, float]]:
    tree: Phrases[tuple[str, float]] = Phrases()
    for code, weights in read("lexicon.json")["categories"].items():
        for weight, phrases in weights.items():
            for phrase in phrases:
                tree.add(phrase, (code, float(weight)))
    data = read("intents.json")
    for intent, weights in data["intents"].items():
        for weight, phrases in weights.items():
            for phrase in phrases:
                tree.add(phrase, (f"intent:{intent}", float(weight)))
    for name in ("questions", "negated"):
        for phrase in data[name]:
            tree.add(phrase, (f"intent:{name}", 1.0))
    return tree


def load() -> None:
    """Build the tree now rather than at the first text."""
    _tree()


def find(text: Text) -> Found:
    """Everything that the text has words for."""
    found: dict[str, dict[tuple[str, ...], Evidence]] = {}
    for first, after, (name, weight) in _tree().find(text):
        said = tuple(text.words[first:after])
        kept = found.setdefault(name, {})
        if said not in kept:
            kept[said] = Evidence(weight, first, after)
    return Found({name: sorted(kept.values(), key=_by_weight) for name, kept in found.items()})


def _by_weight(evidence: Evidence) -> tuple[float, int]:
    return -evidence.weight, evidence.first

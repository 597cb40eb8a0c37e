"""Duplicates: whether two tips may tell of the same event, judged in an officer's session and kept nowhere.

A sketch of a text that lay in the store could be tested against guesses; so sketches are made of texts that the session
has just opened, and are gone with the answer. Cases are linked, never merged: keys, mailboxes and states stay apart.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tips.triage.text import parse

ALIKE: Final = 0.3  # from here on two texts may be about the same event
OFFERED: Final = 5  # look-alikes that are offered at most
Sketch = frozenset[str]  # folded words and neighbouring pairs


@dataclass(frozen=True, slots=True)
class Alike:
    """A case that may tell of the same event, and how alike it is, from 0 to 1."""

    case: bytes
    likeness: float


def sketch(text: str) -> Sketch:
    """What is compared of a text: accents, case and spelling variants play no part."""
    words = parse(text).words
    return frozenset(words) | {" ".join(pair) for pair in itertools.pairwise(words)}


def find(sought: Sketch, others: Mapping[bytes, Sketch]) -> list[Alike]:
    """The look-alikes of a sketch, the most alike first; what many texts share counts little."""
    uses = Counter(part for it in (sought, *others.values()) for part in it)
    total = len(others) + 1
    weights = {part: math.log((total + 1) / (count + 0.5)) for part, count in uses.items()}
    scored = [Alike(case, _likeness(sought, other, weights)) for case, other in others.items()]
    alike = [it for it in scored if it.likeness >= ALIKE]
    return sorted(alike, key=lambda it: (-it.likeness, it.case))[:OFFERED]


def _likeness(one: Sketch, other: Sketch, weights: Mapping[str, float]) -> float:
    """Weighted overlap, by the shorter text: a long story may hold a short one."""
    shared = sum(weights[part] for part in one & other)
    least = min(sum(weights[part] for part in it) for it in (one, other))
    return round(shared / least, 3) if least > 0 else 0.0


def may_link(readers: Sequence[str], excluded: frozenset[str], others: Sequence[str], shut: frozenset[str]) -> bool:
    """Whether two cases may name each other: no reader of one is excluded by the other."""
    return not (set(readers) & shut or set(others) & excluded)

"""Linear models over named features, with their weights as data: what the scripts learn and triage reads."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tips.data import read

Row = Sequence[tuple[int, float]]  # the answer's number and the weight, for answers that the feature speaks of


@dataclass(frozen=True, slots=True)
class Model:
    """The weights: for each feature a row."""

    answers: tuple[str, ...]
    base: tuple[float, ...]
    weights: Mapping[str, Row]

    def likely(self, listed: Sequence[str]) -> dict[str, float]:
        """How likely each answer is (softmax of the weights' sum, scaled to the number of known features)."""
        find = self.weights.get
        known = [row for name in listed if (row := find(name))]
        sums = [0.0] * len(self.answers)
        for row in known:
            for answer, weight in row:
                sums[answer] += weight
        scale = 1.0 / math.sqrt(max(len(known), 1))
        return dict(
            zip(self.answers, softmax([a + scale * b for a, b in zip(self.base, sums, strict=True)]), strict=True)
        )


def softmax(sums: Sequence[float]) -> list[float]:
    """Shares that add up to one."""
    highest = max(sums)
    powers = [math.exp(value - highest) for value in sums]
    total = sum(powers)
    return [power / total for power in powers]


@functools.cache
def load(name: str) -> Model:
    """The model of a data file, read once."""
    data = read(name)
    rows = {feature: tuple(zip(row[::2], row[1::2], strict=True)) for feature, row in data["features"].items()}
    return Model(tuple(data["answers"]), tuple(data["base"]), rows)

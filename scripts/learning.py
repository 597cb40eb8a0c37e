"""Softmax regression by plain gradient steps in a fixed order, so that everybody gets the same numbers."""

from __future__ import annotations

import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tips.triage.linear import Model, Row, softmax

DATA: Final = Path(__file__).resolve().parent.parent / "tips" / "data"
EPOCHS: Final = 12
RATE: Final = 0.5  # of the first epoch; the n-th steps 1/n as far
USED: Final = 2  # a feature of fewer examples is not learnt
LEAST: Final = 0.12
Example = tuple[str, list[str], float]  # the answer, the features, what it counts


def learnt(given: Sequence[Example], least: float = LEAST) -> Model:
    """The model of some examples; weights below `least` are left out."""
    used = Counter(name for _, names, _ in given for name in names)
    shuffled = [(answer, [name for name in names if used[name] >= USED], counts) for answer, names, counts in given]
    answers = sorted({answer for answer, _, _ in given})
    weights: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(answers))
    base = [0.0] * len(answers)
    order = random.Random(7)
    for epoch in range(1, EPOCHS + 1):
        order.shuffle(shuffled)
        for answer, names, counts in shuffled:
            _step(answers.index(answer), names, counts * RATE / epoch, weights, base)
    kept = {name: row for name, listed in weights.items() if (row := _row(listed, least))}
    return Model(tuple(answers), tuple(round(value, 3) for value in base), kept)


def _row(weights: Sequence[float], least: float) -> Row:
    """The weights of a feature that say something."""
    return tuple((answer, round(weight, 2)) for answer, weight in enumerate(weights) if abs(weight) >= least)


def write(model: Model, name: str, source: str) -> None:
    """Write a model as a data file."""
    rows = ",\n".join(
        f"    {json.dumps(feature, ensure_ascii=False)}: {json.dumps([value for pair in row for value in pair])}"
        for feature, row in sorted(model.weights.items())
    )
    head = json.dumps({"source": source, "answers": model.answers, "base": model.base}, indent=1)[:-2]
    DATA.joinpath(name).write_text(f'{head},\n "features": {{\n{rows}\n }}\n}}\n', "utf-8")


def _step(right: int, names: list[str], rate: float, weights: dict[str, list[float]], base: list[float]) -> None:
    """One step towards the right answer of one example."""
    scale = 1.0 / math.sqrt(max(len(names), 1))
    listed = [weights[name] for name in names]
    totals = [scale * sum(column) for column in zip(*listed, strict=True)] or [0.0] * len(base)
    shares = softmax([value + total for value, total in zip(base, totals, strict=True)])
    pulls = [((at == right) - share) * rate for at, share in enumerate(shares)]
    for at, pull in enumerate(pulls):
        base[at] += pull * 0.1
    steps = [pull * scale * 2.0 for pull in pulls]
    for row in listed:
        row[:] = [weight + step for weight, step in zip(row, steps, strict=True)]

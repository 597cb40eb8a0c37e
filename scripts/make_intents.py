"""Make `tips/data/intent_weights.json`: a linear model of intents, learnt from the project's own text.

    python scripts/make_intents.py

Softmax regression by plain gradient steps in a fixed order, so that everybody gets the same numbers. The text is the
invented messages of `scripts/messages.tsv` and of the demo, and the crimes' phrases of the lexicon as short tips; no
newspaper and no labelled test message goes in.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tips import organisation  # noqa: E402
from tips.triage import Triager  # noqa: E402
from tips.triage.intent import Model, softmax  # noqa: E402

EPOCHS: Final = 12
RATE: Final = 0.5  # of the first epoch; the n-th steps 1/n as far
PHRASE: Final = 0.1  # what a phrase of the lexicon counts, beside a message
USED: Final = 2  # a feature of fewer messages is not learnt
LEAST: Final = 0.12  # a feature whose weights are all below this is left out
Example = tuple[str, list[str], float]  # intent, features, what it counts


def main() -> None:
    """Learn and write."""
    model = learnt(list(examples()))
    rows = ",\n".join(
        f"    {json.dumps(name, ensure_ascii=False)}: {json.dumps(list(weights))}"
        for name, weights in sorted(model.weights.items())
    )
    head = {"source": "scripts/make_intents.py, from messages written for Tin Báo", "intents": model.intents}
    text = json.dumps(head | {"base": model.base}, indent=1)[:-2]
    ROOT.joinpath("tips/data/intent_weights.json").write_text(f'{text},\n "features": {{\n{rows}\n }}\n}}\n', "utf-8")


def examples() -> Iterator[Example]:
    """Everything to learn from."""
    triager = Triager(organisation.load("hcmc-districts"))
    for line in ROOT.joinpath("scripts/messages.tsv").read_text("utf-8").splitlines():
        intent, _, _, text = line.split("\t")
        yield intent, triager.features(text), 1.0
    for seed in json.loads(ROOT.joinpath("bot/seeds.json").read_text("utf-8"))["tips"]:
        yield "tip", triager.features(seed["text"]), 1.0
    for weights in json.loads(ROOT.joinpath("tips/data/lexicon.json").read_text("utf-8"))["categories"].values():
        for phrase in (phrase for phrases in weights.values() for phrase in phrases):
            yield "tip", triager.features(phrase.lstrip("~^")), PHRASE


def learnt(given: Sequence[Example]) -> Model:
    """The model of some examples."""
    used = Counter(name for _, names, _ in given for name in names)
    shuffled = [(intent, [name for name in names if used[name] >= USED], counts) for intent, names, counts in given]
    intents = sorted({intent for intent, _, _ in given})
    weights: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(intents))
    base = [0.0] * len(intents)
    order = random.Random(7)
    for epoch in range(1, EPOCHS + 1):
        order.shuffle(shuffled)
        for intent, names, counts in shuffled:
            _step(intents.index(intent), names, counts * RATE / epoch, weights, base)
    kept = {
        name: tuple(round(weight, 2) for weight in listed)
        for name, listed in weights.items()
        if max(map(abs, listed)) >= LEAST
    }
    return Model(tuple(intents), tuple(round(value, 3) for value in base), kept)


def _step(right: int, names: list[str], rate: float, weights: dict[str, list[float]], base: list[float]) -> None:
    """One step towards the right answer of one example."""
    scale = 1.0 / math.sqrt(max(len(names), 1))
    listed = [weights[name] for name in names]
    sums = {str(at): value + scale * sum(row[at] for row in listed) for at, value in enumerate(base)}
    for at, share in enumerate(softmax(sums).values()):
        pull = ((at == right) - share) * rate
        base[at] += pull * 0.1
        for row in listed:
            row[at] += pull * scale * 2.0


if __name__ == "__main__":
    main()

"""Make `tips/data/intent_weights.json`: a linear model of intents, learnt from the project's own text.

    make learn

The text is the invented messages of `scripts/messages.tsv` and of the demo, and the crimes' phrases of the lexicon as
short tips; no newspaper and no labelled test message goes in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

import learning  # noqa: E402

from tips.organisation import units  # noqa: E402
from tips.triage import Triager, intent  # noqa: E402

PHRASE: Final = 0.1  # what a phrase of the lexicon counts, beside a message


def examples() -> Iterator[learning.Example]:
    """Everything to learn from."""
    triager = Triager(units.load("hcmc-districts"))
    for line in ROOT.joinpath("scripts/messages.tsv").read_text("utf-8").splitlines():
        name, _, _, text = line.split("\t")
        yield name, triager.features(text), 1.0
    for seed in json.loads(ROOT.joinpath("bot/demo/seeds.json").read_text("utf-8"))["tips"]:
        yield "tip", triager.features(seed["text"]), 1.0
    for weights in json.loads(ROOT.joinpath("tips/data/lexicon.json").read_text("utf-8"))["categories"].values():
        for phrase in (phrase for phrases in weights.values() for phrase in phrases):
            yield "tip", triager.features(phrase.lstrip("~^")), PHRASE


if __name__ == "__main__":
    learning.write(
        learning.learnt(list(examples())),
        intent.WEIGHTS,
        "scripts/learn_intents.py, from messages written for Tin Báo",
    )

"""Make `tips/data/category_weights.json`: a linear model of categories, learnt from the project's own text.

    make learn

The text is the invented messages of `scripts/messages.tsv`, each also as if written without accents; no newspaper and
no labelled test message goes in. Run it after `learn_accusations.py`: who is accused is one of the features.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

import learning  # noqa: E402

from tips.organisation import units  # noqa: E402
from tips.triage import Triager, category  # noqa: E402

RATE: Final = 4.0  # a text counts so much more than for eight intents: there are seven times as many answers
LEAST: Final = 0.3  # weights below this cost time and say nothing
BARE: Final = 0.5  # what a text counts without its accents, beside itself


def examples() -> Iterator[learning.Example]:
    """Every tip, with its category."""
    triager = Triager(units.load("hcmc-districts"))
    for line in ROOT.joinpath("scripts/messages.tsv").read_text("utf-8").splitlines():
        _, code, _, text = line.split("\t")
        if code != "-":
            yield code, triager.category_features(text), RATE
            yield code, triager.category_features(text, bare=True), RATE * BARE


if __name__ == "__main__":
    learning.write(
        learning.learnt(list(examples()), LEAST),
        category.WEIGHTS,
        "scripts/learn_categories.py, from messages written for Tin Báo",
    )

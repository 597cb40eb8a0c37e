"""Make `tips/data/accused_weights.json`: whether a mention of an official accuses it.

    make learn

Learnt from the invented messages of `scripts/messages.tsv`, each labelled with the kind of official that it accuses;
no newspaper and no labelled test message goes in. Where a message accuses one kind, its mentions of other kinds are
left out: nobody said whether they are accused too.
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
from tips.triage import Triager, accusation_model  # noqa: E402

ACCUSED: Final = 2.0  # what a mention counts that accuses: they are fewer, and missing one is worse
IN_TIP: Final = 1.5  # and one that does not, in a tip; in any other message 1


def examples() -> Iterator[learning.Example]:
    """Every mention of an official, with its answer."""
    triager = Triager(units.load("hcmc-districts"))
    for line in ROOT.joinpath("scripts/messages.tsv").read_text("utf-8").splitlines():
        intent, _, accused, text = line.split("\t")
        for kind, cues in triager.cues(text):
            if accused == "none":
                yield "mentioned", cues, IN_TIP if intent == "tip" else 1.0
            elif kind == accused:
                yield "accused", cues, ACCUSED


if __name__ == "__main__":
    learning.write(
        learning.learnt(list(examples())),
        accusation_model.WEIGHTS,
        "scripts/learn_accusations.py, from messages written for Tin Báo",
    )

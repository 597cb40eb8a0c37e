"""The learning curve: what triage gets right on the third of the messages that is kept out, by how many it learnt from.

    python -m scripts.curve [STEP]

More messages are worth writing as long as a step still gains half a point.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from scripts import learn
from scripts.learning import messages
from scripts.learning.messages import Message
from tips.organisation import units
from tips.triage import Band, Triage, Triager, model

STEP: Final = 2000
ASKED: Final = ("tips kept", "category group", "accused found", "accused found or asked", "not accused falsely",
                "clean tips not asked", "danger found", "no false danger")  # fmt: skip


def main(step: int) -> None:
    """Print a line for each step."""
    every = messages.read()
    kept_out = [it for it in every if it.held_out]
    given = sorted((it for it in every if not it.held_out), key=lambda it: it.text[::-1])  # all voices, in no order
    print(f"{'learnt from':>12}", *(f"{it:>23}" for it in ASKED))
    for count in (*range(step, len(given), step), len(given)):
        triager = _learnt(given[:count])
        right, asked = Counter[str](), Counter[str]()
        for it in kept_out:
            for question, holds in _judged(it, triager.triage(it.text)):
                asked[question] += 1
                right[question] += holds
        print(f"{count:>12}", *(f"{right[it] / asked[it]:>23.1%}" for it in ASKED), flush=True)


def _learnt(given: Sequence[Message]) -> Triager:
    file = io.BytesIO()
    np.savez(file, **learn.arrays([*given, *learn.joined(given), *learn.said_in_short()]))
    file.seek(0)
    return Triager(units.load("hcmc-districts"), model.read(file))


def _judged(it: Message, found: Triage) -> list[tuple[str, bool]]:
    """Each question that the message's labels answer, and whether triage says the same."""
    if not it.is_tip:
        return []
    said = [("tips kept", found.intent in messages.TIPS)]
    if it.category != "-":
        said.append(("category group", (found.category or "").partition(".")[0] == it.category.partition(".")[0]))
    if it.accused == "none":
        said += [("not accused falsely", not found.accusations), ("clean tips not asked", found.band is not Band.ASK)]
    else:
        said.append(("accused found", bool(found.accusations)))
        said.append(("accused found or asked", found.band is not Band.NO))
    if it.danger == "P0":
        said.append(("danger found", found.urgency == "P0"))
    elif it.danger == "-":
        said.append(("no false danger", found.urgency != "P0"))
    return said


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STEP)

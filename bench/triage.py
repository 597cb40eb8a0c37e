"""How long triage takes for a long message."""

from __future__ import annotations

import statistics
from functools import partial

from bench.eval import DATA, read
from bench.measure import Figure, at_most, median_seconds
from tips.organisation import units
from tips.triage import Triager

CHARACTERS = 500
CEILING = 0.8  # ms, as demanded
TIMES = 9  # of each text


async def triage() -> Figure:
    """Pieces of the labelled messages, all different, so that nothing remembered helps."""
    triager = Triager(units.load("hcmc-districts"))
    joined = " ".join(row["text"] for row in read(DATA / "dev_chat.jsonl"))
    texts = [joined[at - CHARACTERS : at] for at in range(CHARACTERS, len(joined) + 1, CHARACTERS)]
    value = statistics.median(median_seconds(partial(triager.triage, text), TIMES) for text in texts) * 1000
    how = f"median of {len(texts)} texts of {CHARACTERS} characters, each {TIMES} times; the ceiling is a demand"
    return at_most(value, CEILING, "ms", how)

"""Show that no two messages to learn from say the same, and that none stands near a row that triage is measured on.

    python -m scripts.near_messages

Two texts stand near each other where they share more than half of their different stretches of five letters, accents
and case aside. Of short texts ("alo", "xin chào") people write the same ones: they only must not be equal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from scripts.learning import messages
from scripts.learning.noise import bare

ROWS: Final = Path(__file__).resolve().parent.parent / "tests" / "data"
SIZE: Final = 5
BLOCK: Final = 500  # messages that are compared with all at a time
SHORT: Final = 25  # stretches: fewer tell nothing


def main() -> int:
    """Print every pair that stands too near; how many they are decides."""
    learnt = [it.text for it in messages.read()]
    measured = [row["text"] for name in ("dev_chat", "street_chat") for row in _rows(ROWS / f"{name}.jsonl")]
    pairs = near(learnt, measured)
    for one, other in pairs:
        print(f"{one[:100]!r}\n    {other[:100]!r}")
    print(f"{len(learnt)} messages, {len(measured)} rows, {len(pairs)} pairs too near each other")
    return min(len(pairs), 1)


def near(learnt: Sequence[str], measured: Sequence[str] = ()) -> list[tuple[str, str]]:
    """The pairs of messages, or of a message and a row, that share more than half of their stretches."""
    texts = [*learnt, *measured]
    grams = [_stretches(it) for it in texts]
    columns = {gram: at for at, gram in enumerate(sorted(set().union(*grams)))}
    ends = np.cumsum([0, *map(len, grams)])
    held = csr_matrix((np.ones(ends[-1], np.int32), [columns[it] for listed in grams for it in listed], ends))
    sizes, found = np.diff(held.indptr), []
    for first in range(0, len(learnt), BLOCK):
        shared = (held[first : min(first + BLOCK, len(learnt))] @ held.T).tocoo()
        one, other = shared.row + first, shared.col
        fewer, more = np.minimum(sizes[one], sizes[other]), np.maximum(sizes[one], sizes[other])
        same = np.where(fewer < SHORT, (shared.data == fewer) & (fewer == more), 2 * shared.data > more)
        found += [(texts[a], texts[b]) for a, b in zip(one[same], other[same], strict=True) if a < b]
    return found


def _stretches(text: str) -> frozenset[str]:
    folded = " ".join(bare(text.lower()).split())
    return frozenset(folded[at : at + SIZE] for at in range(max(len(folded) - SIZE + 1, 1)))


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main())

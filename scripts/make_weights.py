"""Make `tips/data/weights.json`: how strongly single words speak for a category, from the project's own text.

    python scripts/make_weights.py tips/data scripts/messages.tsv

The text is the phrases of `lexicon.json` and `pairs.json` and invented messages written for this project; no
newspaper and no labelled test message goes in. A word's weight for a category is its share of the word's uses,
lowered for words that many categories use.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tips.triage.text import parse  # noqa: E402

COMMON = 8  # a word that more categories use says nothing
LEAST = 0.35  # weights below this are left out
Counts = dict[str, dict[str, float]]


def main(folder: str, messages: str) -> None:
    """Write the weights."""
    counts: Counts = defaultdict(lambda: defaultdict(float))
    for code, text, weight in _texts(Path(folder), Path(messages)):
        for word in _words(text):
            counts[word][code] += weight
    weights = {word: found for word, uses in sorted(counts.items()) if (found := _weights(uses))}
    rows = ",\n".join(f"    {json.dumps(word, ensure_ascii=False)}: {json.dumps(it)}" for word, it in weights.items())
    source = "scripts/make_weights.py, from lexicon.json, pairs.json and messages written for Tin Báo"
    Path(folder, "weights.json").write_text(f'{{\n  "source": "{source}",\n  "words": {{\n{rows}\n  }}\n}}\n', "utf-8")


def _texts(folder: Path, messages: Path) -> Iterator[tuple[str, str, float]]:
    for code, weights in json.loads((folder / "lexicon.json").read_text("utf-8"))["categories"].items():
        for weight, phrases in weights.items():
            yield from ((code, phrase, float(weight) / 5.0) for phrase in phrases)
    pairs = json.loads((folder / "pairs.json").read_text("utf-8"))
    for code, rules in pairs["categories"].items():
        for _, one, other in rules:
            yield from ((code, phrase, 0.5) for name in (one, other) for phrase in pairs["sets"][name])
    for line in messages.read_text("utf-8").splitlines():
        _, code, _, text = line.split("\t")
        if code != "-":
            yield code, text, 1.0


def _words(text: str) -> set[str]:
    """A text's words with their accents, and pairs of neighbours."""
    parsed = parse(text.lstrip("^~"))
    words = [word for word in parsed.canons if not word.isdecimal()]
    return {*(word for word in words if len(word) > 1), *(" ".join(pair) for pair in itertools.pairwise(words))}


def _weights(uses: dict[str, float]) -> dict[str, float]:
    if len(uses) > COMMON:
        return {}
    total = sum(uses.values())
    rare = math.log(1.0 + 58 / len(uses)) / math.log(59)
    known = total / (total + 0.7)
    found = {code: round(3.0 * use / total * rare * known, 2) for code, use in sorted(uses.items())}
    return {code: weight for code, weight in found.items() if weight >= LEAST}


if __name__ == "__main__":
    main(*sys.argv[1:3])

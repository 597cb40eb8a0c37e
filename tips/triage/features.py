"""What the intent of a text is judged by: its words, neighbouring pairs, how it begins and ends, and signals.

The same names are what `scripts/learn_intents.py` learns weights for. Words are bare: a question asked without accents
is the same question.
"""

from __future__ import annotations

import itertools
from typing import Final

from tips.triage.lexicon import Found, Hits
from tips.triage.text import Text

SIGNALS: Final = (
    "now", "recurring", "past", "held", "weapon", "hurt", "trapped", "suicide", "people", "child", "day",
)  # fmt: skip
SCORED: Final = ("status", "how_to", "administrative", "greeting", "out_of_scope", "spam", "emergency")
STEPS: Final = ((8.0, "8"), (4.0, "4"), (0.0, ""))  # a score above this is a feature with this ending


def names(text: Text, found: Found, hits: Hits, strength: float, *, placed: bool, accused: bool) -> list[str]:
    """The features of a text, each once, in a fixed order.

    Args:
        text: the message.
        found: its weighted phrases.
        hits: its signals.
        strength: how strongly its phrases tell of a crime.
        placed: whether it names the place of an incident.
        accused: whether it accuses an official.
    """
    words = ["#" if word.isdecimal() else word for word in text.words]
    listed = [*words, *map(" ".join, itertools.pairwise(words))]
    if words:
        listed += [f"^{words[0]}", f"^{' '.join(words[:2])}", f"${words[-1]}", f"${' '.join(words[-2:])}"]
    listed += [f"!told{min(int(strength / 2), 5)}", f"!length{min(len(words).bit_length(), 7)}"]
    listed += [f"!{name}" for name in SIGNALS if hits.get(name)]
    listed += [f"!{name}" for name, holds in _holding(text, found, placed=placed, accused=accused) if holds]
    for name in SCORED:
        score = found.score(f"intent:{name}")
        listed += [f"!{name}{ending}" for least, ending in STEPS if score > least]
    return list(dict.fromkeys(listed))


def asks(text: Text, found: Found) -> bool:
    """Whether it is a question."""
    return bool(found.evidence.get("intent:questions")) or text.original.rstrip().endswith("?")


def _holding(text: Text, found: Found, *, placed: bool, accused: bool) -> tuple[tuple[str, bool], ...]:
    lowered = text.original.lower()
    return (
        ("asks", asks(text, found)),
        ("placed", placed),
        ("accused", accused),
        ("url", "http" in lowered or "www" in lowered),
        ("shouted", text.original.isupper()),
    )

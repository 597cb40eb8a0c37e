"""What the models judge a text by beside its letters and words: what was found in it, by name.

The same names are what `scripts/learn.py` learns weights for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from tips.triage.accusation_model import Official
from tips.triage.lexicon import SIGNALS, Found, Hits
from tips.triage.text import Text

STEPS: Final = (0.0, 2.0, 4.0, 6.0, 9.0)  # of a thing's phrases: each weight that is passed is a feature
_PASSED: Final = tuple((step, f">{step:g}") for step in STEPS)
BESIDE: Final = ("accusing.6", "accusing.4", "accusing.2", "benign.before", "benign.after", "benign.never", "cover_up")


def names(
    text: Text, found: Found, hits: Hits, officials: Sequence[Official], hinted: Collection[str], *, placed: bool
) -> list[str]:
    """The features of a text, each once, in a fixed order.

    Args:
        text: the message.
        found: its weighted phrases.
        hits: its signals.
        officials: those that it mentions.
        hinted: what hints at somebody in office, and at danger, by name.
        placed: whether it names the place of an incident.
    """
    listed = [*_edges(text.words), f"!length{min(len(text.words).bit_length(), 8)}"]
    for name in found.evidence:
        score = found.score(name)
        listed += [f"!{name}{passed}" for step, passed in _PASSED if score > step]
    listed += [f"!{name}" for name in (*SIGNALS, *BESIDE) if hits.get(name)]
    listed += [f"!says {kind}" for kind in dict.fromkeys(it.kind for it in officials)]
    listed += [f"!{name}" for name in hinted]
    listed += [f"!{name}" for name, holds in _holding(text, found, placed=placed) if holds]
    return listed


def asks(text: Text, found: Found) -> bool:
    """Whether it is a question."""
    return bool(found.evidence.get("intent:questions")) or text.original.rstrip().endswith("?")


def _edges(words: Sequence[str]) -> Iterator[str]:
    """How it begins and ends."""
    if words:
        yield from (f"^{words[0]}", f"^{' '.join(words[:2])}", f"${words[-1]}", f"${' '.join(words[-2:])}")


def _holding(text: Text, found: Found, *, placed: bool) -> tuple[tuple[str, bool], ...]:
    lowered = text.original.lower()
    return (
        ("asks", asks(text, found)),
        ("placed", placed),
        ("url", "http" in lowered or "www" in lowered),
        ("shouted", text.original.isupper()),
    )

"""Turns of phrase that tell time, danger, offices, misconduct and who writes. The phrases are data (`signs.json`)."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field

from tips.triage.finding import Span
from tips.triage.text import Phrases, Text, read

Found = tuple[int, int]  # first word, the word after the last


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of one text, by name, in the order of the text."""

    text: Text
    found: dict[str, list[Found]] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether any of the signs is there."""
        return any(name in self.found for name in names)

    def at(self, *names: str) -> list[Found]:
        """Where the signs stand."""
        return sorted(place for name in names for place in self.found.get(name, ()))

    def count(self, *names: str) -> int:
        """How many different wordings of the signs there are."""
        return len({tuple(self.text.words[first:after]) for first, after in self.at(*names)})

    def span(self, *names: str) -> Span | None:
        """The original's offsets of the first of the signs; None: there is none."""
        places = self.at(*names)
        return self.text.span(*places[0]) if places else None

    def near(self, first: int, after: int, reach: int, names: Iterable[str]) -> bool:
        """Whether one of the signs stands within `reach` words of a place."""
        return any(start < after + reach and end > first - reach for start, end in self.at(*names))


@functools.cache
def _phrases() -> Phrases[tuple[str, str]]:
    tree: Phrases[tuple[str, str]] = Phrases()
    for name, phrases in read("signs.json")["signs"].items():
        for phrase in phrases:
            tree.add(phrase, (name, "" if " " in phrase else phrase))
    return tree


def another_word(text: Text, index: int, alone: str) -> bool:
    """Whether a phrase of one word, `alone`, is not what is written: accents too many, or missing in a text with them.

    An empty `alone` stands for a longer phrase.
    """
    raw = text.raws[index]
    if alone.isascii():
        return bool(alone and raw) and not raw.isascii()
    return text.accented and raw.isascii()


def find(text: Text) -> Signs:
    """Every sign in a text."""
    found: dict[str, list[Found]] = {}
    for first, after, (name, alone) in _phrases().find(text):
        if another_word(text, first, alone):
            continue
        found.setdefault(name, []).append((first, after))
    return Signs(text, found)

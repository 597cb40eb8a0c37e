"""Signals: which of the small word lists of `data/signals.json` and `data/accused.json` a text touches, and where."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Final

from tips.triage.text import Phrases, Text, read

Hits = Mapping[str, list[tuple[int, int]]]  # list -> words from, up to

_LISTS: Final = ("now", "recurring", "past", "day", "when", "child", "weapon", "suicide", "hurt", "trapped", "held",
                 "people")  # fmt: skip


def _entries() -> Iterator[tuple[str, str]]:
    data = read("signals.json")
    for name in _LISTS:
        yield from ((phrase, name) for phrase in data[name])
    for rule, phrases in data["identifying"].items():
        yield from ((phrase, f"identifying.{rule}") for phrase in phrases)
    accused = read("accused.json")
    for weight, phrases in accused["accusing"].items():
        yield from ((phrase, f"accusing.{weight}") for phrase in phrases)
    for place, phrases in accused["benign"].items():
        yield from ((phrase, f"benign.{place}") for phrase in phrases)
    yield from ((phrase, "cover_up") for phrase in accused["cover_up"])
    for kind, phrases in accused["officials"].items():
        yield from ((phrase, f"official.{kind}") for phrase in phrases)


@functools.cache
def _tree() -> Phrases[str]:
    tree: Phrases[str] = Phrases()
    for phrase, name in _entries():
        tree.add(phrase, name)
    return tree


def load() -> None:
    """Build the tree now rather than at the first text."""
    _tree()


def find(text: Text) -> Hits:
    """Every list that the text touches."""
    found: dict[str, list[tuple[int, int]]] = {}
    for first, after, name in _tree().find_all(text):
        found.setdefault(name, []).append((first, after))
    return found

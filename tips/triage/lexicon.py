"""The lexicon: weighted phrases for categories and intents, pairs of things, and signals, in one pass over a text."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tips.data import read
from tips.triage.text import Phrases, Text

FADING: Final = (1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125)  # what each further phrase for the same thing counts
REACH: Final = 7  # words between the two things of a pair at most
SET: Final = "set."  # before the names of what stands in pairs
COUNTED: Final = len(FADING)  # phrases for one thing at most
SIGNALS: Final = (
    "now", "recurring", "past", "day", "when", "child", "weapon", "suicide", "hurt", "trapped", "held", "people",
)  # fmt: skip

Spot = tuple[int, int]  # words from, up to
Hits = Mapping[str, list[Spot]]  # signal -> where


class Evidence(NamedTuple):
    """A phrase or a pair that was found."""

    weight: float
    first: int  # words from, up to
    after: int


@dataclass(frozen=True, slots=True)
class Found:
    """What speaks for each thing, the strongest first."""

    evidence: Mapping[str, list[Evidence]]

    def score(self, name: str) -> float:
        """The weights of a thing's distinct phrases, fading."""
        listed = self.evidence.get(name, ())
        return sum([it.weight * counts for it, counts in zip(listed, FADING, strict=False)], 0.0)


class Entry(NamedTuple):
    """What a phrase stands for: with a weight a category or an intent, without one a thing of a pair or a signal."""

    name: str
    weight: float = 0.0


def _entries() -> Iterator[tuple[str, Entry]]:
    for code, weights in read("lexicon.json")["categories"].items():
        for weight, phrases in weights.items():
            yield from ((phrase, Entry(code, float(weight))) for phrase in phrases)
    intents = read("intents.json")
    for intent, weights in intents["intents"].items():
        for weight, phrases in weights.items():
            yield from ((phrase, Entry(f"intent:{intent}", float(weight))) for phrase in phrases)
    for name in ("questions", "negated"):
        yield from ((phrase, Entry(f"intent:{name}", 1.0)) for phrase in intents[name])
    for name, phrases in read("pairs.json")["sets"].items():
        yield from ((f"^{phrase}", Entry(SET + name)) for phrase in phrases)
    yield from ((phrase, Entry(name)) for phrase, name in _signals())


def _signals() -> Iterator[tuple[str, str]]:
    data = read("signals.json")
    for name in SIGNALS:
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
def load() -> Phrases[Entry]:
    """The tree of all phrases, built once."""
    tree: Phrases[Entry] = Phrases()
    for phrase, entry in _entries():
        tree.add(phrase, entry)
    return tree


@functools.cache
def _pairs() -> Sequence[tuple[str, float, str, str]]:
    data = read("pairs.json")
    named = {**data["categories"], **{f"intent:{name}": pairs for name, pairs in data["intents"].items()}}
    return [
        (name, float(weight), SET + one, SET + other) for name, pairs in named.items() for weight, one, other in pairs
    ]


def find(text: Text) -> tuple[Found, Hits]:
    """Everything that the text has words for."""
    spots: defaultdict[str, list[Spot]] = defaultdict(list)
    weighted: defaultdict[str, list[Evidence]] = defaultdict(list)
    for first, after, entries in load().find_spots(text):
        spot = first, after
        for name, weight in entries:
            if weight:
                weighted[name].append(Evidence(weight, first, after))
            else:
                spots[name].append(spot)
    evidence = {name: listed if len(listed) == 1 else _outer(text, listed) for name, listed in weighted.items()}
    for code, weight, one, other in _pairs():
        if one in spots and other in spots and (near := _near(spots[one], spots[other])):
            evidence.setdefault(code, []).append(Evidence(weight, *near))
    for listed in evidence.values():
        if len(listed) > 1:
            listed.sort(key=_strongest)
    return Found(evidence), {name: it for name, it in spots.items() if not name.startswith(SET)}


def _strongest(it: Evidence) -> tuple[float, int]:
    return -it.weight, it.first


def marks(text: Text, tree: Phrases[str], *, lenient: bool = False) -> Hits:
    """Where a tree's phrases stand, by name; also those that a longer one begins with."""
    found: defaultdict[str, list[Spot]] = defaultdict(list)
    for first, after, names in tree.find_spots(text, lenient=lenient):
        spot = first, after
        for name in names:
            found[name].append(spot)
    return dict(found)


def _outer(text: Text, listed: Iterable[Evidence]) -> list[Evidence]:
    """Each phrase once, without those that a longer one begins with."""
    distinct: dict[tuple[str, ...], Evidence] = {}
    for it in listed:
        distinct.setdefault(tuple(text.words[it.first : it.after]), it)
    longest: dict[int, Evidence] = {}
    for it in distinct.values():
        if it.first not in longest or longest[it.first].after < it.after:
            longest[it.first] = it
    return list(longest.values())


def _near(ones: list[Spot], others: list[Spot]) -> Spot | None:
    """The first two spots that stand near each other and do not overlap."""
    for first, after in ones[:COUNTED]:
        for start, end in others[: 2 * COUNTED]:
            if after <= start <= after + REACH or end <= first <= end + REACH:
                return min(first, start), max(after, end)
    return None

"""What about: a score for each category from the words that speak for it, so that every point can be shown.

The words and their weights are data (`categories.json`), the codes are the taxonomy's (`taxonomy.json`). A word counts
once, however often it is said; a lone syllable typed without its accents may be another word, and counts less.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tips.triage.signs import Found, Signs, another_word
from tips.triage.text import Phrases, Text, read

BARE: Final = 0.3  # of the weight of a lone syllable that lacks its accents
LOOSE: Final = 0.8  # of the weight of a longer phrase that lacks them
HESITANT: Final = 2.0  # points of doubt in every confidence
LEAST: Final = 1.5  # points below which nothing is proposed
OFFICE: Final = frozenset({"corruption", "cover_up", "justice"})  # groups that need somebody in office
WITHOUT_OFFICE: Final = 0.45  # of such a group's points where nobody in office is accused
FREE: Final = frozenset(
    {"corruption.embezzlement", "cover_up.concealment", "cover_up.non_reporting"}
)  # do not


@dataclass(frozen=True, slots=True)
class Category:
    """One category of the taxonomy."""

    code: str
    vi: str
    en: str
    articles: str  # of the Criminal Code, by comma
    unit: str
    urgency: str  # P0 to P3; "-": none

    @property
    def group(self) -> str:
        """The upper level."""
        return self.code.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Scored:
    """A category with its points and the words that gave the most of them."""

    code: str
    points: float
    evidence: Found


@dataclass(frozen=True, slots=True)
class Ranking:
    """The categories of a text, best first; empty: nothing speaks for any."""

    scored: tuple[Scored, ...]

    @property
    def first(self) -> str | None:
        """The best category."""
        return self.scored[0].code if self.scored and self.scored[0].points >= LEAST else None

    @property
    def second(self) -> str | None:
        """The next best."""
        return self.scored[1].code if self.first and len(self.scored) > 1 else None

    @property
    def points(self) -> float:
        """Points of the best one."""
        return self.scored[0].points if self.scored else 0.0

    @property
    def confidence(self) -> float:
        """From 0 to 1: the best one's share of the points of the best two, with some doubt."""
        if not self.first:
            return 0.0
        second = self.scored[1].points if len(self.scored) > 1 else 0.0
        return round(self.points / (self.points + second + HESITANT), 3)


@functools.cache
def taxonomy() -> Mapping[str, Category]:
    """Every category by its code."""
    return {row["code"]: Category(**row) for row in read("taxonomy.json")}


@functools.cache
def _words() -> Phrases[tuple[str, float, str]]:
    tree: Phrases[tuple[str, float, str]] = Phrases()
    for code, by_weight in read("categories.json")["words"].items():
        for weight, phrases in by_weight.items():
            for phrase in phrases:
                tree.add(phrase, (code, float(weight), phrase))
    return tree


def points(text: Text) -> dict[str, tuple[float, Found]]:
    """For each category that a text speaks for: the points, and the place that gave the most."""
    said: dict[tuple[str, ...], set[str]] = {}
    totals: dict[str, float] = {}
    best: dict[str, tuple[float, Found]] = {}
    for first, after, (code, weight, phrase) in _words().find(text):
        if " " not in phrase and another_word(text, first, phrase):
            continue
        codes = said.setdefault(tuple(text.words[first:after]), set())
        if code in codes:
            continue
        codes.add(code)
        value = weight if phrase.isascii() else weight * _trust(text, first, after)
        totals[code] = totals.get(code, 0.0) + value
        if value > best.get(code, (0.0, (0, 0)))[0]:
            best[code] = (value, (first, after))
    return {code: (total, best[code][1]) for code, total in totals.items()}


def _trust(text: Text, first: int, after: int) -> float:
    """How much an accented phrase counts here."""
    if not all(raw.isascii() for raw in text.raws[first:after]):
        return 1.0
    return BARE if after - first == 1 else LOOSE


def rank(text: Text, signs: Signs, *, accused: bool) -> Ranking:
    """The categories of a text, best first.

    Args:
        accused: whether somebody in office is accused; corruption and cover-ups are theirs.
    """
    totals = points(text)
    scored = []
    for code, (total, evidence) in totals.items():
        scored.append(Scored(code, total * _share(code, signs, accused=accused), evidence))
    scored += _added(totals, signs, accused=accused)
    best: dict[str, Scored] = {}
    for it in scored:
        known = best.get(it.code)
        best[it.code] = Scored(it.code, it.points + (known.points if known else 0.0), it.evidence)
    return Ranking(tuple(sorted(best.values(), key=lambda it: (-it.points, it.code))))


def _share(code: str, signs: Signs, *, accused: bool) -> float:
    group = code.partition(".")[0]
    if group in OFFICE and code not in FREE:
        return 1.0 if accused else WITHOUT_OFFICE
    if group == "child" and not signs.has("child"):
        return 0.5
    return 1.0


def _added(totals: Mapping[str, tuple[float, Found]], signs: Signs, *, accused: bool) -> list[Scored]:
    """Points for what only the whole text says: officials who protect, bury, or take money."""
    if not accused:
        return []
    found = []
    for code, names, each in (
        ("cover_up.protection", ("protect",), 3.0),
        ("cover_up.mishandled_case", ("bury",), 2.5),
    ):
        if signs.has(*names):
            found.append(Scored(code, min(6.0, each * signs.count(*names)), signs.at(*names)[0]))
    crime = any(code.partition(".")[0] not in OFFICE and total >= 4 for code, (total, _) in totals.items())
    if signs.has("money") and not crime and not signs.has("protect"):
        found.append(Scored("corruption.bribery", 2.5, signs.at("money")[0]))
    return found

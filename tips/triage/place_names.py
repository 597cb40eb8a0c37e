"""The names of places as a tree of words: which one stands at a word, and how far its letters can be trusted.

Many a name without its accents is also something that people say: "an thanh" is a commune, and in the middle of
"cong an thanh pho". `places.json` lists those names; where one of them is typed bare, other signs have to say that it
is a place.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, NamedTuple

from tips.data import read
from tips.triage import text as texts
from tips.triage.text import Text


class Doubt(IntEnum):
    """How much else has to say that a name is a place."""

    NONE = 0  # nothing: hardly anybody says these words otherwise
    SIGN = 1  # one weak sign: "ở", capital letters
    SECOND = 2  # a marker, or another place beside it; a weak sign only lets us ask


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a name may mean."""

    level: str  # ward district
    district: str
    wards: tuple[str, ...] = ()  # today's wards, the main one first; (): not known which
    kind: str = ""  # Phường Xã Thị trấn; "" for a district
    label: str = ""  # as an officer reads it: "Phường 22, Quận Bình Thạnh (cũ)"
    current: bool = False  # a ward of today
    recent: bool = True  # valid until 2025, or ended no earlier than the end of 2024
    touches: tuple[str, ...] = ()  # former districts that a ward of today lies in
    name: str = ""  # without its kind: "Tân Định", "22"; of a landmark or street, its own


@dataclass(frozen=True, slots=True)
class Place:
    """What a phrase names."""

    kind: str  # name landmark street outside city
    readings: tuple[Reading, ...] = ()
    short: bool = False  # an abbreviation that means something only beside another place
    mark: str = ""  # the marker that is typed into one word with the name: phuongbenthanh


@dataclass(frozen=True, slots=True)
class Sense:
    """All that a name means, by kinds of place."""

    names: tuple[Reading, ...]  # districts and wards
    streets: tuple[Reading, ...]
    other: Place | None  # a landmark, what lies outside, the city
    short: bool
    mark: str
    districts: frozenset[str]  # of all these, touched ones included


class Found(NamedTuple):
    """A name in a text."""

    after: int  # the word after it
    sense: Sense
    doubt: Doubt
    bare: bool  # its accents are missing


@dataclass(slots=True)
class _Leaf:
    """What the words that lead here name, by the accents that each name has; None: any."""

    bare: Doubt
    accented: Doubt
    entries: list[tuple[list[str] | None, Place]] = field(default_factory=list)
    typed: str = ""  # only where it was typed so: a name that looks abbreviated
    _senses: dict[int, Sense] = field(default_factory=dict)  # by the entries that fit, one bit each

    def sense(self, fitting: int) -> Sense:
        """What those of its places mean whose bits are set."""
        known = self._senses.get(fitting)
        if known is None:
            places = [place for bit, (_, place) in enumerate(self.entries) if fitting >> bit & 1]
            known = self._senses[fitting] = _sense(places)
        return known


def _sense(places: Sequence[Place]) -> Sense:
    names = [place for place in places if place.kind == "name"]
    every = [reading for place in places for reading in place.readings]
    return Sense(
        tuple(reading for place in names for reading in place.readings),
        tuple(reading for place in places if place.kind == "street" for reading in place.readings),
        next((place for place in places if place.kind not in {"name", "street"}), None),
        bool(names) and all(place.short for place in names),
        next((place.mark for place in places if place.mark), ""),
        frozenset(code for it in every for code in (it.district, *it.touches)),
    )


# The markers that are typed into one word with a name, and what they stand for.
GLUED: Final = {it: it for it in ("p", "phuong", "xa", "tt")} | {"f": "p"}
GLUED_DISTRICT: Final = {it: it for it in ("q", "quan", "huyen", "tp")}


class Names:
    """All names of places."""

    def __init__(
        self, names: Sequence[tuple[str, Place]], spoken: Mapping[str, Sequence[str]], marks: Collection[Sequence[str]]
    ) -> None:
        self._tree: dict[str, Any] = {}
        self._bare = dict.fromkeys(spoken["sign"], Doubt.SIGN) | dict.fromkeys(spoken["second"], Doubt.SECOND)
        self._accented = dict.fromkeys(spoken["accented"], Doubt.SIGN)
        for (name, place), (words, canons) in zip(names, words_of([name for name, _ in names]), strict=True):
            self._leaf(words).entries.append((canons, place))
            if " " in name and place.kind == "name":
                self._add_glued(bare(name), " ".join(words), place)
            if not _abbreviated().isdisjoint(words):
                self._add_abbreviated(name, words, place)

        for first, *following in marks:
            node = self._tree.setdefault(first, {})
            for word in following:
                node.setdefault(word, {})
        self._alone = {word for word, node in self._tree.items() if "" in node} | {
            mark for mark, *more in marks if not more
        }

    def beginnings(self, words: Sequence[str]) -> list[int]:
        """The words where a name or a marker may begin, as that word and the next one tell."""
        tree, alone = self._tree, self._alone
        pairs = zip(range(len(words)), words, [*words[1:], ""], strict=False)  # one more, of no word
        return [at for at, one, two in pairs if one in tree and (two in tree[one] or one in alone)]

    def may_begin(self, words: Sequence[str], at: int) -> bool:
        """Whether some name begins with a word and the next one."""
        return at + 1 < len(words) and words[at + 1] in self._tree[words[at]]

    def longest(self, text: Text, first: int, *, sounded: bool | None = None) -> Found | None:
        """The longest name that begins at a word.

        Args:
            text: the text.
            first: the word.
            sounded: whether the marker before it bears its accents, and so the name must; None: as names do that the
                text writes with a capital letter and all accents.
        """
        words, index = text.words, first + 1
        node = self._tree.get(words[first])
        best: Found | None = None
        while node is not None:
            if "" in node:
                if sounded is None:
                    sounded = text.accented and text.original[text.starts[first]].isupper()
                best = _fitting(node[""], text, first, index, sounded) or best
            if index >= len(words) or text.breaks[index]:
                break
            node = node.get(words[index])
            index += 1
        return best

    def _leaf(self, words: Sequence[str]) -> _Leaf:
        node = self._tree
        for word in words:
            node = node.setdefault(word, {})
        leaf: _Leaf | None = node.get("")
        if leaf is None:
            folded = " ".join(words)
            leaf = node[""] = _Leaf(self._bare.get(folded, Doubt.NONE), self._accented.get(folded, Doubt.NONE))
        return leaf

    def _add_glued(self, typed: str, folded: str, place: Place) -> None:
        """A name typed as one word, also with its marker."""
        glued = typed.replace(" ", "")
        self._add_word(glued, self._bare.get(folded, Doubt.NONE), place)
        marks = GLUED_DISTRICT if any(it.level == "district" for it in place.readings) else {}
        for letters, mark in (GLUED | marks).items():
            self._add_word(letters + glued, Doubt.NONE, Place("name", place.readings, place.short, mark))

    def _add_abbreviated(self, name: str, folded: list[str], place: Place) -> None:
        """A name that looks abbreviated without its accents: the "hong" of "dien hong" is read as "không"."""
        (words, canons), *_ = words_of([bare(name)])
        if words != folded:
            leaf = self._leaf(words)
            leaf.bare = leaf.accented = self._bare.get(bare(name), Doubt.NONE)
            leaf.typed = bare(name)
            leaf.entries.append((canons, place))

    def _add_word(self, word: str, doubt: Doubt, place: Place) -> None:
        node = self._tree.setdefault(word, {})
        leaf: _Leaf | None = node.get("")
        if leaf is None:
            leaf = node[""] = _Leaf(doubt, doubt)
        leaf.entries.append((None, place))


def bare(name: str) -> str:
    """A name in lower case without its accents."""
    parts = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


@functools.cache
def _abbreviated() -> frozenset[str]:
    return frozenset(read("words.json")["abbreviations"])


def words_of(names: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """The folded words of each name, and the same with their accents; read as one text, which is faster."""
    text = texts.parse("\n".join(names))
    index = end = 0
    for name in names:
        end += len(name) + 1
        first = index
        while index < len(text.words) and text.starts[index] < end:
            index += 1
        yield text.words[first:index], text.canons[first:index]


def _fitting(leaf: _Leaf, text: Text, first: int, after: int, sounded: bool) -> Found | None:
    """The places whose accents agree with what was written; where accents are missing, each that could be meant."""
    if leaf.typed and bare(text.said(first, after)) != leaf.typed:
        return None
    words, heard = text.words[first:after], text.canons[first:after]
    exact = lacking = 0
    for bit, (canons, _) in enumerate(leaf.entries):
        if canons is None or canons == heard:
            exact |= 1 << bit
        elif len(canons) > 1 and _lacks(words, heard, canons):  # of a single word too little would be left
            lacking |= 1 << bit
    if exact and (sounded or heard != words):
        return Found(after, leaf.sense(exact), leaf.accented, False)
    return Found(after, leaf.sense(exact | lacking), leaf.bare, True) if exact or lacking else None


def _lacks(words: list[str], heard: list[str], canons: list[str]) -> bool:
    """Whether words merely lack accents, and have no others."""
    return all(said in (wanted, word) for word, said, wanted in zip(words, heard, canons, strict=True))

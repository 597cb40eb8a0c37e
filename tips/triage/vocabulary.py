"""Vocabulary: the words that triage's own data has, and what a Vietnamese syllable is.

Only words of the product's data are ever kept; what a person types is looked up and forgotten.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from tips.data import read
from tips.triage import letters

FILES: Final = (
    "lexicon.json", "intents.json", "pairs.json", "signals.json", "accused.json", "smell.json", "threats.json",
    "wishes.json", "words.json", "places.json", "address_words.json", "areas.json", "phrases.json",
)  # fmt: skip
TYPING: Final = "typing.json"
ENGLISH: Final = "english.json"
ENOUGH: Final = 4  # one of so many words tells
_RUN: Final = re.compile(r"[^\W\d_]+")
_STOPS: Final = ("c", "ch", "p", "t")  # a syllable that ends so has one of two tones
_SHARP: Final = ("\u0301", "\u0323")


@functools.cache
def words() -> frozenset[str]:
    """Every word of the data, in lower case, as it stands there and bare."""
    said = "\n".join(itertools.chain.from_iterable(_strings(read(file)) for file in FILES)).lower()
    raws = {*_RUN.findall(unicodedata.normalize("NFC", said)), *english()}
    bare = {raw: letters.bare(raw) for raw in raws}
    return frozenset(it for raw, word in bare.items() if word.isascii() for it in (raw, word))


def _strings(data: Any) -> Iterator[str]:
    """All that is written in a data file, keys as well."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        yield from data
        for value in data.values():
            yield from _strings(value)
    elif isinstance(data, Collection):
        for value in data:
            yield from _strings(value)


@functools.cache
def english() -> frozenset[str]:
    """Words that are not ours."""
    return frozenset((*read(ENGLISH)["words"], *left_alone()))


@functools.cache
def left_alone() -> frozenset[str]:
    """Words that are not ours, and that the keys of a telex keyboard spell as well."""
    return frozenset(read(TYPING)["left_alone"].split())


@functools.cache
def _only_english() -> frozenset[str]:
    return frozenset(word for word in read(ENGLISH)["words"] if not shaped(word))


def in_english(tokens: Sequence[str]) -> bool:
    """Whether so many words are English that the others are as well."""
    telling = _only_english()
    return sum(map(telling.__contains__, tokens)) * ENOUGH >= len(tokens)


@functools.cache
def _shape() -> re.Pattern[str]:
    return re.compile(read(ENGLISH)["syllable"])


def shaped(bare: str) -> bool:
    """Whether a bare word has the shape of a Vietnamese syllable."""
    return _shape().fullmatch(bare) is not None


@functools.cache
def _spelling() -> re.Pattern[str]:
    """A syllable without its tone."""
    data = read(TYPING)
    rhymes = [rhyme for listed in data["rhymes"].values() for rhyme in listed.split()]
    onsets = data["onsets"]
    kinds = (
        ("", rhymes),
        (onsets["any"], rhymes),
        (onsets["before_e_i"], [it for it in rhymes if it[0] in "eêiy"]),
        (onsets["before_i"], [it for it in rhymes if it[0] == "i"]),
        (onsets["before_others"], [it for it in rhymes if it[0] not in "eêiy"]),
        ("qu", [it[1:] for it in rhymes if it[0] in "ou" and len(it) > 1]),  # quan is spelt like oan
    )
    return re.compile("|".join(f"(?:{before.replace(' ', '|')})(?:{'|'.join(listed)})" for before, listed in kinds))


def well_formed(toneless: str, tone: str) -> bool:
    """Whether letters with their hats and hooks, and a tone's sign, make a Vietnamese syllable."""
    sharp = tone in _SHARP or not toneless.endswith(_STOPS)
    return sharp and _spelling().fullmatch(toneless) is not None


@functools.cache
def counted() -> frozenset[str]:
    """Bare words behind which a number stands, also without a space: quan1."""
    return frozenset(read(TYPING)["counted"].split())


def known(raw: str) -> bool:
    """Whether a word may be Vietnamese, English, or one of the data: also a number, and what has a syllable's shape."""
    if raw in words() or raw.isdecimal():
        return True
    bare = letters.bare(raw)
    return bare.isascii() and (shaped(bare) if raw.isascii() else well_formed(*letters.apart(raw)))

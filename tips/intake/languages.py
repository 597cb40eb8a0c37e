"""Languages, as the conversation knows them: which one a text is in, which one is asked for, and which are spoken.

The table of languages is `locales`'; here is what is done with its rows. A text is in a language when more of its words
have that language's shape than not: a name in Chinese letters makes no Vietnamese message Chinese. English has no
letters of its own and is known by common words.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from tips.data import read
from tips.intake import phrases

NAMED: Final = "lang"  # the option whose id ends in a language's code
LEAST_WORDS: Final = 3  # fewer tell no language by a list of words
LEAST_TELLING: Final = 2  # words that only the listed language has
_LETTERS: Final = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")


class Language(Protocol):
    """A row of the table: `locales.Language`."""

    @property
    def code(self) -> str: ...  # noqa: D102

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def triaged(self) -> bool: ...  # noqa: D102

    @property
    def asked(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def word(self) -> str: ...  # noqa: D102

    @property
    def words(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Languages:
    """The table, and which of its rows are spoken."""

    table: Sequence[Language]
    spoken: Sequence[str]  # codes, the source first
    _asked: dict[str, str] = field(init=False)  # folded words -> code

    def __post_init__(self) -> None:
        asked = {phrases.fold(said): row.code for row in self.table for said in (*row.asked, f"/{row.code}")}
        object.__setattr__(self, "_asked", asked)

    def heard_in(self, text: str) -> Language | None:
        """The language of a text, also one that is not spoken here; None: it does not tell."""
        text = text.lower()
        by_words = next((row for row in self.table if row.words and tells(row.words, text)), None)
        return by_words or next((row for row in self.table if row.word and _shaped(row.word, text)), None)

    def asked_for(self, text: str) -> str:
        """The option that asks for a language, in words, as `/lang CODE` or as `/CODE`; "": it asks for none."""
        if len(text) > phrases.SHORT:
            return ""
        behind = phrases.behind(NAMED, text)
        folded = phrases.fold(behind if behind else text)
        code = self._asked.get(folded) or (self._asked.get(f"/{folded}") if behind else None)
        return f"{NAMED}:{code or folded}" if code or behind else ""

    @property
    def source(self) -> str:
        """The code of the language that is spoken where nothing tells of another."""
        return self.spoken[0]

    def named(self, code: str) -> Language | None:
        """A row of the table; None: there is none."""
        return next((row for row in self.table if row.code == code), None)


def _shaped(word: str, text: str) -> bool:
    """Whether more of a text's words have a shape than not; of letters of other scripts, each counts as a word."""
    shape = _shape(word)
    own = len(shape.findall(text))
    return own > len(_OTHER.findall(shape.sub(" ", text)))


_OTHER: Final = re.compile(r"[a-zà-ɏḀ-ỿ]+|[^\W\d_]")


@functools.cache
def _shape(word: str) -> re.Pattern[str]:
    return re.compile(word)


def tells(words: str, text: str) -> bool:
    """Whether a text is plainly in the language of a list: words that Vietnamese does not have, and hardly another one.

    Vietnamese without accents is made of syllables of few shapes, so a word of another shape is foreign, or short for
    something; only the listed words tell which.

    Args:
        words: a file of `tips/data`.
        text: what somebody wrote.
    """
    said = _LETTERS.findall(text.lower().replace("\u2019", "'"))
    if len(said) < LEAST_WORDS:
        return False
    known, shape = _listed(words)
    foreign = [word for word in said if word.isascii() and not shape.fullmatch(word)]
    telling = sum(word in known for word in foreign)
    fitting = len(foreign) + sum(word in known and bool(shape.fullmatch(word)) for word in said)
    return telling >= LEAST_TELLING and telling * 8 >= len(said) and fitting * 5 >= len(said) * 3


@functools.cache
def _listed(words: str) -> tuple[frozenset[str], re.Pattern[str]]:
    """Common words of a language, and the shape of a Vietnamese syllable without accents."""
    raw = read(words)
    return frozenset(raw["words"]), re.compile(raw["syllable"])

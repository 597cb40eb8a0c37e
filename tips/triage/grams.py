"""A text as numbers: a code for each stretch of letters, each word and each pair of neighbours.

Whatever the alphabet and however it is typed, everything is a stretch of one line of letters, and a stretch's code is a
polynomial in its letters, modulo 2^64 (the fingerprint of Rabin and Karp): all stretches of a line follow from its
running sums, so that numpy finds them at once. Codes are the same on every machine; models know weights by them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

SIZES: Final = (2, 3, 4, 5)  # letters of a stretch, spaces between words included
PLACE: Final = "@"  # stands for a place: a street called after a revolution tells of none
NUMBER: Final = "#"
CALLED: Final = frozenset({"111", "113", "114", "115"})  # numbers that mean something
_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
_SALTS: Final = {"word": 0xBF58476D1CE4E5B9, "pair": 0x94D049BB133111EB, "accented": 0xD6E8FEB86659FD93}


@dataclass(frozen=True, slots=True)
class Grams:
    """The codes of a text, by family."""

    letters: Codes
    words: Codes  # bare words, and pairs of neighbours
    accented: Codes  # the same with their accents; none where the text has none


class _Powers:
    """The powers of the base and of its inverse, as many as the longest line so far has letters."""

    def __init__(self) -> None:
        self._up = self._down = np.ones(1, np.uint64)

    def upto(self, count: int) -> tuple[Codes, Codes]:
        """So many powers of the base, and of its inverse."""
        if count > len(self._up):
            inverse = pow(_BASE, -1, 1 << 64)
            self._up, self._down = (_running_product(base, max(count, 4096)) for base in (_BASE, inverse))
        return self._up[:count], self._down[:count]


def _running_product(base: int, count: int) -> Codes:
    steps = np.full(count, base, np.uint64)
    steps[0] = 1
    return np.cumprod(steps, dtype=np.uint64)


_POWERS: Final = _Powers()


def grams(words: Sequence[str], canons: Sequence[str], places: Collection[int], *, accented: bool) -> Grams:
    """The codes of a text.

    Args:
        words: its bare words.
        canons: the same words with their accents.
        places: the numbers of the words that name places.
        accented: whether it has its accents.
    """
    said = masked(words, places)
    line = _Line(said)
    letters = np.concatenate([line.windows(size) for size in SIZES])
    marked = _Line(masked(canons, places)).of_words("accented") if accented else _NONE
    return Grams(letters, line.of_words(), marked)


def masked(words: Sequence[str], places: Collection[int]) -> list[str]:
    """The words with numbers and places as one sign each."""
    return [
        PLACE if at in places else NUMBER if word.isdecimal() and word not in CALLED else word
        for at, word in enumerate(words)
    ]


_NONE: Final[Any] = np.zeros(0, np.uint64)


class _Line:
    """Words in a row, parted by spaces, as running sums."""

    def __init__(self, words: Sequence[str]) -> None:
        signs = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le", "surrogatepass"), np.uint32)
        up, self._down = _POWERS.upto(len(signs))
        self._sums = np.zeros(len(signs) + 1, np.uint64)
        np.cumsum(signs.astype(np.uint64) * up, out=self._sums[1:])
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        self._ends = np.cumsum(lengths + 1)
        self._starts = self._ends - lengths

    def windows(self, size: int) -> Codes:
        """The codes of all stretches of so many letters."""
        sums = self._sums[size:] - self._sums[:-size]
        return sums * self._down[: len(sums)]

    def _codes(self, starts: Places, ends: Places, salt: int) -> Codes:
        found: Codes = (self._sums[ends] - self._sums[starts]) * self._down[starts] * np.uint64(salt)
        return found

    def of_words(self, family: str = "word") -> Codes:
        """The codes of the words, and of pairs of neighbours."""
        salt = _SALTS[family]
        pairs = self._codes(self._starts[:-1], self._ends[1:], salt ^ _SALTS["pair"] | 1)
        return np.concatenate([self._codes(self._starts, self._ends, salt), pairs])

"""A text as numbers: a code for each stretch of letters, each word and each pair of neighbours.

Whatever the alphabet and however it is typed, everything is a stretch of one line of letters, and a stretch's code is a
polynomial in its letters, modulo 2^64 (the fingerprint of Rabin and Karp): all stretches of a line follow from its
running sums, so that numpy finds them at once. Codes are the same on every machine; models know weights by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint64]

SIZES: Final = (2, 3, 4, 5)  # letters of a stretch, spaces between words included
PLACE: Final = "@"  # stands for a place: a street called after a revolution tells of none
NUMBER: Final = "#"
CALLED: Final = frozenset({"111", "113", "114", "115"})  # numbers that mean something
_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
_SPACE: Final = ord(" ")
_WORD, _PAIR, _ACCENTED = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93
_SALTS: Final = tuple(map(np.uint64, (_WORD, _WORD ^ _PAIR | 1, _ACCENTED, _ACCENTED ^ _PAIR | 1)))  # of `_Line.words`


@dataclass(frozen=True, slots=True)
class Grams:
    """The codes of a text, in one row, family by family."""

    codes: Codes
    counts: tuple[int, int, int]  # how many each family has, as below

    @property
    def letters(self) -> Codes:
        """Of the stretches of letters."""
        return self.codes[: self.counts[0]]

    @property
    def words(self) -> Codes:
        """Of the bare words, and of pairs of neighbours."""
        return self.codes[self.counts[0] : len(self.codes) - self.counts[2]]

    @property
    def accented(self) -> Codes:
        """The same with their accents; none where the text has none."""
        return self.codes[len(self.codes) - self.counts[2] :]


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


def grams(words: Sequence[str], canons: Sequence[str], places: Iterable[int], *, accented: bool) -> Grams:
    """The codes of a text.

    Args:
        words: its bare words.
        canons: the same words with their accents.
        places: the numbers of the words that name places.
        accented: whether it has its accents.
    """
    said = masked(words, places)
    marked = masked(canons, places) if accented else []
    line = _Line([*said, *marked])
    families = line.letters(len(" ".join(said)) + 2), *line.words(len(said))
    counts = len(families[0]), max(2 * len(said) - 1, 0), max(2 * len(marked) - 1, 0)
    return Grams(np.concatenate(families), counts)


def masked(words: Sequence[str], places: Iterable[int]) -> list[str]:
    """The words with numbers and places as one sign each."""
    said = [NUMBER if word.isdecimal() and word not in CALLED else word for word in words]
    for at in places:
        said[at] = PLACE
    return said


class _Line:
    """Words in a row, parted by spaces, as running sums."""

    def __init__(self, words: Sequence[str]) -> None:
        signs = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le", "surrogatepass"), np.uint32)
        up, self._down = _POWERS.upto(len(signs))
        self._sums = np.zeros(len(signs) + 1, np.uint64)
        np.add.accumulate(up * signs, out=self._sums[1:])
        self._spaces = (signs == _SPACE).nonzero()[0][: len(words) + 1]  # without any words there is one too many

    def letters(self, count: int) -> Codes:
        """The codes of all stretches of its first letters, so many."""
        sums, down = self._sums[: count + 1], self._down
        stretches = (sums[size:] - sums[:-size] for size in SIZES)
        return np.concatenate([it * down[: len(it)] for it in stretches])

    def words(self, count: int) -> tuple[Codes, ...]:
        """The codes of the first words, so many, and of pairs of neighbours among them; the same of all others."""
        starts, sums = self._spaces[:-1] + 1, self._sums.take(self._spaces)
        ends, down = sums[1:], self._down.take(starts)
        begins = self._sums.take(starts)
        words, pairs = (ends - begins) * down, (ends[1:] - begins[:-1]) * down[:-1]
        parts = words[:count], pairs[: max(count - 1, 0)], words[count:], pairs[count:]
        return tuple(codes * salt for codes, salt in zip(parts, _SALTS, strict=True))

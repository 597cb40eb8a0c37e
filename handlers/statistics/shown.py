"""A figure as it is shown: a number, "<5" where it is hidden, a dash where there is none; and how dark it is drawn."""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from babel.numbers import format_decimal, format_percent

from tips.statistics.cells import Key
from tips.statistics.figures import Figures, Hidden
from tips.statistics.reckoning import STEP

NOTHING: Final = "–"
_MARKS: Final = {Hidden.SMALL: "<{}", Hidden.LARGE: "≥{}", Hidden.WITHHELD: "…"}
SHADES: Final = 4
MINUS: Final = "−"


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure, ready to be read."""

    text: str
    value: int | None = None  # None: hidden, or there is none
    hidden: bool = False

    @property
    def there(self) -> bool:
        """Whether the period has such a figure, hidden or not."""
        return self.hidden or self.value is not None

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts the largest first; then what is hidden, what is nothing, and what is not there."""
        unlike = 1 if self.hidden else 3 if self.value is None else 2
        return (0, -self.value) if self.value else (unlike, 0)


NONE: Final = Shown(NOTHING)


@functools.lru_cache(10_000)
def number(value: int, lang: str) -> str:
    """A number as it is written; a page has a thousand, and most are small."""
    return format_decimal(value, locale=lang)


def count(figures: Figures | None, key: Key, lang: str) -> Shown:
    """A count of a period; of no period there is none."""
    if figures is None or key not in figures.counts:
        return NONE
    value = figures.counts[key]
    if isinstance(value, Hidden):
        return Shown(_MARKS[value].format(figures.least), hidden=True)
    return Shown(number(value, lang), value)


def change(now: Shown, before: Shown, lang: str) -> str:
    """By how much it changed, in percent in steps of five, with its sign; empty where that cannot be said."""
    if now.value is None or not before.value:
        return ""
    percent = _rounded(abs(now.value - before.value), before.value)
    sign = "" if not percent else MINUS if now.value < before.value else "+"
    return sign + format_percent(percent / 100, locale=lang)


@dataclass(frozen=True, slots=True)
class Scale:
    """How dark the figures of one picture are: as many in each shade, as far as that goes."""

    tops: tuple[int, ...]  # the largest figure of each shade, from the lightest
    ranges: tuple[str, ...]  # each shade's figures, for the legend

    def shade(self, figure: Shown) -> int:
        """From 1, the lightest; 0: none, as it is nothing, hidden, or not there."""
        return bisect_left(self.tops, figure.value) + 1 if figure.value else 0


def scale(figures: Iterable[Shown], lang: str) -> Scale:
    """The scale for the figures of one picture."""
    values = sorted(it.value for it in figures if it.value)
    tops = sorted({values[len(values) * part // SHADES - 1] for part in range(1, SHADES + 1) if len(values) >= SHADES})
    tops = tops or sorted(set(values))
    lows = [values[0], *(min(it for it in values if it > top) for top in tops[:-1])] if tops else []
    return Scale(tuple(tops), tuple(_range(low, top, lang) for low, top in zip(lows, tops, strict=True)))


def _range(low: int, high: int, lang: str) -> str:
    ends = [number(it, lang) for it in dict.fromkeys((low, high))]
    return NOTHING.join(ends)


def part(figure: Shown, whole: Shown, least: int, lang: str) -> str:
    """How much of a whole it is, in percent in steps of five; empty where it, or what is left of the whole, is few.

    Args:
        least: a smaller count is hidden. What is left of the whole is asked for as `reckoning.share` asks for it.
    """
    if figure.value is None or whole.value is None or min(figure.value, whole.value - figure.value) < least:
        return ""
    return format_percent(_rounded(figure.value, whole.value) / 100, locale=lang)


def _rounded(value: int, whole: int) -> int:
    """Percent, in steps of five: a finer one would tell more than the counts beside it."""
    return (200 * value + STEP * whole) // (2 * STEP * whole) * STEP

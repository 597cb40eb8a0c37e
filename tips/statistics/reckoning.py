"""Reckoning: medians and shares, from published counts alone. So they tell nothing that is not told already.

A reader could reckon the same with a pencil. Where a count is hidden, it may be whatever its mark allows; what then is
not the same for all of these is not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tips.cases.milestones import TIMES
from tips.statistics.cells import Key
from tips.statistics.figures import Figures, Hidden

HALF: Final = (1, 2)
NINE_OF_TEN: Final = (9, 10)
STEP: Final = 5  # percent; a share is rounded to it
_MUCH: Final = 10**9  # more than there are


def time(figures: Figures, of: Key, part: tuple[int, int] = HALF) -> str | None:
    """The class of time within which so much of a step was done; None: the published counts do not determine it.

    Args:
        of: the step, as `("step", "read")`, also of one level of urgency.
        part: such a share of all, a fraction.
    """
    whole = figures.counts.get(of)
    if not isinstance(whole, int):
        return None
    wanted = -(-whole * part[0] // part[1])
    ranges = [_range(figures, (*of, "time", it)) for it in TIMES]
    found = [_surely(ranges, at, whole) for at in range(len(TIMES))]
    before = 0  # as many as there may be in the classes before, at most
    for name, (least, most) in zip(TIMES, found, strict=True):
        if least >= wanted > before:
            return name
        before = most
    return None


def _surely(ranges: Sequence[tuple[int, int]], last: int, whole: int) -> tuple[int, int]:
    """How many there are in the classes up to one, at least and at most."""
    until, after = ranges[: last + 1], ranges[last + 1 :]
    least = max(sum(low for low, _ in until), whole - sum(high for _, high in after))
    most = min(sum(high for _, high in until), whole - sum(low for low, _ in after))
    return least, most


def _range(figures: Figures, key: Key) -> tuple[int, int]:
    """What a count can be by what stands in its place."""
    shown = figures.counts.get(key, Hidden.WITHHELD)
    if isinstance(shown, int):
        return shown, shown
    if shown is Hidden.SMALL:
        return 0, figures.least - 1
    return figures.least if shown is Hidden.LARGE else 0, _MUCH


def share(figures: Figures, part: Key, rest: Key, whole: Key) -> int | None:
    """How much of a whole a part is, in percent, in steps of five; None: the part, or the rest, or the whole is hidden.

    The rest is asked for as well: a part that is nearly all would tell that the rest is small.
    """
    counts = [figures.counts.get(it) for it in (part, rest, whole)]
    one, other, all_of = counts
    if not (isinstance(one, int) and isinstance(other, int) and isinstance(all_of, int) and all_of):
        return None
    return (200 * one + STEP * all_of) // (2 * STEP * all_of) * STEP

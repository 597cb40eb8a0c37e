"""What is counted and not published, and told all the same: a month's areas by groups.

A month shows both margins of that table, and its quarter shows the table itself. Two parts of one total have at least
their sum less the total in common, and at most the smaller one (Fréchet's bounds); and what the other months cannot
hold of a quarter's cell is in this one. A small count that these bound is protected like a published one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tips.statistics import periods, tables
from tips.statistics.cells import Key, Mark, Published, withheld
from tips.statistics.figures import TOTAL

Array = npt.NDArray[np.int64]
_NO_END: Final = 10**9  # tips


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest that each count can be."""

    low: Array
    high: Array

    def within(self, other: Range) -> Range:
        """What both say."""
        return Range(np.maximum(self.low, other.low), np.minimum(self.high, other.high))


@dataclass(frozen=True, slots=True)
class Kept:
    """Cells that are published nowhere, of any months."""

    marks: Mapping[Key, Mark]  # as withheld ones
    at_risk: frozenset[Key]  # the small ones that have to be protected like published ones


NOTHING: Final = Kept({}, frozenset())


def kept(period: str, counts: Mapping[Key, int], least: int) -> Kept:
    """What a period keeps to itself; at risk is what its area and its group tell of where both can be shown."""
    cells = tables.unpublished(period, counts)
    at_risk = (key for key in cells if counts[key] < least and _overlap(counts, key[:2], key[2:], least))
    return Kept(
        {(period, *key): withheld(least, counts[key]) for key in cells}, frozenset((period, *key) for key in at_risk)
    )


def _overlap(counts: Mapping[Key, int], area: Key, group: Key, least: int) -> bool:
    """Whether these two, each of so many that it may be shown, have more tips than there are."""
    return min(counts[area], counts[group]) >= least and counts[area] + counts[group] > counts[TOTAL]


def joined(several: Iterable[Kept]) -> Kept:
    """Those of several periods."""
    listed = list(several)
    marks = {key: mark for it in listed for key, mark in it.marks.items()}
    return Kept(marks, frozenset(key for it in listed for key in it.at_risk))


def told(published: Published, kept: Mapping[Key, Mark]) -> set[Key]:
    """The small ones of these unpublished cells that may not be 0, or not k - 1, for all that is published.

    Args:
        published: everything that an attacker has.
        kept: the cells that are published nowhere, of any months, as withheld ones.
    """
    small = {key: it.guard for key, it in kept.items() if it.guard is not None}
    areas, groups = sorted({key[2] for key in kept}), sorted({key[4] for key in kept})
    ranges = _over_time({month: _crossed(published, month, areas, groups) for month in _periods(published, kept)})
    row, column = ({name: at for at, name in enumerate(names)} for names in (areas, groups))
    found = set[Key]()
    for key, guard in small.items():
        of, place = ranges[key[0]], (row[key[2]], column[key[4]])
        if of.low[place] > 0 or of.high[place] < guard:
            found.add(key)
    return found


def _periods(published: Published, kept: Iterable[Key]) -> list[str]:
    """The months of these cells, and every longer period that is published of them."""
    months = {key[0] for key in kept}
    longer = {it for month in months for it in periods.around(month)}
    known = {key[0] for key in (*published.shown, *published.hidden)}
    return sorted(months) + sorted(longer & known, reverse=True)


def _crossed(published: Published, period: str, areas: Sequence[str], groups: Sequence[str]) -> Range:
    """What a period says by itself: its margins, and its cells where it shows them."""
    total = _known(published, [(period, *TOTAL)])
    rows = _parts(total, _known(published, [(period, "district", it) for it in areas]))
    columns = _parts(total, _known(published, [(period, "group", it) for it in groups]))
    cells = _known(published, [(period, "district", area, "group", group) for area in areas for group in groups])
    shape = (len(areas), len(groups))
    low = np.maximum(rows.low[:, None] + columns.low[None, :] - total.high, 0)
    high = np.minimum(rows.high[:, None], columns.high[None, :])
    return Range(low, high).within(Range(cells.low.reshape(shape), cells.high.reshape(shape)))


def _known(published: Published, keys: Sequence[Key]) -> Range:
    """What is shown of cells, or what their marks say."""
    marks = [published.hidden.get(key, Mark(0, None)) for key in keys]
    low = [published.shown.get(key, mark.low) for key, mark in zip(keys, marks, strict=True)]
    ends = [_NO_END if mark.high is None else mark.high for mark in marks]
    high = [published.shown.get(key, end) for key, end in zip(keys, ends, strict=True)]
    return Range(np.array(low, np.int64), np.array(high, np.int64))


def _parts(total: Range, parts: Range, axis: int = 0) -> Range:
    """The parts of a total: each is what the others leave of it."""
    least = total.low - (parts.high.sum(axis) - parts.high)
    most = total.high - (parts.low.sum(axis) - parts.low)
    return parts.within(Range(least, most))


def _over_time(ranges: Mapping[str, Range]) -> dict[str, Range]:
    """The same, once each period is a part of the next longer one."""
    found = dict(ranges)
    for whole in sorted(found, key=lambda it: len(periods.months(it)), reverse=True):
        inside = [it for it in periods.parts(whole) if it in found]
        if inside:
            several = Range(np.stack([found[it].low for it in inside]), np.stack([found[it].high for it in inside]))
            narrowed = _parts(found[whole], several)
            found |= {it: Range(narrowed.low[at], narrowed.high[at]) for at, it in enumerate(inside)}
    return found

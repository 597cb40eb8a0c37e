"""Statistics: counts for the city, never about a person. Small cells are hidden, and cannot be found by subtraction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tips.ports.desk import CountRow, OpenRow

SMALL: Final = 5  # tips; a smaller count is shown as "<5"
HIDDEN: Final = f"<{SMALL}"
DIMENSIONS: Final = ("month", "district", "ward", "category")
_FIELD: Final[Mapping[str, str]] = {
    "month": "period",
    "district": "district",
    "ward": "ward",
    "category": "category",
}
Cell = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an export; dimensions that were not asked for are empty."""

    period: str
    district: str
    ward: str
    category: str
    count: str  # a number, or "<5"


def table(rows: Iterable[CountRow], by: Sequence[str] = DIMENSIONS) -> list[Line]:
    """Counts by some of the dimensions, safe to publish together with every other export.

    A cell below `SMALL` is hidden; where one hidden cell alone would follow from a coarser export by subtraction,
    the smallest of its neighbours is hidden with it.
    """
    finest = [(tuple(getattr(row, _FIELD[name]) for name in DIMENSIONS), row.count) for row in rows]
    wanted = [DIMENSIONS.index(name) for name in DIMENSIONS if name in by]
    counts: dict[Cell, int] = defaultdict(int)
    for cell, count in finest:
        counts[tuple(cell[at] if at in wanted else "" for at in range(len(DIMENSIONS)))] += count
    hidden = hide(counts)
    shown = {cell: HIDDEN if cell in hidden else str(count) for cell, count in counts.items()}
    return [Line(cell[0], cell[1], cell[2], cell[3], shown[cell]) for cell in sorted(counts)]


@dataclass(frozen=True, slots=True)
class Opens:
    """How many came by the posters of a place in a month."""

    period: str
    area: str
    count: str  # a number, or "<5"


def opens(rows: Iterable[OpenRow]) -> list[Opens]:
    """Counts of posters' links, small ones hidden like those of tips."""
    counts: dict[Cell, int] = defaultdict(int)
    for row in rows:
        counts[row.period, row.area] += row.count
    hidden = hide(counts)
    shown = {cell: HIDDEN if cell in hidden else str(count) for cell, count in counts.items()}
    return [Opens(period, area, shown[period, area]) for period, area in sorted(counts)]


def hide(counts: Mapping[Cell, int]) -> frozenset[Cell]:
    """The cells to hide: the small ones, and for each that stands alone in a line its smallest neighbour.

    A line is a set of cells that some coarser export adds up.
    """
    hidden = {cell for cell, count in counts.items() if count < SMALL}
    lines = list(_lines(counts))
    through: dict[Cell, list[int]] = defaultdict(list)  # the lines that a cell is in
    for number, line in enumerate(lines):
        for cell in line:
            through[cell].append(number)
    pending: Iterable[int] = range(len(lines))
    while pending:
        betrayed = [lines[number] for number in pending if _betrayed(lines[number], hidden, counts)]
        more = {taken for line in betrayed if (taken := _smallest(line, hidden, counts)) is not None}
        hidden |= more
        pending = {number for cell in more for number in through[cell]}
    return frozenset(hidden)


def _betrayed(line: Sequence[Cell], hidden: set[Cell], counts: Mapping[Cell, int]) -> bool:
    """Whether the line's sum less what it shows would tell a hidden count: one hidden cell, or too small a rest."""
    secret = [counts[cell] for cell in line if cell in hidden]
    return len(secret) == 1 or 0 < sum(secret) <= SMALL


def _lines(counts: Mapping[Cell, int]) -> Iterable[list[Cell]]:
    """Groups of cells whose sum a coarser export (any subset of the dimensions dropped) would show."""
    size = len(next(iter(counts), ()))
    for mask in range(1, 2**size):
        groups: dict[Cell, list[Cell]] = defaultdict(list)
        for cell in counts:
            groups[tuple("" if mask >> at & 1 else part for at, part in enumerate(cell))].append(cell)
        yield from (group for group in groups.values() if len(group) > 1)


def _smallest(line: Sequence[Cell], hidden: set[Cell], counts: Mapping[Cell, int]) -> Cell | None:
    shown = [cell for cell in line if cell not in hidden]
    return min(shown, key=lambda cell: (counts[cell], cell), default=None)

"""The parts of a page: plain values for templates, and where each figure stands in its picture.

Lengths are in the units of the picture's view box. Every figure of a picture also stands in a table.
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers.statistics.shown import Scale, Shown
from tips.cases.milestones import TIMES


@dataclass(frozen=True, slots=True)
class Card:
    """One figure in large."""

    label: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a table, with its bar."""

    label: str
    now: Shown
    before: Shown
    href: str = ""
    width: int = 0
    width_before: int = 0
    note: str = ""  # how much of the whole it is
    made_of: str = ""  # of a ward: the old ones that it was made of


@dataclass(frozen=True, slots=True)
class Bars:
    """Figures side by side, each with that of the period before."""

    id: str  # `statistics.part.ID` is its heading
    bars: tuple[Bar, ...]
    kind: str = "bars"

    @property
    def told(self) -> bool:
        """Whether the period has any such figure; a table that it does not have is not shown."""
        return any(it.now.there for it in self.bars)


@dataclass(frozen=True, slots=True)
class Column:
    """A period of the trend."""

    name: str
    short: str
    year: str  # where it begins
    figure: Shown
    height: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The same figure through the last periods."""

    columns: tuple[Column, ...]
    kind: str = "trend"
    id: str = "trend"
    told: bool = True


@dataclass(frozen=True, slots=True)
class Tile:
    """An area on the map."""

    x: int
    y: int
    label: str
    name: str
    figure: Shown
    shade: int
    href: str


@dataclass(frozen=True, slots=True)
class Tiles:
    """A map of equal tiles."""

    id: str
    tiles: tuple[Tile, ...]
    columns: int
    rows: int
    side: int  # pixels of a tile where there is room
    scale: Scale
    table: tuple[Bar, ...]
    kind: str = "tiles"

    @property
    def told(self) -> bool:
        """Whether the period has any such figure."""
        return any(it.figure.there for it in self.tiles)


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A district in the heat table."""

    name: str
    href: str
    total: Shown
    cells: tuple[tuple[Shown, int], ...]  # each with its shade


@dataclass(frozen=True, slots=True)
class Heat:
    """Districts by groups."""

    heads: tuple[tuple[str, str], ...]  # name and address of each group
    rows: tuple[HeatRow, ...]
    scale: Scale
    kind: str = "heat"
    id: str = "heat"

    @property
    def told(self) -> bool:
        """Whether the period has any such figure."""
        return any(figure.there for row in self.rows for figure, _ in row.cells)


@dataclass(frozen=True, slots=True)
class Time:
    """How long a step took: for half of the tips, and for nine of ten."""

    label: str
    median: str
    most: str
    reach: int  # how many classes the half takes; 0: that is not told
    reach_most: int


@dataclass(frozen=True, slots=True)
class Times:
    """How long the steps took."""

    rows: tuple[Time, ...]
    classes: int = len(TIMES)
    kind: str = "times"
    id: str = "times"

    @property
    def told(self) -> bool:
        """Whether the period has any such figure."""
        return bool(self.rows)


@dataclass(frozen=True, slots=True)
class GridRow:
    """A line of a table with several columns, with its bar."""

    label: str
    cells: tuple[Shown, ...]
    width: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """Figures of several kinds for each line."""

    id: str
    heads: tuple[str, ...]
    rows: tuple[GridRow, ...]
    further: tuple[GridRow, ...] = ()  # finer lines, shown where somebody asks for them
    kind: str = "grid"

    @property
    def told(self) -> bool:
        """Whether the period has any such figure."""
        return any(it.there for row in self.rows for it in row.cells)


Part = Bars | Trend | Tiles | Heat | Times | Grid

"""Makes the parts of a page of what was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from handlers.statistics import periods, shown
from handlers.statistics.asked import Chosen
from handlers.statistics.parts import Bar, Bars, Column, Heat, HeatRow, Tile, Tiles, Trend
from handlers.statistics.periods import Period
from handlers.statistics.shown import NONE, Scale, Shown
from tips.data import read
from tips.statistics.cells import Key

FULL: Final = 100  # the length of the longest bar
HEIGHT: Final = 80  # of the highest column
SIDES: Final = {"districts": 56, "wards": 48}


class Entry(NamedTuple):
    """Something that figures tell of."""

    code: str
    key: Key
    label: str
    href: str = ""
    made_of: str = ""  # what was there before, by its old names


@dataclass(frozen=True, slots=True)
class Maker:
    """What was chosen, in a language."""

    chosen: Chosen
    lang: str

    def count(self, key: Key) -> Shown:
        """A count of the period."""
        return shown.count(self.chosen.now, key, self.lang)

    def bars(self, id: str, entries: Iterable[Entry], whole: Key | None = None) -> Bars:
        """Counts beside those of the period before, in the given order; and how much of a whole each is."""
        of, least = self.count(whole) if whole else NONE, self.chosen.now.least
        noted = [replace(it, note=shown.part(it.now, of, least, self.lang)) for it in map(self._bar, entries)]
        return _drawn(id, noted)

    def ranked(self, id: str, entries: Iterable[Entry]) -> Bars:
        """The same, the largest first."""
        return _drawn(id, _ranked(map(self._bar, entries)))

    def trend(self, key: Key) -> Trend:
        """A count through the last periods; where it is hidden or missing the row has a gap."""
        found = [(period, shown.count(figures, key, self.lang)) for period, figures in self.chosen.trend]
        top = max((it.value or 0 for _, it in found), default=0)
        columns = [self._column(period, figure, top) for period, figure in found]
        return Trend((replace(columns[0], year=str(found[0][0].first.year)), *columns[1:]))

    def tiles(self, id: str, layout: str, entries: Iterable[Entry]) -> Tiles:
        """These districts or wards on the map of tiles, and no tile beyond them."""
        listed = {it.code: it for it in entries}
        rows = [row for row in read("tiles.json")[layout] if row["code"] in listed]
        figures = {code: self.count(it.key) for code, it in listed.items()}
        scale = shown.scale(figures.values(), self.lang)
        left, top = min(row["x"] for row in rows), min(row["y"] for row in rows)
        made = []
        for row in rows:
            entry, figure = listed[row["code"]], figures[row["code"]]
            place = row["x"] - left, row["y"] - top
            made.append(Tile(*place, row["label"], entry.label, figure, scale.shade(figure), entry.href))
        return Tiles(
            id,
            tuple(made),
            columns=max(it.x for it in made) + 1,
            rows=max(it.y for it in made) + 1,
            side=SIDES[layout],
            scale=scale,
            table=tuple(_ranked(self._bar(it._replace(href="")) for it in listed.values())),
        )

    def heat(self, districts: Sequence[Entry], groups: Sequence[Entry]) -> Heat:
        """Districts by groups, without those of which nothing is told."""
        told = {key for key in self.chosen.now.counts if len(key) == 4}
        heads = [it for it in groups if any((*of.key, *it.key) in told for of in districts)]
        kept = [it for it in districts if it.key in self.chosen.now.counts]
        grid = {of.code: [self.count((*of.key, *it.key)) for it in heads] for of in kept}
        scale = shown.scale((it for row in grid.values() for it in row), self.lang)
        rows = [HeatRow(it.label, it.href, self.count(it.key), _shaded(grid[it.code], scale)) for it in kept]
        return Heat(tuple((it.label, it.href) for it in heads), tuple(rows), scale)

    def _bar(self, it: Entry) -> Bar:
        return Bar(
            it.label,
            self.count(it.key),
            shown.count(self.chosen.before, it.key, self.lang),
            it.href,
            made_of=it.made_of,
        )

    def _column(self, period: Period, figure: Shown, top: int) -> Column:
        year = str(period.first.year) if period.part == 1 else ""
        name = periods.name_of(period, self.chosen.some.get(period.code, ()), self.lang)
        return Column(name, period.short(self.lang), year, figure, _length(figure, top, HEIGHT))


def _ranked(bars: Iterable[Bar]) -> list[Bar]:
    """The largest first, without those that neither period has."""
    return sorted((it for it in bars if it.now != NONE or it.before != NONE), key=lambda it: it.now.rank)


def _drawn(id: str, bars: Sequence[Bar]) -> Bars:
    """Bars on one scale: up to the largest of both periods."""
    top = max((it.value or 0 for bar in bars for it in (bar.now, bar.before)), default=0)
    bars = [replace(it, width=_length(it.now, top, FULL)) for it in bars]
    return Bars(id, tuple(replace(it, width_before=_length(it.before, top, FULL)) for it in bars))


def _length(figure: Shown, top: int, longest: int) -> int:
    """How long a figure is drawn; one that is not nothing is seen."""
    return max(1, round(figure.value * longest / top)) if figure.value and top else 0


def _shaded(figures: Sequence[Shown], scale: Scale) -> tuple[tuple[Shown, int], ...]:
    return tuple((it, scale.shade(it)) for it in figures)

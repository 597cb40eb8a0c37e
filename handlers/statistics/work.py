"""The parts of a page that tell of the work done in a period: how much, how soon, whether in time, and by which unit.

Medians and shares are reckoned from the published counts that stand beside them; where these do not determine one, the
page says so in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from babel.numbers import format_percent

from handlers.statistics.making import FULL, Entry, Maker
from handlers.statistics.parts import Bars, Card, Grid, GridRow, Part, Time, Times
from handlers.statistics.shown import NONE, Shown
from handlers.statistics.words import Words
from tips.cases import lifecycle
from tips.cases.milestones import DEADLINES, MISSED, TIMED, TIMES, Kind
from tips.organisation.taxonomy import Urgency
from tips.ports.desk import Tallied
from tips.statistics import reckoning
from tips.statistics.cells import Key
from tips.statistics.figures import ALL, TOTAL
from tips.statistics.work import STEPS

EVERY: Final[Key] = ("deadline", ALL)
HOW: Final[tuple[Key, ...]] = (("met", "yes"), ("met", "no"), *(("missed", it) for it in reversed(MISSED)))
OF_UNIT: Final = (Kind.READ, Kind.ACCEPTED, Kind.CLOSED, Kind.BOUNCED)


@dataclass(frozen=True, slots=True)
class Work:
    """Makes these parts of what was chosen."""

    make: Maker
    words: Words

    def cards(self) -> list[Card]:
        """Within which time half of the tips were read, and so on; as far as that can be told."""
        most, steps = self.words.said("times.most"), zip(TIMED, self._times(), strict=False)
        return [Card(self.words.of("half", step), it.median, f"{most}: {it.most}") for step, it in steps if it.reach]

    def parts(self) -> list[Part]:
        """All that there is of it."""
        return [self.funnel(), self.times(), self.on_time(), self.results(), self.classes(), self.units()]

    def funnel(self) -> Bars:
        """What came, and what was done meanwhile."""
        if ("step", STEPS[0]) not in self.make.chosen.now.counts:
            return self.make.bars("work", ())
        steps = [Entry(it, ("step", it), self.words.of("state", it)) for it in STEPS]
        return self.make.bars("work", [Entry("received", TOTAL, self.words.of("state", "received")), *steps])

    def times(self) -> Times:
        """How long half, and nine of ten, took."""
        return Times(tuple(self._times()))

    def _times(self) -> Iterator[Time]:
        now, untold = self.make.chosen.now, self.words.said("untold")
        for step in TIMED:
            if ("step", step) in now.counts:
                found = [reckoning.time(now, ("step", step), it) for it in (reckoning.HALF, reckoning.NINE_OF_TEN)]
                half, most = (self.words.said(f"time.{it}") if it else untold for it in found)
                reach, reach_most = (TIMES.index(it) + 1 if it else 0 for it in found)
                yield Time(self.words.of("step", step), half, most, reach, reach_most)

    def classes(self) -> Grid:
        """How many took how long: the counts that medians are reckoned from, also by urgency."""
        rows = [self._class_row(self.words.of("step", it), ("step", it)) for it in TIMED]
        further = [
            self._class_row(f"{self.words.of('step', step)}, {level}", ("step", step, "urgency", level))
            for step in TIMED
            for level in Urgency
        ]
        heads = [self.words.said("column.total"), *(self.words.of("time", it) for it in TIMES)]
        return Grid("classes", tuple(heads), _told(rows), _told(further))

    def _class_row(self, label: str, of: Key) -> GridRow:
        return GridRow(label, tuple(self.make.count(it) for it in (of, *((*of, "time", it) for it in TIMES))))

    def on_time(self) -> Grid:
        """Each deadline: how often it was kept, how often not, and whether the case climbed for it."""
        keys = [(it, ("deadline", it)) for it in DEADLINES]
        rows = [self._kept(self.words.of("on_time", name), key, key) for name, key in keys]
        further = [
            GridRow(f"{self.words.of('on_time', name)}, {level}", self._shares((*key, "urgency", level)))
            for name, key in keys
            for level in Urgency
        ]
        return Grid("on_time", tuple(self._heads()), _told(rows), _told(further))

    def _heads(self) -> Iterator[str]:
        yield from (self.words.of("kept", it) for it in ("share", "yes", "no", Kind.CLIMBED, Kind.LATE))

    def _kept(self, label: str, own: Key, whole: Key, before: Iterable[Shown] = ()) -> GridRow:
        """A row with a bar: the share that was in time, the counts, and of those too late how they ended."""
        cells = (*before, self._share(own, whole), *(self.make.count((*own, *it)) for it in HOW))
        share = reckoning.share(self.make.chosen.now, (*own, "met", "yes"), (*own, "met", "no"), whole)
        return GridRow(label, cells, share * FULL // 100 if share else 0)

    def _shares(self, own: Key) -> tuple[Shown, ...]:
        return (self._share(own, own), *(self.make.count((*own, *it)) for it in HOW[:2]), NONE, NONE)

    def _share(self, own: Key, whole: Key) -> Shown:
        now = self.make.chosen.now
        if whole not in now.counts:
            return NONE
        found = reckoning.share(now, (*own, "met", "yes"), (*own, "met", "no"), whole)
        if found is None:
            return Shown(self.words.said("untold"), hidden=True)
        return Shown(format_percent(found / 100, locale=self.make.lang), found)

    def units(self) -> Grid:
        """What each unit did, of which anything is told: what it took and closed, what it sent back, its deadlines."""
        now = self.make.chosen.now
        found = sorted({key[1] for key in now.counts if key[0] == "unit"}, key=self.words.unit)
        steps = [it for it in OF_UNIT if any(values[1] == it for values, _ in now.of("unit", "step"))]
        rows = [self._unit(it, steps) for it in found]
        heads = (*(self.words.of("state", it) for it in steps), *self._heads())
        return Grid("units", heads, tuple(it for it in rows if any(cell.value for cell in it.cells)))

    def _unit(self, code: str, steps: Iterable[Kind]) -> GridRow:
        own: Key = ("unit", code)
        done = [self.make.count((*own, "step", it)) for it in steps]
        return self._kept(self.words.unit(code), own, (*own, *EVERY), done)

    def results(self) -> Bars:
        """How cases ended."""
        entries = [Entry(it, ("step", Kind.CLOSED, "result", it), self.words.result(it)) for it in lifecycle.results()]
        return self.make.ranked("result", entries)

    def talk(self) -> list[Bars]:
        """By which channels, and in which languages, people began to talk; they are not tips, and no sum of any."""
        return [self._tallied(it) for it in (Tallied.CHANNEL, Tallied.LANGUAGE)]

    def _tallied(self, of: Tallied) -> Bars:
        names = [name for (name,), _ in self.make.chosen.now.of(of) if name != ALL]
        return self.make.ranked(of, [Entry(it, (of, it), self.words.of(of, it)) for it in names])

    def beside(self) -> list[Card]:
        """What was set aside, and the early signs."""
        keys = [(it, (it, ALL)) for it in (Tallied.ASIDE, Tallied.SIGN)]
        found = [(name, self.make.count(key)) for name, key in keys]
        return [Card(self.words.said(f"card.{name}"), it.text) for name, it in found if it.there]


def _told(rows: Iterable[GridRow]) -> tuple[GridRow, ...]:
    """Those that the period has; what is not counted any more, or was not yet, is no row of dashes."""
    return tuple(row for row in rows if any(it.there for it in row.cells))

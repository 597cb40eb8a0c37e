"""Closing: a period that is over is counted, made safe and frozen, once, some days after its end.

The days are for the desk: what it corrects by then counts as corrected.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.deadlines import CITY
from tips.crypto.sealing import Random
from tips.organisation.roster import CLOCK, HELD, Roster
from tips.organisation.units import Areas
from tips.ports.desk import FrozenPeriod, Statistics
from tips.statistics import archive, periods, suppression, tables, unpublished, work
from tips.statistics.cells import Key, Mark, Published, Sum, large, small, withheld
from tips.statistics.figures import (
    RESTRICTED,
    Figures,
    Hidden,
    counts_to_bytes,
)
from tips.statistics.unpublished import Kept

SETTLED: Final = timedelta(days=5)  # after its end a period is closed
_log: Final = logging.getLogger(__name__)
Counts = Mapping[Key, int]


@dataclass(frozen=True, slots=True)
class Closing:
    """Closes what is due."""

    statistics: Statistics
    roster: Callable[[], Roster]
    areas: Callable[[], Areas]
    least: int  # counts below it are hidden
    signing: bytes = field(repr=False)  # Ed25519 seed of the clock
    now: Callable[[], datetime]
    random: Random
    tallied: Mapping[str, Collection[str]] = field(default_factory=dict)  # what is tallied, each with its names

    async def tick(self) -> int:
        """Close every period that is over and settled, parts first; how many."""
        began = await self.statistics.began()
        if began is None:
            return 0
        frozen = await self._frozen()
        done = 0
        for period in periods.over(began, self.now() - SETTLED):
            if period not in frozen:
                try:
                    closed = await self._closed(period, frozen)
                except errors.NotVerified:  # a hand was in its parts, or took it away: others are closed all the same
                    _log.error("statistics: a period cannot be closed, for others of its year are not what was signed")
                    continue
                if not await self.statistics.freeze(closed, _over(period)):
                    return done  # another process closed it: the next round goes on from there
                frozen[period] = closed
                done += 1
                if _over(period):
                    await self.statistics.forget_milestones(periods.bounds(periods.months(period)[-1])[1])
        return done

    async def _frozen(self) -> dict[str, FrozenPeriod]:
        """What the clock has closed; what somebody filled in, in the place of one that is to come, is taken away."""
        rows = await self.statistics.frozen()
        found = {it.period: it for it in rows if archive.is_closing(it, self.roster())}
        if len(found) < len(rows):
            _log.error("statistics: a period that nobody closed lay among the closed ones, and was taken away")
            await self.statistics.keep_only(found)
        return found

    async def _closed(self, period: str, frozen: Mapping[str, FrozenPeriod]) -> FrozenPeriod:
        counts = await self._counts(period, frozen)
        year = periods.year_of(period)
        others = [it for it in frozen.values() if periods.year_of(it.period) != year]
        inside = [archive.verified(it, self.roster()) for it in frozen.values() if it not in others]
        before = [*archive.those_that_hold(others, self.roster()), *inside]
        known = {it.period: archive.counts(frozen[it.period], self.roster()) for it in inside}
        kept = unpublished.joined(unpublished.kept(it.period, known[it.period], it.least) for it in inside)
        shown = await asyncio.to_thread(self.safe, period, counts, collected(inside, known, self.areas()), kept)
        restricted = await self.statistics.restricted(periods.bounds(periods.months(period)[-1])[1])
        shown[RESTRICTED] = grown(restricted, before, self.least)
        figures = Figures(period, self.now().astimezone(CITY).date(), self.least, shown).to_bytes()
        hour = deadlines.hour(self.now())
        counted = counts_to_bytes(counts)
        said = archive.facts(period, figures, counted)
        event = ledger.Event(ledger.Kind.FROZEN, b"", ledger.FIRST, hour, CLOCK, self.random(32), said)
        return FrozenPeriod(period, figures, counted, ledger.sign(event, self.signing))

    async def _counts(self, period: str, frozen: Mapping[str, FrozenPeriod]) -> Counts:
        """What was counted: a month by a scan, a longer period by what its parts were frozen with."""
        if periods.is_month(period):
            rows = await self.statistics.counts(*periods.bounds(period))
            done = await self.statistics.milestones(*periods.bounds(period))
            units = {HELD, *(it.unit for it in self.roster().units)}
            tallied = tables.tallied(await self.statistics.tallies(), period, self.tallied)
            return tables.counted(rows, self.areas()) | work.counted(done, units) | tallied
        parts = [frozen[it] for it in periods.parts(period) if it in frozen]
        return tables.added(archive.counts(it, self.roster()) for it in parts)

    def safe(
        self, period: str, counts: Counts, known: Published, kept: Kept = unpublished.NOTHING
    ) -> dict[Key, int | Hidden]:
        """What is shown of each cell, beside all that was published of the same year.

        Coarse tables first: what is shown of them counts as frozen, so that a finer one never hides it.

        Args:
            period: what is closed.
            counts: all its cells.
            known: everything that was published of the same year.
            kept: what was counted of the year's months and not published.
        """
        kept = unpublished.joined((kept, unpublished.kept(period, counts, self.least)))
        shown: dict[Key, int | Hidden] = {}
        for keys in tables.stages(period, counts):
            new = {(period, *key): counts[key] for key in keys}
            known, kept = self._suppressed(period, new, known, kept)
            shown |= {key: _shown(known, (period, *key)) for key in keys}
        return shown

    def _suppressed(self, period: str, new: Counts, known: Published, kept: Kept) -> tuple[Published, Kept]:
        """What is published once these cells are, of which no cell that is kept back follows either.

        Those that would are protected with them, as if they were published withheld, until none is left; and from then
        on, as finer cells may tell of them by ways that bounds do not see.
        """
        before = unpublished.told(known, kept.marks)  # nothing that is hidden now mends that
        while True:
            found = self._suppressed_beside(period, new, known, kept)
            further = unpublished.told(found, kept.marks) - before - kept.at_risk
            if not further:
                return found, kept
            kept = replace(kept, at_risk=kept.at_risk | further)

    def _suppressed_beside(self, period: str, new: Counts, known: Published, kept: Kept) -> Published:
        """What is published once these cells are, with unpublished ones at risk protected, all others free to move."""
        free = {key: replace(mark, guard=None) for key, mark in kept.marks.items()} if kept.at_risk else {}
        beside = replace(known, hidden={**known.hidden, **free, **{key: kept.marks[key] for key in kept.at_risk}})
        cells = known.shown.keys() | beside.hidden.keys() | new.keys()
        involved = sorted({period, *(key[0] for key in free)})
        ties = [tie for it in involved for tie in _ties(it, _of(it, cells), self.areas(), cells)]
        told = frozenset(known.sums)
        found = suppression.suppress(new, [it for it in ties if it not in told], beside, self.least)
        return Published(
            found.shown,
            {key: mark for key, mark in found.hidden.items() if key not in free},
            [it for it in found.sums if it.total not in free and not free.keys() & it.parts],
        )


def _over(period: str) -> Sequence[str]:
    """The periods whose counts nothing longer needs any more: those of a year that is closed."""
    return (period, *periods.inside(period)) if periods.year_of(period) == period else ()


def collected(year: Iterable[Figures], counted: Mapping[str, Counts], areas: Areas) -> Published:
    """Everything that was published of a year's periods so far; a withheld cell needs its count for its guard."""
    shown: dict[Key, int] = {}
    hidden: dict[Key, Mark] = {}
    ties: list[Sum] = []
    for it in year:
        keys = [key for key in it.counts if key != RESTRICTED]
        for key in keys:
            value, cell = it.counts[key], (it.period, *key)
            if isinstance(value, Hidden):
                hidden[cell] = _mark(value, it.least, counted[it.period].get(key, 0))
            else:
                shown[cell] = value
        ties += _ties(it.period, frozenset(keys), areas, shown.keys() | hidden.keys())
    return Published(shown, hidden, ties)


def _of(period: str, cells: Iterable[Key]) -> frozenset[Key]:
    """The places of a period among cells."""
    return frozenset(key[1:] for key in cells if key[0] == period)


def _ties(period: str, keys: Collection[Key], areas: Areas, known: Container[Key]) -> list[Sum]:
    """What ties these cells of a period to each other, and to those of its parts."""
    return [*tables.sums(period, keys, areas), *periods.over_time(period, keys, known)]


def _mark(value: Hidden, least: int, count: int) -> Mark:
    if value is Hidden.WITHHELD:
        return withheld(least, count)
    return small(least) if value is Hidden.SMALL else large(least)


def _shown(found: Published, cell: Key) -> int | Hidden:
    if cell in found.shown:
        return found.shown[cell]
    mark = found.hidden[cell]
    if mark.low:
        return Hidden.LARGE
    return Hidden.WITHHELD if mark.high is None else Hidden.SMALL


def grown(count: int, before: Sequence[Figures], least: int) -> int | Hidden:
    """The count of tips that accuse somebody in office, since the beginning: told anew once it has grown by enough."""
    last = next((it.counts[RESTRICTED] for it in reversed(before) if RESTRICTED in it.counts), Hidden.SMALL)
    told = 0 if isinstance(last, Hidden) else last
    return count if count - told >= least else last

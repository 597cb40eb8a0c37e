"""Recount: the published figures of the work, reckoned once more from the signed events of all cases.

When a step is taken, what it reached is counted in a row that names no case. That row is believed at the closing of its
month; nothing signs it. An auditor inside the house needs no key to hold it against the ledger: of each case the chain
says who read it, what became of it and when, as its events claim the row before and after each of them. How a case
ended no event says in the clear: results are not recounted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import claims, lifecycle, milestones, progress
from tips.cases.case import Case
from tips.cases.checking import Checked
from tips.cases.ledger import Event, Kind
from tips.cases.milestones import TIMED, time_class
from tips.organisation.roster import HELD, PROCESSES, Roster
from tips.ports.cases import Cases, Ledger
from tips.ports.desk import MilestoneRow
from tips.statistics import periods, work
from tips.statistics.archive import Archive
from tips.statistics.cells import Key
from tips.statistics.figures import Hidden

BATCH: Final = 200  # cases that are in memory at once
ANY_RESULT: Final = lifecycle.results()[0]  # for how a case ended, which no event says


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell of which the events say otherwise than was published."""

    cell: Key
    published: int | Hidden
    recounted: int


@dataclass(frozen=True, slots=True)
class Recounted:
    """What a recount came to."""

    cells: int  # that were compared
    differences: tuple[Difference, ...]
    broken: int  # cases whose chain does not hold: theirs is not in it


@dataclass(frozen=True, slots=True)
class Recount:
    """Counts again; it opens nothing."""

    ledger: Ledger
    cases: Cases
    archive: Archive
    roster: Callable[[], Roster]

    async def of(self, period: str) -> Recounted:
        """Hold a closed period's figures of the work against the events.

        Raises:
            NotFound: it is not closed, or its figures are not what was signed.
        """
        figures = next((it for it in await self.archive.figures() if it.period == period), None)
        if figures is None:
            raise errors.NotFound(f"{period} is not closed")
        found, broken = await self._reached(periods.months(period))
        counted = work.counted(found, {HELD, *(it.unit for it in self.roster().units)})
        compared = [key for key in figures.counts.keys() & counted.keys() if "result" not in key]
        differences = [Difference(key, figures.counts[key], counted[key]) for key in sorted(compared)]
        return Recounted(len(compared), tuple(it for it in differences if not _agrees(it, figures.least)), broken)

    async def _reached(self, months: Sequence[str]) -> tuple[list[MilestoneRow], int]:
        """What was reached in these months, and how many cases could not be looked at."""
        first, last = periods.bounds(months[0])[0], periods.bounds(months[-1])[1]
        found: Counter[MilestoneRow] = Counter()
        broken = 0
        ids = [it.id for it in await self.ledger.heads()]
        for at in range(0, len(ids), BATCH):
            for bundle in await self.cases.bundles(ids[at : at + BATCH], None):
                try:
                    reached = [*of_case(bundle.checked(self.roster()))]
                except errors.NotVerified:
                    broken += 1
                else:
                    found.update(row for when, row in reached if first <= when < last)
        return [replace(row, count=count) for row, count in found.items()], broken


def of_case(checked: Checked) -> Iterator[tuple[datetime, MilestoneRow]]:
    """What a case reached, each with its hour, by its chain; of what an earlier program signed nothing is known."""
    before: Case | None = None
    for at, event in enumerate(checked.events):
        row = event.claims.get("row")
        after = claims.to_row(checked.case, checked.case.head, row) if row else None
        if before and after and not before.restricted and not after.restricted:
            took = time_class(event.at - before.received_at)
            for kind, detail in _found(checked.events[:at], event, before, after):
                timed = took if kind in TIMED else ""
                yield event.at, MilestoneRow(kind, before.unit, before.urgency, detail, timed, 1)
        before = after or before


def _found(earlier: Sequence[Event], event: Event, before: Case, after: Case) -> Iterable[tuple[milestones.Kind, str]]:
    """What a step reached: an officer's, a level that was missed, or that the reporter does not accept the closing."""
    if event.kind is Kind.ESCALATED:
        return milestones.missed(before, after) if event.facts.get("late") else []
    if event.kind is Kind.DISPUTED:
        return [(milestones.Kind.DISPUTED, "")]
    if event.by in PROCESSES:
        return []
    found = progress.of_step(earlier, event.kind, before, after, event.at)
    return [(kind, ANY_RESULT if kind is milestones.Kind.CLOSED else detail) for kind, detail in found]


def _agrees(it: Difference, least: int) -> bool:
    """Whether a count is what was published, as far as that was said."""
    match it.published:
        case Hidden.SMALL:
            return it.recounted < least
        case Hidden.LARGE:
            return it.recounted >= least
        case Hidden.WITHHELD:
            return True
    return it.recounted == it.published

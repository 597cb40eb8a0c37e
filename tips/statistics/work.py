"""The tables of what was done in a period, whenever the tips came: by milestones, never by tips.

Of each step how often, and of those that a tip waits for, how long after it: by class of time, by level of urgency, and
by both. Of each deadline of an office whether it was kept; of those that were not, whether the case climbed. Closings
by result. In quarters and years the same by unit, without times. A median is no table: see `reckoning`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import product
from typing import Final

from tips.cases import lifecycle
from tips.cases.milestones import DEADLINES, MISSED, TIMED, TIMES, Kind
from tips.organisation.taxonomy import Urgency
from tips.ports.desk import MilestoneRow
from tips.statistics.cells import Key
from tips.statistics.figures import ALL

STEPS: Final = (*TIMED, Kind.BOUNCED, Kind.DISPUTED)
MET: Final = {Kind.MET: "yes", Kind.LATE: "no", Kind.CLIMBED: "no"}  # how a deadline ended: whether it was kept
STAGES: Final[tuple[set[Key], ...]] = (
    {("step",), ("deadline",)},
    {("step", "time"), ("step", "urgency"), ("step", "result"), ("deadline", "met"), ("deadline", "urgency")},
    {("deadline", "missed"), ("deadline", "urgency", "met"), ("step", "urgency", "time")},
)
LONGER: Final[tuple[set[Key], ...]] = (  # of quarters and years
    {("unit", "step"), ("unit", "deadline")},
    {("unit", "met")},
    {("unit", "missed")},
)
TOLD: Final = DEADLINES[:-1]  # a closing ends the last one: of two tables of the same events one gives the other away
BY_UNIT: Final = STEPS[1:]  # readings of a unit less the tips of its place would be those that accuse somebody since
BY_LEVEL: Final = TIMED[1:]  # nor readings by urgency, less the tips of that urgency
_EVERY: Final[Key] = ("deadline", ALL)


def counted(rows: Iterable[MilestoneRow], units: Collection[str]) -> dict[Key, int]:
    """Every cell of a month, zeros too, also those that only longer periods publish; units by their codes."""
    counts: defaultdict[Key, int] = defaultdict(int, dict.fromkeys(_every(units), 0))
    for row in rows:
        cells = list(_of(row))
        if all(it in counts for it in cells):  # what no table knows is in none of them, or sums would not be sums
            for key in cells:
                counts[key] += row.count
    return dict(counts)


def _every(units: Collection[str]) -> Iterator[Key]:
    """All cells that there are in any case."""
    yield from (("step", it) for it in STEPS)
    for step in TIMED:
        yield from (("step", step, "time", it) for it in TIMES)
    for step in BY_LEVEL:
        yield from (("step", step, "urgency", it) for it in Urgency)
        yield from (("step", step, "urgency", level, "time", it) for level, it in product(Urgency, TIMES))
    yield from (("step", Kind.CLOSED, "result", it) for it in lifecycle.results())
    for of in (_EVERY, *(("deadline", it) for it in TOLD)):
        yield of
        yield from _how(of)
    for name, level in product(TOLD[1:], Urgency):  # every tip is screened: as with readings
        own: Key = ("deadline", name, "urgency", level)
        yield from (own, (*own, "met", "yes"), (*own, "met", "no"))
    for unit in units:
        yield from (("unit", unit, "step", it) for it in BY_UNIT)
        yield ("unit", unit, *_EVERY)
        yield from _how(("unit", unit))


def _how(of: Key) -> Iterator[Key]:
    yield from ((*of, "met", it) for it in ("yes", "no"))
    yield from ((*of, "missed", it) for it in MISSED)


def _of(row: MilestoneRow) -> Iterator[Key]:
    """The cells that a milestone counts in."""
    if row.kind in MET:
        yield from _of_deadline(row)
        return
    step: Key = ("step", row.kind)
    yield step
    if row.kind in TIMED:
        yield (*step, "time", row.took)
    if row.kind in BY_UNIT:
        yield ("unit", row.unit, *step)
    if row.kind in BY_LEVEL:
        level: Key = (*step, "urgency", row.urgency)
        yield from (level, (*level, "time", row.took))
    if row.kind == Kind.CLOSED:
        yield (*step, "result", row.detail)


def _of_deadline(row: MilestoneRow) -> Iterator[Key]:
    met = MET[Kind(row.kind)]
    own: Key = ("deadline", row.detail)
    yield from (_EVERY, own, ("unit", row.unit, *_EVERY))
    if row.detail in TOLD[1:]:
        level: Key = (*own, "urgency", row.urgency)
        yield from (level, (*level, "met", met))
    for of in (_EVERY, own, ("unit", row.unit)):
        yield (*of, "met", met)
        if row.kind in MISSED:
            yield (*of, "missed", row.kind)


def totals(key: Key) -> Iterator[tuple[str, Key]]:
    """The cells that a cell is a part of, each with the table in which it is one."""
    names, of = key[::2], key[:2]
    if names[0] == "step":
        yield from _totals_of_step(key)
    elif names[0] == "deadline":
        if of != _EVERY and "urgency" not in names:
            yield "deadlines", (*_EVERY, *key[2:])
        yield from _totals_within(key, of)
        if "urgency" in names:
            yield "levels", (*of, *key[4:])
    elif names[0] == "unit":
        yield "units", (*_EVERY, *key[2:]) if names[1] in {"met", "missed"} else key[2:]
        yield from _totals_within(key, of, (*of, *_EVERY))


def _totals_of_step(key: Key) -> Iterator[tuple[str, Key]]:
    if key[-2] == "time":
        yield "times", key[:-2]
    if "urgency" in key[::2]:
        yield "levels", (*key[:2], *key[4:])
    if key[-2] == "result":
        yield "results", key[:2]


def _totals_within(key: Key, of: Key, whole: Key = ()) -> Iterator[tuple[str, Key]]:
    """Kept and not kept are all of a kind; late and climbed are what was not kept."""
    if key[-2] == "met":
        yield "met", whole or key[:-2]
    elif key[-2] == "missed":
        yield "missed", (*of, "met", "no")

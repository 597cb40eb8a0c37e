"""The tables that are published of a period: their cells, how they are counted, and the sums that tie them.

total = areas = groups = levels of urgency; an area = its wards and what tells none; a group = its categories; area by
group, in quarters and years only, as hardly any cell of a month could be shown. Then what was done (`work`), and
tallies, each a table with its own total. Tips that accuse somebody in office are in none of them.

Periods that were closed earlier also tell how many of their tips were read, accepted and closed by then.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from tips.cases.case import RESTRICTED_CATEGORY
from tips.organisation import taxonomy
from tips.organisation.taxonomy import Urgency
from tips.organisation.units import Areas
from tips.ports.desk import CountRow, Tallied, Tally
from tips.statistics import periods, work
from tips.statistics.cells import Key, Sum
from tips.statistics.figures import ALL, NO_PLACE, TOTAL

UNKNOWN: Final = "unknown"  # the matter of a tip that nobody has classified yet
STATES: Final = ("received", "read", "accepted", "closed")  # of periods that were closed earlier
_TALLIES: Final = frozenset(map(str, Tallied))
_DISTRICT_BY_GROUP: Final = ("district", "group")
_ADDED_LATER: Final = {"step", "deadline", "unit", *(_TALLIES - {Tallied.OPENS})}  # tables that older months lack
STAGES: Final[tuple[set[Key], ...]] = (
    {("total",)},
    {("district",), ("group",), ("urgency",)},
    {(it,) for it in _TALLIES},
    {("category",)},
    {("ward",), ("district", "ward")},
    *work.STAGES,
)
LONGER: Final[tuple[set[Key], ...]] = ({_DISTRICT_BY_GROUP}, *work.LONGER)  # of quarters and years


def counted(rows: Iterable[CountRow], areas: Areas) -> dict[Key, int]:
    """Every cell of a month, zeros too, also those that only longer periods publish."""
    counts: defaultdict[Key, int] = defaultdict(int, dict.fromkeys(_every(areas), 0))
    for row in rows:
        if row.category != RESTRICTED_CATEGORY:
            for key in _of(row, areas):
                counts[key] += row.count
    return dict(counts)


def tallied(rows: Iterable[Tally], period: str, known: Mapping[str, Collection[str]]) -> dict[Key, int]:
    """The tallies of a month.

    Args:
        rows: of all months.
        period: the month.
        known: which names each kind has from the beginning on, so that no cell begins when its first count comes; the
            place of a poster, and a name that is new, have one from then on.
    """
    begun: dict[Key, int] = {(of, name): 0 for of, names in known.items() for name in (ALL, *names)}
    counts: defaultdict[Key, int] = defaultdict(int, begun)
    for row in (it for it in rows if it.period <= period and it.of in tuple(Tallied)):
        count = max(row.count, 0) if row.period == period else 0  # less than none is what a hand wrote
        counts[row.of, ALL] += count
        if row.name != ALL:
            counts[row.of, row.name] += count
    return dict(counts)


def added(several: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    """The counts of a longer period: of each cell the sum of its parts' counts.

    Tables that a part does not have, as it was closed before there were any, the longer period has not either.
    """
    counts: defaultdict[Key, int] = defaultdict(int)
    parts = list(several)
    for it in parts:
        for key, count in it.items():
            counts[key] += count
    since = {key for key in counts if key[0] in _ADDED_LATER}
    return {key: it for key, it in counts.items() if key not in since or all(key in part for part in parts)}


def stages(period: str, keys: Iterable[Key]) -> list[list[Key]]:
    """The cells that a period publishes, in steps from the whole city to what is finest."""
    listed = sorted(keys)
    stages = STAGES if periods.is_month(period) else (*STAGES, *LONGER)
    found = [[key for key in listed if key[::2] in names] for names in stages]
    return [it for it in found if it]


def unpublished(period: str, keys: Iterable[Key]) -> list[Key]:
    """The cells that a month keeps to itself; see the module of that name."""
    return [key for key in keys if key[::2] == _DISTRICT_BY_GROUP] if periods.is_month(period) else []


def sums(period: str, keys: Collection[Key], areas: Areas) -> list[Sum]:
    """What ties the cells of a period."""
    parts: defaultdict[Key, list[Key]] = defaultdict(list)
    for key in keys:
        for table, total in _totals(key, areas):
            parts[(*total, "", table)].append(key)
    return [
        Sum((period, *total[:-2]), tuple((period, *key) for key in listed))
        for total, listed in sorted(parts.items())
        if total[:-2] in keys
    ] + [Sum((period, *whole), tuple((period, *key) for key in two)) for whole, two in _chain(keys)]


def _every(areas: Areas) -> Iterator[Key]:
    """All cells that there are in any case."""
    groups = _groups()
    yield TOTAL
    yield from (("urgency", it) for it in Urgency)
    yield from (("group", it) for it in groups)
    yield from (("category", it) for it in (*taxonomy.categories(), UNKNOWN))
    yield from (("ward", it) for it in areas.wards)
    for district in (*areas.districts, NO_PLACE):
        yield ("district", district)
        yield from (("district", district, "group", it) for it in groups)
        if district != NO_PLACE:
            yield ("district", district, "ward", NO_PLACE)


def _groups() -> tuple[str, ...]:
    return (*dict.fromkeys(map(taxonomy.group_of, taxonomy.categories())), UNKNOWN)


def _state(name: str) -> Key:
    return TOTAL if name == STATES[0] else ("state", name)


def _of(row: CountRow, areas: Areas) -> Iterator[Key]:
    """The cells that a tip counts in; one of a ward counts in the main district of that ward."""
    category = row.category if row.category in taxonomy.categories() else UNKNOWN  # no cell is there for one tip's sake
    group, named = taxonomy.group_of(category), areas.district_of(row.ward) if row.ward in areas.wards else None
    district = named or (row.district if row.district in areas.districts else NO_PLACE)
    yield from (TOTAL, ("urgency", row.urgency), ("group", group), ("category", category))
    yield from (("district", district), ("district", district, "group", group))
    if row.ward in areas.wards:
        yield ("ward", row.ward)
    elif district != NO_PLACE:
        yield ("district", district, "ward", NO_PLACE)


def _totals(key: Key, areas: Areas) -> Iterator[tuple[str, Key]]:
    """The cells that a cell is a part of, each with the table in which it is one."""
    names, values = key[::2], key[1::2]
    if names == ("category",):
        yield "categories", ("group", taxonomy.group_of(values[0]))
    elif names == ("ward",):
        yield "wards", ("district", areas.district_of(values[0]) or NO_PLACE)
    elif names == ("district", "ward"):
        yield "wards", ("district", values[0])
    elif names == _DISTRICT_BY_GROUP:
        yield "groups", ("district", values[0])
        yield "districts", ("group", values[1])
    elif names[0] in _TALLIES and key[1] != ALL:
        yield names[0], (names[0], ALL)
    elif names in {("district",), ("group",), ("urgency",)}:
        yield names[0], TOTAL
    else:
        yield from work.totals(key)


def _chain(keys: Collection[Key]) -> Iterator[tuple[Key, tuple[Key, Key]]]:
    """What was received was read or is left, what was read was accepted or is left, and so on: in earlier periods."""
    for before, state in itertools.pairwise(STATES):
        if _state(state) in keys:
            yield _state(before), (_state(state), ("left", before))

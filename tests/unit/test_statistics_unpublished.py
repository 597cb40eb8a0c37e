"""What follows for a table that is not published, from its margins and from longer periods that show it."""

import itertools
import random

from tips.statistics.cells import Key, Mark, Published, small, withheld
from tips.statistics.unpublished import told

AREAS, GROUPS = ("a", "b"), ("x", "y", "z")


def test_margins_tell_what_every_table_that_has_them_agrees_on() -> None:
    """Against all tables of small towns, one by one."""
    chance, found = random.Random(5), 0
    for _ in range(60):
        table = {(area, group): int(chance.expovariate(0.3)) for area in AREAS for group in GROUPS}
        agreeing = [it for it in tables_like(table) if margins(it) == margins(table)]
        expected = {
            place
            for place, count in table.items()
            if count < 5 and (min(it[place] for it in agreeing) > 0 or max(it[place] for it in agreeing) < 4)
        }
        published = Published({("2026-01", *key): count for key, count in margins(table).items()})
        kept = {cell("2026-01", *place): withheld(5, count) for place, count in table.items()}
        assert told(published, kept) == {cell("2026-01", *place) for place in expected}
        found += len(expected)
    assert found > 20


def test_what_the_other_months_cannot_hold_of_a_quarters_cell_was_in_this_one() -> None:
    """Area a had 5 tips in January and fewer in each other month; of the quarter's, nine were of matter x."""
    shown: dict[Key, int] = {("2026-Q1", "district", "a", "group", "x"): 9, ("2026-01", "district", "a"): 5}
    hidden: dict[Key, Mark] = {(month, "district", "a"): small(5) for month in ("2026-02", "2026-03")}
    kept = {cell(month, "a", "x"): withheld(5, 4) for month in ("2026-01", "2026-02", "2026-03")}
    assert told(Published(shown, hidden), kept) == {cell("2026-01", "a", "x")}
    shown["2026-Q1", "district", "a", "group", "x"] = 8
    assert told(Published(shown, hidden), kept) == set()
    assert told(Published(shown, hidden | {cell("2026-Q1", "a", "x"): small(5)}), kept) == set()


def cell(period: str, area: str, group: str) -> Key:
    return (period, "district", area, "group", group)


def margins(table: dict[tuple[str, str], int]) -> dict[Key, int]:
    rows = {("district", area): sum(table[area, it] for it in GROUPS) for area in AREAS}
    columns = {("group", group): sum(table[it, group] for it in AREAS) for group in GROUPS}
    return {("total",): sum(table.values()), **rows, **columns}


def tables_like(table: dict[tuple[str, str], int]) -> list[dict[tuple[str, str], int]]:
    """Every table with the same two columns' sums and first row's."""
    columns = [table["a", it] + table["b", it] for it in GROUPS]
    return [
        {("a", group): number for group, number in zip(GROUPS, first, strict=True)}
        | {("b", group): of - number for group, of, number in zip(GROUPS, columns, first, strict=True)}
        for first in itertools.product(*(range(it + 1) for it in columns))
    ]

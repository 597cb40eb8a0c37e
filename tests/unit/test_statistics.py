"""Counts never tell of a person: small cells are hidden, and no sum that anybody sees gives one away."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from tips.desk import statistics
from tips.desk.statistics import DIMENSIONS, HIDDEN, SMALL
from tips.ports.desk import CountRow

rows = st.lists(
    st.builds(
        CountRow,
        st.sampled_from(["2026-10", "2026-11"]),
        st.sampled_from(["Quận 1", "Quận 3", ""]),
        st.sampled_from(["", "Phường Bàn Cờ"]),
        st.sampled_from(["drugs.trade", "gambling.any", "restricted"]),
        st.integers(1, 40),
    ),
    max_size=14,
)


def test_a_small_count_is_shown_as_less_than_five() -> None:
    """And a large one as it is, where nothing small stands beside it."""
    big = [CountRow("2026-11", "Quận 1", "", "drugs.trade", 12)]
    assert [line.count for line in statistics.table(big, ("month", "district"))] == ["12"]
    small = [CountRow("2026-11", "Quận 1", "", "drugs.trade", 4)]
    assert [line.count for line in statistics.table(small, ("month", "district"))] == [HIDDEN]


def test_a_lone_small_cell_takes_its_smallest_neighbour_with_it() -> None:
    """Otherwise the month's total less the other cells would be the hidden count."""
    made = [CountRow("2026-11", name, "", "x", count) for name, count in (("A", 3), ("B", 20), ("C", 9))]
    shown = {line.district: line.count for line in statistics.table(made, ("month", "district"))}
    assert shown == {"A": HIDDEN, "B": "20", "C": HIDDEN}


@settings(max_examples=150)
@given(rows)
def test_no_sum_of_a_line_gives_a_hidden_count_away(made: list[CountRow]) -> None:
    """For every way to add the cells up: none or several are hidden, and together they are more than a small count."""
    lines = statistics.table(made)
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    for row in made:
        counts[row.period, row.district, row.ward, row.category] += row.count
    shown = {(it.period, it.district, it.ward, it.category): it.count for it in lines}
    assert set(shown) == set(counts)
    assert all(value == HIDDEN or int(value) >= SMALL for value in shown.values())
    for mask in range(1, 2 ** len(DIMENSIONS)):
        groups: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        for cell in counts:
            groups[tuple("" if mask >> at & 1 else part for at, part in enumerate(cell))].append(cell)
        for group in groups.values():
            secret = [counts[cell] for cell in group if shown[cell] == HIDDEN]
            betrays = len(group) > 1 and (len(secret) == 1 or 0 < sum(secret) <= SMALL)
            assert not betrays or len(secret) == len(group)

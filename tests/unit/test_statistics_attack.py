"""Somebody has all that was ever published, and reckons: no small count is told by it."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.attacker import ALL, MONTHS, Attacker, City, Closed, primary_only, year
from tips.statistics.audit import exposed
from tips.statistics.cells import NOTHING, Key, Published, Sum
from tips.statistics.periods import over_time
from tips.statistics.suppression import suppress

SMALL_TOWN = City(areas=7, groups=5, tips=1500, wards=14, categories=12)


@pytest.fixture(scope="module")
def town() -> Closed:
    return year(SMALL_TOWN)


def told(published: Published) -> list[Key]:
    """What an attacker learns who tries each small cell, in whole numbers."""
    attacker = Attacker(published)
    small = [key for key, it in zip(attacker.keys, attacker.small, strict=True) if it]
    return [key for key in small if attacker.tells(key, whole=True)]


def table(rows: list[list[int]], *period: str) -> tuple[dict[Key, int], list[Sum]]:
    """A table with both margins and its total."""
    across, down = range(len(rows)), range(len(rows[0]))
    counts: dict[Key, int] = {(*period, f"{r}", f"{c}"): rows[r][c] for r in across for c in down}
    counts |= {(*period, f"{r}", ALL): sum(rows[r]) for r in across}
    counts |= {(*period, ALL, f"{c}"): sum(row[c] for row in rows) for c in down}
    counts[*period, ALL, ALL] = sum(map(sum, rows))
    sums = [Sum((*period, f"{r}", ALL), tuple((*period, f"{r}", f"{c}") for c in down)) for r in across]
    sums += [Sum((*period, ALL, f"{c}"), tuple((*period, f"{r}", f"{c}") for r in across)) for c in down]
    sums.append(Sum((*period, ALL, ALL), tuple((*period, f"{r}", ALL) for r in across)))
    sums.append(Sum((*period, ALL, ALL), tuple((*period, ALL, f"{c}") for c in down)))
    return counts, sums


def test_a_town_s_year_with_quarters_and_year_tells_no_small_count(town: Closed) -> None:
    """Closed month by month, all tables; and the product's own audit says the same."""
    assert Attacker(town.published).told() == []
    assert exposed(town.published) == {}


def test_the_same_attacker_breaks_what_hides_only_small_cells(town: Closed) -> None:
    """So it is the secondary cells that the claims above rest on."""
    assert len(Attacker(primary_only(town.counts, town.published.sums)).told(patience=10)) > 100


def test_reckoning_in_whole_tips_tells_no_more(town: Closed) -> None:
    """Of some cells, as each takes a search."""
    attacker = Attacker(town.published)
    small = [key for key, it in zip(attacker.keys, attacker.small, strict=True) if it]
    chosen = random.Random(1).sample(small, 30)
    assert [key for key in chosen if attacker.tells(key, whole=True)] == []


def test_a_year_less_eleven_months_tells_nothing() -> None:
    """Eleven months show a place's counts, the twelfth is small: quarter and year do not give it away."""
    published, counts = NOTHING, dict[Key, int]()
    for number, month in enumerate(MONTHS):
        new, sums = table([[2 if number == 11 else 9, 20], [30, 40]], month)
        places = [key[1:] for key in new]
        for period, of in {"2026-03": 3, "2026-06": 6, "2026-09": 9, "2026-12": 12}.items():
            if month == period:
                quarter = f"2026-Q{of // 3}"
                months = MONTHS[of - 3 : of]
                new |= {(quarter, *it): sum((counts | new)[each, *it] for each in months) for it in places}
                sums += [*quarterly(quarter, new), *over_time(quarter, places)]
        if number == 11:
            new |= {("2026", *it): sum((counts | new)[f"2026-Q{q}", *it] for q in range(1, 5)) for it in places}
            sums += [*quarterly("2026", new), *over_time("2026", places)]
        counts |= new
        published = suppress(new, sums, published)
    assert published.hidden["2026-12", "0", "0"].guard == 4
    assert Attacker(published).told() == []
    assert Attacker(primary_only(counts, published.sums)).bounds(("2026-12", "0", "0")) == (2, 2)


def quarterly(period: str, counts: dict[Key, int]) -> list[Sum]:
    """The sums within a period of the table of two by two."""
    rows = [[counts[period, f"{r}", f"{c}"] for c in range(2)] for r in range(2)]
    return table(rows, period)[1]


def test_a_total_less_the_districts_that_are_shown_tells_nothing() -> None:
    """One small district among four."""
    counts, sums = table([[2], [20], [30], [9]])
    assert told(primary_only(counts, sums)) != []
    assert told(suppress(counts, sums, NOTHING)) == []


def test_inclusion_and_exclusion_across_two_margins_tells_nothing() -> None:
    """38 - 29 - 22 + 15 = 2: the one small cell of two by two."""
    counts, sums = table([[15, 14], [7, 2]])
    assert counts[ALL, ALL] == 38
    assert Attacker(primary_only(counts, sums)).bounds(("1", "1")) == (2, 2)
    published = suppress(counts, sums, NOTHING)
    assert told(published) == []
    assert published.shown[ALL, ALL] == 38


def test_a_district_less_its_wards_tells_nothing() -> None:
    """The district is shown in a table of groups, its wards in another."""
    counts: dict[Key, int] = {("a", ALL): 30, ("a", "x"): 30, ("b", ALL): 40, (ALL, ALL): 70}
    counts |= {("ward", "1"): 12, ("ward", "2"): 17, ("ward", "?"): 1}
    wards: tuple[Key, ...] = (("ward", "1"), ("ward", "2"), ("ward", "?"))
    sums = [Sum(("a", ALL), wards), Sum(("a", ALL), (("a", "x"),)), Sum((ALL, ALL), (("a", ALL), ("b", ALL)))]
    assert Attacker(primary_only(counts, sums)).bounds(("ward", "?")) == (1, 1)
    published = suppress(counts, sums, NOTHING)
    assert told(published) == []
    assert {("a", ALL), ("b", ALL), (ALL, ALL)} <= set(published.shown)


cells = st.one_of(st.integers(0, 6), st.integers(0, 30))
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=4)
)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_no_table_tells_a_small_count(rows: list[list[int]]) -> None:
    """Whatever its counts are, each small cell tried in whole numbers."""
    assert told(suppress(*table(rows), NOTHING)) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=3, max_size=3), min_size=3, max_size=3))
def test_no_three_months_and_their_quarter_tell_a_small_count(months: list[list[list[int]]]) -> None:
    """Three tables, each frozen before the next is known, and their sum: where halves could be."""
    published, counts, quarter = NOTHING, dict[Key, int](), "2026-Q1"
    for month, rows in zip(MONTHS, months, strict=False):
        new, sums = table(rows, month)
        if month == "2026-03":
            together = [[sum(it[r][c] for it in months) for c in range(3)] for r in range(3)]
            more, within = table(together, quarter)
            new, sums = new | more, [*sums, *within, *over_time(quarter, [key[1:] for key in more])]
        published = suppress(new, sums, published)
        counts |= new
    assert told(published) == []


@pytest.mark.slow
def test_a_city_s_half_year_tells_no_small_count() -> None:
    """38 districts, 168 wards, 18 groups, 20,000 tips a year: as it will be."""
    assert Attacker(year(City(), MONTHS[:6]).published).told() == []

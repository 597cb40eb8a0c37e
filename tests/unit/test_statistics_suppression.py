"""Figures are frozen once: what is hidden is decided when a period is closed, and in doubt everything is."""

import random
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter

import pytest

from tests.attacker import ALL, MONTHS, Attacker, City, Closed, year
from tips.statistics import audit, program
from tips.statistics.audit import bounds, exposed
from tips.statistics.cells import NOTHING, Claim, Key, Mark, Published, Sum, large, small
from tips.statistics.periods import closed_with, over_time, parts
from tips.statistics.suppression import suppress

COUNTS: dict[Key, int] = {("a",): 2, ("b",): 20, ("c",): 9, ("all",): 31}
SUMS = [Sum(("all",), (("a",), ("b",), ("c",)))]


def test_a_lone_small_cell_takes_its_smallest_neighbour_with_it() -> None:
    """The total and the large one stay readable; the marks say which of the hidden ones is small."""
    published = suppress(COUNTS, SUMS, NOTHING)
    assert published.shown == {("all",): 31, ("b",): 20}
    assert published.hidden == {("a",): small(5), ("c",): large(5)}


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    """Counts of k or more need no protection."""
    assert suppress({**COUNTS, ("a",): 5, ("all",): 34}, SUMS, NOTHING).hidden == {}


def test_zero_is_as_small_as_any() -> None:
    """A zero that was shown would tell, the month when it is hidden."""
    published = suppress({**COUNTS, ("a",): 0, ("all",): 29}, SUMS, NOTHING)
    assert published.hidden["a",] == small(5)
    assert bounds(published, [("a",)])["a",] == (0, 4)


def test_whatever_was_published_stays_as_it_was() -> None:
    """Closing a month, a quarter or a year changes nothing that was told before."""
    city, closed = City(areas=6, groups=4, tips=900, wards=10, categories=8), Closed()
    for month in MONTHS:
        before = closed.published
        closed.close(city, month)
        after = closed.published
        assert before.shown.items() <= after.shown.items()
        assert before.hidden.items() <= after.hidden.items()
        assert after.shown.items() <= closed.counts.items()


def test_the_same_counts_give_the_same_figures_in_whatever_order() -> None:
    """So nobody learns more by asking twice, and a page and an export agree."""
    city = City(areas=8, groups=6, tips=3000, wards=12, categories=9)
    places = city.month()
    counts = {("2026-01", *place): count for place, count in places.items()}
    shuffled = list(counts.items())
    random.Random(3).shuffle(shuffled)
    sums = city.sums("2026-01", places)
    first, again = suppress(counts, sums, NOTHING), suppress(dict(shuffled), sums, NOTHING)
    assert (first.shown, first.hidden) == (again.shown, again.hidden)


@pytest.mark.parametrize("way", ["no answer", "a wrong answer", "no proof"])
def test_where_the_solver_fails_everything_new_is_withheld(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even which cells are small is told; what was frozen before stays."""
    frozen = suppress({("z",): 7}, [], NOTHING)
    if way == "no answer":
        monkeypatch.setattr(program, "_solver", lambda columns, matrix: NoAnswer())
    elif way == "a wrong answer":
        monkeypatch.setattr(program, "_solver", lambda columns, matrix: WrongAnswer(columns))
    else:
        monkeypatch.setattr(audit, "_ask", lambda *_: None)
    published = suppress(COUNTS, SUMS, frozen)
    assert published.shown == {("z",): 7}
    assert {(it.low, it.high) for it in published.hidden.values()} == {(0, None)}


def test_a_mark_that_would_tell_is_not_given() -> None:
    """6 in all, of two small ones: "5 or more" would say that none of the two is 0."""
    counts: dict[Key, int] = {("a",): 2, ("b",): 4, ("all",): 6}
    published = suppress(counts, [Sum(("all",), (("a",), ("b",)))], NOTHING)
    assert published.hidden["all",] == Mark(0, None)
    assert exposed(published) == {}


def test_the_audit_finds_what_is_told_by_what_is_shown() -> None:
    """And by how much."""
    careless = Published({("all",): 31, ("b",): 20, ("c",): 9}, {("a",): small(5)}, SUMS)
    assert exposed(careless) == {("a",): (2, 2)}


def test_other_claims_count_as_the_attacker_s_knowledge() -> None:
    """A share of 40 percent, rounded to 5 points: 37.5 to 42.5 percent of 10, and a small cell has 4 at most."""
    share = [Claim(((("a",), 200), (("all",), -75)), 0, None), Claim(((("a",), 200), (("all",), -85)), None, 0)]
    told = Published({("all",): 10}, {("a",): small(5), ("b",): large(5)}, [Sum(("all",), (("a",), ("b",)))], share)
    assert bounds(told, [("a",)])["a",] == pytest.approx((3.75, 4))
    assert ("a",) in exposed(told)


def test_k_can_change_between_periods() -> None:
    """What was frozen keeps the k that its marks say."""
    months = {"2026-01": 3, "2026-02": 5, "2026-03": 7}
    published = NOTHING
    for month, k in months.items():
        counts = {(month, *key): count for key, count in COUNTS.items()}
        sums = [Sum((month, "all"), ((month, "a"), (month, "b"), (month, "c")))]
        published = suppress(counts, sums, published, k)
    assert [published.hidden[month, "a"].high for month in months] == [2, 4, 6]
    assert exposed(published) == {}


@pytest.mark.parametrize(
    ("counts", "sums", "k"),
    [
        (COUNTS, SUMS, 2),
        ({**COUNTS, ("a",): -2, ("all",): 27}, SUMS, 5),
        ({**COUNTS, ("all",): 30}, SUMS, 5),
        (COUNTS, [Sum(("all",), (("a",), ("nowhere",)))], 5),
        ({**COUNTS, ("z",): 7}, SUMS, 5),
    ],
)
def test_what_cannot_be_right_is_refused(counts: dict[Key, int], sums: list[Sum], k: int) -> None:
    """A k below 3, a negative count, a sum that is none, an unknown cell, a cell that is frozen."""
    with pytest.raises(ValueError):
        suppress(counts, sums, Published({("z",): 7}), k)


def test_a_quarter_and_a_year_end_with_their_last_month() -> None:
    """Names of periods, and what each is the sum of."""
    assert closed_with("2026-02") == ("2026-02",)
    assert closed_with("2026-09") == ("2026-09", "2026-Q3")
    assert closed_with("2026-12") == ("2026-12", "2026-Q4", "2026")
    assert parts("2026-Q4") == ("2026-10", "2026-11", "2026-12")
    assert parts("2026") == ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
    assert over_time("2026-05", [("a",)]) == []
    with pytest.raises(ValueError):
        closed_with("2026-13")


def test_coarse_figures_of_a_month_stay_readable() -> None:
    """Of a believable month: the city, its groups and nearly all districts; fine cells are what is hidden for them."""
    closed = year(City(), MONTHS[:2])
    coarse = [key for key, count in closed.counts.items() if ALL in key and count >= 5]
    assert sum(key in closed.published.shown for key in coarse) >= 0.97 * len(coarse)
    assert all(key in closed.published.shown for key in coarse if key[2] == ALL)


@pytest.mark.parametrize(("tips", "seconds"), [(20_000, 2), (12_000_000, 5)])
def test_a_month_is_closed_within_seconds(tips: int, seconds: int) -> None:
    """A believable one, and one with a million tips."""
    start = perf_counter()
    year(City(tips=tips), MONTHS[:1])
    assert perf_counter() - start < seconds


def test_the_solver_is_loaded_by_who_closes_a_period_only() -> None:
    """And says nothing on standard output, where commands print."""
    code = "import sys, tips.statistics.suppression as s; assert 'highspy' not in sys.modules; "
    code += "from tests.unit.test_statistics_suppression import COUNTS, SUMS; s.suppress(COUNTS, SUMS, s.Published())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_who_knows_of_one_tip_of_their_own_learns_no_other_count() -> None:
    """They know 1 or more of their cell; others of a month may still be anything."""
    closed = year(City(areas=6, groups=4, tips=900, wards=10, categories=8), MONTHS[:1])
    attacker = Attacker(closed.published)
    own = next(key for key in attacker.keys if closed.counts[key] == 1)
    attacker.low[attacker.keys.index(own)] = 1
    others = [key for key in attacker.told() if key != own]
    assert all(high - low >= 3 for low, high in map(attacker.bounds, others))


class NoAnswer:
    """A solver that gives up."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: None if name != "getSolution" else NoAnswer()

    col_value: Sequence[float] = ()


class WrongAnswer(NoAnswer):
    """A solver that says that each cell is free to be 0 and to be 4, and hides nothing for it."""

    def __init__(self, columns: "list[program.Column]") -> None:
        self.columns, self.asked = columns, 0

    def getSolution(self) -> "WrongAnswer":  # noqa: N802
        self.asked += 1
        return self

    @property
    def col_value(self) -> list[float]:
        return [self.asked % 2 * 4.0 if it.way == program.Way.FREE else 0.0 for it in self.columns]

    def getModelStatus(self) -> object:  # noqa: N802
        import highspy

        return highspy.HighsModelStatus.kOptimal

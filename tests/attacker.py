"""Who has collected everything that was published, and reckons. Shares nothing with the product but the marks' meaning.

Also a city to attack: made by rule, so that each run has the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from tips.statistics.cells import Key, Published, Sum, small
from tips.statistics.periods import closed_with, over_time, parts
from tips.statistics.suppression import suppress

MONTHS = tuple(f"2026-{month:02}" for month in range(1, 13))
ALL = "all"
MOST = 10**6  # tips, that the attacker takes a cell to have


@dataclass
class City:
    """Tables of one month after the other: areas by groups, wards in areas, categories in groups, urgency."""

    areas: int = 39
    groups: int = 18
    tips: int = 20_000  # a year
    wards: int = 168
    categories: int = 58
    seed: int = 2026
    places: list[Key] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.area_weights = _falling(self.areas, 0.6)
        self.group_weights = _falling(self.groups, 0.9)
        self.wards_of = _shared(self.wards, self.areas - 1)
        self.categories_of = _shared(self.categories, self.groups)

    def month(self) -> dict[Key, int]:
        """Counts by place: what the months have in common."""
        number = self.random.poisson(self.tips / 12)
        weights = np.outer(self.area_weights, self.group_weights).ravel()
        table = self.random.multinomial(number, weights).reshape(self.areas, self.groups)
        counts: dict[Key, int] = {("table", ALL, ALL): int(table.sum())}
        for (area, group), count in np.ndenumerate(table):
            counts["table", f"a{area}", f"g{group}"] = int(count)
        for area, count in enumerate(table.sum(1)):
            counts["table", f"a{area}", ALL] = int(count)
            if area < self.areas - 1:
                counts |= self._split("ward", f"a{area}", int(count), self.wards_of[area] + 1)
        for group, count in enumerate(table.sum(0)):
            counts["table", ALL, f"g{group}"] = int(count)
            counts |= self._split("category", f"g{group}", int(count), self.categories_of[group])
        for level, count in enumerate(self.random.multinomial(table.sum(), [0.02, 0.18, 0.5, 0.3])):
            counts["urgency", f"P{level}"] = int(count)
        return counts

    def _split(self, table: str, of: str, count: int, number: int) -> dict[Key, int]:
        found = self.random.multinomial(count, _falling(number, 0.5))
        return {(table, of, str(at)): int(it) for at, it in enumerate(found)}

    def sums(self, period: str, places: Iterable[Key]) -> list[Sum]:
        """The sums of one period."""
        keys = list(places)
        areas, groups = [f"a{at}" for at in range(self.areas)], [f"g{at}" for at in range(self.groups)]

        def total(area: str, group: str, cells: Iterable[Key]) -> Sum:
            return Sum((period, "table", area, group), tuple((period, *cell) for cell in cells))

        found = [total(area, ALL, [("table", area, group) for group in groups]) for area in areas]
        found += [total(ALL, group, [("table", area, group) for area in areas]) for group in groups]
        found += [total(ALL, ALL, [("table", area, ALL) for area in areas])]
        found += [total(ALL, ALL, [("table", ALL, group) for group in groups])]
        found += [total(area, ALL, [key for key in keys if key[:2] == ("ward", area)]) for area in areas[:-1]]
        found += [total(ALL, group, [key for key in keys if key[:2] == ("category", group)]) for group in groups]
        return [*found, total(ALL, ALL, [key for key in keys if key[0] == "urgency"])]


@dataclass
class Closed:
    """A year that was closed month by month."""

    published: Published = field(default_factory=Published)
    counts: dict[Key, int] = field(default_factory=dict)

    def close(self, city: City, month: str, k: int = 5) -> None:
        """Close a month, and whatever ends with it."""
        places = city.month()
        counts = {(month, *place): count for place, count in places.items()}
        sums = city.sums(month, places)
        for period in closed_with(month)[1:]:
            known = self.counts | counts
            counts |= {(period, *it): sum(known[part, *it] for part in parts(period)) for it in places}
            sums += [*city.sums(period, places), *over_time(period, places)]
        self.published = suppress(counts, sums, self.published, k)
        self.counts |= counts


def year(city: City, months: Sequence[str] = MONTHS) -> Closed:
    """A year, or its first months."""
    closed = Closed()
    for month in months:
        closed.close(city, month)
    return closed


class Attacker:
    """Knows what is shown, which hidden cells are small, and all sums."""

    def __init__(self, published: Published, k: int = 5) -> None:
        self.keys = sorted(published.hidden)
        at = {key: number for number, key in enumerate(self.keys)}
        rows = [it for it in published.sums if any(key in at for key in (it.total, *it.parts))]
        self.right = np.zeros(len(rows))
        entries = []
        for row, it in enumerate(rows):
            for key, sign in [(it.total, -1), *((part, 1) for part in it.parts)]:
                if key in at:
                    entries.append((row, at[key], sign))
                else:
                    self.right[row] -= sign * published.shown[key]
        row, column, sign = np.array(entries, int).reshape(-1, 3).T
        self.left = sparse.csr_matrix((sign, (row, column)), (len(rows), len(self.keys)))
        self.low = np.array([published.hidden[key].low for key in self.keys], float)
        self.high = np.array([_end(published.hidden[key].high) for key in self.keys], float)
        self.small = np.array([published.hidden[key].guard is not None for key in self.keys], bool)
        self.k = k

    def bounds(self, key: Key, *, whole: bool = False) -> tuple[float, float]:
        """The least and greatest count that a hidden cell can have."""
        return self._end(self.keys.index(key), 1, whole), self._end(self.keys.index(key), -1, whole)

    def told(self, *, patience: int = 60) -> list[Key]:
        """The small cells that are bounded tighter than 0 to k - 1; one table may clear many of suspicion."""
        random = np.random.default_rng(1)
        least, most = np.full(len(self.keys), np.inf), np.full(len(self.keys), -np.inf)
        for attempt in range(patience):
            too_high, too_low = self.small & (least > 1e-6), self.small & (most < self.k - 1 - 1e-6)
            if not (too_high | too_low).any():
                return []
            upwards = too_low & (~too_high | (random.random(len(least)) < 0.5))
            costs = np.where(upwards, -1.0, np.where(too_high, 1.0, 0.0)) * random.uniform(1, 2, len(least))
            tried = random.random(len(least)) < (1 if attempt < patience // 2 else 0.3)
            found = self._solve(costs * tried, whole=False)
            least, most = np.minimum(least, found), np.maximum(most, found)
        suspects = self.small & ((least > 1e-6) | (most < self.k - 1 - 1e-6))
        return [key for key, it in zip(self.keys, suspects, strict=True) if it and self.tells(key)]

    def tells(self, key: Key, *, whole: bool = False) -> bool:
        """Whether a small cell is bounded tighter than 0 to k - 1."""
        low, high = self.bounds(key, whole=whole)
        return low > 1e-6 or high < self.k - 1 - 1e-6

    def _end(self, cell: int, way: int, whole: bool) -> float:
        costs = np.zeros(len(self.keys))
        costs[cell] = way
        return float(self._solve(costs, whole=whole)[cell])

    def _solve(self, costs: np.ndarray, *, whole: bool) -> np.ndarray:
        if whole:
            tied = LinearConstraint(self.left, self.right, self.right)
            found = milp(costs, integrality=np.ones(len(costs)), bounds=Bounds(self.low, self.high), constraints=tied)
        else:
            found = linprog(costs, A_eq=self.left, b_eq=self.right, bounds=np.column_stack([self.low, self.high]))
        assert found.status == 0, found.message
        return np.asarray(found.x)


def primary_only(counts: Mapping[Key, int], sums: Sequence[Sum], k: int = 5) -> Published:
    """What would be published if only the small cells were hidden."""
    hidden = {key: small(k) for key, count in counts.items() if count < k}
    return Published({key: count for key, count in counts.items() if count >= k}, hidden, sums)


def _falling(number: int, power: float) -> np.ndarray:
    weights = np.arange(1, number + 1) ** -power
    return weights / weights.sum()


def _shared(number: int, among: int) -> list[int]:
    """Unequal shares of a number, one at least."""
    shares = [1 + at % 5 for at in range(among)]
    shares = [max(1, share * number // sum(shares)) for share in shares]
    shares[-1] += max(0, number - sum(shares))
    return shares


def _end(high: int | None) -> float:
    return MOST if high is None else high

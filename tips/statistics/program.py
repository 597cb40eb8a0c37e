"""The attacker's program: every table of counts that agrees with all that is published, as a linear program.

HiGHS solves it many times with other objectives. The set of tables stays, so each solution starts from the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tips.statistics.cells import Claim, Key, Mark, Published

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_NEAR: Final = 1e-6  # tips; a solution may be off by that much, the solver's own tolerance is a tenth of it
_LITTLE: Final = 0.01  # the worth of one tip to who looks around; no cell is hidden for that
_ROUNDS: Final = 60
_FAR: Final = 10_000.0  # tips: no cell that is withheld needs to rise higher, to make room for others
_DEAREST: Final = 5_000.0  # what hiding a cell costs at most; proofs are worth more, see `audit`
_DEAR: Final = 100  # times what it costs to hide a cell: to tell not even whether it is small


class Unsolved(Exception):
    """The solver gave no answer, or one that is none."""


class Way(IntEnum):
    """What has to be done so that a table which moves a cell agrees with what is published."""

    FREE = 0  # nothing: it is hidden, and stays within its mark
    HIDE = 1
    WITHHOLD = 2  # not even its mark may be told


@dataclass(frozen=True, slots=True)
class Column:
    """One way in which a cell can differ from what it starts from."""

    cell: int
    sign: int  # 1: upwards, -1: downwards
    low: float
    high: float
    way: Way


@dataclass(frozen=True, slots=True)
class Matrix:
    """Claims over columns, entry by entry: `low <= sum of factors times columns <= high` in each row."""

    row: npt.NDArray[np.int32]
    column: npt.NDArray[np.int32]
    factor: Floats
    low: Floats
    high: Floats

    def broken(self, found: Floats) -> bool:
        """Whether these columns break a claim; a solver's word alone is not enough."""
        sums = np.bincount(self.row, self.factor * found[self.column], len(self.low))
        slack = 10 * _NEAR
        return bool(np.any(sums < self.low - slack) or np.any(sums > self.high + slack))


class Program:
    """The tables that nobody can tell from the truth, and what it costs to have more of them.

    Each solution is a *witness*: a table that agrees with all that is published, once what it moves is hidden. `least`
    and `most` keep the extremes of all witnesses for each cell. Hiding more makes no witness wrong, so whatever is
    proved stays proved.

    Args:
        frozen: everything published so far; what no chain of claims ties to the new cells plays no part.
        counts: the cells to publish now; none: all that is frozen is looked at.
        claims: what ties these to each other and to frozen ones.
        k: the least count that may be shown.
    """

    def __init__(self, frozen: Published, counts: Mapping[Key, int], claims: Sequence[Claim], k: int) -> None:
        claims = [*frozen.all_claims(), *claims]
        old = _tied(frozen.hidden, counts, claims) if counts else list(frozen.hidden)
        self.keys: list[Key] = [*old, *counts]
        start = [0] * len(old) + [it if it >= k else 0 for it in counts.values()]
        self._start = np.array(start, float)
        marks = [frozen.hidden[key] for key in old]
        guards = [*(it.guard for it in marks), *(k - 1 if it < k else None for it in counts.values())]
        self._guarded = np.array([it is not None for it in guards], bool)
        self._guard = np.array([it or 0 for it in guards], float)
        columns = [
            Column(at, 1, frozen.hidden[key].low, _top(frozen.hidden[key]), Way.FREE) for at, key in enumerate(old)
        ]
        for at, count in enumerate(counts.values(), start=len(old)):
            columns += _ways(at, count, k)
        self._cell = np.array([it.cell for it in columns], np.int32)
        self._sign = np.array([it.sign for it in columns], float)
        self._way = np.array([it.way for it in columns])
        # Large cells are dear, so that they stay readable, never dearer than a proof is worth; below k all are alike.
        price = np.minimum(np.maximum(self._start, k) ** 2, _DEAREST)
        self._price = price[self._cell] * np.array([0, 1, _DEAR])[self._way]
        self._matrix = _matrix(self.keys, self._start, frozen.shown, columns, claims)
        self._solver = _solver(columns, self._matrix)
        size = len(self.keys)
        self.least, self.most = np.full(size, np.inf), np.full(size, -np.inf)
        self.hidden, self.unmarked = np.zeros(size, bool), np.zeros(size, bool)
        # All weights differ, so that one table is the best; they stay, so that the next best one is near.
        self._weight = np.random.default_rng(38).uniform(1, 1.5, size) * _LITTLE

    def unproved(self) -> tuple[Flags, Flags]:
        """The small cells without a witness that has 0 in them, and those without one that has k - 1."""
        return self._guarded & (self.least > 0), self._guarded & (self.most < self._guard)

    def targets(self) -> list[tuple[int, int]]:
        """What is not proved: a cell, and 1 where it must be able to rise, -1 where to fall."""
        low, high = self.unproved()
        return [*((int(at), 1) for at in np.flatnonzero(high)), *((int(at), -1) for at in np.flatnonzero(low))]

    def curiosity(self) -> Floats:
        """What a tip in each cell is worth to who looks around: upwards until that is proved, then downwards."""
        low, high = self.unproved()
        return self._weight * np.where(high, 1.0, np.where(low, -1.0, 0.0))

    def look_around(self) -> None:
        """Find witnesses for many cells at once, as long as each round proves a tenth of what is left.

        Raises:
            Unsolved: the solver failed.
        """
        left = len(self.targets())
        for _ in range(_ROUNDS):
            self.solve(self.curiosity())
            before, left = left, len(self.targets())
            if left > before * 0.9:
                return

    def solve(self, worth: Floats) -> None:
        """Find the table that is worth most, less what it costs to hide; what it moves is hidden from then on.

        Args:
            worth: what one tip more is worth in each cell.

        Raises:
            Unsolved: the solver failed.
        """
        gain = worth[self._cell] * self._sign
        gain = np.where(self._way == Way.FREE, gain, np.minimum(gain, 0))  # to rise beyond its mark is never asked
        moves = self._solution(self._price - gain)
        self._hide(moves > _NEAR)
        table = self._start + np.bincount(self._cell, self._sign * moves, len(self.keys))
        table = np.where(abs(table - np.rint(table)) < _NEAR, np.rint(table), table)
        np.minimum(self.least, table, out=self.least)
        np.maximum(self.most, table, out=self.most)

    def extreme(self, cell: int, way: int) -> float:
        """The least (way -1) or greatest (1) that a hidden cell can be in any table; infinite where nothing limits it.

        Raises:
            Unsolved: the solver failed.
        """
        import highspy

        worth = np.zeros(len(self.keys))
        worth[cell] = way
        try:
            self.solve(worth)
        except Unsolved:
            if self._solver.getModelStatus() != highspy.HighsModelStatus.kUnbounded:
                raise
            return np.inf
        return float((self.most if way > 0 else self.least)[cell])

    def let_marks_go(self) -> None:
        """From now on, a table may also take a cell out of its mark."""
        which = np.flatnonzero(self._way == Way.WITHHOLD).astype(np.int32)
        top = np.where(self._sign[which] > 0, np.inf, self._start[self._cell[which]])
        self._solver.changeColsBounds(len(which), which, np.zeros(len(which)), top)

    def _solution(self, costs: Floats) -> Floats:
        import highspy

        self._solver.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)
        self._solver.run()
        found = np.array(self._solver.getSolution().col_value)
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal or self._matrix.broken(found):
            raise Unsolved
        return found

    def _hide(self, moved: Flags) -> None:
        """Hidden is hidden: to move it again costs nothing."""
        self.hidden[self._cell[moved & (self._way == Way.HIDE)]] = True
        self.unmarked[self._cell[moved & (self._way == Way.WITHHOLD)]] = True
        self._price[self.hidden[self._cell] & (self._way == Way.HIDE)] = 0
        self._price[self.unmarked[self._cell]] = 0


def _top(mark: Mark) -> float:
    """A withheld small cell has an end as well: without one, who looks around would never come back."""
    if mark.high is None and mark.guard is not None:
        return _FAR
    return np.inf if mark.high is None else mark.high


def _ways(cell: int, count: int, k: int) -> Iterator[Column]:
    """How a new cell can move: a small one within its mark, a large one once it is hidden."""
    if count < k:
        yield Column(cell, 1, 0, k - 1, Way.FREE)
        yield Column(cell, 1, 0, 0, Way.WITHHOLD)  # closed at first, see `let_marks_go`
        return
    yield Column(cell, 1, 0, np.inf, Way.HIDE)
    yield Column(cell, -1, 0, count - k, Way.HIDE)
    yield Column(cell, -1, 0, 0, Way.WITHHOLD)


def _tied(hidden: Iterable[Key], new: Iterable[Key], claims: Sequence[Claim]) -> list[Key]:
    """The hidden cells that some chain of claims ties to a new one, in their order."""
    hidden = dict.fromkeys(hidden)
    claims_of: dict[Key, list[int]] = {}
    for number, claim in enumerate(claims):
        for key, _ in claim.terms:
            claims_of.setdefault(key, []).append(number)
    pending, reached, followed = list(new), set(new), set[int]()
    while pending:
        fresh = set(claims_of.get(pending.pop(), ())) - followed
        followed |= fresh
        met = {key for number in fresh for key, _ in claims[number].terms if key in hidden} - reached
        reached |= met
        pending += met
    return [key for key in hidden if key in reached]


def _matrix(
    keys: Sequence[Key], start: Floats, shown: Mapping[Key, int], columns: Sequence[Column], claims: Sequence[Claim]
) -> Matrix:
    """The claims in which an unknown cell occurs; what is known stands on their other side."""
    at = {key: number for number, key in enumerate(keys)}
    of_cell: list[list[tuple[int, int]]] = [[] for _ in keys]
    for number, column in enumerate(columns):
        of_cell[column.cell].append((number, column.sign))
    entries: list[tuple[int, int, int]] = []
    low: list[float] = []
    high: list[float] = []
    for claim in claims:
        unknown = [(at[key], factor) for key, factor in claim.terms if key in at]
        if not unknown:
            continue
        known = sum(factor * (start[at[key]] if key in at else shown.get(key, 0)) for key, factor in claim.terms)
        entries += [(len(low), col, sign * factor) for cell, factor in unknown for col, sign in of_cell[cell]]
        low.append(-np.inf if claim.low is None else claim.low - known)
        high.append(np.inf if claim.high is None else claim.high - known)
    table = np.array(sorted(entries, key=lambda it: (it[1], it[0])), np.int32).reshape(-1, 3)
    return Matrix(table[:, 0], table[:, 1], table[:, 2].astype(float), np.array(low, float), np.array(high, float))


def _solver(columns: Sequence[Column], matrix: Matrix) -> Any:
    import highspy  # a tenth of a second that only who closes a period waits for

    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(columns), len(matrix.low)
    program.col_cost_ = np.zeros(len(columns))
    program.col_lower_ = np.array([it.low for it in columns], float)
    program.col_upper_ = np.array([it.high for it in columns], float)
    program.row_lower_, program.row_upper_ = matrix.low, matrix.high
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(matrix.column, minlength=len(columns)))])
    program.a_matrix_.index_, program.a_matrix_.value_ = matrix.row, matrix.factor
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in {"output_flag": False, "threads": 1, "random_seed": 0}.items():
        solver.setOptionValue(option, value)
    solver.passModel(program)
    return solver

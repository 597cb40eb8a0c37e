"""What somebody finds out who has everything that was ever published: the auditing problem of cell suppression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from tips.statistics.cells import Key, Published
from tips.statistics.program import Program

_BATCH: Final = 30  # cells that are proved together; more hide more than they need, fewer take longer
_BATCHES: Final = 8  # where very many cells are left, as at a year's end, they are proved in about that many
_TOGETHER: Final = 1e4  # worth of a tip more in a cell to be proved, in a batch: what is dearer is not hidden for it
_ALONE: Final = 1e6  # the same for a cell by itself, the last to ask


def exposed(published: Published) -> dict[Key, tuple[float, float]]:
    """The small cells that are not safe, each with the bounds that an attacker finds; none, if all was done right.

    Raises:
        Unsolved: the solver failed.
    """
    program = Program(published, {}, (), 0)
    if not program.keys:
        return {}
    prove(program)
    unsafe = sorted({cell for cell, _ in program.targets()})
    return {program.keys[it]: (program.extreme(it, -1), program.extreme(it, 1)) for it in unsafe}


def bounds(published: Published, keys: Iterable[Key]) -> dict[Key, tuple[float, float]]:
    """The least and the greatest count that each of these hidden cells can have, for all that an attacker knows.

    Two programs a cell: for a few of them. Of a withheld cell, counts that it need not reach are not tried.

    Raises:
        Unsolved: the solver failed.
    """
    program = Program(published, {}, (), 0)
    at = {key: number for number, key in enumerate(program.keys)}
    return {key: (program.extreme(at[key], -1), program.extreme(at[key], 1)) for key in keys}


def prove(program: Program) -> None:
    """Find a witness for both ends of every small cell, as far as there are any; cells that may be hidden are, for it.

    Raises:
        Unsolved: the solver failed.
    """
    program.look_around()
    _in_batches(program)
    for target in program.targets():
        if target in program.targets():  # not proved by chance, with one before
            _ask(program, [target], _ALONE)


def _in_batches(program: Program) -> None:
    """Ask for several cells at once, until a batch proves none of its own."""
    random = np.random.default_rng(168)  # the same batches each time
    while targets := program.targets():
        size = max(_BATCH, len(targets) // _BATCHES)
        chosen = [targets[at] for at in random.permutation(len(targets))[:size]]
        _ask(program, chosen, _TOGETHER)
        if not set(chosen) - set(program.targets()):
            return


def _ask(program: Program, targets: Sequence[tuple[int, int]], worth: float) -> None:
    """Find a table that moves these cells, and others as far as that costs nothing."""
    wish = program.curiosity()
    for cell, way in targets:
        wish[cell] = way * worth
    program.solve(wish)

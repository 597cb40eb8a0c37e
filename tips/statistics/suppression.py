"""Which counts of a period are hidden, decided once: cell suppression, proved by linear programming.

Primary suppression hides what is small. Secondary suppression hides more, so that no sum gives a small one away. Each
small cell that is not proved safe asks for the cheapest table in which it is, after Kelly's and Fischetti and Salazar's
programs; whatever this table moves is hidden. What it proves stays proved, so one pass is enough.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from tips.statistics.audit import prove
from tips.statistics.cells import Key, Mark, Published, Sum, large, small, withheld
from tips.statistics.program import Program, Unsolved

LEAST: Final = 3  # k; with less than that, who sent a tip knows of the others
_log = logging.getLogger(__name__)


def suppress(counts: Mapping[Key, int], sums: Sequence[Sum], frozen: Published, k: int = 5) -> Published:
    """What is published once these counts are: all that was, unchanged, and each new cell, shown or hidden.

    Args:
        counts: all cells of what is closed now, zeros too: a month, and with its last month a quarter and a year.
        sums: what ties them to each other and to frozen cells.
        frozen: everything that was published before.
        k: counts below it are hidden; 3 or more.

    Raises:
        ValueError: k is too small, a cell is frozen already or below zero, or a sum is not one.
    """
    _check(counts, sums, frozen, k)
    counts = dict(sorted(counts.items()))
    marks = _marks(counts, sums, frozen, k)
    shown = {key: count for key, count in counts.items() if key not in marks}
    return Published({**frozen.shown, **shown}, {**frozen.hidden, **marks}, (*frozen.sums, *sums), frozen.claims)


def _marks(counts: Mapping[Key, int], sums: Sequence[Sum], frozen: Published, k: int) -> dict[Key, Mark]:
    """The hidden ones of these cells. Where no proof is found, that is all of them, and nothing is told of any."""
    program = Program(frozen, counts, [it.claim for it in sums], k)
    try:
        proved = _protect(program)
    except Unsolved:
        proved = False
    if not proved:
        _log.error("statistics: no proof was found, so all figures of a period are withheld")
        return {key: withheld(k, count) for key, count in counts.items()}
    hidden = {key for key, it in zip(program.keys, program.hidden, strict=True) if it}
    unmarked = {key for key, it in zip(program.keys, program.unmarked, strict=True) if it}
    found = {key: small(k) if it < k else large(k) for key, it in counts.items() if it < k or key in hidden}
    return found | {key: withheld(k, counts[key]) for key in unmarked}


def _protect(program: Program) -> bool:
    """Hide until each small cell is proved to be possible with 0 and with k - 1; whether that could be done."""
    prove(program)
    if program.targets():
        program.let_marks_go()
        prove(program)
    return not program.targets()


def _check(counts: Mapping[Key, int], sums: Sequence[Sum], frozen: Published, k: int) -> None:
    """A wrong sum would make a program that no table fulfils, or prove what is not so."""
    if k < LEAST:
        raise ValueError("k is too small")
    if any(count < 0 for count in counts.values()):
        raise ValueError("a count is below zero")
    known = {**frozen.shown, **counts}
    if len(known) < len(frozen.shown) + len(counts) or counts.keys() & frozen.hidden.keys():
        raise ValueError("what is frozen is not published again")
    for it in sums:
        cells = (it.total, *it.parts)
        if any(key not in known and key not in frozen.hidden for key in cells):
            raise ValueError("a sum has a cell that is none")
        if all(key in known for key in cells) and known[it.total] != sum(known[key] for key in it.parts):
            raise ValueError("a sum is not the sum of its parts")

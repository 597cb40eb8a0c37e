"""What a figure is, and how two timings are made comparable.

A ceiling is what the bare tool does with the same work. It is measured in the same run, in turns with ours, so that
whatever else disturbs the machine disturbs both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Timing = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One subject: what we do, beside its ceiling. A ratio of 1.0 is as good as the ceiling, more is better."""

    value: float
    ceiling: float
    ratio: float
    unit: str
    how: str


def at_most(value: float, ceiling: float, unit: str, how: str) -> Figure:
    """A figure where less is better: time, memory."""
    return Figure(value, ceiling, ceiling / value, unit, how)


def at_least(value: float, ceiling: float, unit: str, how: str) -> Figure:
    """A figure where more is better: a rate."""
    return Figure(value, ceiling, value / ceiling, unit, how)


async def paired(ours: Timing, bare: Timing, rounds: int, warm_ups: int = 1) -> tuple[float, float]:
    """The median of each over so many rounds; who goes first changes, and the warm-ups before them do not count."""
    timings: dict[Timing, list[float]] = {ours: [], bare: []}
    for at in range(warm_ups + rounds):
        for timing in (ours, bare) if at % 2 else (bare, ours):
            timings[timing].append(await timing())
    return statistics.median(timings[ours][warm_ups:]), statistics.median(timings[bare][warm_ups:])


def median_seconds(act: Callable[[], object], times: int) -> float:
    """The median time of an act."""
    return statistics.median(seconds(act) for _ in range(times))


def seconds(act: Callable[[], object]) -> float:
    """How long an act takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start

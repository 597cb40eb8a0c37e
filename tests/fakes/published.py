"""Made-up figures of closed periods, hidden by the simplest rule; the same for the same periods."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from itertools import product

from tips.cases import lifecycle
from tips.cases.milestones import DEADLINES, TIMED, TIMES, Kind
from tips.organisation import taxonomy, units
from tips.organisation.taxonomy import Urgency
from tips.ports.desk import MilestoneRow
from tips.statistics import periods, work
from tips.statistics.cells import Key
from tips.statistics.figures import Figures, Hidden

LEAST = 5
MONTHS = ("2025-11", "2025-12", *(f"2026-{month:02}" for month in range(1, 11)))
UNITS = ("area-770", "area-774", "duty")
_KINDS: tuple[tuple[Kind, Sequence[str], Sequence[str]], ...] = (
    *((it, lifecycle.results() if it is Kind.CLOSED else ("",), TIMES) for it in TIMED),
    *((it, ("",), ("",)) for it in (Kind.BOUNCED, Kind.DISPUTED)),
    *((it, DEADLINES, ("",)) for it in (Kind.MET, Kind.LATE, Kind.CLIMBED)),
)
GROUPS = tuple(dict.fromkeys(map(taxonomy.group_of, taxonomy.categories())))


def figures(period: str = "2026-10", **other: object) -> Figures:
    """A period with something in every cell; `counts` takes the place of what it has."""
    made = random.Random(period)
    counts = {key: _hidden(made, most) for key, most in _cells().items()} | _work(made, period)
    return Figures(period, date(2026, 11, 8), LEAST, **({"counts": counts} | other))  # type: ignore[arg-type]


def _work(made: random.Random, period: str) -> dict[Key, int | Hidden]:
    """What was done: whole tables, only the small counts hidden. By unit in longer periods."""
    rows = [
        MilestoneRow(kind, unit, urgency, detail, took, made.randint(0, 9))
        for unit, urgency in product(UNITS, Urgency)
        for kind, details, times in _KINDS
        for detail, took in product(details, times)
    ]
    names = {name for stage in work.STAGES for name in stage}
    names |= set() if periods.is_month(period) else {name for stage in work.LONGER for name in stage}
    found = {key: count for key, count in work.counted(rows, UNITS).items() if key[::2] in names}
    return {key: count if count >= LEAST else Hidden.SMALL for key, count in found.items()}


def _cells() -> dict[Key, int]:
    """Each cell and about how many it has."""
    areas = units.load().areas
    cells: dict[Key, int] = {("total",): 1900, ("restricted",): 90}
    cells |= {("group", it): 300 - 11 * at for at, it in enumerate(GROUPS)}
    cells |= {("category", it): 60 for it in taxonomy.categories()}
    cells |= {("district", it): 120 if areas.districts[it].core else 30 for it in areas.districts}
    cells |= {("district", of, "group", it): 14 for of in areas.districts for it in GROUPS}
    cells |= {("ward", it): 24 for it in areas.wards}
    cells |= {("urgency", it): most for it, most in (("P0", 60), ("P1", 200), ("P2", 500), ("P3", 400))}
    cells |= {("channel", it): most for it, most in (("web", 900), ("zalo", 400), ("telegram", 90), ("all", 1500))}
    cells |= {("language", it): most for it, most in (("vi", 900), ("en", 40), ("zh", 20), ("all", 1500))}
    cells |= {("opens", it): most for it, most in (("770", 40), ("774", 30), ("all", 90))}
    return cells | {("district", "none"): 160, ("aside", "all"): 400, ("sign", "all"): 60}


def _hidden(made: random.Random, most: int) -> int | Hidden:
    count = made.randint(most * 6 // 10, most) if most > 200 else made.randint(0, most)
    return Hidden.SMALL if count < LEAST else count


class Shelf:
    """The archive, with these periods, or with a year of months, a quarter and a year."""

    def __init__(self, *periods: str) -> None:
        self.figures = published(*periods)


def published(*periods: str) -> Callable[[], Awaitable[Sequence[Figures]]]:
    """The store's answer: these periods, or a year of months with a quarter and a year."""
    made = [figures(it) for it in periods or (*MONTHS, "2026-Q3", "2025")]

    async def answer() -> Sequence[Figures]:
        return made

    return answer

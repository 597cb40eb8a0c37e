"""A demo's past: invented counts of the months before, closed by the same rule as real ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final

import locales
from bot.wiring import Product
from tips.cases import lifecycle
from tips.cases.milestones import TIMED, TIMES, Kind
from tips.organisation.taxonomy import Urgency, categories
from tips.ports.desk import CountRow, MilestoneRow, Statistics, Tallied, Tally, Workload
from tips.ports.desk import FrozenPeriod as Frozen
from tips.statistics.closing import SETTLED
from tips.statistics.figures import ALL

MONTHS: Final = 5
TIPS: Final = 1600  # a month
RARER: Final = 0.7  # how much rarer each place and each matter is than the one before
URGENCIES: Final = {Urgency.P0: 2, Urgency.P1: 18, Urgency.P2: 50, Urgency.P3: 30}
TALLIES: Final = (
    (Tallied.CHANNEL, "web", 2100), (Tallied.CHANNEL, "zalo", 940), (Tallied.CHANNEL, "telegram", 310),
    *((Tallied.LANGUAGE, lang, count) for lang, count in zip(locales.LANGUAGES, (3120, 180, 50), strict=False)),
    (Tallied.ASIDE, ALL, 870), (Tallied.SIGN, ALL, 23),
)  # fmt: skip
STATES: Final = ("screening", "accepted", "verifying", "closed", "closed")


async def close_months(product: Product) -> int:
    """Close the months before the demo began; how many periods."""
    first = product.now() - SETTLED - timedelta(days=31 * MONTHS)
    made = _Invented(product.store.statistics, product, first)
    return await replace(product.closing, statistics=made).tick()


@dataclass(frozen=True, slots=True)
class _Invented(Statistics):
    """Statistics whose counts nobody sent; what is closed is kept in the store."""

    store: Statistics
    product: Product
    first: datetime

    async def counts(self, first: datetime, last: datetime | None) -> list[CountRow]:
        areas, made = self.product.organisation.areas, random.Random(first.isoformat())  # noqa: S311 (invented)
        places = sorted(areas.wards.values(), key=lambda it: (not areas.districts[it.districts[0]].core, it.code))
        made.shuffle(matters := list(categories()))
        rows = Counter(
            (
                (ward := made.choices(places, cum_weights=_falling(len(places)))[0]).districts[0],
                ward.code if made.random() < RARER else "",
                made.choices(matters, cum_weights=_falling(len(matters)))[0],
                made.choices([*URGENCIES], [*URGENCIES.values()])[0],
                made.choice(STATES),
                made.random() < 0.9,
            )
            for _ in range(made.randint(TIPS * 4 // 5, TIPS * 6 // 5))
        )
        return [CountRow(*row, count) for row, count in sorted(rows.items())]

    async def restricted(self, last: datetime) -> int:
        return max(0, (last - self.first).days * 3)

    async def began(self) -> datetime | None:
        return self.first

    async def frozen(self) -> list[Frozen]:
        return await self.store.frozen()

    async def published(self) -> list[Frozen]:
        return await self.store.published()

    async def freeze(self, closed: Frozen, over: Sequence[str]) -> bool:
        return await self.store.freeze(closed, over)

    async def keep_only(self, periods: Collection[str]) -> None:
        await self.store.keep_only(periods)

    async def milestones(self, first: datetime, last: datetime) -> list[MilestoneRow]:
        made = random.Random(first.isoformat())  # noqa: S311 (invented)
        units = sorted({it.unit for it in self.product.roster().units})
        rows: Counter[tuple[str, str, str, str, str]] = Counter()
        for _ in range(made.randint(TIPS * 4 // 5, TIPS * 6 // 5)):
            unit = made.choices(units, cum_weights=_falling(len(units)))[0]
            rows.update(_work(made, unit, made.choices([*URGENCIES], [*URGENCIES.values()])[0]))
        return [MilestoneRow(*row, count) for row, count in sorted(rows.items())]

    async def forget_milestones(self, before: datetime) -> None:
        pass

    async def add_tallies(self, rows: Sequence[Tally]) -> None:
        await self.store.add_tallies(rows)

    async def tallies(self) -> list[Tally]:
        months = [f"{self.first.year + at // 12}-{at % 12 + 1:02}" for at in range(self.first.month - 1, 24)]
        made = random.Random(1)  # noqa: S311 (invented)
        return [
            Tally(month, of, name, round(count * made.uniform(0.7, 1.1)))
            for month in months
            for of, name, count in TALLIES
        ]

    async def workload(self, units: Sequence[str], name: str, now: datetime) -> Workload:
        return await self.store.workload(units, name, now)


def _work(made: random.Random, unit: str, urgency: str) -> Iterator[tuple[str, str, str, str, str]]:
    """What became of one tip: its steps in their order, each later than the one before."""
    haste = 2 if urgency in {Urgency.P0, Urgency.P1} else 0
    late, step = max(0, made.choice((0, 0, 1, 1, 2, 3)) - haste), 0
    deadlines: dict[Kind, str] = dict(zip(TIMED, ("screening", "acceptance", "notice", "verification"), strict=True))
    for kind, deadline in deadlines.items():
        detail = made.choices(lifecycle.results(), (4, 3, 6, 5, 2))[0] if kind is Kind.CLOSED else ""
        step += late + (made.random() < 0.5) + (kind is Kind.CLOSED)
        yield kind, unit, urgency, detail, TIMES[min(step, len(TIMES) - 1)]
        how = Kind.MET if made.random() < 0.85 else made.choice((Kind.LATE, Kind.CLIMBED))
        yield how, unit, urgency, deadline, ""
        if kind is Kind.CLOSED:
            yield Kind.MET if made.random() < 0.9 else Kind.LATE, unit, urgency, "answer", ""
        if made.random() < 0.15:
            return
    if made.random() < 0.1:
        yield made.choice((Kind.BOUNCED, Kind.DISPUTED)), unit, urgency, "", ""


def _falling(number: int) -> list[float]:
    """Weights that add up: each place is rarer than the one before."""
    return list(accumulate((at + 1) ** -RARER for at in range(number)))

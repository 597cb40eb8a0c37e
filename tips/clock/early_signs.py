"""Early signs: several tips of one kind in one ward within a week. Counts only, told to the desk and its next level.

Never from restricted tips, nor of matters in which officials are accused: such a sign would warn them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tips.cases import deadlines
from tips.cases.case import RESTRICTED_AREA, RESTRICTED_CATEGORY, UNKNOWN_CATEGORY
from tips.cases.pings import Ping, PingKind
from tips.clock.leases import Leases
from tips.crypto.sealing import Random
from tips.organisation.roster import Roster
from tips.organisation.taxonomy import Flag, group_of, has
from tips.organisation.units import HELD, Organisation
from tips.ports.desk import CountRow, Outbox, Statistics, Tallied, Tally
from tips.statistics.figures import ALL
from tips.statistics.periods import month_of

ENOUGH: Final = 3  # tips
WITHIN: Final = timedelta(days=7)
KEPT: Final = timedelta(minutes=10)  # a count serves so long: a queue's page must not count the city
_NO_GROUP: Final = frozenset({RESTRICTED_CATEGORY, UNKNOWN_CATEGORY})


@dataclass(frozen=True, slots=True)
class EarlySign:
    """So many tips of one group of categories in one ward within `WITHIN`."""

    ward: str  # code
    group: str  # upper level of the category
    count: int


def found(rows: Iterable[CountRow]) -> list[EarlySign]:
    """The signs in the counts of a week, the strongest first."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        if row.ward and row.district != RESTRICTED_AREA and _told_of(row.category):
            counts[row.ward, group_of(row.category)] += row.count
    signs = [EarlySign(ward, group, count) for (ward, group), count in counts.items() if count >= ENOUGH]
    return sorted(signs, key=lambda it: (-it.count, it.ward, it.group))


def _told_of(category: str) -> bool:
    return category not in _NO_GROUP and not has(category, Flag.NO_EARLY_SIGN)


class EarlySigns:
    """Counts the last week for the desks, and pings a desk once a week when a sign is there."""

    def __init__(
        self,
        statistics: Statistics,
        outbox: Outbox,
        leases: Leases,
        roster: Callable[[], Roster],
        organisation: Callable[[], Organisation],
        now: Callable[[], datetime],
        random: Random,
    ) -> None:
        self._statistics = statistics
        self._outbox = outbox
        self._leases = leases
        self._roster = roster
        self._organisation = organisation
        self._now = now
        self._random = random
        self._counted: tuple[datetime, list[EarlySign]] | None = None

    async def seen_by(self, units: Collection[str]) -> list[EarlySign]:
        """The signs that these units are told of."""
        return [it for it in await self._signs() if not set(self.recipients(it)).isdisjoint(units)]

    def recipients(self, sign: EarlySign) -> tuple[str, ...]:
        """The desk of a sign's ward, and the next level above it that has a key."""
        organisation = self._organisation()
        desk = organisation.desk(organisation.areas.district_of(sign.ward), sign.ward)
        chain = organisation.chain(desk) if desk else ()
        return tuple(code for code in chain if code != HELD and self._roster().reader(code) is not None)[:2]

    async def tick(self) -> int:
        """Ping the people of each new sign; how many signs were new this week."""
        new = 0
        for sign in await self._count():
            async with self._leases.turn(f"sign {sign.ward} {sign.group}", self._week()) as mine:
                if mine:
                    new += 1
                    await self._outbox.add([self._ping(unit) for unit in self.recipients(sign)])
        if new:
            await self._statistics.add_tallies([Tally(month_of(self._now()), Tallied.SIGN, ALL, new)])
        return new

    def _ping(self, unit: str) -> Ping:
        return Ping(self._random(16), unit, PingKind.EARLY_SIGN, deadlines.hour(self._now()))

    async def _signs(self) -> list[EarlySign]:
        if self._counted is None or self._now() - self._counted[0] >= KEPT:
            self._counted = (self._now(), await self._count())
        return self._counted[1]

    async def _count(self) -> list[EarlySign]:
        return found(await self._statistics.counts(deadlines.hour(self._now() - WITHIN), None))

    def _week(self) -> datetime:
        day = deadlines.hour(self._now()).replace(hour=0)
        return day - timedelta(days=day.weekday())

"""Reminders: a deadline comes near, or somebody read an urgent case and did nothing. To its unit, and never of what.

Nothing is remembered about it: due times lie on full hours, so the look of each hour sees each deadline once. Cases
with an exclusion are left to the digests, unless somebody is in danger (P0).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tips.cases import deadlines, ledger
from tips.cases.case import Case
from tips.cases.pings import Ping, PingKind, about
from tips.clock.rounds import Rounds
from tips.crypto.sealing import Random
from tips.organisation.roster import Roster
from tips.ports.cases import Cases
from tips.ports.desk import Outbox

AHEAD: Final = timedelta(hours=3)  # before a deadline


@dataclass(frozen=True, slots=True)
class Reminders:
    """Looks once an hour."""

    cases: Cases
    rounds: Rounds
    outbox: Outbox
    roster: Callable[[], Roster]
    now: Callable[[], datetime]
    random: Random

    async def tick(self) -> int:
        """Put the words into the outbox; how many."""
        hour = deadlines.hour(self.now())
        soon = functools.partial(self.cases.due_within, hour + AHEAD, hour + AHEAD + timedelta(hours=1))
        pings: list[Ping] = []

        async def near(row: Case) -> bool:
            pings.append(about(row, Ping(self.random(16), row.unit, PingKind.DUE, hour)))
            return True

        async def untaken(row: Case) -> bool:
            pings.append(await self._repeated(row, hour))
            return True

        await self.rounds.over("remind", soon, near)
        await self.rounds.over("repeat", functools.partial(self.cases.unattended, hour), untaken)
        await self.outbox.add(pings)
        return len(pings)

    async def _repeated(self, row: Case, hour: datetime) -> Ping:
        """A word to those of the unit who have not read a case; if all have, to all of them again."""
        members = {it.name for it in self.roster().members(row.unit)}
        events = map(ledger.parse, await self.cases.events(row.id))
        read = {it.by for it in events if it.kind is ledger.Kind.READ} & members
        spared = tuple(sorted(read)) if read < members else ()
        return about(row, Ping(self.random(16), row.unit, PingKind.UNATTENDED, hour, spared))

"""Departures: a case whose officer is not of its unit any more goes back to the unit's queue, on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from tips.cases import deadlines, ledger
from tips.cases.case import Case
from tips.cases.ledger import Kind
from tips.cases.pings import PingKind, ping
from tips.clock.jobs import JobName
from tips.clock.rounds import Rounds
from tips.crypto.sealing import Random
from tips.organisation.roster import CLOCK, Roster
from tips.ports.cases import Cases, Change


@dataclass(frozen=True, slots=True)
class Departures:
    """Puts cases back into the queue whose officer is not of the unit any more; done by the clock, and on record."""

    cases: Cases
    rounds: Rounds
    roster: Callable[[], Roster]
    signing: bytes
    now: Callable[[], datetime]
    random: Random

    async def tick(self) -> int:
        """Free every such case; how many were."""
        return await self.rounds.over(JobName.FREE, self.cases.taken, self._free)

    async def _free(self, row: Case) -> bool:
        if row.officer is None or row.officer in {it.name for it in self.roster().members(row.unit)}:
            return False
        now = self.now()
        facts = {"who": row.officer, "state": row.state}
        event = ledger.Event(Kind.HANDED_BACK, row.id, row.head, deadlines.hour(now), CLOCK, self.random(32), facts)
        signed = ledger.sign(event, self.signing)
        freed = replace(row, officer=None, head=signed.leaf)
        told = ping(freed, PingKind.RETURNED, now, self.random)
        await self.cases.apply(Change(freed, row.head, (signed,), pings=(told,)))
        return True

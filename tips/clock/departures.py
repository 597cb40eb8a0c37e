"""Departures: a case whose officer is not of its unit any more goes back to the unit's queue, on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from tips.cases import claims, deadlines
from tips.cases.checking import Checked
from tips.cases.claims import Entry, Signature
from tips.cases.ledger import Kind
from tips.cases.pings import PingKind, ping
from tips.clock.jobs import JobName
from tips.clock.rounds import Rounds
from tips.crypto.sealing import Random
from tips.organisation.roster import CLOCK, Roster
from tips.ports.cases import CaseBundle, Cases, Change


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

    async def _free(self, bundle: CaseBundle, checked: Checked) -> bool:
        row = checked.case
        if row.officer is None or row.officer in {it.name for it in self.roster().members(row.unit)}:
            return False
        now = self.now()
        facts = {"who": row.officer, "state": row.state}
        freed = replace(row, officer=None)
        change = Change(freed, pings=(ping(freed, PingKind.RETURNED, now, self.random),))
        who = Signature(CLOCK, self.signing, deadlines.hour(now))
        entries = [Entry(Kind.HANDED_BACK, facts, self.random(32))]
        await self.cases.apply(change.signed(row.head, entries, who, self.random(claims.SALT_BYTES)))
        return True

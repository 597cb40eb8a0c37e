"""Retention: what happens to a closed case when its time is over. Its keys and ciphertexts are destroyed.

The row, the counts and the chain of events stay: that there was a tip, and how it went, is never erased. What was
destroyed is gone for good once the last older backup is (35 days); the reporter is told both days.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.case import NO_TIME, Case, State
from tips.clock.jobs import JobName
from tips.clock.rounds import Rounds
from tips.crypto.sealing import Random
from tips.organisation.roster import CLOCK
from tips.ports.cases import Cases, Change


@dataclass(frozen=True, slots=True)
class Retention:
    """Destroys closed cases whose retention is over; never an open one."""

    cases: Cases
    rounds: Rounds
    signing: bytes
    now: Callable[[], datetime]
    random: Random

    async def tick(self) -> int:
        """Destroy every case whose time is over; how many were."""
        now = self.now()
        return await self.rounds.over(JobName.DESTROY, functools.partial(self.cases.expired, now), self._shred)

    async def _shred(self, row: Case) -> bool:
        await self.cases.apply(await self.change(row))
        return True

    async def change(self, row: Case) -> Change:
        """The end of one closed case.

        Raises:
            Refused: it is open, or its time is not over.
            NotVerified: its time is none; nothing is destroyed on the word of a row that a hand was in.
        """
        if NO_TIME in {row.due_at, row.received_at}:
            raise errors.NotVerified
        if row.state != State.CLOSED or row.clock != deadlines.RETENTION or not row.overdue(self.now()):
            raise errors.Refused("error.move")
        hour = deadlines.hour(self.now())
        event = ledger.Event(ledger.Kind.SHREDDED, row.id, row.head, hour, CLOCK, self.random(32))
        signed = ledger.sign(event, self.signing)
        ended = replace(row, clock=None, due_at=None, officer=None, head=signed.leaf)
        envelopes = await self.cases.envelopes(row.id)
        return Change(ended, row.head, (signed,), dropped=tuple(it.id for it in envelopes), forgotten=True)

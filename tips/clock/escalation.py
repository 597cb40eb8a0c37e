"""Escalation: what the clock does to a case that is late. It wakes the next clean level, text included.

The clock holds the release seed and no unit's: it can take a wrap off and read nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tips.cases import deadlines, ledger, reading_grants
from tips.cases.case import Case, State
from tips.cases.pings import PingKind, ping
from tips.clock.jobs import JobName
from tips.clock.rounds import Rounds
from tips.crypto import sealing
from tips.crypto.sealing import Envelope, Grant, Random
from tips.organisation.roster import CLOCK, HELD
from tips.ports.cases import Cases, Change


@dataclass(frozen=True, slots=True)
class Escalation:
    """Takes late cases one level up."""

    cases: Cases
    rounds: Rounds
    oversight: frozenset[str]  # codes of procuracies and inspectorates
    release_seed: bytes
    signing: bytes
    now: Callable[[], datetime]
    random: Random

    async def tick(self) -> int:
        """Escalate every case whose deadline has run out; how many were."""
        now = self.now()
        return await self.rounds.over(JobName.ESCALATE, functools.partial(self.cases.due, now), self._climb)

    async def _climb(self, row: Case) -> bool:
        await self.cases.apply(await self.change(row))
        return True

    async def change(self, row: Case) -> Change:
        """The step up of one late case.

        Where no level is left its clock stops, and the ledger says so. `held` is no level for a case that somebody
        can read: it would only take it away from them.
        """
        grants = await self.cases.grants(row.id)
        target = self._target(row, grants)
        if target is None or (target == HELD and row.clock not in {deadlines.WAKE, deadlines.DISPUTE}):
            return self._top(row)
        envelopes = {envelope.id: envelope for envelope in await self.cases.envelopes(row.id)}
        woken = tuple(self._woken(envelopes, grant) for grant in grants if _sleeps(grant, target))
        shut = tuple(sorted(reading_grants.shut_out(grants)))
        now = self.now()
        clock = deadlines.after_escalation(row.urgency, now)
        state = State.HELD if target == HELD else State.RECEIVED
        moved = replace(
            row,
            unit=target,
            state=state,
            level=row.level + 1,
            clock=clock.name if state != State.HELD else None,
            due_at=clock.due_at if state != State.HELD else None,
            officer=None,
            opened=False,
        )
        event = self._event(row, {"from": row.unit, "to": target, "late": row.clock or ""})
        return Change(
            case=replace(moved, head=event.leaf),
            before=row.head,
            events=(event,),
            woken=woken,
            shut=shut,
            pings=(ping(moved, PingKind.ESCALATED, now, self.random),),
        )

    def _target(self, row: Case, grants: Sequence[Grant]) -> str | None:
        """The next level; a disputed closing goes to an overseer where one is left."""
        overseer = (
            reading_grants.next_level(grants, row.unit, self.oversight) if row.clock == deadlines.DISPUTE else None
        )
        return overseer or reading_grants.next_level(grants, row.unit)

    def _woken(self, envelopes: dict[bytes, Envelope], grant: Grant) -> Grant:
        return sealing.wake(envelopes[grant.envelope], grant, self.release_seed)

    def _top(self, row: Case) -> Change:
        event = self._event(row, {"from": row.unit, "to": row.unit, "late": row.clock or ""})
        stopped = replace(row, clock=None, head=event.leaf)  # it stays due, and is seen to be late
        return Change(case=stopped, before=row.head, events=(event,))

    def _event(self, row: Case, facts: dict[str, str]) -> ledger.SignedEvent:
        event = ledger.Event(
            ledger.Kind.ESCALATED,
            row.id,
            row.head,
            deadlines.hour(self.now()),
            CLOCK,
            self.random(32),
            facts,
        )
        return ledger.sign(event, self.signing)


def _sleeps(grant: Grant, reader: str) -> bool:
    return grant.asleep and grant.reader == reader

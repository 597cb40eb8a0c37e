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
from tips.cases import claims, deadlines
from tips.cases.case import State
from tips.cases.checking import Checked
from tips.cases.claims import Entry, Signature
from tips.cases.ledger import Kind
from tips.clock.jobs import JobName
from tips.clock.rounds import Rounds
from tips.crypto.sealing import Random
from tips.organisation import taxonomy
from tips.organisation.roster import CLOCK
from tips.organisation.terms import Terms
from tips.organisation.units import Organisation
from tips.ports.cases import CaseBundle, Cases, Change


@dataclass(frozen=True, slots=True)
class Retention:
    """Destroys closed cases whose retention is over; never an open one."""

    cases: Cases
    rounds: Rounds
    organisation: Callable[[], Organisation]
    signing: bytes
    now: Callable[[], datetime]
    random: Random

    async def tick(self) -> int:
        """Destroy every case whose time is over; how many were."""
        now = self.now()
        return await self.rounds.over(JobName.DESTROY, functools.partial(self.cases.expired, now), self._shred)

    async def _shred(self, bundle: CaseBundle, checked: Checked) -> bool:
        if not is_over(checked, self.now(), self.organisation().terms):
            return False
        await self.cases.apply(self.change(bundle, checked))
        return True

    def change(self, bundle: CaseBundle, checked: Checked) -> Change:
        """The end of one closed case.

        Raises:
            Refused: it is open, its time is not over, or nobody has read it since its rows were found to differ.
        """
        row = checked.case
        if not is_over(checked, self.now(), self.organisation().terms):
            raise errors.Refused("error.move")
        ended = replace(row, clock=None, due_at=None, officer=None)
        change = Change(ended, dropped=tuple(it.id for it in bundle.envelopes), forgotten=True)
        who = Signature(CLOCK, self.signing, deadlines.hour(self.now()))
        entries = [Entry(Kind.SHREDDED, {}, self.random(32))]
        return change.signed(row.head, entries, who, self.random(claims.SALT_BYTES))


def is_over(checked: Checked, now: datetime, terms: Terms) -> bool:
    """Whether a case was closed, and for long enough by the event that says so, not only by its deadline.

    One in whose rows a hand was, and that nobody has read since, waits however late it is.
    """
    if checked.waits:
        return False
    row = checked.case
    if row.state != State.CLOSED or row.clock != deadlines.RETENTION or not row.overdue(now):
        return False
    moved = (at for at, it in enumerate(checked.events) if it.kind is Kind.MOVED and it.facts.get("to") == State.CLOSED)
    last = max(moved, default=None)
    if last is None:
        return False
    closed = max(it.at for it in checked.events[: last + 1])  # one that is dated back is no older than the tip
    ends = deadlines.retention(terms, taxonomy.group_of(row.category), closed).due_at
    return ends is not None and ends <= now

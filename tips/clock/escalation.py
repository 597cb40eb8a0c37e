"""Escalation: what the clock does to a case that is late. It wakes the next clean level, text included.

The clock holds the release seed and no unit's: it can take a wrap off and read nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tips import errors
from tips.cases import claims, deadlines, milestones, reading_grants
from tips.cases.case import Case, State
from tips.cases.checking import Checked
from tips.cases.claims import Entry, Signature
from tips.cases.ledger import Event, Kind
from tips.cases.milestones import Milestone
from tips.cases.pings import PingKind, ping
from tips.cases.plaintext import Part
from tips.clock.jobs import JobName
from tips.clock.readers_left import Keepers, ReadersLeft
from tips.clock.rounds import Rounds
from tips.crypto import sealing
from tips.crypto.sealing import Envelope, Grant, Random
from tips.organisation.roster import CLOCK, HELD, PROCESSES
from tips.organisation.units import Organisation
from tips.ports.cases import CaseBundle, Cases, Change

AHEAD: Final = timedelta(days=1)  # how far the machine's clock may have been set back


@dataclass(frozen=True, slots=True)
class Escalation:
    """Takes late cases one level up."""

    cases: Cases
    rounds: Rounds
    organisation: Callable[[], Organisation]
    keepers: Keepers
    release_seed: bytes
    signing: bytes
    now: Callable[[], datetime]
    random: Random

    async def tick(self) -> int:
        """Escalate every case whose deadline has run out; how many were."""
        now, left = self.now(), await self.keepers.left()
        climb = functools.partial(self._climb, left)
        return await self.rounds.over(JobName.ESCALATE, functools.partial(self.cases.due, now), climb)

    async def tick_all(self) -> int:
        """Look at every case, set right what is not as it was signed, and escalate what is late by that; how many were.

        A row that says something else each time it is looked at keeps nothing from climbing.
        """
        covered: list[Event] = []
        hour, left = deadlines.hour(self.now()), await self.keepers.left()

        async def climb(bundle: CaseBundle, checked: Checked) -> bool:
            covered.extend(it for it in checked.events if it.kind is Kind.COVERED and it.at >= hour)
            return await self._climb(left, bundle, checked)

        done = await self.rounds.over(JobName.MEND, self.cases.every, climb)
        if not covered:  # nor was one left by the round before
            self.rounds.mending.all_covered.note()
        return done

    async def _climb(self, left: ReadersLeft, bundle: CaseBundle, checked: Checked) -> bool:
        row = checked.case
        late = _is_late(checked, self.now())
        if not (late or self._is_orphaned(checked, left)):
            return False
        change = self.change(bundle, checked, left)
        if not late and change.case.unit == row.unit:  # nobody above it has a key: whoever reads it goes on
            return False
        await self.cases.apply(change)
        return True

    def _is_orphaned(self, checked: Checked, left: ReadersLeft) -> bool:
        """Whether the unit that has an open case is no longer in the organisation, or has nobody who opens it."""
        row = checked.case
        gone = row.unit not in self.organisation().units or _is_unread(checked, left)
        return gone and row.state not in {State.CLOSED, State.HELD}

    def change(self, bundle: CaseBundle, checked: Checked, left: ReadersLeft) -> Change:
        """The step up of one case that is late, or whose unit is gone or has nobody; to a level that is there.

        Where no level is left its clock stops, and the ledger says so. `held` is no level for a case that somebody
        can read: it would only take it away from them.

        Raises:
            NotVerified: its tip is gone, or what wakes its keys.
        """
        row, envelopes = checked.case, {envelope.id: envelope for envelope in bundle.envelopes}
        target = self._target(envelopes, checked, left)
        if target is None or (target == HELD and not (_may_be_held(checked) or _is_unread(checked, left))):
            return self._top(checked)
        woken = tuple(self._woken([it for it in checked.grants if _sleeps(it, target)], envelopes))
        shut = tuple(sorted(reading_grants.shut_out(checked.keys)))
        now = self.now()
        clock = deadlines.after_escalation(self.organisation().terms, row.urgency, now)
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
        change = Change(
            moved,
            woken=woken,
            shut=shut,
            pings=(ping(moved, PingKind.ESCALATED, now, self.random),),
            milestones=self._missed(checked, moved),
        )
        return self._signed(checked, change, target)

    def _target(self, envelopes: Mapping[bytes, Envelope], checked: Checked, left: ReadersLeft) -> str | None:
        """The next level at which somebody opens the tip; a disputed closing goes to an overseer where one is left.

        If its own unit has nobody who opens it, and none above, it goes to whoever reads it along; else to the quorum.
        """
        row, keys = checked.case, checked.keys
        tips = {id_ for id_, it in envelopes.items() if it.part == Part.TIP}
        if not tips:
            raise errors.NotVerified("the tip of this case is missing")
        known = self.organisation().units
        able = _able(checked, left) & known.keys()
        disputed = row.clock == deadlines.DISPUTE
        overseer = reading_grants.next_level(keys, row.unit, self.organisation().oversight & able) if disputed else None
        above = overseer or reading_grants.next_level(keys, row.unit, able)
        if above not in {None, HELD} or not _is_unread(checked, left):
            return above
        shut, awake = reading_grants.shut_out(keys), {it.reader for it in checked.grants if not it.asleep}
        along = sorted(it for it in able & awake - shut - {row.unit, HELD} if known[it].receives)
        return next(iter(along), HELD if HELD in able else None)

    def _woken(self, asleep: Iterable[Grant], envelopes: Mapping[bytes, Envelope]) -> Iterator[Grant]:
        """Keys that are awake now; one to a later piece that is gone, or was spoilt, keeps no case from climbing."""
        for grant in asleep:
            envelope = envelopes.get(grant.envelope)
            try:
                if envelope:
                    yield sealing.wake(envelope, grant, self.release_seed)
            except errors.NotOpened:
                if envelope and envelope.part == Part.TIP:
                    raise

    def _top(self, checked: Checked) -> Change:
        row = checked.case
        stopped = replace(row, clock=None)  # it stays due, and is seen to be late
        return self._signed(checked, Change(stopped, milestones=self._missed(checked, stopped)), row.unit)

    def _missed(self, checked: Checked, after: Case) -> tuple[Milestone, ...]:
        row = checked.case
        found = milestones.missed(row, after) if _is_late(checked, self.now()) else ()
        return milestones.reached(row, after, found, self.now(), self.random)

    def _signed(self, checked: Checked, change: Change, to: str) -> Change:
        row, who = checked.case, Signature(CLOCK, self.signing, deadlines.hour(self.now()))
        facts = {"from": row.unit, "to": to, "late": row.clock or "" if _is_late(checked, self.now()) else ""}
        entries = [Entry(Kind.ESCALATED, facts, self.random(32))]
        return change.signed(row.head, entries, who, self.random(claims.SALT_BYTES))


def _is_unread(checked: Checked, left: ReadersLeft) -> bool:
    """Whether nobody of the unit that has a case opens it: who joins later gets the unit's next key, and none to it."""
    return checked.case.unit not in _able(checked, left)


def _able(checked: Checked, left: ReadersLeft) -> set[str]:
    """The readers of a case's tip at whom somebody opens it, who does not keep away from it; asleep or not."""
    tip, away = reading_grants.in_chain(checked.events)[:1], reading_grants.recused(checked.events)
    of_tip = (it for it in checked.grants if it.envelope in tip)
    return {it.reader for it in of_tip if left.at(it.reader, it.roster, away)}


def _is_late(checked: Checked, now: datetime) -> bool:
    """Whether its deadline is over, or counts from a day that is yet to come, which a person wrote."""
    row = checked.case
    climbed = max((at for at, it in enumerate(checked.events) if it.kind is Kind.ESCALATED), default=-1)
    ahead = any(it.at > now + AHEAD and it.by not in PROCESSES for it in checked.events[climbed + 1 :])
    return row.clock is not None and (ahead or row.overdue(now)) and row.state != State.CLOSED


def _may_be_held(checked: Checked) -> bool:
    """Whether nobody else is left for it: its unit cannot read it whole, or its reporter disputes its closing."""
    row = checked.case
    given = {it.envelope for it in checked.keys if it.reader == row.unit}
    there = {it.envelope for it in checked.grants if it.reader == row.unit and not it.asleep}
    reads = there and there == given and row.unit not in reading_grants.shut_out(checked.keys)
    return row.clock == deadlines.DISPUTE or (row.clock == deadlines.WAKE and not reads)


def _sleeps(grant: Grant, reader: str) -> bool:
    return grant.asleep and grant.reader == reader

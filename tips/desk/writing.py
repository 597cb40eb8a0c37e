"""Writing: a step becomes one signed event and one transaction, its piece sealed to whoever reads the case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from tips.cases import deadlines, ledger, reading_grants
from tips.cases.case import Case
from tips.cases.ledger import envelope_facts
from tips.cases.pings import Ping, ping
from tips.cases.plaintext import Plaintext
from tips.crypto import sealing
from tips.crypto.sealing import Grant, Random, Reader, Readers
from tips.desk.actions.step import NewPiece, Notice, Step
from tips.desk.open_case import OpenCase
from tips.organisation.roster import Roster
from tips.people.session import Session
from tips.ports.cases import Cases, Change


@dataclass(frozen=True, slots=True)
class Writer:
    """Seals, signs and stores steps. Each names the head of the case that it saw, and is `Stale` behind another."""

    cases: Cases
    roster: Callable[[], Roster]
    now: Callable[[], datetime]
    random: Random

    async def store(self, session: Session, opened: OpenCase, step: Step) -> Change:
        """Store a step on an opened case; what was stored, for `open_case.after`.

        Raises:
            Stale: somebody else brought the case on since it was opened.
        """
        change = await self._change(session, opened, step)
        await self.cases.apply(change)
        return change

    async def _change(self, session: Session, opened: OpenCase, step: Step) -> Change:
        if step.piece:
            return await self._with_piece(session, opened, step, step.piece)
        change = self.signed(session, opened.case, step)
        return replace(change, woken=self._shared(opened, step.shared_with)) if step.shared_with else change

    async def _with_piece(self, session: Session, opened: OpenCase, step: Step, piece: NewPiece) -> Change:
        """Seal one more piece to whoever reads the case and is not shut out, by this piece either."""
        row, moved, hour = opened.case, step.moved, deadlines.hour(self.now())
        body = Plaintext(piece.text, hour, piece.by, piece.facts)
        excluded = opened.excluded | body.excluded
        readers = reading_grants.clean_readers(self.roster(), opened.readers, opened.asleep, excluded)
        if row.unit not in {it.code for it in readers.awake}:  # its own unit is shut out: the clock wakes the next one
            moved = replace(moved, clock=deadlines.WAKE, due_at=hour)
        if piece.for_reporter:
            readers = reading_grants.with_receipt(readers, (await self.cases.mailbox_of(row.id)).public)
        envelope, grants = sealing.seal(row.id, piece.part, body.to_bytes(), readers, self.random)
        facts = {**envelope_facts(envelope), "state": moved.state, **step.facts}
        change = self.signed(session, row, replace(step, moved=moved, facts=facts))
        return replace(change, envelopes=(envelope,), grants=grants, notify_from=hour if piece.for_reporter else None)

    def _shared(self, opened: OpenCase, reader: Reader) -> tuple[Grant, ...]:
        """Keys to every piece of a case; where a unit slept on them, it is awake now and keeps its level."""
        roster = self.roster()
        readers = Readers((reader,), (), roster.version, roster.release)
        levels = {grant.envelope: grant.level for grant in opened.grants if grant.reader == reader.code}
        return tuple(
            replace(grant, level=levels.get(grant.envelope, 0))
            for envelope in opened.envelopes
            if envelope.id in opened.keys
            for grant in sealing.share_key(envelope, opened.keys[envelope.id], readers)
        )

    def signed(self, session: Session, before: Case, step: Step) -> Change:
        """A step's event, signed, with the case that it leads to and whom it tells; pieces and keys come on top."""
        now = self.now()
        event = ledger.Event(
            step.kind, before.id, before.head, deadlines.hour(now), session.name, self.random(32), step.facts
        )
        signed = ledger.sign(event, session.signing)
        after = replace(step.moved, head=signed.leaf)
        pings = (self._ping(after, step.notice, now),) if step.notice else ()
        return Change(after, before.head, (signed,), pings=pings)

    def _ping(self, row: Case, notice: Notice, now: datetime) -> Ping:
        return replace(ping(replace(row, unit=notice.unit), notice.ping, now, self.random), spared=notice.spared)

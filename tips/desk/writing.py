"""Writing: a step becomes one signed event and one transaction, its piece sealed to whoever reads the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tips.cases import claims, deadlines, milestones, progress, reading_grants
from tips.cases.case import Case
from tips.cases.checking import Checked
from tips.cases.claims import Entry, Signature
from tips.cases.ledger import envelope_facts
from tips.cases.milestones import Milestone
from tips.cases.pings import Ping, of_a_hand, ping
from tips.cases.plaintext import Part, Plaintext
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
        change = self._change(session, opened, step)
        change = replace(change, milestones=self._reached(opened, step, change.case))
        await self.cases.apply(change)
        return change

    def _reached(self, opened: OpenCase, step: Step, after: Case) -> tuple[Milestone, ...]:
        found = progress.of_step(opened.events, step.kind, opened.case, after, self.now())
        told = [(kind, _result(opened) if kind is milestones.Kind.CLOSED else detail) for kind, detail in found]
        return milestones.reached(opened.case, after, told, self.now(), self.random)

    def _change(self, session: Session, opened: OpenCase, step: Step) -> Change:
        change = Change(step.moved, notify_from=deadlines.hour(self.now()) if step.news else None)
        if step.shared_with:
            change = replace(change, woken=self._shared(opened, step.shared_with))
        if step.piece:
            change, facts = self._with_piece(opened, step, step.piece, change)
            step = replace(step, facts=facts)
        return self.signed(session, opened.checked, step, change)

    def _with_piece(
        self, opened: OpenCase, step: Step, piece: NewPiece, change: Change
    ) -> tuple[Change, Mapping[str, str]]:
        """Seal one more piece to whoever reads the case and is not shut out, by this piece either; and its facts."""
        row, moved, hour = opened.case, step.moved, deadlines.hour(self.now())
        body = Plaintext(piece.text, hour, piece.by, piece.facts)
        excluded = opened.excluded | body.excluded
        readers = reading_grants.clean_readers(self.roster(), opened.readers, opened.asleep, excluded)
        if step.shared_with:
            readers = reading_grants.with_another(readers, step.shared_with)
        if moved.unit not in {
            it.code for it in readers.awake
        }:  # its own unit is shut out: the clock wakes the next one
            moved = replace(moved, clock=deadlines.WAKE, due_at=hour)
        if piece.for_reporter:
            readers = reading_grants.with_receipt(readers, opened.checked.receipt)
        envelope, grants = sealing.seal(row.id, piece.part, body.to_bytes(), readers, self.random)
        facts = {**envelope_facts(envelope), "state": moved.state, **step.facts}
        told = hour if piece.for_reporter else change.notify_from
        return replace(change, case=moved, envelopes=(envelope,), grants=grants, notify_from=told), facts

    def _shared(self, opened: OpenCase, reader: Reader) -> tuple[Grant, ...]:
        """Keys to every piece of a case; where a unit slept on them, it is awake now and keeps its level."""
        roster = self.roster()
        readers = Readers((reader,), (), roster.version, roster.release)
        levels = {grant.envelope: grant.level for grant in opened.checked.keys if grant.reader == reader.code}
        return tuple(
            replace(grant, level=levels.get(grant.envelope, 0))
            for envelope in opened.envelopes
            if envelope.id in opened.keys
            for grant in sealing.share_key(envelope, opened.keys[envelope.id], readers)
        )

    def signed(self, session: Session, checked: Checked, step: Step, change: Change) -> Change:
        """A step with its event, which claims all that it changes, and with whom it tells; the rows are set right."""
        now = self.now()
        pings: tuple[Ping, ...] = (self._ping(change.case, step.notice, now),) if step.notice else ()
        if checked.mended:
            pings += of_a_hand(checked.keys, checked.case.unit, now, self.random)
        who = Signature(session.name, session.signing, deadlines.hour(now))
        change = replace(change, pings=pings, mended=checked.mended)
        entries = [Entry(step.kind, step.facts, self.random(32))]
        return change.signed(checked.case.head, entries, who, self.random(claims.SALT_BYTES))

    def _ping(self, row: Case, notice: Notice, now: datetime) -> Ping:
        return replace(ping(replace(row, unit=notice.unit), notice.ping, now, self.random), spared=notice.spared)


def _result(opened: OpenCase) -> str:
    """How its newest conclusion says that it ended."""
    conclusions = (it.content.facts for it in reversed(opened.thread) if it.part == Part.RESULT)
    return next((str(it.get("result", "")) for it in conclusions), "")

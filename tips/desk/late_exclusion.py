"""Late exclusion: a reader of a case turns out to be accused in it, and is shut out by sealing it anew."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from tips import errors
from tips.cases import case, deadlines, lifecycle, reading_grants, resealing
from tips.cases.case import Case, State
from tips.cases.ledger import Kind, envelope_facts
from tips.cases.plaintext import Part, Plaintext
from tips.crypto import sealing
from tips.crypto.sealing import Envelope, Grant, Random
from tips.desk.actions.step import Step
from tips.desk.open_case import OpenCase
from tips.desk.writing import Writer
from tips.evidence.files import File, Files
from tips.organisation.roster import Roster
from tips.people.session import Session
from tips.ports.cases import Cases, Change


@dataclass(frozen=True, slots=True)
class LateExclusion:
    """Takes a case's keys from readers who are accused in it by now, in the session of one who is not."""

    cases: Cases
    roster: Callable[[], Roster]
    writer: Writer
    files: Files
    now: Callable[[], datetime]
    random: Random

    async def shut_out(self, session: Session, opened: OpenCase) -> Case | None:
        """Seal a case anew if somebody who holds grants of it is accused in it; not in a session of theirs.

        Returns:
            The case as it is then, to be opened anew; None: nobody had to be shut out.
        """
        accused = resealing.stale(opened.checked.keys, opened.events, opened.excluded)
        if not accused or session.unit in opened.excluded:
            return None
        change = await self._change(session, opened, accused)
        try:
            await self.cases.apply(change)
        except errors.Stale:  # a colleague was quicker, and did the same
            return await self.cases.get(opened.case.id, session.units)
        return change.case

    async def _change(self, session: Session, opened: OpenCase, accused: frozenset[str]) -> Change:
        """Every piece under a new key, and a letter that says who had access."""
        receipt = opened.checked.receipt
        renewal = await self._renewal(opened, accused, receipt)
        letter, given = self._letter(session, opened, receipt)
        moved = self._moved(session, opened, opened.case, accused)
        facts = renewal.facts() | envelope_facts(letter) | {"state": moved.state}
        change = Change(
            moved,
            envelopes=(*renewal.envelopes, letter),
            grants=(*renewal.grants, *given),
            dropped=renewal.dropped,
            shut=tuple(sorted(accused)),
            notify_from=deadlines.hour(self.now()),
        )
        return self.writer.signed(session, opened.checked, Step(Kind.EXCLUDED, moved, facts), change)

    def _moved(self, session: Session, opened: OpenCase, row: Case, accused: Collection[str]) -> Case:
        """The case, told nowhere in the clear; where it was the accused's own, it is this session's unit's now."""
        moved = case.restricted(row)
        if row.unit not in accused:
            return moved
        entered = lifecycle.entering(moved, State.RECEIVED, self.now(), opened.organisation.terms)
        return replace(entered, unit=session.unit, officer=None)

    async def _renewal(self, opened: OpenCase, accused: Collection[str], receipt: bytes) -> resealing.Renewal:
        envelopes = reading_grants.in_order(opened.envelopes, opened.events)
        mine = [it for it in envelopes if it.id in opened.keys]
        chosen = {file.envelope: await self._sealed_anew(opened.case, file) for file in opened.files}
        roster, random = self.roster(), self.random
        return resealing.renew(mine, opened.keys, opened.checked.keys, accused, roster, receipt, chosen, random)

    async def _sealed_anew(self, row: Case, file: File) -> tuple[bytes, bytes]:
        """Seal a file's bytes anew; the id and key that its next envelope must have."""
        chosen = self.random(16), self.random(32)
        await self.files.renew(row.id, file, chosen)
        return chosen

    def _letter(self, session: Session, opened: OpenCase, receipt: bytes) -> tuple[Envelope, tuple[Grant, ...]]:
        """Word to the reporter, and to who reads on: which of the accused had access until now."""
        informed = resealing.informed(opened.checked.keys, opened.events, opened.excluded)
        body = Plaintext("", deadlines.hour(self.now()), session.unit, {"had": sorted(informed)})
        roster = self.roster()
        readers = reading_grants.clean_readers(roster, opened.readers, opened.asleep, opened.excluded)
        readers = reading_grants.with_receipt(readers, receipt)
        return sealing.seal(opened.case.id, Part.EXCLUSION, body.to_bytes(), readers, self.random)

"""Casework: whatever people do to a case, by the one table of `actions`.

An action opens its case once, is checked once, and is one signed event and one transaction:
    the case is read from the store, as this session may; its chain is checked and its pieces are opened; nothing is
    shown, so no reading is recorded
    the table allows the action, or it ends here; the action refuses, or decides on a step
    the step's piece is sealed, its event signed, all of it stored
A link does the same to two cases, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import lifecycle
from tips.cases.case import Case
from tips.cases.ledger import Kind
from tips.cases.lifecycle import ActionName
from tips.cases.progress import OPENED_UNREAD
from tips.desk import actions
from tips.desk.actions import Action, Field, Fields, Offer, Situation, sharing
from tips.desk.actions.step import Step
from tips.desk.late_exclusion import LateExclusion
from tips.desk.open_case import OpenCase, after, open_case
from tips.desk.writing import Writer
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation
from tips.people.session import Session
from tips.ports.cases import Cases, Change

NOTHING: Final = Fields()


@dataclass(frozen=True, slots=True)
class Casework:
    """The actions of officers, heads, overseers and coordinators."""

    cases: Cases
    roster: Callable[[], Roster]
    organisation: Callable[[], Organisation]
    writer: Writer
    exclusion: LateExclusion
    now: Callable[[], datetime]

    async def act(
        self, session: Session, case_id: bytes, name: str, fields: Fields = NOTHING, seen: bytes = b""
    ) -> Case:
        """Do something to a case; the case as it is then.

        Args:
            session: whose act it is.
            case_id: 16 bytes.
            name: one of `lifecycle.ActionName`.
            fields: what the action asks, see `actions.TABLE`.
            seen: the head of the case that this person decided on; empty: as it stands.

        Raises:
            NotFound: no such action, no such case, or not this session's.
            Refused: the table or the action does not allow it, or this person keeps away from the case.
            Stale: somebody else brought the case on in between, or since that head.
        """
        action = actions.named(name)
        decided = await self._decided(session, case_id, action, fields)
        if seen and decided[0][0].opened.changed_since(seen):
            raise errors.Stale
        stored = [await self.writer.store(session, side.opened, step) for side, step in decided]
        if action.name is ActionName.CORRECT:  # it may accuse somebody who reads along: they are shut out at once
            opened = decided[0][0].opened
            return await self.exclusion.shut_out(session, after(opened, session, stored[0])) or stored[0].case
        return stored[0].case

    async def rehearse(self, session: Session, case_id: bytes, name: str, fields: Fields) -> OpenCase:
        """The case, opened; whatever `act` would refuse is refused, and nothing is stored."""
        decided = await self._decided(session, case_id, actions.named(name), fields)
        return decided[0][0].opened

    async def _decided(
        self, session: Session, case_id: bytes, action: Action, fields: Fields
    ) -> list[tuple[Situation, Step]]:
        """What an action does to its case, and to the other one where it names one, before any of it is stored."""
        opened = await self.opened_for(session, case_id, action.name)
        other = await self.opened_for(session, fields.other, action.name) if Field.OTHER in action.fields else None
        situation = self._situation(session, opened)
        sides = replace(situation, fields=fields, other=other, action=action.name).sides
        return [(side, action.decide(side)) for side in sides]

    async def opened_for(self, session: Session, case_id: bytes, name: ActionName) -> OpenCase:
        """A case, opened for an action that the table allows; nothing of it is shown, so no reading is recorded.

        Raises:
            NotFound: no such case, or not this session's.
            Refused: the table does not allow it, or this person keeps away from the case.
        """
        bundle = await self.cases.bundle(case_id, session.units)
        opened = open_case(session, bundle, self.roster(), self.organisation())
        lifecycle.check(opened.case, name, session.role)
        if session.unit in opened.shut_out:  # until it is taken from them, they only look on
            raise errors.Refused("error.excluded")
        return opened

    async def release(self, session: Session, case_id: bytes, target: str = "") -> Case:
        """Give a held case to a unit, in the name of who brought the quorum's shares together; nothing of it is shown.

        That it was opened is on record before it is. The record says `held`: they have not read it, and it is no
        reading that a search or a comparison could go by.

        Args:
            session: theirs, with the recovery seed: `recovery.with_seed`.
            case_id: 16 bytes.
            target: a unit's code; empty: the first that is clean and has a key.

        Raises:
            NotFound: no such case, none that the quorum opens, or it accuses this person's own unit.
            NotVerified: the case's chain or a text was tampered with.
            Refused: the unit is excluded by the case, receives nothing, has no key, or has the case already.
            StoreUnavailable: it could not be put on record, and was not opened.
        """
        checked = (await self.cases.bundle(case_id, session.units)).checked(self.roster())
        step = Step(Kind.READ, checked.case, OPENED_UNREAD)
        await self.cases.apply(self.writer.signed(session, checked, step, Change(step.moved)))
        opened = open_case(session, await self.cases.bundle(case_id, session.units), self.roster(), self.organisation())
        if session.unit in opened.excluded:
            raise errors.NotFound
        fields = Fields(unit=target)
        step = sharing.release(replace(self._situation(session, opened), fields=fields, action=ActionName.HAND_OVER))
        return (await self.writer.store(session, opened, step)).case

    async def printed(self, session: Session, case_id: bytes) -> OpenCase:
        """A case that leaves the house as a file for paper; that it does is on record before this returns.

        Raises:
            NotFound: no such case, or not this session's.
            Refused: this person may not print it, or not without a second one.
            Stale: somebody else brought the case on in between.
        """
        opened = await self.opened_for(session, case_id, ActionName.PRINT)
        step = actions.named(ActionName.PRINT).decide(self._situation(session, opened))
        return after(opened, session, await self.writer.store(session, opened, step))

    def offers(self, session: Session, opened: OpenCase) -> tuple[Offer, ...]:
        """What may be done to an opened case now, for a page to offer."""
        if session.unit in opened.shut_out:
            return ()
        return actions.offers(self._situation(session, opened))

    def refusal(self, session: Session, opened: OpenCase, name: ActionName) -> str | None:
        """Why an action that the table allows is refused whatever is filled in, as an error's key; None: it is not."""
        return actions.TABLE[name].refused(self._situation(session, opened))

    def targets(self, opened: OpenCase) -> list[str]:
        """The units that a case may be handed to."""
        return sharing.receivers(opened, self.roster(), self.organisation())

    def refused_targets(self, opened: OpenCase) -> dict[str, str]:
        """The other units that receive cases, but not this one: an error's key that says why."""
        return sharing.refused(opened, self.roster(), self.organisation())

    def _situation(self, session: Session, opened: OpenCase) -> Situation:
        return Situation(session, opened, self.roster(), self.organisation(), self.now())

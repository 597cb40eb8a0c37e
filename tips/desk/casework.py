"""Casework: whatever people do to a case, by the one table of `actions`.

An action opens its case once, is checked once, and is one signed event and one transaction:
    the case is read from the store, as this session may; the table allows the action, or it ends here
    the chain is checked and the pieces are opened; nothing is shown, so no reading is recorded
    the action refuses, or decides on a step
    the step's piece is sealed, its event signed, all of it stored
A link does the same to two cases, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import lifecycle, reading_grants
from tips.cases.case import Case
from tips.cases.lifecycle import ActionName
from tips.desk import actions
from tips.desk.actions import Field, Fields, Offer, Situation, sharing
from tips.desk.late_exclusion import LateExclusion
from tips.desk.open_case import OpenCase, after, open_case
from tips.desk.writing import Writer
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation
from tips.people.session import Session
from tips.ports.cases import Cases

NOTHING: Final = Fields()


@dataclass(frozen=True, slots=True)
class Casework:
    """The actions of officers, heads, overseers and coordinators."""

    cases: Cases
    roster: Callable[[], Roster]
    organisation: Organisation
    writer: Writer
    exclusion: LateExclusion
    now: Callable[[], datetime]

    async def act(self, session: Session, case_id: bytes, name: str, fields: Fields = NOTHING) -> Case:
        """Do something to a case; the case as it is then.

        Args:
            session: whose act it is.
            case_id: 16 bytes.
            name: one of `lifecycle.ActionName`.
            fields: what the action asks, see `actions.TABLE`.

        Raises:
            NotFound: no such action, no such case, or not this session's.
            Refused: the table or the action does not allow it, or this person keeps away from the case.
            Stale: somebody else brought the case on in between.
        """
        action = actions.named(name)
        opened = await self.opened_for(session, case_id, action.name)
        other = await self.opened_for(session, fields.other, action.name) if Field.OTHER in action.fields else None
        situation = self._situation(session, opened)
        sides = replace(situation, fields=fields, other=other, action=action.name).sides
        decided = [(side, action.decide(side)) for side in sides]  # all of it may be refused before any is stored
        stored = [await self.writer.store(session, side.opened, step) for side, step in decided]
        if action.name is ActionName.CORRECT:  # it may accuse somebody who reads along: they are shut out at once
            return await self.exclusion.shut_out(session, after(opened, session, stored[0])) or stored[0].case
        return stored[0].case

    async def opened_for(self, session: Session, case_id: bytes, name: ActionName) -> OpenCase:
        """A case, opened for an action that the table allows; nothing of it is shown, so no reading is recorded.

        Raises:
            NotFound: no such case, or not this session's.
            Refused: the table does not allow it, or this person keeps away from the case.
        """
        bundle = await self.cases.bundle(case_id, session.units)
        lifecycle.check(bundle.case, name, session.role)
        opened = open_case(session, bundle, self.roster().verifiers)
        if session.unit in reading_grants.shut_out(opened.grants):  # until it is taken from them, they only look on
            raise errors.Refused("error.excluded")
        return opened

    async def release(self, session: Session, case_id: bytes, target: str) -> Case:
        """The quorum's hand-over of a case that was held, by a session that holds the recovery seed.

        Raises:
            Refused: the unit is excluded by the case, receives nothing, has no key, or has the case already.
        """
        opened = open_case(session, await self.cases.bundle(case_id, session.units), self.roster().verifiers)
        situation = replace(self._situation(session, opened), fields=Fields(unit=target), action=ActionName.HAND_OVER)
        step = sharing.release(situation)
        return (await self.writer.store(session, opened, step)).case

    def offers(self, session: Session, opened: OpenCase) -> tuple[Offer, ...]:
        """What may be done to an opened case now, for a page to offer."""
        if session.unit in reading_grants.shut_out(opened.grants):
            return ()
        return actions.offers(self._situation(session, opened))

    def targets(self, opened: OpenCase) -> list[str]:
        """The units that a case may be handed to."""
        return sharing.receivers(opened, self.roster(), self.organisation)

    def _situation(self, session: Session, opened: OpenCase) -> Situation:
        return Situation(session, opened, self.roster(), self.organisation, self.now())

"""Assignment: which officer has a case, and what becomes of it when they give it up, are relieved of it, or leave.

The clock of the case runs on through all of it: whoever gets a case gets no more time than there was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tips import errors
from tips.cases.case import Case
from tips.cases.ledger import Kind
from tips.desk.review import OpenCase, Review
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class Assignment:
    """The acts by which a case passes from one officer of a unit to another, or back to all of them."""

    review: Review

    async def hand_back(self, session: Session, case_id: bytes) -> Case:
        """Give up a case that this person has: it waits in the unit's queue again.

        Raises:
            Refused: it is not theirs.
        """
        row = (await self.review.opened_for(session, case_id, "hand_back")).case
        if row.officer != session.name:
            raise errors.Refused("error.not_holding")
        facts = {"who": session.name, "state": row.state}
        return await self.review.record(
            session,
            row,
            Kind.HANDED_BACK,
            facts,
            replace(row, officer=None),
            pinged="returned",
            to=row.unit,
            spared=(session.name,),
        )

    async def assign(self, session: Session, case_id: bytes, name: str) -> Case:
        """Give a case of this unit to somebody in it, whoever has it now; only they are told.

        Raises:
            Refused: it is another unit's case, or this person cannot have it.
        """
        opened = await self.review.opened_for(session, case_id, "assign")
        row = opened.case
        if session.unit != row.unit:
            raise errors.Refused("error.not_yours")
        if name not in self.able(opened):
            raise errors.Refused("error.assign")
        taken = self.review.held_by(row, name)
        facts = {"who": name, "was": row.officer or "", "state": taken.state}
        others = tuple(it.name for it in self.review.roster().members(row.unit) if it.name != name)
        return await self.review.record(
            session, row, Kind.ASSIGNED, facts, taken, pinged="assigned", to=row.unit, spared=others
        )

    def able(self, opened: OpenCase) -> list[str]:
        """Who of the unit could be given the case: not who has it, keeps away, or closed it before a dispute."""
        row = opened.case
        kept_out = {row.officer, *opened.recused, *opened.disputed}
        return sorted(it.name for it in self.review.roster().members(row.unit) if it.name not in kept_out)

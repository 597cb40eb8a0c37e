"""Progress: what brings a case on towards its end, and what keeps anybody from ending it quietly.

Each act is allowed by the table (`life`), is one signed event and one transaction, and starts the clock of the state
that it leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tips import errors
from tips.cases import case, deadlines, ledger, lifecycle, policy
from tips.cases.case import Case, State
from tips.cases.ledger import Event, Kind
from tips.cases.plaintext import Part
from tips.desk.review import OpenCase, Review
from tips.organisation import taxonomy
from tips.organisation.roles import Role
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class Progress:
    """The acts that change a case's state or clock."""

    review: Review

    async def accept(self, session: Session, case_id: bytes) -> Case:
        """Take a case that was handed over, or screened, as the unit's own."""
        return await self._move(session, case_id, "accept")

    async def verify(self, session: Session, case_id: bytes) -> Case:
        """Begin to verify, or go back to it after a conclusion that did not hold."""
        return await self._move(session, case_id, "verify")

    async def resume(self, session: Session, case_id: bytes) -> Case:
        """End a suspension; the clock goes on with the time that was left (BLTTHS art. 149)."""
        opened = await self.review.opened_for(session, case_id, "resume")
        left = next((it.facts["left_h"] for it in reversed(opened.events) if "left_h" in it.facts), "0")
        due = deadlines.hour(self.review.now()) + timedelta(hours=max(24, int(left)))
        moved = replace(opened.case, state=State.VERIFYING, clock="verification", due_at=due)
        return await self.review.record(session, opened.case, Kind.MOVED, _from_to(opened.case, moved), moved)

    async def _move(self, session: Session, case_id: bytes, act: str) -> Case:
        opened = await self.review.opened_for(session, case_id, act)
        moved = self.review.in_state(opened.case, lifecycle.actions()[act].leads_to or opened.case.state)
        return await self.review.record(session, opened.case, Kind.MOVED, _from_to(opened.case, moved), moved)

    async def bounce(self, session: Session, case_id: bytes, reason: str) -> Case:
        """Send a case back to who handed it over; the second time it climbs by itself.

        Raises:
            Refused: nobody handed it over, or that unit may not read it (any more).
        """
        opened = await self.review.opened_for(session, case_id, "bounce")
        row = opened.case
        sender = next((it.facts["from"] for it in reversed(opened.events) if it.kind is Kind.HANDED_OVER), "")
        if not sender or sender in opened.excluded or sender not in opened.readers:
            raise errors.Refused("error.bounce")
        moved = replace(self.review.in_state(row, State.FORWARDED), unit=sender, officer=None, opened=False)
        if 1 + _count(opened.events, Kind.BOUNCED) >= policy.bounces():
            moved = replace(moved, clock=deadlines.WAKE, due_at=deadlines.hour(self.review.now()))
        return await self.review.write(session, row, moved, Part.NOTE, Kind.BOUNCED, reason)

    async def extend(self, session: Session, case_id: bytes, reason: str) -> Case:
        """Two more months (BLTTHS art. 147): once by the unit's head, once more by an overseer.

        Raises:
            Refused: both were given, or the second is not an overseer's.
        """
        opened = await self.review.opened_for(session, case_id, "extend")
        given = _count(opened.events, Kind.EXTENDED)
        if given >= policy.extensions() or (given and session.role != Role.OVERSEER):
            raise errors.Refused("error.extension")
        clock = deadlines.extended(opened.case.due_at or deadlines.hour(self.review.now()))
        moved = replace(opened.case, clock=clock.name, due_at=clock.due_at)
        return await self.review.write(session, opened.case, moved, Part.NOTE, Kind.EXTENDED, reason)

    async def suspend(self, session: Session, case_id: bytes, reason: str) -> Case:
        """Stop the clock for a reason that is written down (BLTTHS art. 148); the reporter sees it standing still."""
        opened = await self.review.opened_for(session, case_id, "suspend")
        row = opened.case
        moved = self.review.in_state(row, State.SUSPENDED)
        left = {"left_h": str(_hours_left(row, self.review.now()))}
        told = _from_to(row, moved) | left
        return await self.review.write(session, row, moved, Part.NOTE, Kind.MOVED, reason, told=told)

    async def conclude(self, session: Session, case_id: bytes, result: str, words: str) -> Case:
        """Say how the case ends, to the reporter in plain words.

        Args:
            result: one of `life.results()`.
            words: what the reporter reads.

        Raises:
            Refused: no such result, or no words.
        """
        opened = await self.review.opened_for(session, case_id, "conclude")
        if result not in lifecycle.results():
            raise errors.Refused("error.result")
        if not words.strip():
            raise errors.Refused("error.empty")
        moved = self.review.in_state(opened.case, State.CONCLUDED)
        facts = {"result": result}
        return await self.review.write(session, opened.case, moved, Part.RESULT, Kind.CONCLUDED, words, facts)

    async def endorse(self, session: Session, case_id: bytes) -> Case:
        """Agree with a conclusion, from outside the unit whose case it is.

        Raises:
            Refused: it is this session's own unit's case.
        """
        opened = await self.review.opened_for(session, case_id, "endorse")
        if session.unit == opened.case.unit:
            raise errors.Refused("error.second_person")
        return await self.review.record(session, opened.case, Kind.ENDORSED, {"unit": session.unit}, opened.case)

    async def close(self, session: Session, case_id: bytes) -> Case:
        """End a concluded case; the time until it is shredded begins.

        Raises:
            Refused: it needs a second person outside the unit, and nobody has endorsed this conclusion.
        """
        opened = await self.review.opened_for(session, case_id, "close")
        row = opened.case
        if session.unit != row.unit:
            raise errors.Refused("error.not_yours")
        if lifecycle.needs_second_person(row) and not endorsed(opened.events, row.unit):
            raise errors.Refused("error.second_person")
        clock = deadlines.retention(taxonomy.group_of(row.category), self.review.now())
        moved = replace(row, state=State.CLOSED, clock=clock.name, due_at=clock.due_at)
        closing = _from_to(row, moved) | {"officer": row.officer or session.name}
        return await self.review.record(session, row, Kind.MOVED, closing, moved)

    async def consult(self, session: Session, case_id: bytes, unit: str) -> Case:
        """Ask an overseer (BLTTHS art. 159): they read along from now on, and may endorse; the case stays here.

        Raises:
            Refused: it is none, is excluded, has no key, or reads along already.
        """
        opened = await self.review.opened_for(session, case_id, "consult")
        if unit not in self.review.organisation.oversight or unit in opened.readers:
            raise errors.Refused("error.not_a_receiver")
        return await self.review.share(session, opened, unit, Kind.CONSULTED, {"with": unit}, opened.case, "consulted")

    async def recuse(self, session: Session, case_id: bytes, name: str = "") -> Case:
        """Keep oneself away from a case, no reason asked; a head may keep somebody of the unit away.

        Raises:
            Refused: somebody else is named, and this is no head, or they are of another unit.
        """
        opened = await self.review.opened_for(session, case_id, "recuse")
        who = name or session.name
        colleagues = {member.name for member in self.review.roster().members(session.unit)}
        if who != session.name and (session.role != Role.HEAD or who not in colleagues):
            raise errors.Refused("error.role")
        row = opened.case
        moved = replace(row, officer=None if row.officer == who else row.officer)
        return await self.review.record(session, row, Kind.RECUSED, {"who": who}, moved)

    def may(self, session: Session, opened: OpenCase) -> tuple[str, ...]:
        """The acts that are open to a session on a case, for a page to offer."""
        row = opened.case
        found = set(lifecycle.open_to(row, session.role))
        given = _count(opened.events, Kind.EXTENDED)
        if given >= policy.extensions() or (given and session.role != Role.OVERSEER):
            found.discard("extend")
        if session.unit != row.unit:
            found &= {"endorse", "note", "answer", "clear"}
        else:
            found.discard("endorse")
        if row.officer != session.name:
            found.discard("hand_back")
        if lifecycle.needs_second_person(row) and not endorsed(opened.events, row.unit):
            found.discard("close")
        if not any(it.kind is Kind.HANDED_OVER for it in opened.events):
            found.discard("bounce")
        return tuple(name for name in lifecycle.actions() if name in found)


def endorsed(events: Sequence[Event], unit: str) -> bool:
    """Whether somebody outside the unit agreed with the newest conclusion."""
    concluded = max((number for number, it in enumerate(events) if it.kind is Kind.CONCLUDED), default=-1)
    return any(it.kind is Kind.ENDORSED and it.facts["unit"] != unit for it in events[concluded + 1 :])


def _from_to(row: Case, moved: Case) -> dict[str, str]:
    return {"from": row.state, "to": moved.state}


def _count(events: Sequence[Event], kind: ledger.Kind) -> int:
    return sum(it.kind is kind for it in events)


def _hours_left(row: case.Case, now: datetime) -> int:
    return max(0, int((row.due_at - now).total_seconds() // 3600)) if row.due_at else 0

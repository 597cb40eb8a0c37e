"""Review: what officers read, and what is on record of that.

A case opens only in the session of somebody whose unit holds a waking grant; reading is recorded before anything
is shown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from tips import errors
from tips.cases import case, deadlines, reading_grants
from tips.cases.case import Case, QueueFilter, QueuePosition
from tips.cases.ledger import Kind
from tips.desk import duplicates
from tips.desk.actions.step import Step
from tips.desk.late_exclusion import LateExclusion
from tips.desk.open_case import OpenCase, after, open_case, tip_text
from tips.desk.writing import Writer
from tips.evidence.files import File, Files
from tips.organisation.roles import Role
from tips.organisation.roster import Roster
from tips.people.session import Session
from tips.ports.cases import Cases

T = TypeVar("T")
COMPARED: Final = 100  # cases that are compared for duplicates at most
EVERY: Final = QueueFilter()
TRIES: Final = 5  # how often a case is opened anew while others write to it


@dataclass(frozen=True, slots=True)
class Review:
    """The queue, a case, its files, and what may be about the same event."""

    cases: Cases
    roster: Callable[[], Roster]
    files: Files
    writer: Writer
    exclusion: LateExclusion
    now: Callable[[], datetime]

    async def queue(
        self, session: Session, wanted: QueueFilter = EVERY, limit: int = 50, after: QueuePosition | None = None
    ) -> list[Case]:
        """The cases of the session's units: urgent first, then what nobody has read, then the oldest."""
        return await self.cases.queue(session.units, wanted, limit, after)

    async def consulted(self, session: Session) -> list[Case]:
        """Open cases of others that an overseer's units read along, asked to or because they handed them over."""
        if session.role != Role.OVERSEER:
            return []
        return await self.cases.consulted(session.units, COMPARED)

    async def open(self, session: Session, case_id: bytes) -> OpenCase:
        """Open a case; that it was read is on record first.

        Raises:
            NotFound: no such case, or not this session's.
            NotVerified: the case's chain or a text was tampered with.
        """
        return await _undisturbed(lambda: self._read(session, case_id))

    async def _read(self, session: Session, case_id: bytes) -> OpenCase:
        opened = await self._opened(session, case_id)  # whoever keeps away from it, or cannot open it, has not read it
        step = Step(Kind.READ, replace(opened.case, opened=True), {"part": "all"})
        opened = after(opened, session, await self.writer.store(session, opened, step))
        rekeyed = await self.exclusion.shut_out(session, opened)
        return await self._opened(session, case_id) if rekeyed else opened

    async def _opened(self, session: Session, case_id: bytes) -> OpenCase:
        opened = open_case(session, await self.cases.bundle(case_id, session.units), self.roster().verifiers)
        if session.unit in reading_grants.shut_out(opened.grants):  # they have keys until the case is sealed anew
            raise errors.NotFound
        return opened

    async def file(self, session: Session, case_id: bytes, envelope: bytes) -> File:
        """A file of a case, for `files.read`; that it was read is on record first, once an hour and person.

        Raises:
            NotFound: no such case or file, or not this session's.
            NotVerified: the case's chain was tampered with.
        """
        return await _undisturbed(lambda: self._file(session, case_id, envelope))

    async def _file(self, session: Session, case_id: bytes, envelope: bytes) -> File:
        opened = await self._opened(session, case_id)
        found = next((it for it in opened.files if it.envelope == envelope), None)
        if found is None:
            raise errors.NotFound
        facts = {"part": envelope.hex()}
        this = (Kind.READ, session.name, deadlines.hour(self.now()), facts)
        if this not in [(it.kind, it.by, it.at, dict(it.facts)) for it in opened.events]:
            await self.writer.store(session, opened, Step(Kind.READ, opened.case, facts))
        return found

    async def alike(self, session: Session, case_id: bytes) -> list[tuple[Case, float]]:
        """The cases of this session's units that may tell of the same event, with how alike they are.

        The sketches live as long as this call; what was compared counts as read by nobody, and nothing is shown of it.
        """
        row = await self.cases.get(case_id, session.units)
        others = await self.cases.queue(session.units, case.OPEN, COMPARED, None)
        found = {it.id: it for it in (row, *others)}
        sketches = {it.id: duplicates.sketch(await self._tip_text(session, it)) for it in found.values()}
        sought = sketches.pop(row.id)
        return [(found[it.case], it.likeness) for it in duplicates.find(sought, sketches)]

    async def _tip_text(self, session: Session, row: Case) -> str:
        return tip_text(session, await self.cases.envelopes(row.id), await self.cases.grants(row.id))


async def _undisturbed(read: Callable[[], Awaitable[T]]) -> T:
    """Read, and begin anew where a colleague brought the case on in between: who only reads is not sent away."""
    for _ in range(TRIES):
        with suppress(errors.Stale):
            return await read()
    raise errors.Stale

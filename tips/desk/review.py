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
from tips.cases import deadlines, ledger
from tips.cases.case import Case, QueueFilter, QueuePosition
from tips.cases.ledger import Kind
from tips.desk.actions.step import Step
from tips.desk.former_desks import FormerDesks
from tips.desk.late_exclusion import LateExclusion
from tips.desk.open_case import OpenCase, adds, after, last_reading, open_for_reading
from tips.desk.writing import Writer
from tips.evidence.files import File, Files
from tips.organisation.roles import Role
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation
from tips.people.session import Session
from tips.ports.cases import Cases, Load, QueueCounts

T = TypeVar("T")
CONSULTED: Final = 100  # cases of others that are listed at most
EVERY: Final = QueueFilter()
TRIES: Final = 5  # how often a case is opened anew while others write to it


@dataclass(frozen=True, slots=True)
class Review:
    """The queue, a case, and its files."""

    cases: Cases
    roster: Callable[[], Roster]
    organisation: Callable[[], Organisation]
    files: Files
    writer: Writer
    exclusion: LateExclusion
    former: FormerDesks
    now: Callable[[], datetime]

    async def queue(
        self, session: Session, wanted: QueueFilter = EVERY, limit: int = 50, after: QueuePosition | None = None
    ) -> list[Case]:
        """The cases of the session's units; urgent first, then what is due first, unless another order is wanted."""
        return await self.former.page(session, wanted, limit, after)

    async def beside(self, session: Session, row: Case, wanted: QueueFilter) -> tuple[Case | None, Case | None]:
        """The cases before and behind one in such a queue, wherever it stands in it by now."""
        if row.unit not in session.units:
            return None, None
        before = await self.former.page(session, wanted, 1, row.position, backwards=True)
        behind = await self.former.page(session, wanted, 1, row.position)
        return next(iter(before), None), next(iter(behind), None)

    async def counts(self, session: Session) -> QueueCounts:
        """How many cases the session's units have, for this person."""
        counts = await self.cases.counts(session.units, session.name, self.now())
        return counts.without(await self.former.untold(session), session.name, self.now())

    async def loads(self, session: Session) -> list[Load]:
        """Who has how many of the unit's open cases, of those that this session may see."""
        untold, now = await self.former.untold(session), self.now()
        return [it.without(untold, now) for it in await self.cases.loads(session.units, now)]

    async def consulted(self, session: Session) -> list[Case]:
        """Open cases of others that an overseer's units read along, asked to or because they handed them over."""
        if session.role != Role.OVERSEER:
            return []
        return await self.former.told(session, await self.cases.consulted(session.units, CONSULTED))

    async def shared(self, session: Session) -> list[Case]:
        """Open cases of others that these let the session's units read along; not those that it handed over itself."""
        others = await self.former.told(session, await self.cases.consulted(session.units, CONSULTED))
        return [it for it in others if await self._is_shared(session, it)]

    async def _is_shared(self, session: Session, row: Case) -> bool:
        events = await self.cases.events(row.id)
        try:
            return any(it.kind is Kind.SHARED and it.facts["with"] in session.units for it in map(ledger.parse, events))
        except (errors.NotVerified, KeyError):  # a hand was there: it is listed, and opens as far as its chain holds
            return True

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
        bundle = await self.cases.bundle(case_id, session.units)
        return open_for_reading(session, bundle, self.roster(), self.organisation())

    async def was_read(self, session: Session, case_id: bytes, *, whole: bool = False) -> bool:
        """Whether a signed event of a case says that this person read it; nothing is opened for that.

        Args:
            session: whose reading it is.
            case_id: 16 bytes.
            whole: not only some time, but since others added to it.

        Raises:
            NotFound: no such case, or not this session's.
            NotVerified: the case's chain was tampered with.
        """
        bundle = await self.cases.bundle(case_id, session.units)
        if not await self.former.told(session, [bundle.case]):
            raise errors.NotFound
        events = bundle.checked(self.roster()).events
        last = last_reading(events, session.name)
        return last >= 0 and not (whole and any(it.by != session.name and adds(it) for it in events[last:]))

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


async def _undisturbed(read: Callable[[], Awaitable[T]]) -> T:
    """Read, and begin anew where a colleague brought the case on in between: who only reads is not sent away."""
    for _ in range(TRIES):
        with suppress(errors.Stale):
            return await read()
    raise errors.Stale

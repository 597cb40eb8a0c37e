"""Former desks: whoever worked elsewhere before is not told which cases shut out where they worked.

Only what is sealed says whom a case shuts out. So the restricted ones among what such a person would be listed are
opened for that, each once until it changes; what was found is kept in memory alone. Of everybody else nothing is
looked at, and no further query is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from tips import errors
from tips.cases.case import RESTRICTED_CATEGORY, Case, QueueFilter, QueuePosition
from tips.desk.open_case import shuts_out_former_desk
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation
from tips.people.session import Session
from tips.ports.cases import CaseBundle, Cases

BATCH: Final = 100  # cases that are in memory at once
MOST: Final = 50_000  # answers that are remembered; then all are looked for anew
RESTRICTED: Final = QueueFilter(category=RESTRICTED_CATEGORY)


@dataclass(frozen=True, slots=True)
class FormerDesks:
    """Leaves out of lists what is not there for who came from elsewhere, and knows what it left out."""

    cases: Cases
    roster: Callable[[], Roster]
    organisation: Callable[[], Organisation]
    _found: dict[tuple[str, int, bytes], bool] = field(default_factory=dict, repr=False)  # name, roster, head: hidden

    async def told(self, session: Session, rows: Sequence[Case]) -> list[Case]:
        """Those of these cases that may be named to this person."""
        if not self.roster().former_units(session.name, session.unit):
            return [*rows]
        if len(self._found) > MOST:
            self._found.clear()
        fresh = {it.id: it for it in rows if it.restricted and self._key(session, it) not in self._found}
        for at in range(0, len(fresh), BATCH):
            bundles = await self.cases.bundles([*fresh][at : at + BATCH], session.units)
            hidden = await asyncio.to_thread(self._looked, session, bundles)
            self._found.update({self._key(session, fresh[id_]): it for id_, it in hidden.items()})
        return [it for it in rows if not self._found.get(self._key(session, it))]

    async def untold(self, session: Session) -> list[Case]:
        """The cases of the session's own units that may not be named to this person."""
        if not self.roster().former_units(session.name, session.unit):
            return []
        found, after = list[Case](), None
        while page := await self.cases.queue(session.units, RESTRICTED, BATCH, after):
            told, after = await self.told(session, page), page[-1].position
            found += [it for it in page if it not in told]
        return found

    async def page(
        self,
        session: Session,
        wanted: QueueFilter,
        limit: int,
        after: QueuePosition | None,
        *,
        backwards: bool = False,
    ) -> list[Case]:
        """A page of the session's queue, as `Cases.queue` gives it, filled up from behind what is left out."""
        found = list[Case]()
        while True:
            rows = await self.cases.queue(session.units, wanted, limit, after, backwards=backwards)
            found += await self.told(session, rows)
            if len(rows) < limit or len(found) >= limit:
                return found[:limit]
            after = rows[-1].position

    def _looked(self, session: Session, bundles: Sequence[CaseBundle]) -> dict[bytes, bool]:
        """What is found of each that can be opened, by id; what cannot says nothing, and stays in the list."""
        found, roster, organisation = dict[bytes, bool](), self.roster(), self.organisation()
        for it in bundles:
            with suppress(errors.NotVerified, errors.NotOpened, errors.NotFound, errors.Refused):
                found[it.case.id] = shuts_out_former_desk(session, it, roster, organisation)
        return found

    def _key(self, session: Session, row: Case) -> tuple[str, int, bytes]:
        return session.name, self.roster().version, row.head

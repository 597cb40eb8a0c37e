"""Continuity: what was in a case's chain when its hour joined the tree is still there in the next one.

The tree shows that an event is gone to whoever reads all of it, as the nightly audit does. Where each chain ended is
kept beside the newest head, outside the database; so the hour's head says of how many cases that end is gone.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import chain_ends, deadlines
from tips.cases.chain_ends import ChainEnd
from tips.cases.pings import Ping, PingKind
from tips.crypto.sealing import Random
from tips.organisation.roster import Roster
from tips.ports.cases import CaseBundle, Cases
from tips.ports.clock import ChainEnds
from tips.ports.desk import Outbox
from tips.ports.tree import Tree

BATCH: Final = 100  # cases that are in memory at once


@dataclass(frozen=True, slots=True)
class Missed:
    """What of the kept ends is not there any more."""

    cut: Mapping[bytes, ChainEnd] = field(default_factory=dict)  # by case; those that no head has told of yet
    spoilt: bool = False  # what was kept cannot be read: nothing was compared


@dataclass(frozen=True, slots=True)
class Continuity:
    """Compares the cases with where their chains ended, and keeps where they end now."""

    ends: ChainEnds
    tree: Tree
    cases: Cases
    outbox: Outbox
    roster: Callable[[], Roster]
    now: Callable[[], datetime]
    random: Random = field(repr=False)

    async def missed(self) -> Missed:
        """The cases that are gone, or whose kept end is; whether the others hold is for the clock to look at."""
        if self.ends.is_spoilt():
            return Missed(spoilt=True)
        kept = self.ends.load()
        newest = await self.tree.newest()
        others = {case: it for case, it in kept.items() if newest.get(case) != it.leaf and not it.missed}
        there = await self.tree.cases([it.leaf for it in others.values()])
        return Missed({case: it for case, it in others.items() if there.get(it.leaf) != case})

    async def told(self, missed: Missed) -> None:
        """Once a head says so: it says so once, and who stood above these cases hears that a hand was in one."""
        if missed.spoilt:
            self.ends.forget()
        if not missed.cut:
            return
        hour = deadlines.hour(self.now())
        above = {it.circle.above for it in missed.cut.values()} - {""}
        await self.outbox.add([Ping(self.random(16), it, PingKind.MENDED, hour) for it in sorted(above)])
        self.ends.keep({case: it._replace(missed=True) for case, it in missed.cut.items()})

    async def took_up(self, leaves: Collection[bytes]) -> None:
        """Keep where the chains end that these leaves belong to; one that does not hold the clock begins anew first."""
        found = dict[bytes, ChainEnd]()
        async for bundle in self._bundles({*(await self.tree.cases([*leaves])).values()}):
            try:
                end = chain_ends.later(bundle.end, bundle.checked(self.roster()))
            except errors.NotVerified:
                continue
            if end:
                found[bundle.case.id] = end
        self.ends.keep(found)

    async def _bundles(self, cases: Collection[bytes]) -> AsyncIterator[CaseBundle]:
        """These cases; one that cannot be read hides no other."""
        for some in _batches(cases):
            for it in await self._some(some):
                yield it

    async def _some(self, cases: list[bytes]) -> list[CaseBundle]:
        try:
            return await self.cases.bundles(cases, None)
        except errors.StoreUnavailable:
            raise
        except Exception:
            return [] if len(cases) == 1 else [it for case in cases for it in await self._some([case])]


def _batches(cases: Collection[bytes]) -> Iterator[list[bytes]]:
    rest = iter(sorted(cases))
    while some := [*itertools.islice(rest, BATCH)]:
        yield some

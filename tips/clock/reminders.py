"""Reminders: a deadline comes near, or somebody read an urgent case and did nothing. To its unit, and never of what.

A term that is longer than a day is reminded of once a third of it is left, a shorter one three hours before its end.
Nothing is remembered about it: due times lie on full hours, and which of them this hour is for follows from the lengths
of the terms, so the look of each hour sees each deadline once. Cases with an exclusion are left to the digests, unless
somebody is in danger (P0).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tips.cases import deadlines, ledger
from tips.cases.checking import Checked
from tips.cases.pings import Ping, PingKind, about
from tips.clock.rounds import Rounds
from tips.crypto.sealing import Random
from tips.organisation.roster import Roster
from tips.organisation.terms import Terms
from tips.organisation.units import Organisation
from tips.ports.cases import CaseBundle, Cases, Due
from tips.ports.desk import Outbox

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reminders:
    """Looks once an hour."""

    cases: Cases
    rounds: Rounds
    outbox: Outbox
    roster: Callable[[], Roster]
    organisation: Callable[[], Organisation]
    now: Callable[[], datetime]
    random: Random

    async def tick(self) -> int:
        """Put the words into the outbox; how many."""
        hour, terms = deadlines.hour(self.now()), self.organisation().terms
        ends = {deadlines.reminded_of(terms.calendar, length, hour) for length in (None, *terms.lengths())}
        soon = functools.partial(self._ending, sorted(end for end in ends if end))
        pings: list[Ping] = []

        async def near(_: CaseBundle, checked: Checked) -> bool:
            row = checked.case
            if not _is_its_hour(checked, hour, terms):
                return False
            pings.append(about(row, Ping(self.random(16), row.unit, PingKind.DUE, hour)))
            return True

        async def untaken(_: CaseBundle, checked: Checked) -> bool:
            pings.append(self._repeated(checked, hour))
            return True

        await self.rounds.over("remind", soon, near)
        await self.rounds.over("repeat", functools.partial(self.cases.unattended, hour), untaken)
        await self.outbox.add(pings)
        return len(pings)

    async def _ending(self, ends: Sequence[datetime], limit: int, after: Due | None) -> list[Due]:
        """A page of the cases whose terms end in one of these hours, in their order."""
        for end in ends:
            if found := await self.cases.due_within(end, end + HOUR, limit, after):
                return found
        return []

    def _repeated(self, checked: Checked, hour: datetime) -> Ping:
        """A word to those of the unit who have not read a case; if all have, to all of them again."""
        row = checked.case
        members = {it.name for it in self.roster().members(row.unit)}
        read = {it.by for it in checked.events if it.kind is ledger.Kind.READ} & members
        spared = tuple(sorted(read)) if read < members else ()
        return about(row, Ping(self.random(16), row.unit, PingKind.UNATTENDED, hour, spared))


def _is_its_hour(checked: Checked, hour: datetime, terms: Terms) -> bool:
    """Whether it is by the length of its own term that a case is reminded of in this hour."""
    end, due = deadlines.reminded_of(terms.calendar, _term(checked, terms), hour), checked.case.due_at
    return end is not None and due is not None and end <= due < end + HOUR


def _term(checked: Checked, terms: Terms) -> Mapping[str, Any] | None:
    """The length of the term that runs; of a verification it also depends on what was extended, or suspended.

    What goes on with less than a third is a short term: the time for the other word is over.
    """
    row = checked.case
    length = deadlines.term(terms, row.state, row.clock, row.urgency)
    if row.clock != deadlines.VERIFICATION:
        return length
    if any(it.kind is ledger.Kind.EXTENDED for it in checked.events):
        length = {"days": terms.extension_days()}
    begun = [it for it in checked.events if it.kind is ledger.Kind.EXTENDED or "left_h" in it.facts][-1:]
    left = [timedelta(hours=int(it.facts["left_h"])) for it in begun if "left_h" in it.facts]
    return None if left and deadlines.is_past_its_third(length, left[0]) else length

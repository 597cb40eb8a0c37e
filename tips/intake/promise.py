"""Who will read a tip and who will not, as people are told before they send it: what is said is what grants will be.

Routing names a chain of units; the roster knows which of them have a key and somebody who could use it. Both are asked
here, and nowhere is a receiver named to a reporter by anything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from tips.organisation.roster import Roster
from tips.triage.results import Route


@dataclass(frozen=True, slots=True)
class Promise:
    """The readers of a tip if it is sent now, and who is shut out; all are unit codes."""

    owner: str  # who receives it
    next: tuple[str, ...]  # who follows while it is late, in order
    excluded: tuple[str, ...]  # who may never read it, sorted
    hide: Promise | None = None  # the same for the second send button; None: it is not offered

    @property
    def readers(self) -> tuple[str, ...]:
        """Everybody who gets a grant, the owner first."""
        return (self.owner, *self.next)


def promised(roster: Roster, route: Route, hide: Promise | None = None) -> Promise:
    """What routing and this version of the roster come to."""
    readers = roster.readers(route.chain)
    awake, asleep = ([it.code for it in them] for them in (readers.awake, readers.asleep))
    return Promise(awake[0], tuple(awake[1:] + asleep), tuple(sorted(route.excluded)), hide)

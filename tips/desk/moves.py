"""Moves: who leaves, and who works elsewhere or as something else, as a request by which signers put it into force.

An admin alone moves nobody: a request is a version of the roster that nobody has signed, and that there was one is on
record before it leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tips.desk.laying_down import LayingDown
from tips.organisation.roster import UNDERWAY
from tips.people.enrolment import Newcomer, Registrar
from tips.people.proposals import Proposal
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class Moves:
    """Makes such requests."""

    registrar: Callable[[], Registrar]  # makes the next version
    laying: LayingDown

    async def leave(self, session: Session, name: str) -> Proposal:
        """The version without a person, for its signers to sign. Raises `Refused`, as `Registrar.leave` does."""
        return await self._asked(session, lambda it: it.leave(name, it.now + UNDERWAY))

    async def move(self, session: Session, to: Newcomer) -> Proposal:
        """The version in which a person works elsewhere. Raises `Refused`, as `Registrar.move` does."""
        return await self._asked(session, lambda it: it.move(to, it.now + UNDERWAY))

    async def _asked(self, session: Session, change: Callable[[Registrar], Proposal]) -> Proposal:
        """A request, on record before anybody has it; whose it is not to make, cannot put it there."""
        proposal = change(self.registrar())
        await self.laying.requested(session, proposal.version)
        return proposal

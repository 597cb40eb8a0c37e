"""Laying down: somebody at the desk signs a word that counts for the whole home; see `tips.cases.standing`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tips import errors
from tips.cases import agreements, deadlines, ledger, standing
from tips.cases.agreements import Agreement, Offer
from tips.cases.claims import Signature
from tips.cases.ledger import Event, Kind
from tips.crypto.sealing import Random
from tips.organisation.roster import Roster
from tips.people.session import Session
from tips.ports.cases import Ledger


@dataclass(frozen=True, slots=True)
class LayingDown:
    """Signs such words, and knows which were laid down."""

    known: Callable[[], Sequence[Event]]  # what is believed, oldest first
    refresh: Callable[[], Awaitable[None]]  # looks for what was laid down since
    roster: Callable[[], Roster]
    ledger: Ledger
    now: Callable[[], datetime]
    random: Random = field(repr=False)

    async def lay_down(self, session: Session, kind: Kind, facts: Mapping[str, str]) -> None:
        """Sign a word; when this returns it is stored, and counts in this process.

        Raises:
            Refused: words of this kind are not theirs to sign.
        """
        if session.role not in standing.ROLES[kind]:
            raise errors.Refused("error.role")
        who = Signature(session.name, session.signing, deadlines.hour(self.now()))
        event = standing.laid_down(kind, facts, self.known(), who, self.random)
        await self.ledger.append(ledger.sign(event, session.signing))
        await self.refresh()

    def worked(self, name: str, at: datetime) -> frozenset[str]:
        """In which offices and units somebody did at a time."""
        return self.roster().offices(name, at)

    def may_agree(self, session: Session, offer: Offer) -> bool:
        """Whether an agreement of theirs to an offer would count now: by the rule by which it is believed."""
        hour = deadlines.hour(self.now())
        return agreements.counts(Agreement(session.name, hour, offer.digest), offer, self.worked)

    def check_agreement(self, session: Session, offer: Offer | None, digest: str) -> None:
        """That somebody may agree to what they were shown.

        Raises:
            Refused: somebody of an office offered it in which they work, or just worked.
            Stale: another one is offered by now, or none.
        """
        if offer is None or offer.digest != digest:
            raise errors.Stale
        if not self.may_agree(session, offer):
            raise errors.Refused("error.text_own")

    async def requested(self, session: Session, version: Roster) -> None:
        """Put on record that somebody asks for a version of the roster. Raises `Refused`, as `lay_down` does."""
        named = {standing.SUBJECT: f"roster {version.version}", "digest": version.digest}
        await self.lay_down(session, Kind.REQUESTED, named)

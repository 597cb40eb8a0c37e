"""The list of incidents: who looks after the home says what went wrong, each word signed and on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import deadlines, incidents, standing, written_words
from tips.cases.incidents import Act, Incident, IncidentKind
from tips.cases.ledger import YEARS, Kind
from tips.desk.laying_down import LayingDown
from tips.people.session import Session

_SALT_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Incidents:
    """Opens incidents, adds to them and closes them; for everybody two people of different offices speak."""

    laying: LayingDown

    def listed(self) -> list[Incident]:
        """Every one, the newest first."""
        return incidents.incidents(self.laying.known(), self.laying.worked)

    def open_ones(self) -> list[Incident]:
        """Those that nobody closed."""
        return [it for it in self.listed() if it.closed is None]

    def public(self) -> list[Incident]:
        """Those of which everybody may read."""
        return [it for it in self.listed() if it.public]

    async def begin(self, session: Session, kind: IncidentKind, since: datetime, words: str) -> None:
        """Open one.

        Raises:
            Refused: it is not theirs to do; it begins in a time to come; there are no words, or too many.
        """
        if since.year not in YEARS or (hour := deadlines.hour(since)) > self.laying.now():
            raise errors.Refused("error.incident_since")
        salt = self.laying.random(_SALT_BYTES).hex()
        facts = incidents.opening(session.name, kind, hour, _checked(words), salt)
        await self.laying.lay_down(session, Kind.INCIDENT, facts)

    async def add(self, session: Session, id: str, words: str) -> None:
        """Say more of one. Raises `Refused`, `NotFound`."""
        self._known(id)
        await self._say(session, id, Act.ADD, words)

    async def close(self, session: Session, id: str, words: str) -> None:
        """Say how it ended. Raises `Refused`, `NotFound`; `Stale`: it is closed."""
        if self._known(id).closed:
            raise errors.Stale
        await self._say(session, id, Act.CLOSE, words)

    async def offer(self, session: Session, id: str, words: str) -> None:
        """Offer words for everybody; they count once another office agrees. Raises `Refused`, `NotFound`."""
        self._known(id)
        words = written_words.pasted(words)
        if not incidents.is_plain(words, public=True):
            raise errors.Refused("error.incident_public")
        await self._say(session, id, Act.OFFER, words)

    async def agree(self, session: Session, id: str, digest: str) -> None:
        """Agree to words that somebody else offered.

        Raises:
            Refused: it is not theirs to do, or somebody of an office offered them in which they work, or just worked.
            NotFound: there is no such incident.
            Stale: other words are offered by now, or none.
        """
        self.laying.check_agreement(session, self._known(id).offered, digest)
        facts = {standing.SUBJECT: id, "act": str(Act.AGREE), "digest": digest}
        await self.laying.lay_down(session, Kind.INCIDENT, facts)

    def _known(self, id: str) -> Incident:
        found = next((it for it in self.listed() if it.id == id), None)
        if found is None:
            raise errors.NotFound
        return found

    async def _say(self, session: Session, id: str, act: Act, words: str) -> None:
        facts = {standing.SUBJECT: id, "act": str(act), "words": _checked(words)}
        await self.laying.lay_down(session, Kind.INCIDENT, facts)


def _checked(words: str) -> str:
    """Words as they are stored.

    Raises:
        Refused: there are none, or too many.
    """
    words = written_words.pasted(words)
    if not incidents.is_plain(words):
        raise errors.Refused("error.incident_words")
    return words

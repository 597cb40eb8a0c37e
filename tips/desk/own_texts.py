"""The home's own texts at the desk: one person offers one, and another one of another office agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tips import errors
from tips.cases import deadlines, home_texts, written_words
from tips.cases.home_texts import HomeText, HomeTexts, TextName
from tips.cases.ledger import Kind
from tips.desk.laying_down import LayingDown
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class OwnTexts:
    """Keeps them, as signed events, and says them."""

    laying: LayingDown
    source: str  # the language that each has in any case

    def known(self) -> HomeTexts:
        """What is in force, and what waits."""
        return home_texts.texts(self.laying.known(), self.laying.worked, self.source)

    def said(self, name: TextName, lang: str) -> str:
        """A text as people read it today; "": the home has none of its own."""
        found = self.known().in_force.get(name)
        return found.said(lang, self.laying.now(), self.source) if found else ""

    async def offer(self, session: Session, name: TextName, words: Mapping[str, str], until: date | None) -> None:
        """Offer a text, which counts once somebody of another office agrees; without words: to have none any more.

        Raises:
            Refused: it is not theirs to do, or no text that everybody may be shown; the key says why.
        """
        told = {lang: said for lang, it in words.items() if (said := written_words.pasted(it))}
        text = HomeText(name, told, until if told else None, session.name, deadlines.hour(self.laying.now()))
        if wrong := home_texts.problem(text, self.source):
            raise errors.Refused(wrong)
        await self.laying.lay_down(session, Kind.HOME_TEXT, text.facts())

    async def agree(self, session: Session, name: TextName, digest: str) -> None:
        """Agree to a text that somebody else offered.

        Raises:
            Refused: it is not theirs to do, or somebody of an office offered it in which they work, or just worked.
            Stale: another one is offered by now, or none.
        """
        offered = self.known().offered.get(name)
        self.laying.check_agreement(session, offered, digest)
        await self.laying.lay_down(session, Kind.HOME_TEXT, home_texts.agreement(name, digest))

"""A head keeps the unit's own words for questions, answers and conclusions; officers are offered them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from tips import errors
from tips.cases import standing, unit_words, written_words
from tips.cases.ledger import Kind
from tips.cases.lifecycle import ActionName
from tips.cases.unit_words import UnitWords
from tips.desk.laying_down import LayingDown
from tips.people.session import Session

_ID_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class UnitTemplates:
    """Keeps them, as signed events of the unit's head."""

    laying: LayingDown

    def of(self, unit: str) -> list[UnitWords]:
        """Those of a unit."""
        return unit_words.kept(self.laying.known(), unit, self.laying.worked)

    def offered(self, unit: str, use: ActionName, lang: str) -> list[str]:
        """What officers of a unit are offered, for a reporter of this language."""
        return [it.text for it in self.of(unit) if it.use is use and it.lang == lang]

    async def add(self, session: Session, use: ActionName, lang: str, text: str) -> None:
        """Keep further words.

        Raises:
            Refused: this is no head; there are no words, or too long ones; or the unit has as many as it may.
        """
        if len(self.of(session.unit)) >= unit_words.MOST:
            raise errors.Refused("error.words_most")
        id_ = self.laying.random(_ID_BYTES).hex()
        await self._keep(session, UnitWords(id_, session.unit, use, lang, text, session.name))

    async def change(self, session: Session, id: str, text: str) -> None:
        """Put other words in the place of some. Raises `NotFound`; `Refused`: as `add` does."""
        await self._keep(session, replace(self._known(session, id), text=text))

    async def remove(self, session: Session, id: str) -> None:
        """Keep some no longer. Raises `NotFound`; `Refused`: this is no head."""
        gone = replace(self._known(session, id), text="")
        await self.laying.lay_down(session, Kind.UNIT_WORDS, gone.facts())

    async def _keep(self, session: Session, words: UnitWords) -> None:
        text = written_words.pasted(words.text)
        if session.role not in standing.ROLES[Kind.UNIT_WORDS]:
            raise errors.Refused("error.role")
        if not unit_words.is_plain(text):
            raise errors.Refused("error.words_plain")
        await self.laying.lay_down(session, Kind.UNIT_WORDS, replace(words, text=text).facts())

    def _known(self, session: Session, id: str) -> UnitWords:
        found = next((it for it in self.of(session.unit) if it.id == id), None)
        if found is None:
            raise errors.NotFound
        return found

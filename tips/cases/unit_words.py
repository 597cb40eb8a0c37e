"""A unit's own words: what its head keeps for questions, answers and conclusions, to be changed before they are sent.

They are offered to the unit's officers and told to nobody: what a reporter reads stays what an officer sends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tips.cases import standing, written_words
from tips.cases.ledger import Event, Kind
from tips.cases.lifecycle import ActionName

LONGEST: Final = 1_000  # signs
MOST: Final = 30  # of a unit
USES: Final = (ActionName.ASK, ActionName.ANSWER, ActionName.CONCLUDE)


@dataclass(frozen=True, slots=True)
class UnitWords:
    """Words that a unit keeps."""

    id: str
    unit: str
    use: ActionName  # one of `USES`
    lang: str  # of the reporter whom they are offered for
    text: str
    by: str

    def facts(self) -> dict[str, str]:
        """They as an event says them; without a text they are gone."""
        named = {standing.SUBJECT: f"{self.unit} {self.id}", "use": str(self.use), "lang": self.lang}
        return {**named, "words": self.text}


def is_plain(text: str) -> bool:
    """Whether these are words, and not too many."""
    return written_words.is_plain(text, LONGEST)


def kept(events: Iterable[Event], unit: str, worked: Callable[[str, datetime], Collection[str]]) -> list[UnitWords]:
    """The words of a unit, in the order in which they came.

    Args:
        events: what is believed, oldest first.
        unit: whose.
        worked: where somebody did at a time: only who was its own head then speaks for a unit.
    """
    found: dict[str, UnitWords] = {}
    for event in events:
        if event.kind is Kind.UNIT_WORDS and (said := _said(event)) and said.unit == unit in worked(event.by, event.at):
            if not said.text:
                found.pop(said.id, None)
            elif is_plain(said.text) and (said.id in found or len(found) < MOST):
                found[said.id] = said
    return list(found.values())


def _said(event: Event) -> UnitWords | None:
    facts = event.facts
    unit, _, id_ = facts[standing.SUBJECT].partition(" ")
    use = next((it for it in USES if it == facts.get("use")), None)
    if use is None or not {"lang", "words"} <= facts.keys():
        return None
    return UnitWords(id_, unit, use, facts["lang"], facts["words"], event.by)

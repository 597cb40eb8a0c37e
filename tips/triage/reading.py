"""What is found in a text before anything is judged: its words, places, officials, wishes, and words that hint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tips.data import read as read_data
from tips.organisation.taxonomy import categories
from tips.organisation.units import Organisation
from tips.triage import accusations, features, lexicon, smell, threats, wishes
from tips.triage import text as texts
from tips.triage.accusation_model import Official, cues, offences
from tips.triage.areas import Places
from tips.triage.gazetteer import Mention
from tips.triage.grams import Grams, grams
from tips.triage.lexicon import Found, Hits, Spot
from tips.triage.results import AreaFinding, Corrections, Reason
from tips.triage.text import Text
from tips.triage.wishes import Wishes

MENTIONS: Final = 3  # that the whole message is judged by
STRANGE: Final = 0.4  # of the words; in Vietnamese with slips and in English hardly any text has as many
WEIGHTY: Final = 4.0  # so much weighs a phrase that hardly means anything but a crime
APART: Final = 8  # words: fewer of one letter are abbreviations
_OF_ADDRESSES: Final = frozenset(read_data("address_words.json")["parts"])


@dataclass(frozen=True, slots=True)
class Reading:
    """All of it."""

    text: Text
    found: Found  # weighted phrases
    hits: Hits  # signals
    area: AreaFinding
    places: Sequence[Mention]
    why_there: Sequence[Reason]
    officials: Sequence[Official]  # whoever is mentioned
    wished: Wishes  # who should read it, and who must not
    hinted: Hits  # words that hint at somebody in office
    threat: Spot | None  # against the writer

    @property
    def placed(self) -> bool:
        """Whether it names the place of an incident."""
        return bool(self.area.district or self.area.ward or self.area.ask)

    @property
    def unclear(self) -> bool:
        """Whether most of it is in no language that triage knows, or are letters apart: a person has to read it."""
        letters = sum(len(word) == 1 and not word.isdecimal() for word in self.text.words)
        broken = self.text.strange >= STRANGE or 2 * letters > max(len(self.text.words), APART)
        return self.text.unread or (broken and not self.found.evidence)  # markup around words that tell is no tongue

    @property
    def tells_of_crime(self) -> bool:
        """Whether it names a place, and a crime by a phrase that weighs."""
        listed = (it for code, several in self.found.evidence.items() if code in categories() for it in several)
        return self.placed and any(it.weight >= WEIGHTY for it in listed)

    @property
    def unsaid(self) -> bool:
        """Whether nothing could be judged by it: it is unclear, or says only where, or nothing but numbers."""
        at = {spot for it in self.places for spot in range(it.first, it.after)}
        words = (word for spot, word in enumerate(self.text.words) if spot not in at and len(word) > 1)
        return self.unclear or all(word.isdecimal() or word in _OF_ADDRESSES for word in words)

    def names_only(self) -> bool:
        """Whether it names offices and places, and says nothing of them."""
        spots = [*((it.first, it.after) for it in self.places), *((it.first, it.after) for it in self.officials)]
        named = {spot for first, after in spots for spot in range(first, after)}
        return all(spot in named or word.isdecimal() for spot, word in enumerate(self.text.words))

    def grams(self) -> Grams:
        """Its letters and words, as the models know them."""
        places = {at for it in self.places for at in range(it.first, it.after)}
        return grams(self.text.words, self.text.canons, places, accented=self.text.accented)

    def names(self) -> list[str]:
        """What was found in it, as the models know it."""
        hinted = tuple(self._hinted())
        found = features.names(self.text, self.found, self.hits, self.officials, hinted, placed=self.placed)
        return [*found, *self._around_officials()]

    def _around_officials(self) -> Iterator[str]:
        """What stands around the first mentions of officials."""
        against = offences(self.found)
        listed = (it for one in self.wished.others[:MENTIONS] for it in cues(self.text, against, self.hits, one))
        yield from (f"~{it}" for it in dict.fromkeys(listed))

    def _hinted(self) -> Iterator[str]:
        yield from (f"hint {name}" for name in self.hinted)
        if smell.smells(self.hinted):
            yield "smells"
        if self.threat:
            yield "threat"


def read(words: str, places: Places, organisation: Organisation, corrections: Corrections) -> Reading:
    """Read a text. Never raises."""
    text = texts.parse(words)
    found, hits = lexicon.find(text)
    area, mentions, why = places.find(text, corrections)
    officials = accusations.mentioned(text, hits, mentions, organisation)
    wished = wishes.find(text, officials, mentions, organisation)
    return Reading(text, found, hits, area, mentions, why, officials, wished, smell.hints(text), threats.find(text))

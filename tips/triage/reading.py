"""What is found in a text before anything is judged: its words, places, officials, wishes, and words that hint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True)
class Reading:
    """All of it; what follows from it is found once, when it is asked for."""

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

    @cached_property
    def unclear(self) -> bool:
        """Whether most of it is in no language that triage knows, or are letters apart: a person has to read it."""
        broken = not self.found.evidence and (self._in_letters or self.text.strange >= STRANGE)
        return broken or self.text.unread  # markup around words that tell is no tongue

    @property
    def _in_letters(self) -> bool:
        """Whether most of it are letters apart."""
        letters = sum(not word.isdecimal() for word in self.text.words if len(word) == 1)
        return 2 * letters > max(len(self.text.words), APART)

    @property
    def tells_of_crime(self) -> bool:
        """Whether it names a place, and a crime by a phrase that weighs."""
        listed = (it for code, several in self.found.evidence.items() if code in categories() for it in several)
        return self.placed and any(it.weight >= WEIGHTY for it in listed)

    @cached_property
    def unsaid(self) -> bool:
        """Whether nothing could be judged by it: it is unclear, or says only where, or nothing but numbers."""
        words = (word for at, word in enumerate(self.text.words) if at not in self._placed and len(word) > 1)
        return self.unclear or all(word.isdecimal() or word in _OF_ADDRESSES for word in words)

    @cached_property
    def names_only(self) -> bool:
        """Whether it names offices and places, and says nothing of them."""
        named = self._placed.union(at for it in self.officials for at in range(it.first, it.after))
        return all(at in named or word.isdecimal() for at, word in enumerate(self.text.words))

    @property
    def open_to_doubt(self) -> bool:
        """Whether it may accuse somebody whom nobody finds: it is unclear, or names an office and says no more."""
        return self.unclear or (bool(self.officials) and self.names_only)

    @cached_property
    def grams(self) -> Grams:
        """Its letters and words, as the models know them; whom a wish names tells nothing of what it is about."""
        masked = self._placed | self.wished.spoken
        return grams(self.text.words, self.text.canons, masked, accented=self.text.accented)

    @cached_property
    def cues(self) -> Sequence[tuple[Official, Sequence[str]]]:
        """The officials of whom nothing is wished, and what tells whether each is accused."""
        against = offences(self.found)
        return [(it, cues(self.text, against, self.hits, it, self.wished.spoken)) for it in self.wished.others]

    @cached_property
    def _placed(self) -> frozenset[int]:
        """The numbers of the words that name places."""
        return frozenset(at for it in self.places for at in range(it.first, it.after))

    def names(self) -> list[str]:
        """What was found in it, as the models know it."""
        hinted = tuple(self._hinted())
        found = features.names(self.text, self.found, self.hits, self.officials, hinted, placed=self.placed)
        return [*found, *self._around_officials()]

    def _around_officials(self) -> Iterator[str]:
        """What stands around the first mentions of officials."""
        listed = (it for _, several in self.cues[:MENTIONS] for it in several)
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

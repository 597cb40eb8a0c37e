"""What places, matters and steps are called in a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import locales
from handlers.statistics.asked import NOWHERE
from tips.organisation.units import Areas, Organisation

LAST_DAY: Final = "2025-06-30"  # of the old wards


@dataclass(frozen=True, slots=True)
class Words:
    """Names for labels, each with a capital letter; a code that no catalogue knows any more stands for itself."""

    lang: str
    areas: Areas
    units: Mapping[str, str] = field(default_factory=dict)  # names by code

    @classmethod
    def of_home(cls, organisation: Organisation, lang: str) -> Words:
        """With the names of a home's units."""
        return cls(lang, organisation.areas, {code: it.name for code, it in organisation.units.items()})

    def place(self, code: str) -> str:
        """A district, a ward, or nowhere."""
        return self._named("statistics", "nowhere") if code == NOWHERE else self.areas.name(code)

    def group(self, code: str) -> str:
        """A group of the taxonomy."""
        return self._named("group", code)

    def category(self, code: str) -> str:
        """A category."""
        return self._named("category", code)

    def old_wards(self, code: str) -> str:
        """The wards of before 1 July 2025 that one of today's was made of; empty: that is not known."""
        return ", ".join(it.name for it in self.areas.old_wards if code in it.successors and it.valid_to == LAST_DAY)

    def unit(self, code: str) -> str:
        """A unit."""
        return self.units.get(code, code)

    def of(self, kind: str, code: str) -> str:
        """Anything that only statistics name, an urgency, a step, a time; and a language, which names itself."""
        if kind == "language":
            return locales.NAMES.get(code, code)
        return self._named(f"statistics.{kind}", code)

    def said(self, key: str, **values: str) -> str:
        """A text of the pages."""
        return locales.say(self.lang, f"statistics.{key}", **values)

    def result(self, code: str) -> str:
        """How a case ended."""
        return self._named("result", code)

    def _named(self, kind: str, code: str) -> str:
        try:
            text = locales.say(self.lang, f"{kind}.{code}")
        except KeyError:
            return code
        return text[:1].upper() + text[1:]

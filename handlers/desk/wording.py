"""Words for questions and conclusions that a desk often needs, by the group of a case's category, to be changed.

A question supposes neither that the reporter did anything nor how they know of it. An ending fits the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import locales
from handlers.desk.view_models import Speak
from tips.cases.lifecycle import ActionName
from tips.desk.open_case import OpenCase
from tips.organisation import taxonomy

Own = Callable[[str, ActionName, str], list[str]]  # a unit's own words for an action, in a language
QUESTIONS: Final = 3  # of each group, and of `ANY`: `words.ask.GROUP.N`
ENDINGS: Final = 2  # `words.end.GROUP.N`
ANY: Final = "any"  # where the matter is not known, or has no words of its own
_WITHOUT: Final = frozenset({"other", "out_of_scope"})
_DEALT_WITH: Final = frozenset({"administrative", "prosecuted"})
_FOUND: Final = _DEALT_WITH | {"not_prosecuted"}
_LOOKED_INTO: Final = _FOUND | {"unfounded"}
_ONLY_AFTER: Final[Mapping[str, frozenset[str]]] = {  # endings that would contradict another result than these
    **dict.fromkeys(("corruption.1", "cover_up.1", "cyber.1", "drugs.1", "env.1", "family.1"), _DEALT_WITH),
    **dict.fromkeys(("fire.2", "gambling.1", "land.1", "loan.1", "order.1", "sexual.2"), _DEALT_WITH),
    **dict.fromkeys(("trade.1", "traffic.1", "vice.1", "vice.2", "violence.1"), _DEALT_WITH),
    **dict.fromkeys(("child.1", "death.2", "fire.1", "justice.2", "property.1", "sexual.1"), _FOUND),
    **dict.fromkeys(("trade.2", "trafficking.1", "trafficking.2", "wanted.1"), _FOUND),
    **dict.fromkeys(("any.1", "death.1", "env.2", "justice.1", "order.2", "property.2"), _LOOKED_INTO),
    **dict.fromkeys(("traffic.2", "weapons.1"), _LOOKED_INTO),
}


def groups() -> list[str]:
    """The groups that have words of their own."""
    known = dict.fromkeys(map(taxonomy.group_of, taxonomy.categories()))
    return [it for it in known if it not in _WITHOUT]


def questions(category: str, speak: Speak) -> list[str]:
    """The questions for a category, any code, in a language."""
    return [speak(f"words.ask.{_named(category)}.{number}") for number in range(1, QUESTIONS + 1)]


def endings(category: str, result: str, speak: Speak) -> list[str]:
    """The words for a category, any code, that go with a result (`lifecycle.results`), in a language; never none."""
    return [speak(f"words.end.{it}") for it in _fitting(_named(category), result) or _fitting(ANY, result)]


def _fitting(group: str, result: str) -> list[str]:
    known = [f"{group}.{number}" for number in range(1, ENDINGS + 1)]
    return [it for it in known if it not in _ONLY_AFTER or result in _ONLY_AFTER[it]]


def _named(category: str) -> str:
    """By which group its words are called."""
    group = taxonomy.group_of(category)
    return group if group in groups() else ANY


def own(kept: Own, unit: str, opened: OpenCase, name: ActionName) -> list[str]:
    """What a unit keeps for an action, in the language of the case's reporter."""
    return kept(unit, name, opened.tip.facts.get("lang", locales.SOURCE))


def added(text: str, chosen: str, words: list[str]) -> str:
    """What was written, and below it the words of a number that was pressed; nothing for a number that is none."""
    numbered = {str(number): it for number, it in enumerate(words, start=1)}
    return f"{text.rstrip()}\n{numbered[chosen]}".lstrip() if chosen in numbered else text

"""What numbers stand for: where a platform has no buttons what can be chosen is numbered, elsewhere only lists are.

A number is also an answer: most districts have one, and officers ask how many. So while something is asked, or a
mailbox is open, numbers stand for nothing but what is listed, and what else can be chosen is chosen by its name; and
where a place may be meant the list's numbers begin behind those of districts and wards. Whoever shuts out one office by
its number may mean a second one by the next: the list's numbers go on to count, and the menu after it begins behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tips.intake import phrases
from tips.intake.draft import Draft
from tips.intake.prompts import BOTH, MENU, WHERE
from tips.intake.stages import Stage

NO_CHOICE: Final = "?"  # numbers that stand for nothing
BEHIND_PLACES: Final = 31  # no district or ward has a number from here on
_PLACE, _OFFICE = "area:", "exclude:"  # options that come as lists
_OPEN: Final = frozenset({Stage.IDLE, Stage.ASIDE, Stage.SUMMARY})  # nothing is asked that a number could answer


def numbered(draft: Draft) -> dict[int, str]:
    """The options that numbers stand for now."""
    if not draft.menus:
        listed = draft.listed if any(it == "submit" or it.startswith((_PLACE, _OFFICE)) for it in draft.listed) else ()
        return _from(1, listed)
    places = [it for it in draft.offered if it.startswith(_PLACE)]
    others = [it for it in draft.offered if it not in places]
    if draft.counts_as not in _OPEN:
        others = [it for it in others if it.startswith(_OFFICE)]
    first = _behind(draft.numbered_before)
    asked = draft.counts_as is Stage.ASKING and draft.slot in {WHERE, BOTH}
    return _from(BEHIND_PLACES if asked else first, others) | _from(max(BEHIND_PLACES, first), places)


def counting(draft: Draft) -> dict[int, str]:
    """These, and the numbers of the list by which somebody was shut out just now."""
    return _from(1, draft.numbered_before) | numbered(draft)


def chosen(draft: Draft, text: str) -> str | None:
    """The options whose numbers a message holds: one, or several offices that the tip is not to be sent to.

    Where a place is asked for too and a list is not numbered as a menu is, a single number is a place. What stands for
    no choice beside a menu, or is several numbers, is no part of the tip. None: no numbers, or they are words.
    """
    numbers, options = phrases.numbers(text), counting(draft)
    if not numbers or not options or (draft.slot == BOTH and len(numbers) == 1 and not draft.menus):
        return None
    meant = [options[it] for it in numbers if it in options]
    if len(meant) == len(numbers) and (len(meant) == 1 or all(it.startswith(_OFFICE) for it in meant)):
        return " ".join(meant)
    stray = draft.menus and draft.counts_as in _OPEN
    return NO_CHOICE if len(numbers) > 1 or draft.slot == MENU or stray else None


def renumbered(draft: Draft, choice: str | None) -> Draft:
    """The draft that remembers the list by whose numbers somebody was shut out, and no other.

    Args:
        choice: what the message before stands for; None: words.
    """
    if choice == NO_CHOICE or not draft.menus:
        return draft
    if not (choice and choice.startswith(_OFFICE)):
        return replace(draft, numbered_before=())
    listed = [it for it in draft.offered if it.startswith(_OFFICE)]
    return replace(draft, numbered_before=tuple(listed)) if _is_shown(choice, listed) else draft


def _is_shown(choice: str, listed: Sequence[str]) -> bool:
    return set(choice.split()) <= set(listed)


def _from(first: int, options: Sequence[str]) -> dict[int, str]:
    return dict(enumerate(options, start=first))


def _behind(listed: Sequence[str]) -> int:
    """The first number of a menu after a list: a round one and one."""
    return -(-len(listed) // 10) * 10 + 1

"""What numbers stand for: where a platform has no buttons what can be chosen is numbered, elsewhere only lists are.

A number is also an answer: most districts have one, and officers ask how many. So while something is asked, or a
mailbox is open, numbers stand for nothing but the places and offices that are listed, and what else can be chosen is
chosen by its name. And whoever shuts out one office by its number may mean a second one by the next: the menu after it
begins behind all numbers that the list had, or that second number would send the tip.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tips.intake import phrases
from tips.intake.draft import Draft
from tips.intake.prompts import BOTH, MENU
from tips.intake.stages import Stage

NO_CHOICE: Final = "?"  # numbers that stand for nothing
_LISTS: Final = ("area:", "exclude:")  # options that come as lists
_OPEN: Final = frozenset({Stage.IDLE, Stage.ASIDE, Stage.SUMMARY})  # nothing is asked that a number could answer


def numbered(draft: Draft) -> dict[int, str]:
    """The options that numbers stand for now."""
    if not draft.menus:
        listed = draft.listed if any(it == "submit" or it.startswith(_LISTS) for it in draft.listed) else ()
        return dict(enumerate(listed, start=1))
    choices = draft.offered
    if draft.counts_as not in _OPEN:
        choices = tuple(it for it in choices if it.startswith(_LISTS))
    return dict(enumerate(choices, start=draft.numbers_from))


def chosen(draft: Draft, text: str) -> str | None:
    """The options whose numbers a message holds: one, or several offices that the tip is not to be sent to.

    Where a place is asked for too and a list is not numbered as a menu is, a single number is a place. What stands for
    no choice beside a menu, or is several numbers, is no part of the tip. None: no numbers, or they are words.
    """
    numbers, options = phrases.numbers(text), numbered(draft)
    if not numbers or not options or (draft.slot == BOTH and len(numbers) == 1 and not draft.menus):
        return None
    meant = [options[it] for it in numbers if it in options]
    if len(meant) == len(numbers) and (len(meant) == 1 or all(it.startswith("exclude:") for it in meant)):
        return " ".join(meant)
    stray = draft.menus and draft.counts_as in _OPEN
    return NO_CHOICE if len(numbers) > 1 or draft.slot == MENU or stray else None


def renumbered(draft: Draft, choice: str | None) -> Draft:
    """The draft whose next menu begins at 1; or, after offices chosen by their numbers, behind these.

    Args:
        choice: what the message before stands for; None: words.
    """
    if choice == NO_CHOICE or not draft.menus:
        return draft
    used = max(numbered(draft), default=0) if choice and choice.startswith("exclude:") else 0
    return replace(draft, numbers_from=-(-used // 10) * 10 + 1)

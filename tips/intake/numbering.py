"""What numbers stand for: where a platform has no buttons all that can be chosen is numbered, elsewhere only lists are.

A number is also an answer: most districts have one, and officers ask how many. So in an open mailbox numbers stand for
nothing but the offices that are listed there, and what else can be chosen is chosen by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tips.intake import phrases
from tips.intake.draft import Draft
from tips.intake.prompts import BOTH, MENU, WHERE

NO_CHOICE: Final = "?"  # numbers that stand for nothing
_LISTS: Final = ("area:", "exclude:")  # options that come as lists


def numbered(draft: Draft) -> tuple[str, ...]:
    """The options that numbers stand for now, the first of them for 1."""
    if not draft.menus:
        return draft.listed if _is_list(draft.listed) else ()
    return draft.offered if not draft.mailbox or _is_list(draft.offered) else ()


def chosen(draft: Draft, text: str) -> str | None:
    """The options whose numbers a message holds: one, or several offices that the tip is not to be sent to.

    Where a place is asked for too and a list is not numbered as a menu is, a single number is a place. What stands for
    no choice beside a menu, or is several numbers, is no part of the tip. None: no numbers, or they are words.
    """
    numbers, options = phrases.numbers(text), numbered(draft)
    if not numbers or not options or (draft.slot == BOTH and len(numbers) == 1 and not draft.menus):
        return None
    meant = [options[it - 1] for it in numbers if 1 <= it <= len(options)]
    if len(meant) == len(numbers) and (len(meant) == 1 or all(it.startswith("exclude:") for it in meant)):
        return " ".join(meant)
    stray = draft.menus and draft.slot not in {WHERE, BOTH}
    return NO_CHOICE if len(numbers) > 1 or draft.slot == MENU or stray else None


def _is_list(options: Sequence[str]) -> bool:
    return any(it == "submit" or it.startswith(_LISTS) for it in options)

"""What can be chosen, where a platform has no buttons: a list of numbers, or of words where a number is an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import locales
from handlers.speech import Choice, Paragraph


def menu(choices: Sequence[Choice], numbers: Mapping[str, int], lang: str) -> list[Paragraph]:
    """A paragraph of what can be chosen by a number, and one of what is chosen by writing its name.

    Args:
        numbers: see `Outcome.numbers`.
    """
    by_number = [f"{numbers[it.id]}. {it.label}" for it in choices if it.id in numbers]
    by_name = [f"• {it.label}" for it in choices if it.id not in numbers]
    lists = (("menu.numbers", by_number), ("menu.words", by_name))
    return [Paragraph("\n".join((locales.say(lang, key), *lines))) for key, lines in lists if lines]

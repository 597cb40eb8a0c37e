"""What a terminal asks before something is signed: whoever agrees has seen to what."""

from __future__ import annotations

import os
import sys

import locales
from bot.commands import error_messages
from tips import errors


def check(question: str, *, agreed: bool) -> None:
    """Go on once somebody said yes to what was shown.

    Args:
        question: the key of what they are asked.
        agreed: they said so with the command (`--yes`), and are not asked.

    Raises:
        Refused: they did not, or there is no terminal to ask at.
    """
    if agreed:
        return
    if not sys.stdin.isatty():
        raise errors.Refused("error.not_signed", "--yes")
    lang = error_messages.language(os.environ)
    if input(locales.say(lang, question) + " ").strip().lower() != locales.say(lang, "roster.yes"):
        raise errors.Refused("error.not_signed")

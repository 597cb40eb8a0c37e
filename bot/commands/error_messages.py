"""What a terminal is told of a foreseen error: its remedy, never the name of a text."""

from __future__ import annotations

from collections.abc import Mapping

import locales
from tips import errors


def said(error: errors.TinBaoError, environment: Mapping[str, str]) -> str:
    """An error in words; a refusal in the terminal's language, with its detail behind it."""
    if not isinstance(error, errors.Refused):
        return str(error)
    words = locales.say(language(environment), error.key)
    return words if str(error) == error.key else f"{words} ({error})"


def language(environment: Mapping[str, str]) -> str:
    """The terminal's language (POSIX), as far as we speak it."""
    wanted = next((it for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (it := environment.get(name))), "")
    return wanted[:2] if wanted[:2] in locales.LANGUAGES else "en"

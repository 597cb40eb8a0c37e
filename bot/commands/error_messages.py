"""What a terminal is told of a foreseen error: its remedy, never the name of a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import locales
from tips import errors

# What is wrong with a file that somebody wants to restore.
BACKUP: Final = (errors.ForeignFile, errors.OtherKey, errors.Altered)
# What refuses a person; of all other errors the English remedy is for whoever runs the machine.
IN_WORDS: Final = (errors.Refused, errors.WrongPassphrase, errors.NotFound, errors.Stale, *BACKUP)


def said(error: errors.TinBaoError, environment: Mapping[str, str]) -> str:
    """An error in words: what refuses a person in the terminal's language, with its detail behind it."""
    if not isinstance(error, IN_WORDS):
        return str(error)
    words = locales.say(language(environment), error.key)
    return words if str(error) in {error.key, type(error).__doc__} else f"{words} ({error})"


def language(environment: Mapping[str, str]) -> str:
    """The terminal's language (POSIX), as far as we speak it."""
    wanted = next((it for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (it := environment.get(name))), "")
    return wanted[:2] if wanted[:2] in locales.LANGUAGES else "en"

"""What is said: gettext catalogues with stable keys as msgids. Vietnamese is the source, English complete.

A text is a key, an optional set of values, and a language; a value that is itself a text (it has a `key`) is
translated too. A key that a catalogue lacks falls back to Vietnamese; a key that no catalogue has is a bug.
"""

from __future__ import annotations

import functools
import gettext
import pathlib
from collections.abc import Mapping
from typing import Any, Final, Protocol

LANGUAGES: Final = ("vi", "en")
SOURCE: Final = "vi"
_FOLDER: Final = pathlib.Path(__file__).parent


class Text(Protocol):
    """Anything with a key and values, such as `tips.intake.turns.Say`."""

    @property
    def key(self) -> str:
        """The catalogue key."""
        ...

    @property
    def params(self) -> Mapping[str, Any]:
        """What is filled in: strings, texts, or tuples of texts."""
        ...


@functools.cache
def catalogue(lang: str) -> gettext.NullTranslations:
    """The catalogue of a language, with Vietnamese behind it."""
    found = gettext.translation("tinbao", _FOLDER, languages=[lang if lang in LANGUAGES else SOURCE])
    if lang != SOURCE:
        found.add_fallback(gettext.translation("tinbao", _FOLDER, languages=[SOURCE]))
    return found


def nearest(wanted: str) -> str:
    """The language that is spoken for a wish such as `en-GB`; Vietnamese where there is none."""
    return wanted[:2] if wanted[:2] in LANGUAGES else SOURCE


def say(lang: str, key: str, /, **params: str) -> str:
    """The text of a key in a language, with values filled in.

    Raises:
        KeyError: no catalogue has this key: a bug, which a test finds first.
    """
    template = catalogue(lang).gettext(key)
    if template == key:
        raise KeyError(key)
    return template.format_map(params) if params else template


def render(lang: str, text: Text) -> str:
    """A text with all its values translated; several texts as one value are a list."""
    return say(lang, text.key, **{name: _filled(lang, value) for name, value in text.params.items()})


def _filled(lang: str, value: str | Text | tuple[Text, ...]) -> str:
    if isinstance(value, str):
        return value
    return "; ".join(render(lang, it) for it in value) if isinstance(value, tuple) else render(lang, value)

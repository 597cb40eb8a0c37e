"""What is said: gettext catalogues with stable keys as msgids. Vietnamese is the source.

A text is a key, an optional set of values, and a language; a value that is itself a text (it has a `key`) is
translated too. A key that no catalogue has is a bug.

`languages.json` is the one table of languages, and nothing else names one: what can be chosen, what is heard and what
a platform is told follow from it. A row that is ready is spoken once its catalogue is there and lacks nothing; nobody
meets half a language.
"""

from __future__ import annotations

import functools
import gettext
import json
import pathlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

_FOLDER: Final = pathlib.Path(__file__).parent
_DOMAIN: Final = "tinbao"


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

    @property
    def lang(self) -> str:
        """The language to say it in, whatever is spoken around it; "": that one."""
        ...


@dataclass(frozen=True, slots=True)
class Language:
    """A row of the table. How a text is known to be in it: by the shape of its words, or by a list of them.

    The source has neither: it is what is spoken unless something tells of another.
    """

    code: str  # ISO 639-1
    name: str  # as those who speak it call it: the label of its button
    ready: bool  # its texts may be shown; a language that waits is offered to nobody
    triaged: bool  # triage reads it; what is written in another one is read by officers alone
    asked: tuple[str, ...]  # how people ask for it
    word: str = ""  # a pattern: a word of it, or a sign where it parts none
    words: str = ""  # a list in `tips/data`


def _table() -> tuple[Language, ...]:
    rows = json.loads((_FOLDER / "languages.json").read_text("utf-8"))
    return tuple(Language(**{**row, "asked": tuple(row["asked"])}) for row in rows)


def _own(lang: str) -> gettext.GNUTranslations | None:
    """A catalogue as it is, nothing behind it; None: there is none."""
    try:
        return gettext.translation(_DOMAIN, _FOLDER, languages=[lang])
    except FileNotFoundError:
        return None


def lacking(lang: str) -> frozenset[str]:
    """The keys of the source that a language's catalogue lacks."""
    return _keys(SOURCE) - _keys(lang)


def _keys(lang: str) -> frozenset[str]:
    found = _own(lang)
    return frozenset(found._catalog) if found else frozenset()  # type: ignore[attr-defined]


TABLE: Final = _table()
SOURCE: Final = TABLE[0].code
LANGUAGES: Final = tuple(it.code for it in TABLE if it.ready and not lacking(it.code))
NAMES: Final[Mapping[str, str]] = {it.code: it.name for it in TABLE if it.code in LANGUAGES}


@functools.cache
def catalogue(lang: str) -> gettext.NullTranslations:
    """The catalogue of a language that is spoken; of any other, the source's."""
    found = _own(lang if lang in LANGUAGES else SOURCE)
    assert found is not None, "the catalogues are not compiled: make locales"
    return found


def nearest(wanted: str) -> str:
    """The first language that is spoken of a list of wishes such as `ko-KR,en-GB;q=0.8`; the source where none is."""
    wishes = (re.split(r"[-_.;]", it.strip())[0].lower() for it in wanted.split(","))
    return next((it for it in wishes if it in LANGUAGES), SOURCE)


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
    lang = text.lang or lang
    return say(lang, text.key, **{name: _filled(lang, value) for name, value in text.params.items()})


def _filled(lang: str, value: str | Text | tuple[Text, ...]) -> str:
    if isinstance(value, str):
        return value
    return "; ".join(render(lang, it) for it in value) if isinstance(value, tuple) else render(lang, value)

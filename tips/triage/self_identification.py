"""Identifying: passages by which somebody who knows the place could tell who wrote a tip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tips.triage.lexicon import Hits
from tips.triage.results import Identifying
from tips.triage.text import Text

_PHONE: Final = re.compile(r"(?<!\d)(?:\+?84|0)[ .-]?\d(?:[ .-]?\d){7,9}(?!\d)")
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,63}")
_ID_NUMBER: Final = re.compile(r"(?<!\d)0\d{11}(?!\d)")
_CLASS: Final = re.compile(
    r"\b(?:lớp|lop|class)\s+(?:e\s+|em\s+)?\d{1,2}[A-Za-zĐđ]{1,5}\d{0,2}\b|\b(?:khóa|khoa)\s+[a-z]-?\d{2,4}\b",
    re.IGNORECASE,
)
_NAME: Final = re.compile(
    r"\b(?:tôi|toi|tui|em|con|mình|minh)\s+(?:là|la|tên|ten)\s+(?:là\s+|la\s+)?(?P<name>[A-ZĐ]\w*(?:\s+[A-ZĐ]\w*){0,3})"
    r"|\b(?:my name is|i am called|tên tôi là|ten toi la|tên em là|ten em la)\s+(?P<other>\w+(?:\s+[A-ZĐ]\w*){0,3})"
)
_HOME: Final = re.compile(
    r"\b(?:nhà|nha|phòng|phong)\s+(?:tôi|toi|tui|em|mình|minh)\s*(?:ở|o|là|la|số|so)?\s+[A-Za-z]?\d{1,4}[\w/]*"
    r"|\b(?:tôi|toi|tui|em)\s+(?:ở|o)\s+(?:số|so|phòng|phong)\s+[A-Za-z]?\d[\w/]*",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d(?:[ .-]?\d){8}")  # digits of a phone, or more
_I: Final = ("toi", "tui", "em", "con", "minh")
# Words and pairs of words as they are folded: my is mi.
_SAYS_NAME: Final = {
    "mi name", "am called", *(f"{who} {verb}" for who in _I for verb in ("la", "ten")), *(f"ten {who}" for who in _I),
}  # fmt: skip
_SAYS_HOME: Final = {*(f"{what} {who}" for what in ("nha", "phong") for who in _I), *(f"{who} o" for who in _I)}
_SAYS_CLASS: Final = frozenset({"lop", "class", "khoa"})
_BY_WORDS: Final = (  # the words or pairs that tell, and those with which a passage begins
    ("name", _NAME, _SAYS_NAME, {*_I, "mi", "i", "ten"}),
    ("class", _CLASS, _SAYS_CLASS, _SAYS_CLASS),
    ("home", _HOME, _SAYS_HOME, {*_I, "nha", "phong"}),
)
_RULE: Final = "identifying."


def find(text: Text, hits: Hits) -> tuple[Identifying, ...]:
    """The passages, in order, none overlapping."""
    found = [Identifying(match.span(), rule) for rule, match in (*_written(text.original), *_told(text))]
    for name, spots in hits.items():
        if name.startswith(_RULE):
            found.extend(Identifying(text.span(*spot), name.removeprefix(_RULE)) for spot in spots)
    kept: list[Identifying] = []
    for it in sorted(found, key=lambda it: (it.span[0], -it.span[1])):
        if not kept or it.span[0] >= kept[-1].span[1]:
            kept.append(it)
    return tuple(kept)


def _written(said: str) -> Iterator[tuple[str, re.Match[str]]]:
    """What is known by its signs."""
    if _NUMBER.search(said):
        yield from (("id_number", it) for it in _ID_NUMBER.finditer(said))
        yield from (("phone", it) for it in _PHONE.finditer(said))
    if "@" in said:
        yield from (("email", it) for it in _EMAIL.finditer(said))


def _told(text: Text) -> Iterator[tuple[str, re.Match[str]]]:
    """What words tell, looked for where the first of them stands."""
    for rule, pattern, told, begins in _BY_WORDS:
        if not (told.isdisjoint(text.pairs) and told.isdisjoint(text.words)):
            for start, word in zip(text.starts, text.words, strict=True):
                if word in begins and (match := pattern.match(text.original, start)):
                    yield rule, match

"""Excerpts: the words of a text as they are compared, and the stretch of it that shows why it was found.

Accents, case, look-alike letters and hidden signs play no part. A number counts as it is written and, where it is as
long as a telephone's, without what stands between its groups.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from tips.triage import letters
from tips.triage.text import TOKEN

WIDTH: Final = 160  # characters of an excerpt, about
BEFORE: Final = 40  # of them, what stands before the first word that was looked for
LONG_NUMBER: Final = 8  # digits
_GROUPS: Final = re.compile(r"\d+(?:[ .-]\d+)+")

Parts = tuple[tuple[str, bool], ...]  # pieces of a text, each with whether it is a word that was looked for


class Word(NamedTuple):
    """A word as it is compared, and where it stands."""

    folded: str
    start: int
    end: int


def wanted(typed: str) -> frozenset[str]:
    """The words that somebody looks for; a telephone number is one, however it is grouped."""
    joined = _GROUPS.sub(lambda found: _digits(found) if _is_long(found) else found[0], letters.line(typed)[0])
    return words_of(joined)


def words_of(text: str) -> frozenset[str]:
    """The words of a text, without where they stand: half of what `read` costs."""
    bare = letters.bare(letters.line(text)[0])
    numbers = (_digits(found) for found in _GROUPS.finditer(bare) if _is_long(found))
    return frozenset((*map(letters.folded, set(TOKEN.findall(bare))), *numbers))


def read(text: str) -> Iterator[Word]:
    """The words of a text, with where they stand in it."""
    line, origin = letters.line(text)
    bare = letters.bare(line)
    starts, ends = origin or (range(len(text)), range(1, len(text) + 1))
    for found in TOKEN.finditer(bare):
        yield Word(letters.folded(found[0]), starts[found.start()], ends[found.end() - 1])
    for found in _GROUPS.finditer(bare):
        if _is_long(found):
            yield Word(_digits(found), starts[found.start()], ends[found.end() - 1])


def excerpt(text: str, words: Collection[str]) -> Parts:
    """The stretch of a text in which most of these words stand; nothing, where none does."""
    hits = sorted((it for it in read(text) if it.folded in words), key=lambda it: it.start)
    if not hits:
        return ()
    best = max(hits, key=lambda first: (_near(hits, first), -first.start))
    start = _whole(text, max(0, best.start - BEFORE), best.start)
    end = min(len(text), start + WIDTH)
    shown = [it for it in hits if start <= it.start and it.end <= end]
    return tuple(_parts(text, shown, start, end))


def _near(hits: list[Word], first: Word) -> int:
    """How many of the words stand within an excerpt that begins about here."""
    return len({it.folded for it in hits if first.start <= it.start and it.end <= first.start + WIDTH - BEFORE})


def _whole(text: str, start: int, hit: int) -> int:
    """Where the excerpt begins, so that it cuts no word: behind the first gap before the word that was found."""
    if start == 0:
        return 0
    gap = re.compile(r"\s").search(text, start, hit)
    return gap.end() if gap else start


def _parts(text: str, hits: list[Word], start: int, end: int) -> Iterator[tuple[str, bool]]:
    at = start
    if start:
        yield "… ", False
    for hit in hits:
        if hit.start >= at:
            yield text[at : hit.start], False
            yield text[hit.start : hit.end], True
            at = hit.end
    yield text[at:end] + ("…" if end < len(text) else ""), False


def _is_long(found: re.Match[str]) -> bool:
    return len(_digits(found)) >= LONG_NUMBER


def _digits(found: re.Match[str]) -> str:
    return re.sub(r"\D", "", found[0])

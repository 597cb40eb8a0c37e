"""What around a name says that it is a place, or a mere part of something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final

from tips.data import read
from tips.triage import text as texts
from tips.triage.place_names import Doubt, Found
from tips.triage.text import Text


class Sign(IntEnum):
    """Whether a name that is also said otherwise is meant as a place."""

    NO = 0
    ASK = 1
    YES = 2


_Phrases = Mapping[str, Sequence[tuple[str, ...]]]


def by_last_word(kind: str) -> _Phrases:
    """The phrases of one kind in `data/address_words.json`, by the word that stands next to the place."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in (tuple(it.split()) for it in read("address_words.json")[kind]):
        found.setdefault(phrase[-1], []).append(phrase)
    return found


_BOUND: Final = frozenset(tuple(it.split()) for it in read("places.json")["bound"])
_HERE: Final = frozenset(read("address_words.json")["here"])
_HEREABOUTS: Final = _HERE | frozenset(read("address_words.json")["hereabouts"])
HERE_BARE: Final = frozenset(texts.parse(" ".join(_HERE)).words)
HEREABOUTS_BARE: Final = frozenset(texts.parse(" ".join(_HEREABOUTS)).words)
_NEVER_ACCENTED: Final = frozenset(read("places.json")["spoken"]["unaccented"])
_PARTS: Final = {part: (by_last_word(part), by_last_word(f"{part}_as_written")) for part in ("landmarks", "things")}
_TITLES: Final = frozenset(read("address_words.json")["titles"])
_TITLES_BARE: Final = frozenset(read("address_words.json")["titles_bare"])
_FAMILIES: Final = frozenset(["nguyen", "tran", "pham", "huynh", "phan", "bui", "ngo"])
_PART_ENDS: Final = frozenset(
    word for bare, written in _PARTS.values() for word in (*bare, *texts.parse(" ".join(written)).words)
)
AROUND: Final = 24  # words on each side that tell how a text is typed
CAREFUL: Final = 0.6  # the part of a text's words that bear accents if all do that should


def bound(text: Text, first: int, found: Found) -> bool:
    """Whether a name's end is half of another word: the "an" of "công an Phú Nhuận" begins no An Phú."""
    if first and not text.breaks[first] and (text.words[first - 1], text.words[first]) in _BOUND:
        return True
    if first and len(text.words[first]) == 1 and text.glued(first) and text.words[first - 1].isdecimal():
        return True  # 15B
    if first and text.words[first - 1] in _FAMILIES and not text.breaks[first]:
        return True  # Nguyễn Quý Đức
    if _follows(text, first, _TITLES, _TITLES_BARE):
        return True  # chị Phú Nhuận
    after = found.after
    if not found.bare or not found.doubt or after >= len(text.words) or text.starts[after] > text.ends[after - 1] + 1:
        return False
    return (text.words[after - 1], text.words[after]) in _BOUND


def doubt_of(text: Text, first: int, found: Found) -> Doubt:
    """How doubtful a name is here: in a text with all its accents, words without any are hardly other words."""
    if not found.bare or not found.doubt or not text.accented:
        return found.doubt
    if " ".join(text.raws[first : found.after]) in _NEVER_ACCENTED:
        return Doubt.SECOND
    if _half_accented(text, first, found):
        return Doubt.SECOND
    others = [*text.raws[max(first - AROUND, 0) : first], *text.raws[found.after : found.after + AROUND]]
    careful = sum(not it.isascii() for it in others) >= CAREFUL * len(others)
    return Doubt(found.doubt - 1) if careful else found.doubt


def _half_accented(text: Text, first: int, found: Found) -> bool:
    """Whether a name has some of its accents and lacks others."""
    return found.bare and not all(it.isascii() for it in text.raws[first : found.after])


def weigh(text: Text, first: int, found: Found, *, beside: bool) -> Sign:
    """Whether a doubtful name is meant; `beside`: another place of its district stands there."""
    doubt = doubt_of(text, first, found)
    if beside or not doubt or len(text.words) - (found.after - first) <= 1:
        return Sign.YES
    capitals = _in_capitals(text, first, found.after)
    part = part_of(text, first)
    if text.accented and not capitals and _half_accented(text, first, found):
        return Sign.NO  # "hai phòng" is no Hải Phòng, "bình hoa" no Bình Hòa
    if doubt is Doubt.SIGN:
        return Sign.YES if part or capitals or stands_behind(text, first) else Sign.NO
    here = part == "landmarks" or _follows(text, first, _HERE, HERE_BARE)
    if capitals and here:
        return Sign.YES
    return Sign.ASK if capitals or here else Sign.NO


def _follows(text: Text, first: int, words: frozenset[str], bare: frozenset[str]) -> bool:
    """Whether a word such as "ở" stands before a name."""
    if not first or text.breaks[first]:
        return False
    raw = text.raws[first - 1]
    return raw in words or (raw.isascii() and not text.accented and raw in bare)


def stands_behind(text: Text, first: int) -> bool:
    """Whether "ở", "bên", "chỗ" or the like stands before a name."""
    return _follows(text, first, _HEREABOUTS, HEREABOUTS_BARE)


def at_crossing(text: Text, first: int) -> bool:
    """Whether the name is that of a crossing (ngã tư …, vòng xoay …)."""
    return first > 1 and (text.words[first - 2] == "nga" or text.words[first - 2 : first] == ["vong", "xoay"])


def _in_capitals(text: Text, first: int, after: int) -> bool:
    """Whether a name alone begins with capital letters among words that don't."""
    if not all(text.original[text.starts[at]].isupper() for at in range(first, after)):
        return False
    beside = [first - 1] if first and not text.breaks[first] else []
    beside += [after] if after < len(text.words) and not text.breaks[after] else []
    if any(text.original[text.starts[at]].isupper() for at in beside):
        return False
    return not text.said(first, after).isupper()


def part_of(text: Text, first: int) -> str:
    """What a name belongs to: `landmarks` (chợ …, cầu …), `things` (trường …, quán …), or nothing: ""."""
    if not first or text.breaks[first] or text.words[first - 1] not in _PART_ENDS:
        return ""
    raws, words = text.raws[max(first - 3, 0) : first], text.words[max(first - 3, 0) : first]
    kinds = (kind for kind, (bare, written) in _PARTS.items() if ends(raws, written, 0) or ends(words, bare, 0))
    return next(kinds, "")


def ends(words: Sequence[str], endings: _Phrases, slack: int) -> bool:
    """Whether words end with one of the phrases, at most `slack` words before the end."""
    for end in range(len(words), max(len(words) - slack - 1, 0), -1):
        for phrase in endings.get(words[end - 1], ()):
            if len(phrase) == 1 or tuple(words[max(end - len(phrase), 0) : end]) == phrase:
                return True
    return False

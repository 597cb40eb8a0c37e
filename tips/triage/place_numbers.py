"""The numbers of districts and wards, as people write them: 3, ba, mười hai, five, 第十一."""

from __future__ import annotations

from typing import Final

from tips.data import read
from tips.triage import text as texts
from tips.triage.text import Text

LAST_WARD: Final = 28
_WORDS: Final = read("words.json")
_NUMBERS: Final[dict[str, int]] = _WORDS["numbers"]
_ENGLISH: Final[dict[str, int]] = _WORDS["numbers_in_english"]
_CHINESE: Final[dict[str, int]] = _WORDS["numbers_in_chinese"]
_ALSO_SAID: Final = frozenset(_WORDS["numbers_also_said"])  # common words without their accents
_COUNTED: Final = frozenset(_WORDS["counted"])  # "phường năm lần" is five times
_COUNTED_BARE: Final = frozenset(texts.parse(" ".join(_COUNTED)).words) - {
    "co",
    "ca",
    "to",
    "vi",
    "can",
    "don",
    "ba",
    "chi",
}
_SPELLED: Final = frozenset(_WORDS["numbers_spelled"])
_BEHIND: Final = frozenset(["cu", "quan", "q", "huyen", "tp", "district"])  # what only follows a ward's number
_NUMBER_AFTER_HERE: Final = frozenset(["tam", "bay"])  # hardly a shop's name, as Năm, Ba, Hai and Tư are
_TENTH: Final = 10
CHINESE_DISTRICTS: Final = frozenset("郡区區")
CHINESE_WARDS: Final = frozenset("坊")


def digits(text: Text, index: int, *, english: bool) -> tuple[int, int]:
    """The number in figures, or spelled in English, at a word, and the word after it; 0: none."""
    word = text.words[index]
    if word.isdecimal():
        return (int(word), index + 1) if len(word) <= 2 else (0, index)
    return (_ENGLISH[word], index + 1) if english and word in _ENGLISH else (0, index)


def spelled(text: Text, index: int, *, sounded: bool, here: bool) -> tuple[int, int]:
    """The same in Vietnamese words.

    Args:
        text: the text.
        index: the word.
        sounded: whether the marker before it bears its accents, and so the number must.
        here: whether "ở" or the like stands before the marker: "o quan tam" is Quận 8, "quan tam" is to care.
    """
    value = last = 0
    after = index
    while after < min(len(text.words), index + 3) and _counts(text, after, sounded=sounded):
        number = _NUMBERS[text.words[after]]
        if last and _TENTH not in (last, number) and text.raws[after] not in {"lăm", "mốt"}:
            break  # "quận một hai thằng"
        if number == _TENTH:
            value = value * _TENTH or _TENTH
        else:
            value = value * _TENTH + number if 0 < last < _TENTH else value + number
        last, after = number, after + 1
    if not value or not _meant(text, index, after, sounded=sounded, here=here):
        return 0, index
    return value, after


def _counts(text: Text, index: int, *, sounded: bool) -> bool:
    """Whether a word is a number: "phường Tam Hiệp" is not the eighth."""
    raw = text.raws[index]
    return text.words[index] in _NUMBERS and (raw in _SPELLED or (raw.isascii() and not sounded))


def _meant(text: Text, index: int, after: int, *, sounded: bool, here: bool) -> bool:
    """Whether words are the number of a ward, and no other words and no count of what follows."""
    ends = after == len(text.words) or text.breaks[after] or text.starts[after] > text.ends[after - 1] + 1
    if ends or text.words[after] in _BEHIND:
        return True
    if text.raws[after] in _COUNTED or (not sounded and text.words[after] in _COUNTED_BARE):
        return False
    said = text.words[index]
    return sounded or after > index + 1 or said not in _ALSO_SAID or (here and said in _NUMBER_AFTER_HERE)


def chinese(text: Text, index: int) -> tuple[int, int]:
    """The number before 郡 or 坊, and the word that it begins at, 第 included; 0: none."""
    first = index
    while first > max(index - 3, 0) and (text.words[first - 1] in _CHINESE or text.words[first - 1].isdecimal()):
        first -= 1
    value = 0
    for word in text.words[first:index]:
        number = int(word) if word.isdecimal() else _CHINESE[word]
        value = (value * _TENTH or _TENTH) if number == _TENTH else value + number
    if first > 0 and text.words[first - 1] == "第":
        first -= 1
    return value, first

"""Text as triage reads it: folded words that still know where they stood in the original.

Nothing is cut out of what a person wrote; accents, case, look-alike letters, hidden signs and abbreviations are
folded for reading only. A word's offsets count in the text as it was given.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from tips.data import read
from tips.triage.results import Span

_TONES: Final = {
    "\u0300": "1",
    "\u0301": "2",
    "\u0303": "3",
    "\u0309": "3",
    "\u0323": "4",
}  # ngã is often hỏi
_MARKS: Final = re.compile("[\u0300-\u036f]")
_HIDDEN: Final = re.compile(
    "[\u0300-\u036f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
# Letters that stand beside Latin ones without a space, each a word here: Thai to Mongolian, and CJK to Hangul.
_UNSPACED: Final = "\u0e00-\u1aff\u2e80-\ud7ff\uf900-\ufaff"
_WORD: Final = re.compile(rf"[^\W\d_{_UNSPACED}]+|[^\W\d_]|\d+")
_HARD: Final = re.compile(r"[\n;!?…]|\.(?=\s|$)")  # ends a clause, unless after a short abbreviation
_LOOKALIKE: Final = {
    **dict(zip("аеорсхуіѕјһкмнтвԁԛԝ", "aeopcxyisjhkmhtbdqw", strict=True)),
    **dict(zip("αενορτυικ", "aevoptuik", strict=True)),
    "ı": "i",
    "ß": "s",
    "æ": "a",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
}
_ENDS_IN_Y: Final = {
    "hy": "hi",
    "ky": "ki",
    "ly": "li",
    "my": "mi",
    "sy": "si",
    "ty": "ti",
    "vy": "vi",
    "quy": "qui",
}
SHORT: Final = 3  # letters: a full stop after so few is an abbreviation's

Payload = TypeVar("Payload")


def _tables() -> tuple[dict[int, str], dict[int, str]]:
    """Two one-to-one tables: to lower case, and to the bare letter."""
    lower: dict[int, str] = {}
    bare: dict[int, str] = {}
    blocks = (
        (0x41, 0x5B),
        (0xC0, 0x250),
        (0x370, 0x530),
        (0x1E00, 0x1F00),
        (0x1D400, 0x1D800),
        (0xFF10, 0xFF5B),
    )
    for code in (code for first, last in blocks for code in range(first, last)):
        sign = chr(code)
        small = unicodedata.normalize("NFKC", sign).lower()
        if len(small) != 1:
            continue
        base = unicodedata.normalize("NFD", small)[0]
        bare[code] = _LOOKALIKE.get(small) or _LOOKALIKE.get(base) or base
        lower[code] = bare[code] if 0x370 <= code < 0x530 else small  # a Greek or Cyrillic letter only looks like one
    return lower, bare


_LOWER, _BARE = _tables()


@functools.cache
def _abbreviations() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Short forms, written out: each word bare and with its accents."""
    full = read("words.json")["abbreviations"]
    return {short: tuple((_bare_word(word), word) for word in words.split()) for short, words in full.items()}


def _bare_word(word: str) -> str:
    bare = word.translate(_BARE)
    return _ENDS_IN_Y.get(bare, bare)


@functools.lru_cache(maxsize=1 << 14)
def canonical(word: str) -> str:
    """A word with its tone moved to the end, so that hoà and hòa are one; hỏi and ngã count as one tone."""
    if word.isascii():
        return _ENDS_IN_Y.get(word, word)
    letters, tone = [], ""
    for sign in unicodedata.normalize("NFD", word):
        if sign in _TONES:
            tone = _TONES[sign]
        else:
            letters.append(sign)
    found = "".join(letters)
    return _ENDS_IN_Y.get(found, found) + tone


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its words. All lists run in parallel."""

    original: str
    words: list[str]  # lower case, bare, abbreviations written out
    raws: list[str]  # lower case with accents
    canons: list[str]  # the same with the tone at the end
    starts: list[int]  # offsets into the original
    ends: list[int]
    breaks: list[bool]  # a clause ends before this word
    accented: bool  # most words carry the accents that they should

    @property
    def unread(self) -> bool:
        """Whether most of it is in letters that triage knows no word of: a person has to read it."""
        return not self.original.isascii() and 2 * sum(not word.isascii() for word in self.words) > len(self.words)

    def span(self, first: int, after: int) -> Span:
        """The original's offsets of words `first` up to `after`."""
        return self.starts[first], self.ends[after - 1]

    def said(self, first: int, after: int) -> str:
        """The original words."""
        start, end = self.span(first, after)
        return self.original[start:end]

    def glued(self, index: int) -> bool:
        """Whether nothing stands between a word and the one before it."""
        return index > 0 and self.starts[index] == self.ends[index - 1]


def parse(original: str) -> Text:
    """Read a text. Never raises."""
    if not _HIDDEN.search(original):
        return _words(original, original, None)
    signs, origin = _visible(original)
    return _words(original, signs, origin)


def _visible(original: str) -> tuple[str, list[Span]]:
    """The text composed, without hidden signs, and for each sign where it came from."""
    signs: list[str] = []
    origin: list[Span] = []
    seen = 0
    for found in _HIDDEN.finditer(original):
        index = found.start()
        signs.extend(original[seen:index])
        origin.extend((at, at + 1) for at in range(seen, index))
        seen = index + 1
        if signs and _MARKS.match(found[0]):
            composed = unicodedata.normalize("NFC", signs[-1] + found[0])
            if len(composed) == 1:
                signs[-1] = composed
            origin[-1] = (origin[-1][0], seen)
    signs.extend(original[seen:])
    origin.extend((at, at + 1) for at in range(seen, len(original)))
    return "".join(signs), origin


def _words(original: str, signs: str, origin: list[Span] | None) -> Text:
    lower = signs.translate(_LOWER)
    bare = signs.translate(_BARE)
    full = _abbreviations()
    words: list[str] = []
    raws: list[str] = []
    canons: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    breaks: list[bool] = []
    end = marked = 0
    for match in _WORD.finditer(bare):
        start, after = match.span()
        broken = start > end + 1 and _ends_clause(bare[end:start], words)
        glued = start == end and start > 0
        end = after
        word, raw = match[0], lower[start:after]
        first, last = (start, after) if origin is None else (origin[start][0], origin[after - 1][1])
        if raw != word:
            marked += 1
        if raw in full and not glued:
            for written, accented in full[raw]:
                words.append(written)
                raws.append(accented)
                canons.append(canonical(accented))
                starts.append(first)
                ends.append(last)
                breaks.append(broken)
                broken = False
            continue
        words.append(_ENDS_IN_Y.get(word, word))
        raws.append(raw)
        canons.append(canonical(raw))
        starts.append(first)
        ends.append(last)
        breaks.append(broken)
    return Text(original, words, raws, canons, starts, ends, breaks, marked * 3 >= len(words))


def _ends_clause(gap: str, words: Sequence[str]) -> bool:
    if not _HARD.search(gap):
        return False
    return not (gap.startswith(".") and words and len(words[-1]) <= SHORT and "\n" not in gap) or len(gap) > SHORT


class Phrases(Generic[Payload]):
    """Phrases to be found in texts, as a tree of words. Accents count where the text has them."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}

    def add(self, phrase: str, payload: Payload) -> None:
        """Learn a phrase.

        One that begins with `~` is matched without regard to accents; a single word that begins with `^` also
        where its accents are missing.
        """
        loose = phrase.startswith("~")
        text = parse(phrase.lstrip("~^"))
        node = self._tree
        for word in text.words:
            node = node.setdefault(word, {})
        canon = None if loose else tuple(text.canons)
        if canon and len(canon) == 1 and phrase.startswith("^"):
            canon = (*canon, "")  # the empty word marks what may lack its accents
        node.setdefault("", []).append((canon, payload))

    def find(self, text: Text) -> Iterator[tuple[int, int, Payload]]:
        """Each place where a phrase begins, the word after it, and its payload; only the longest ones."""
        for first, found in self._walk(text):
            after, payloads = found[-1]
            for payload in payloads:
                yield first, after, payload

    def find_all(self, text: Text) -> Iterator[tuple[int, int, Payload]]:
        """The same, with those that a longer phrase begins with."""
        for first, found in self._walk(text):
            for after, payloads in found:
                for payload in payloads:
                    yield first, after, payload

    def _walk(self, text: Text) -> Iterator[tuple[int, list[tuple[int, list[Payload]]]]]:
        """For each word where phrases begin: those phrases' ends and payloads, shortest first."""
        words, breaks, begins = text.words, text.breaks, self._tree.get
        count = len(words)
        for first, word in enumerate(words):
            node = begins(word)
            if node is None:
                continue
            found: list[tuple[int, list[Payload]]] = []
            index = first + 1
            while True:
                ends = node.get("")
                if ends is not None and (fitting := _fitting(text, first, ends)):
                    found.append((index, fitting))
                if index >= count or breaks[index]:
                    break
                node = node.get(words[index])
                if node is None:
                    break
                index += 1
            if found:
                yield first, found


def _fitting(text: Text, first: int, ends: list[tuple[tuple[str, ...] | None, Payload]]) -> list[Payload]:
    """The payloads whose accents agree best with what was written."""
    best, payloads = 0, []
    for canon, payload in ends:
        fit = _fit(text, first, canon)
        if fit > best:
            best, payloads = fit, [payload]
        elif fit and fit == best:
            payloads.append(payload)
    return payloads


def _fit(text: Text, first: int, canon: tuple[str, ...] | None) -> int:
    """How well accents agree: 2 exactly, 1 where some are missing, 0 not.

    A word without any may stand for any; but not a single word, and in a text that has its accents not each word
    of a phrase. A mere tone that is missing is hardly ever meant.
    """
    if canon is None:
        return 2
    if len(canon) == 1:
        return 2 if text.canons[first] == canon[0] else 0
    spared = 0
    for index, wanted in enumerate(canon, first):
        if wanted and text.canons[index] != wanted:
            if text.canons[index] != text.words[index]:  # other accents than these
                return 0
            spared += not wanted.isascii()
    if not spared:
        return 2
    return 0 if text.accented and spared >= len(canon) - (not canon[-1]) else 1

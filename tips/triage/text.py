"""Text as triage reads it: folded words that still know where they stood in the original.

Nothing is cut out of what a person wrote; accents, case, look-alike letters, hidden signs, slips of a keyboard and
abbreviations are folded for reading only. A word's offsets count in the text as it was given.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

from tips.data import read
from tips.triage import letters, mending, vocabulary
from tips.triage.mending import Mend
from tips.triage.results import Span

# Letters that stand beside Latin ones without a space, each a word here: Thai to Mongolian, and CJK to Hangul.
_UNSPACED: Final = "\u0e00-\u1aff\u2e80-\ud7ff\uf900-\ufaff"
TOKEN: Final = re.compile(rf"([^\W\d_{_UNSPACED}]+|\d+|[^\W\d_])")
_PLAIN_TOKEN: Final = re.compile(r"([a-zß-öø-ỹ]+|[0-9]+)")  # the same of a line that has no other letters
_HARD: Final = re.compile(r"[\n;!?…]|\.(?=\s|$)")  # ends a clause, unless after a short abbreviation
SHORT: Final = 3  # letters: a full stop after so few is an abbreviation's
COUNTED: Final = 100  # numbers below this are known as well

Payload = TypeVar("Payload")
Item = TypeVar("Item")


class Reading(NamedTuple):
    """A token as it is read."""

    raw: str  # lower case with accents
    word: str  # bare
    canon: str  # with the tone at the end
    accented: bool


@functools.cache
def _known() -> Mapping[str, Reading]:
    """How the words of the product's own data are read, and small numbers."""
    return {raw: _read(raw) for raw in (*vocabulary.words(), *map(str, range(COUNTED)))}


@functools.cache
def _abbreviations() -> Mapping[str, tuple[Reading, ...]]:
    """Short forms, written out."""
    full = read("words.json")["abbreviations"]
    return {short: tuple(map(_read, words.split())) for short, words in full.items()}


def _read(raw: str) -> Reading:
    bare = letters.bare(raw)
    return Reading(raw, letters.folded(bare), letters.canonical(raw), raw != bare)


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
    pairs: list[str]  # each word and the next one of its clause, with a space between
    accented: bool  # most words carry the accents that they should

    @property
    def unread(self) -> bool:
        """Whether most of it is in letters that triage knows no word of: a person has to read it."""
        return 2 * sum(map(str.isascii, self.words)) < len(self.words)

    @property
    def strange(self) -> float:
        """The share of its words that are in no language which triage knows; numbers do not count.

        Letters of other scripts, foreign words, and keys hit at random alike. From a half on, nothing that triage finds
        or misses in it tells what it is about.
        """
        known = vocabulary.words()
        odd = [raw for raw in self.raws if raw not in known]
        numbers = sum(map(str.isdecimal, odd))
        said = len(self.raws) - numbers
        return sum(not vocabulary.known(raw) for raw in odd) / said if said else 0.0

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


@dataclass(slots=True)
class _Pieces:
    """The tokens of a line, with what stands before each, and where each stands in the line."""

    tokens: list[str]
    gaps: list[str]
    starts: list[int]
    ends: list[int]

    def put(self, mends: Sequence[Mend]) -> None:
        """Read the tokens of each as its words."""
        starts, ends, gaps = self.starts, self.ends, self.gaps
        self.tokens = _with(self.tokens, mends, lambda it: it.words)
        self.starts = _with(starts, mends, lambda it: [starts[it.first]] * len(it.words))
        self.ends = _with(ends, mends, lambda it: [ends[it.after - 1]] * len(it.words))
        self.gaps = _with(gaps, mends, lambda it: [gaps[it.first]] + [" "] * (len(it.words) - 1))


def _with(listed: list[Item], mends: Sequence[Mend], instead: Callable[[Mend], Sequence[Item]]) -> list[Item]:
    """A list that runs in parallel to tokens, with something else instead of those that are mended."""
    made: list[Item] = []
    seen = 0
    for it in mends:
        made += listed[seen : it.first]
        made += instead(it)
        seen = it.after
    return made + listed[seen:]


def parse(original: str) -> Text:
    """Read a text. Never raises."""
    line, origin = letters.line(original)
    pieces = _split(line)
    if mends := mending.mends(line, pieces.tokens, pieces.gaps, pieces.starts):
        pieces.put(mends)
    readings = _readings(pieces.tokens)
    marked = sum(map(itemgetter(3), readings))
    readings = _written_out(pieces, readings)
    raws, words, canons, _ = map(list, zip(*readings, strict=True)) if readings else ([], [], [], [])
    breaks, pairs = _neighbours(words, pieces.gaps)
    starts, ends = pieces.starts, pieces.ends
    if origin is not None:
        starts, ends = [origin[0][at] for at in starts], [origin[1][at - 1] for at in ends]
    accented = marked * 3 >= len(words)
    return Text(original, words, raws, canons, starts, ends, breaks, pairs, accented)


def _split(line: str) -> _Pieces:
    parts = (_PLAIN_TOKEN if letters.plain(line) else TOKEN).split(line)
    at = list(accumulate(map(len, parts)))
    return _Pieces(parts[1::2], parts[:-1:2], at[:-1:2], at[1::2])


def _readings(tokens: Sequence[str]) -> list[Reading]:
    """How each token is read; what is no word of the data, as the word that was meant by it."""
    found: list[Any] = list(map(_known().get, tokens))
    unknown = {token for token, it in zip(tokens, found, strict=True) if it is None}
    if not unknown:
        return found
    read_now = {token: _read(word) for token, word in mending.meant(unknown, tokens).items()}
    return [read_now.get(token) or it for token, it in zip(tokens, found, strict=True)]


def _written_out(pieces: _Pieces, readings: list[Reading]) -> list[Reading]:
    """Put the words of each abbreviation; behind a number it is a unit."""
    full, gaps = _abbreviations(), pieces.gaps
    if full.keys().isdisjoint(pieces.tokens):
        return readings
    short = [at for at, token in enumerate(pieces.tokens) if token in full and (gaps[at] or not at)]
    words = {at: full[pieces.tokens[at]] for at in short}
    mends = [Mend(at, at + 1, [it.raw for it in words[at]]) for at in short]
    if any(len(it) > 1 for it in words.values()):
        pieces.put(mends)
    return _with(readings, mends, lambda it: words[it.first])


def _neighbours(words: Sequence[str], gaps: Sequence[str]) -> tuple[list[bool], list[str]]:
    """Before which words a clause ends, and each word with the next one of its clause."""
    breaks = [False] * len(words)
    pairs = [*map(" ".join, pairwise(words)), *words[-1:]]
    for at in [at for at, gap in enumerate(gaps) if len(gap) > 1]:
        if _ends_clause(gaps[at], words[at - 1] if at else ""):
            breaks[at] = True
            pairs[at - 1] = ""
    return breaks, pairs


def _ends_clause(gap: str, before: str) -> bool:
    """Whether a gap of more than one sign ends a clause; `before` is the word before it."""
    if not _HARD.search(gap):
        return False
    return not (gap.startswith(".") and before and len(before) <= SHORT and "\n" not in gap) or len(gap) > SHORT


class Phrases(Generic[Payload]):
    """Phrases to be found in texts. Accents count where the text has them.

    A phrase of one word is looked up by the word with its accents, a longer one by its first two words without; from
    there on a tree of words leads to its end.
    """

    def __init__(self) -> None:
        self._exact: dict[str, list[Payload]] = {}  # by canonical word
        self._lacking: dict[str, list[Payload]] = {}  # the same in a text without accents
        self._begins: dict[str, dict[str, Any]] = {}

    def add(self, phrase: str, payload: Payload) -> None:
        """Learn a phrase; a single word that begins with `^` is found also where its accents are missing."""
        readings = _phrase(phrase.lstrip("^"))
        words, canons = [it.word for it in readings], [it.canon for it in readings]
        if len(words) > 1:
            node = self._begins.setdefault(" ".join(words[:2]), {})
            for word in words[2:]:
                node = node.setdefault(word, {})
            node.setdefault("", []).append((canons, payload))
        elif words:
            self._add_word(canons[0], payload)
            if phrase.startswith("^") and canons[0] != words[0]:  # a mere tone that is missing is hardly ever meant
                if canons[0].isascii():
                    self._add_word(words[0], payload)
                elif words[0] not in self._exact:
                    self._lacking.setdefault(words[0], []).append(payload)

    def _add_word(self, canon: str, payload: Payload) -> None:
        self._lacking[canon] = self._exact.setdefault(canon, [])
        self._exact[canon].append(payload)

    def find(self, text: Text) -> Iterator[tuple[int, int, Payload]]:
        """Each place where a phrase begins, the word after it, and its payload; only the longest ones."""
        longest = {first: (after, payloads) for first, after, payloads in self.find_spots(text)}
        for first, (after, payloads) in longest.items():
            for payload in payloads:
                yield first, after, payload

    def find_all(self, text: Text) -> Iterator[tuple[int, int, Payload]]:
        """The same, with those that a longer phrase begins with."""
        for first, after, payloads in self.find_spots(text):
            for payload in payloads:
                yield first, after, payload

    def find_spots(self, text: Text, *, lenient: bool = False) -> list[tuple[int, int, list[Payload]]]:
        """The same, with all payloads of a place together; of those that begin at one word the shortest first.

        Lenient is to read words without accents as in a text that has none.
        """
        accented = text.accented and not lenient
        single, begins = self._exact if accented else self._lacking, self._begins
        found: list[tuple[int, int, list[Payload]]] = []
        for first, (canon, pair) in enumerate(zip(text.canons, text.pairs, strict=True)):
            if canon in single:
                found.append((first, first + 1, single[canon]))
            if pair in begins:
                found += _longer(text, first, begins[pair], accented=accented)
        return found


def _phrase(phrase: str) -> list[Reading]:
    """A phrase of the data as it is read: its short forms written out, but nothing mended."""
    known, tokens = _known(), phrase.split(" ")
    if all(it.isalpha() and it in known for it in tokens) and _abbreviations().keys().isdisjoint(tokens):
        return [known[token] for token in tokens]
    pieces = _split(letters.line(phrase)[0])
    readings = [known.get(token) or _read(token) for token in pieces.tokens]
    return _written_out(pieces, readings)


def _longer(
    text: Text, first: int, node: dict[str, Any], *, accented: bool
) -> Iterator[tuple[int, int, list[Payload]]]:
    """The phrases of two words and more that begin at a word; the node is that of the first two."""
    words, breaks = text.words, text.breaks
    after = first + 2
    while True:
        ends = node.get("")
        if ends and (fitting := _fitting(text, first, ends, accented=accented)):
            yield first, after, fitting
        if after >= len(words) or breaks[after] or words[after] not in node:
            return
        node = node[words[after]]
        after += 1


def _fitting(text: Text, first: int, ends: list[tuple[list[str], Payload]], *, accented: bool) -> list[Payload]:
    """The payloads whose accents agree best with what was written."""
    best, payloads = 0, []
    for canons, payload in ends:
        fit = _fit(text, first, canons, accented=accented)
        if fit > best:
            best, payloads = fit, [payload]
        elif fit and fit == best:
            payloads.append(payload)
    return payloads


def _fit(text: Text, first: int, canons: list[str], *, accented: bool) -> int:
    """How well accents agree: 2 exactly, 1 where some are missing, 0 not.

    A word without any may stand for any; but in a text that has its accents not each word of a phrase. A mere tone
    that is missing is hardly ever meant.
    """
    if text.canons[first : first + len(canons)] == canons:
        return 2
    spared = 0
    for index, wanted in enumerate(canons, first):
        said = text.canons[index]
        if said != wanted:
            if said != text.words[index]:  # other accents than these
                return 0
            spared += not wanted.isascii()
    if not spared:
        return 2
    return 0 if accented and spared >= len(canons) else 1

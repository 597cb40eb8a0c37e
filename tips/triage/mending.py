"""Mending: what was meant where the keys of a keyboard stand in a word, or its letters are broken apart or hidden.

    tieenf, tham nhungx        keys of telex              ba5c, d9anh1, ma tuy1   keys of VNI
    đánhhhh, ơiiii             stretched                  m.a t.u.ý, m a  t u y   broken
    c*ng an, m4 túy, ma t@y    hidden: only the phrases of `data/typing.json`

A word is left alone when it is one (of the data, of English, or by its shape), and when what comes out is no
Vietnamese syllable. Plates, codes, sums and numbers of houses are none.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from tips.data import read
from tips.triage import keyboards, letters, vocabulary

KEYED: Final = 3  # words of a text that keys spell: from here on keys are likely
LEAST_SPACED: Final = 4  # letters with spaces between them: fewer may be words
AROUND: Final = 16  # characters around a sign that hides a letter
LOOKED_AT: Final = 100  # such signs, and runs of broken letters, in one text
_RUNS: Final = re.compile(r"(\w)\1*")
_STRETCHED: Final = re.compile(r"(\w)\1\1|([aeiouy])\2$")  # "appp" and "roii", but an app
_BREAKS: Final = frozenset(".-_*·•")
_DISGUISES: Final = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$"}
_UNDISGUISED: Final = {ord(sign): letter for letter, signs in _DISGUISES.items() for sign in signs}
_HIDING: Final = re.compile(r"[*@$]")


class Mend(NamedTuple):
    """Tokens of a line, and the words that were meant by them."""

    first: int
    after: int
    words: Sequence[str]


def meant(unknown: Iterable[str], tokens: Sequence[str]) -> dict[str, str]:
    """The word that was meant by each of some tokens in lower case; most are words themselves.

    Args:
        unknown: tokens that are no words of the data.
        tokens: all of the text, by which is told whether keys are likely. Others of them may be among those found.
    """
    found = {token: token for token in unknown}
    bare = {token: letters.bare(token) for token in found if not token.isdecimal()}
    odd = {token: it for token, it in bare.items() if it.isascii() and ("oo" in it or not vocabulary.shaped(it))}
    spelt = {} if not odd or vocabulary.in_english(tokens) else _by_telex(odd, tokens)
    return found | {token: _unstretched(token, it) or token for token, it in odd.items()} | spelt


def _by_telex(odd: Iterable[str], tokens: Iterable[str]) -> dict[str, str]:
    """What the keys of telex spell; where they do so several times, also what would be English elsewhere."""
    spelt = {token: word for token in odd if (word := keyboards.telex(token))}
    if len(spelt) >= KEYED:
        doubtful = ((token, keyboards.telex(token)) for token in vocabulary.left_alone().intersection(tokens))
        spelt |= {token: word for token, word in doubtful if word in vocabulary.words()}
    return spelt


def _unstretched(token: str, bare: str) -> str | None:
    """Each letter once; None: nothing is stretched, or that makes no word."""
    if not _STRETCHED.search(bare):
        return None
    by_letter = "".join(max(token[slice(*run.span())]) for run in _RUNS.finditer(bare))  # any accents are the greater
    for once in (_RUNS.sub(r"\1", token), by_letter):  # cứuuu; quáaaa
        if len(once) > 1 and (vocabulary.shaped(letters.bare(once)) or once in vocabulary.words()):
            return once
    return None


def mends(line: str, tokens: Sequence[str], gaps: Sequence[str], starts: Sequence[int]) -> list[Mend]:
    """The words of which a line has only pieces, in order, none overlapping.

    Args:
        line: a text in lower case.
        tokens: its runs of letters and of digits.
        gaps: what stands before each.
        starts: where each begins.
    """
    chains = {span: "".join(tokens[slice(*span)]) for span in _chains(tokens, gaps)}
    spelt = _by_vni(set(chains.values()))
    found = [Mend(*span, [spelt[keys]]) for span, keys in chains.items() if keys in spelt]
    spots = [starts[first] for (first, _), keys in chains.items() if keys.translate(_UNDISGUISED) in _masked_words()]
    found += _hidden(line, sorted((*spots, *map(re.Match.start, _HIDING.finditer(line)))), starts)
    found += _glued(tokens)
    found += _barred(tokens) if "dd" in line else ()
    for run in itertools.islice(_runs(tokens, gaps), LOOKED_AT):
        found += _broken(tokens, gaps, run)
    return _apart(found)


def _apart(found: Iterable[Mend]) -> list[Mend]:
    """In order, the longer of two that begin together, and none that begins inside of another."""
    kept: list[Mend] = []
    for it in sorted(found, key=lambda it: (it.first, -it.after)):
        if not kept or it.first >= kept[-1].after:
            kept.append(it)
    return kept


def _by_vni(chains: Collection[str]) -> dict[str, str]:
    """What the keys of VNI spell; where they do so several times, also what may have been a number elsewhere."""
    spelt = {keys: word for keys in chains if (word := keyboards.vni(keys))}
    if len(spelt) < KEYED:
        return spelt
    return {keys: word for keys in chains if (word := keyboards.vni(keys, sure=True))}


def _barred(tokens: Sequence[str]) -> Iterator[Mend]:
    """Short forms with the telex keys of a đ in them: ddc, sddt."""
    for at, token in enumerate(tokens):
        if "dd" in token and (word := token.replace("dd", "đ")) in vocabulary.words():
            yield Mend(at, at + 1, [word])


def _glued(tokens: Sequence[str]) -> Iterator[Mend]:
    """The phrases that people hide, also where only the spaces between their words are missing."""
    whole = _masked_whole()
    if not whole.keys().isdisjoint(tokens):
        yield from (Mend(at, at + 1, _cut(it, whole[it])) for at, it in enumerate(tokens) if it in whole)


def _chains(tokens: Sequence[str], gaps: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Letters and digits without anything between them, from the token, up to the one after."""
    first = after = 0
    for at in [at for at, gap in enumerate(gaps) if not gap and at]:
        if at > after:
            if after > first:
                yield first, after
            first = at - 1
        after = at + 1
    if after > first:
        yield first, after


def _runs(tokens: Sequence[str], gaps: Sequence[str]) -> Iterator[range]:
    """Letters that stand alone, one behind the other."""
    first = last = -1
    for at in [at for at, token in enumerate(tokens) if len(token) == 1 and token.isalpha()]:
        if at != last + 1 or not (gaps[at] in _BREAKS or gaps[at].isspace()):
            if last > first:
                yield range(first, last + 1)
            first = at
        last = at
    if last > first:
        yield range(first, last + 1)


def _broken(tokens: Sequence[str], gaps: Sequence[str], run: range) -> Iterator[Mend]:
    """The words that letters make: one of the phrases that are hidden, or groups between spaces, or wide ones."""
    wide = len(run) >= LEAST_SPACED and any(len(gaps[at]) > 1 for at in run[1:])
    groups = list(_groups(run, lambda at: len(gaps[at]) > 1 if wide else gaps[at].isspace()))
    whole = _phrase(tokens, run)
    made = [whole] if whole else [_phrase(tokens, it) or _word(tokens, it) for it in groups if len(it) > 1]
    if whole or not wide or (len(made) == len(groups) and all(made)):
        yield from itertools.chain.from_iterable(made)


def _phrase(tokens: Sequence[str], group: range) -> list[Mend]:
    """The words of a phrase whose letters people hide; none: letters make no such phrase."""
    said = "".join(tokens[group.start : group.stop])
    words = _cut(said, _masked_whole().get(letters.bare(said), ()))
    ends = itertools.accumulate((len(it) for it in words), initial=group.start)
    return [Mend(end, end + len(word), [word]) for end, word in zip(ends, words, strict=False)]


def _word(tokens: Sequence[str], group: range) -> list[Mend]:
    """The one word that letters make, a syllable or a short form such as csgt; none: they make none."""
    said = "".join(tokens[group.start : group.stop])
    bare = letters.bare(said)
    word = vocabulary.shaped(bare) or (len(bare) > 2 and bare in vocabulary.words())
    return [Mend(group.start, group.stop, [said])] if word and 1 < len(said) <= keyboards.LONGEST else []


def _cut(said: str, words: Sequence[str]) -> list[str]:
    """Letters, in pieces as long as these words."""
    ends = itertools.accumulate((len(it) for it in words), initial=0)
    return [said[start:end] for start, end in itertools.pairwise(ends)]


def _groups(run: range, apart: Callable[[int], bool]) -> Iterator[range]:
    """A run, parted where what stands before a token parts it."""
    first = run.start
    for at in run[1:]:
        if apart(at):
            yield range(first, at)
            first = at
    yield range(first, run.stop)


@functools.cache
def _masked() -> tuple[tuple[str, ...], ...]:
    """The phrases whose letters people hide, word for word."""
    return tuple(tuple(phrase.split()) for phrase in read(vocabulary.TYPING)["masked"])


@functools.cache
def _masked_whole() -> Mapping[str, tuple[str, ...]]:
    """Those of several words by their letters, without spaces and accents."""
    return {letters.bare("".join(words)): words for words in _masked() if len(words) > 1}


@functools.cache
def _masked_words() -> frozenset[str]:
    return frozenset(letters.bare(word) for words in _masked() for word in words)


@functools.cache
def _masks() -> re.Pattern[str]:
    """The phrases with any letters but the first of each word hidden; a group for each."""

    def mask(word: str) -> str:
        signs = [f"[{it}{_DISGUISES.get(it, '')}*]" for it in letters.bare(word)]
        return "".join((signs[0].replace("*", ""), *signs[1:]))

    phrases = (f"({' '.join(map(mask, words))})" for words in _masked())
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(phrases)})(?![^\W_])")


def _hidden(line: str, spots: Sequence[int], starts: Sequence[int]) -> Iterator[Mend]:
    """The phrases of which signs and digits hide some letters, around the spots of some."""
    end = 0
    for spot in spots[:LOOKED_AT]:
        begin = max(end, spot - AROUND)
        bare = letters.bare(line[begin : spot + AROUND])
        for found in _masks().finditer(bare):
            if not found[0].replace(" ", "").isalpha():
                end = begin + found.end()
                yield from _of_phrase(begin + found.start(), found[0], _masked()[(found.lastindex or 1) - 1], starts)


def _of_phrase(at: int, said: str, words: Sequence[str], starts: Sequence[int]) -> Iterator[Mend]:
    """Each word of a phrase that was said from a sign of the line on."""
    for piece, word in zip(said.split(), words, strict=True):
        yield Mend(bisect.bisect_left(starts, at), bisect.bisect_left(starts, at + len(piece)), [word])
        at += len(piece) + 1

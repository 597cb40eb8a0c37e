"""Wishes: whom the writer does not want to read the tip, and whom they want to.

"đừng gửi cho công an phường" shuts an office out because its writer chose so, accused or not; "gửi lên viện kiểm sát
giùm" accuses nobody. What somebody else said ("nó dặn đừng báo công an"), a question and a mere fact are no wishes.

A text is read as a line of letters, one for each word or phrase that matters (`data/wishes.json`), `U` for an office:

    who alone may     L chỉ
    who must not      N đừng   Z don't   W không muốn   G không được   C không cho   E khỏi   K không   H giấu
    do what with it   S gửi   T báo   Y nói   R đọc
    the writer        I tôi   P xin   F giùm   J tin này
    others, or facts  O nó   V họ   D dặn   A đã   M tiền   Q phải không   : a quotation
    in between        B words that may stand there   X any other   , a comma   | the end of a clause
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tips.data import read
from tips.organisation.units import Organisation
from tips.triage import accusations, lexicon
from tips.triage.accusation_model import Official
from tips.triage.gazetteer import Mention
from tips.triage.lexicon import Hits, Spot
from tips.triage.results import Accusation, By, Reason
from tips.triage.text import Phrases, Text

FILE: Final = "wishes.json"
WHOLE: Final = "city_police_leadership"  # a plain "công an": every police unit of the city
SEEN: Final = 30  # words and letters on each side of an office that are looked at
_UNIT: Final = "unit."
_GAPS: Final = ((re.compile(r"[\n;!?]|\.\s"), "|"), (re.compile(r"[:“”\"]"), ":"), (re.compile(r"[,()–—]|\s-\s"), ","))
_CHAIN: Final = r"(?:[BIFJPSTYRU]|(?<=U),)"  # what may stand between a wish and its office; also another office
_PREVENTED: Final = re.compile(rf"(?P<lead>.*)(?P<by>[NZWGCEKH])(?P<between>{_CHAIN}{{0,10}})$")
_ALONE: Final = re.compile(r"L[BIJPSTR]{0,4}$")  # "tôi chỉ tin …"
_CALLED: Final = re.compile(rf"(?P<lead>.*?)(?P<chain>{_CHAIN}+)$")
_ANEW: Final = re.compile(r",[BIJ]*S")
_INSTEAD: Final = re.compile(r"[NZWGCEKH][^|]*U[X,]?$")  # "đừng gửi công an phường mà gửi …"
_READS: Final = re.compile(r"[BIJ]{0,3}R")  # what follows an office that would read
_KINDLY: Final = re.compile(r"[BIJR]{0,3}[FP]")
_FORBIDDEN: Final = re.compile(r"[B,]{0,3}(?:N[BI]{0,3}[RSTY]|G[BI]{1,3}[RSTY])")  # "công an phường thì đừng cho biết"
_NEVER: Final = re.compile(r"[B,]{0,3}Z[BI]{0,3}[RSTY]")
_ASKED: Final = re.compile(r"[^|]{0,6}Q")
_TOLD: Final = re.compile(r"[DYOV:][BIP]{0,3}$|:[^|]{0,3}$")
_SAYS_SELF: Final = re.compile(r"(?:^|,)P?I[DY][BIP]{0,3}$")
_BEGINS: Final = re.compile(r"(?:^|,)[BIPJF]*$")
_SELF: Final = re.compile(r"(?:^|[^DYOV])[IJ][BPJI]*$")
_DONE: Final = re.compile(r"[^|]{0,2}A")
_ENDED: Final = re.compile(r"[BIF]*(?:$|\|)")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the writer chose about readers."""

    shut_out: tuple[Accusation, ...]
    wanted: tuple[str, ...]  # units, in the order of the text
    others: Sequence[Official]  # the mentions of which nothing is wished: they may be accused
    reasons: tuple[Reason, ...]
    spoken: frozenset[int] = frozenset()  # the numbers of the words that name the offices of the wishes


@functools.cache
def _offices_tree() -> Phrases[str]:
    """The words for offices: each with its kind, and the unit that it names or none."""
    tree: Phrases[str] = Phrases()
    for kind, units in read(FILE)["offices"].items():
        for unit, phrases in units.items():
            for phrase in phrases:
                tree.add(phrase, f"official.{kind}")
                tree.add(phrase, _UNIT + unit)
    return tree


@functools.cache
def _tags_tree() -> Phrases[str]:
    """The words and phrases that have a letter."""
    tree: Phrases[str] = Phrases()
    for tag, phrases in read(FILE)["tags"].items():
        for phrase in phrases:
            tree.add(phrase, tag)
    return tree


@functools.cache
def _letters() -> dict[str, str]:
    """The letters of single words, however they are accented."""
    data = read(FILE)
    return dict.fromkeys(data["fill"], "B") | dict.fromkeys(data["first"], "I")


def find(text: Text, officials: Sequence[Official], mentions: Sequence[Mention], organisation: Organisation) -> Wishes:
    """The wishes of a text; `officials` are those that it mentions."""
    named = lexicon.marks(text, _offices_tree())
    if not (officials or named):
        return Wishes((), (), officials, ())
    tags = lexicon.marks(text, _tags_tree(), lenient=True)  # who types a demand in haste leaves out its accents
    spots = {*((it.first, it.after) for it in officials), *itertools.chain.from_iterable(named.values())}
    in_reach = _may_wish(tags) and _in_reach(text, tags, spots, mentions)
    offices = _offices(text, officials, mentions, named, organisation) if in_reach else []
    if not offices:
        return Wishes((), (), officials, ())
    shut, wanted = [], []
    for office, word, before, behind in _read(text, mentions, tags, offices):
        if _shuts_out(before, behind) and (office.units or office.kind != "other_official"):
            shut.append(office)
        elif word == "U" and office not in shut and _calls_for(before, behind):
            wanted.append(office)
    chosen = _merged(text, shut)
    units = tuple(dict.fromkeys(code for it in wanted for code in it.units))
    spoken = frozenset(at for it in (*shut, *wanted) for at in range(it.first, it.after))
    others = [it for it in officials if it.first not in spoken]
    return Wishes(chosen, units, others, tuple(_reasons(text, chosen, units, organisation)), spoken)


def offices(
    text: Text, officials: Sequence[Official], mentions: Sequence[Mention], organisation: Organisation
) -> list[Official]:
    """Every office that a text names, also in words that only people who are asked for one use ("mấy ông quận")."""
    return _offices(text, officials, mentions, lexicon.marks(text, _offices_tree()), organisation)


def _may_wish(tags: Collection[str]) -> bool:
    """Whether there are words at all to prevent that something is read, or to ask for it."""
    if "L" in tags or (_has(tags, "NZWGCEKH") and _has(tags, "STYRFPJ")):
        return True
    return _has(tags, "STYR") and _has(tags, "PFS")


def _in_reach(text: Text, tags: Hits, offices: Collection[Spot], mentions: Sequence[Mention]) -> bool:
    """Whether such a word stands by an office, or by a word for one, with nothing but linking words between.

    Whatever `_shuts_out` and `_calls_for` find needs one, and most texts have none.
    """
    letters, places = _letters(), {it.first for it in mentions}
    linked = {at for at, word in enumerate(text.words) if word in letters}
    linked.update(at for first, after in _spots(tags, "BIFJPSTYR") for at in range(first, after))
    linked.update(at for it in mentions for at in range(it.first, it.after))
    linked.update(at for first, after in offices for at in range(first, after + (after + 1 in places)))
    preventing = {after for _, after in _spots(tags, "NZWGCEKHL")}
    telling, forbidding = ({first for first, _ in _spots(tags, names)} for names in ("STYP", "NZG"))
    for first, after in (*offices, *_spots(tags, "V")):
        begin = next(at for at in range(first, -1, -1) if at - 1 not in linked)
        end = next(at for at in range(after, len(text.words) + 1) if at not in linked)
        before = range(begin, first + 1)
        if not (preventing.isdisjoint(before) and telling.isdisjoint(before)):
            return True
        if not forbidding.isdisjoint(range(after, end + 1)):
            return True
    return False


def _spots(tags: Hits, names: str) -> Iterator[Spot]:
    return itertools.chain.from_iterable(tags.get(name, ()) for name in names)


def joined(by_words: Sequence[Accusation], wished: Sequence[Accusation]) -> list[Accusation]:
    """Both; of the same kind and units only the wish."""
    chosen = {(it.kind, it.units) for it in wished}
    return [*(it for it in by_words if (it.kind, it.units) not in chosen), *wished]


def _shuts_out(before: str, behind: str) -> bool:
    """Whether the writer does not want an office to read it; what stands before it and behind it, in letters."""
    if _ASKED.match(behind):
        return False
    found = _PREVENTED.match(before)
    if found:
        lead, by, between = found.group("lead", "by", "between")
        if _ANEW.search(between):  # "đừng gửi công an phường, gửi viện kiểm sát giùm"
            return False
        return _PREVENTS[by](lead, between, behind) and _is_own(lead, by, behind)
    if _FORBIDDEN.match(behind):
        return not _has(before[-6:], "DY")
    return bool(_NEVER.match(behind) and "P" in before[-6:])


def _has(between: Collection[str], letters: str) -> bool:
    return any(letter in between for letter in letters)


def _reads(behind: str) -> bool:
    return bool(_READS.match(behind))


def _kindly(behind: str) -> bool:
    return bool(_KINDLY.match(behind))


_PREVENTS: Final = {  # by the word that prevents: whether it is about reading, and no mere fact
    "N": lambda lead, between, behind: _has(between, "STYR") or _reads(behind) or _kindly(behind),
    "Z": lambda lead, between, behind: _has(between, "STYR") or _reads(behind),
    "W": lambda lead, between, behind: _has(between, "STYR") or _reads(behind),
    "G": lambda lead, between, behind: (
        _has(between, "S") or (between and _reads(behind)) or ("T" in between and _kindly(behind))
    ),
    "C": lambda lead, between, behind: _reads(behind),
    "E": lambda lead, between, behind: _has(between, "ST") or _reads(behind),
    "K": lambda lead, between, behind: _has(between, "STY") and ("P" in lead[-4:] or _kindly(behind)),
    "H": lambda lead, between, behind: (
        _kindly(behind) or _reads(behind) or _has(between, "JF") or _has(lead[-6:], "PJRS")
    ),
}


def _is_own(lead: str, by: str, behind: str) -> bool:
    """Whether it is the writer who does not want it: `lead` is what stands before, in its clause."""
    if _SAYS_SELF.search(lead):
        return True
    if _TOLD.search(lead):
        return False
    if by in "NZ":
        return not (by == "Z" and lead.endswith("I")) and not _has(lead[-4 if _kindly(behind) else -8 :], "DY")
    if _SELF.search(lead):
        return not _has(lead[-10:], "DY")
    return not _has(lead[-10:], "OV") if _BEGINS.search(lead) else by == "H"


def _calls_for(before: str, behind: str) -> bool:
    """Whether the writer asks to bring it to an office, in the whole clause or behind its last comma."""
    if _ALONE.search(before):
        return "M" not in re.split(r"[|,]", behind, maxsplit=1)[0]
    return _called(before, behind) or ("," in before and _called(before.rpartition(",")[2], behind))


def _called(before: str, behind: str) -> bool:
    """The same of one stretch: so read only where nothing else can be meant."""
    found = _CALLED.match(before)
    if not found:
        return False
    lead, chain = found.group("lead", "chain")
    clause = lead.rpartition(",")[2][-4:] + re.split(r"[|,]", behind, maxsplit=1)[0]
    if "M" in clause or "A" in lead[-3:] or _DONE.match(behind) or _has(lead[-1:], "DOVYAZNWGCEKH:"):
        return False
    if "P" in chain and _reads(behind):
        return True
    if not _has(chain, "STY"):
        return False
    if _has(chain, "PF") or _kindly(behind):
        return not _has(lead[-3:], "OV")
    begins = not lead or _INSTEAD.search(lead)
    return "S" in chain and bool(begins and _ENDED.match(behind))


def _read(
    text: Text, mentions: Sequence[Mention], tags: Hits, offices: Sequence[Official]
) -> Iterator[tuple[Official, str, str, str]]:
    """Each office with its letter, those before it in its clause, and those behind; and so each "họ" for it."""
    known, letters, words = _known(tags), _letters(), text.words
    begun, places = {it.first: it for it in offices}, {it.first: it.after for it in mentions}
    at, end = max(0, min(begun) - SEEN), min(len(words), max(begun) + SEEN)
    line: list[str] = []
    spots: list[tuple[Official, int]] = []
    while at < end:
        line += _gap(text, at)
        if at in begun:
            spots.append((begun[at], len(line)))
            letter, at = "U", begun[at].after
            at = places.get(at, at)  # "công an phường 5, quận 3"
        elif at in places:  # "quan 3" is a district, and no shop
            letter, at = "X", places[at]
        else:
            letter, at = known.get(at) or (letters.get(words[at], "X"), at + 1)
            if letter == "V" and spots:
                spots.append((spots[-1][0], len(line)))
        line.append(letter)
    for office, spot in spots:
        before = "".join(line[max(0, spot - SEEN) : spot]).rpartition("|")[2]
        yield office, line[spot], before, "".join(line[spot + 1 : spot + 1 + SEEN])


def _known(tags: Hits) -> dict[int, tuple[str, int]]:
    """By the word where it begins: the letter of the longest phrase, and the word after it."""
    found: dict[int, tuple[str, int]] = {}
    for tag in read(FILE)["tags"]:
        for first, after in tags.get(tag, ()):
            if first not in found or after > found[first][1]:
                found[first] = tag, after
    return found


def _gap(text: Text, at: int) -> str:
    """The letter for what stands before a word; none for a space."""
    if text.breaks[at]:
        return "|"
    gap = text.original[text.ends[at - 1] : text.starts[at]] if at else ""
    if gap in {"", " "}:
        return ""
    return next((letter for pattern, letter in _GAPS if pattern.search(gap)), "")


def _offices(
    text: Text, officials: Sequence[Official], mentions: Sequence[Mention], named: Hits, organisation: Organisation
) -> list[Official]:
    """Every office that may be meant: those that triage knows, and those that only wishes name; the longest ones."""
    longest = _longest(named)
    known = _plain(text, officials)
    taken = {at: it for it in known for at in range(it.first, it.after)}
    own = []
    for it in accusations.mentioned(text, named, mentions, organisation):
        after, unit = longest[it.first]
        if all(it.first <= one.first and one.after <= after for at in range(it.first, after) if (one := taken.get(at))):
            own.append(_with_unit(it, unit, organisation))
    covered = {at for it in own for at in range(it.first, it.after)}
    return [*(it for it in known if it.first not in covered), *own]


def _plain(text: Text, officials: Sequence[Official]) -> list[Official]:
    """The officials without those that are a clause, or that a more exact one begins inside of."""
    verbal = read(FILE)["verbal"]
    plain = [it for it in officials if text.words[it.first] not in verbal]
    exact = {it.first: it.after for it in plain}
    return [it for it in plain if not any(exact.get(at, 0) > it.after for at in range(it.first + 1, it.after))]


def _longest(named: Hits) -> dict[int, tuple[int, str]]:
    """By the word where offices begin that wishes name: the word after the longest one, and its unit."""
    found: dict[int, tuple[int, str]] = {}
    for name, spots in named.items():
        if name.startswith(_UNIT):
            for first, after in spots:
                found[first] = max(found.get(first, (0, "")), (after, name.removeprefix(_UNIT)))
    return found


def _with_unit(official: Official, unit: str, organisation: Organisation) -> Official:
    """The office with the one unit that its words name."""
    known = unit in organisation.units and organisation.units[unit].receives
    return replace(official, units=(unit,)) if known and not official.units else official


def _merged(text: Text, shut: Sequence[Official]) -> tuple[Accusation, ...]:
    """One of each kind; where one names no unit, all that could be meant are."""
    kinds: dict[str, list[Official]] = {}
    for it in sorted(shut, key=lambda one: one.first):
        kinds.setdefault(it.kind, []).append(it)
    found = []
    for kind, several in kinds.items():
        all_named = kind != WHOLE and all(it.units for it in several)
        units = dict.fromkeys(code for it in several for code in it.units) if all_named else ()
        span = text.span(several[0].first, several[0].after)
        found.append(Accusation(kind, tuple(units), span, By.REPORTER))
    return tuple(found)


def _reasons(
    text: Text, chosen: Sequence[Accusation], wanted: Sequence[str], organisation: Organisation
) -> Iterator[Reason]:
    for it in chosen:
        if it.span:
            yield Reason("wish.shut_out", it.span, {"evidence": text.original[slice(*it.span)]})
    if wanted:
        yield Reason("wish.wanted", None, {"units": ", ".join(organisation.units[code].name for code in wanted)})

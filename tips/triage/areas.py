"""Where: from the places that a text mentions to the place of the incident. Asking beats being wrong."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from tips.data import read
from tips.organisation.units import Areas
from tips.triage.gazetteer import Gazetteer, Mention, districts
from tips.triage.place_names import Reading
from tips.triage.place_signs import by_last_word, ends
from tips.triage.results import AreaCandidate, AreaFinding, Corrections, Reason
from tips.triage.text import Text

NEAR: Final = 3  # words between two mentions of one address at most
CLOSE_CALL: Final = 1.0  # a lead smaller than this is no decision
REPEATS: Final = 16  # addresses in the same words that are looked at


_SEAT: Final = by_last_word("seat")  # where an office sits, not where something happened
_NOT: Final = by_last_word("denied")
_HOME: Final = by_last_word("home")
_ELSEWHERE: Final = by_last_word("elsewhere")  # somebody comes from there, or goes there
_TELLING: Final = frozenset({*_SEAT, *_NOT, *_HOME, *_ELSEWHERE})
_AT: Final = frozenset(read("address_words.json")["at"])
_FORMER: Final = frozenset(read("address_words.json")["former"])


class Address(NamedTuple):
    """Mentions that stand together and mean one place."""

    mentions: Sequence[Mention]
    role: str  # incident seat home elsewhere
    weight: float  # how much it counts
    unsure: bool  # perhaps no place at all
    readings: tuple[Reading, ...]  # what they may mean together

    @property
    def first(self) -> int:
        """The first word."""
        return self.mentions[0].first

    @property
    def after(self) -> int:
        """The word after the last one."""
        return self.mentions[-1].after


class Places:
    """Reads the places of one text."""

    def __init__(self, areas: Areas, gazetteer: Gazetteer) -> None:
        self._areas = areas
        self._gazetteer = gazetteer

    def addresses(self, text: Text, mentions: Sequence[Mention], *, answer: bool) -> list[Address]:
        """All addresses of a text with what they may mean, those that it denies left out."""
        groups: list[list[Mention]] = []
        for mention in mentions:
            if groups and _together(text, groups[-1][-1], mention):
                groups[-1].append(mention)
            else:
                groups.append([mention])
        if len(groups) > REPEATS:
            groups = list(_first_ones(text, groups))
        found = (self._address(text, counting) for group in groups if (counting := _meant(group, answer)))
        return [address for address in found if address is not None]

    def _address(self, text: Text, mentions: Sequence[Mention]) -> Address | None:
        role, bonus = _role(text, mentions[0])
        if role == "not":
            return None
        unsure = weak = True
        score = bonus
        for it in mentions:
            weak = weak and (it.weak or it.kind == "street")
            if it.readings:
                unsure = unsure and it.unsure
                score += 3.0 if it.marked else 2.5 if it.kind == "landmark" else 1.5
        return Address(mentions, role, _weight(role, score, weak, unsure), unsure, self._combine(text, mentions))

    def _combine(self, text: Text, mentions: Sequence[Mention]) -> tuple[Reading, ...]:
        """What mentions of one address mean together: the readings that agree with the others' districts."""
        known = [it for it in mentions if it.readings]
        if len(known) < 2:
            return _preferred(known[0].readings, text, mentions, self._areas) if known else ()
        districts = [it for it in known if it.kind == "district" and (it.marked or len(known) > 1)]
        finer = [it for it in known if it.kind != "district"]
        marked = next((it for it in districts if it.marked), None)
        if marked:  # "Tân Phú, quận 9": the bare name is a ward of the marked district
            finer += [it for it in districts if not it.marked and _within(it, marked)]
            districts = [it for it in districts if it.marked]
        readings = tuple(finer[0].readings) if finer else tuple(known[0].readings)
        for other in districts if finer else ():
            readings = _narrow(finer[0], readings, other, self._gazetteer)
        for other in finer[1:]:
            readings = _narrow_by(readings, other)
        return _preferred(readings, text, mentions, self._areas)

    def find(
        self, text: Text, corrections: Corrections, *, answer: bool = False
    ) -> tuple[AreaFinding, list[Mention], list[Reason]]:
        """The place of the incident, every mention of a place, and why."""
        mentions = list(_of_the_city(text, self._gazetteer.mentions(text)))
        finding, reasons = self._find(text, mentions, corrections, answer=answer)
        return finding, mentions, reasons

    def _find(
        self, text: Text, mentions: Sequence[Mention], corrections: Corrections, *, answer: bool
    ) -> tuple[AreaFinding, list[Reason]]:
        addresses = self.addresses(text, mentions, answer=answer)
        if answer and not addresses and len(text.words) == 1 and (only := self._gazetteer.numbered(text.words[0])):
            return AreaFinding(only.district, span=text.span(0, 1)), []
        if corrections.area and self._areas.district_of(corrections.area):
            return self._corrected(corrections.area, addresses)
        placed = [it for it in addresses if it.readings]
        if not placed:
            return self._nowhere(text, addresses)
        if len(placed) == 1:
            return self._decided(text, placed[0], placed[0].readings, asking=placed[0].unsure and not answer)
        best = _joined(sorted(placed, key=lambda it: it.weight, reverse=True))
        readings = best.readings
        if len(meant := districts(readings)) == 1:
            rivals = [it for it in placed if it.weight > best.weight - CLOSE_CALL and it.role == best.role]
            others = [it for it in rivals if meant.isdisjoint(districts(it.readings))]
            readings = (*readings, *(reading for it in others for reading in it.readings))
        return self._decided(text, best, readings, asking=best.unsure and not answer)

    def _decided(
        self, text: Text, best: Address, readings: Sequence[Reading], *, asking: bool
    ) -> tuple[AreaFinding, list[Reason]]:
        span = text.span(best.first, best.after)
        evidence = text.said(best.first, best.after)
        if asking or len(districts(readings)) > 1:
            candidates = self._candidates(readings)
            names = ", ".join(it.name for it in candidates)
            reason = Reason("area.ask", span, {"evidence": evidence, "places": names})
            return AreaFinding(candidates=candidates, ask=True, span=span), [reason]
        district = readings[0].district
        wards = list(dict.fromkeys(code for it in readings for code in it.wards)) if readings[0].wards else []
        sure = all(it.wards for it in readings) and len({it.wards[:1] for it in readings}) == 1
        ward = wards[0] if sure else None
        parts = tuple(AreaCandidate(code, self._areas.name(code), "ward") for code in (wards if len(wards) > 1 else ()))
        finding = AreaFinding(district, ward, parts, span=span)
        label, name = readings[0].label, self._areas.name(ward or district)
        place = label if label == name else f"{label} → {name}"
        rule = {"seat": "area.seat", "home": "area.home"}.get(best.role, "area.ward" if ward else "area.district")
        return finding, [Reason(rule, span, {"evidence": evidence, "place": place})]

    def _candidates(self, readings: Sequence[Reading]) -> tuple[AreaCandidate, ...]:
        """One candidate for each district of numbered wards, and for each ward of a name."""
        found: dict[str, AreaCandidate] = {}
        numbered = any(it.level == "ward" and it.name.isdecimal() for it in readings)
        for reading in readings:
            codes = reading.wards if reading.wards and not numbered else (reading.district,)
            for code in codes:
                level = "ward" if code in self._areas.wards else "district"
                found.setdefault(code, AreaCandidate(code, self._areas.name(code), level))
        return tuple(found.values())

    def _corrected(self, code: str, addresses: Sequence[Address]) -> tuple[AreaFinding, list[Reason]]:
        """The person's choice; where it is a district, the text may still tell the ward in it."""
        district = self._areas.district_of(code)
        ward = code if code in self._areas.wards and code != district else None
        if ward is None:
            inside = {wards for it in addresses for wards in _wards_in(it, code) if wards}
            ward = next(iter(inside))[0] if len(inside) == 1 else None
        reason = Reason("area.chosen", None, {"place": self._areas.name(ward or code)})
        return AreaFinding(district, ward), [reason]

    def _nowhere(self, text: Text, addresses: Sequence[Address]) -> tuple[AreaFinding, list[Reason]]:
        for address in addresses:
            for mention in address.mentions:
                span = text.span(mention.first, mention.after)
                evidence = {"evidence": text.said(mention.first, mention.after)}
                if mention.kind == "outside" and not mention.unsure:
                    return AreaFinding(outside=True, span=span), [Reason("area.outside", span, evidence)]
                if mention.kind == "none" and mention.marked:
                    return AreaFinding(ask=True, span=span), [Reason("area.unknown", span, evidence)]
        return AreaFinding(), []


def _of_the_city(text: Text, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions without those that a place outside the city stands right behind: "Tân Phú Đồng Nai"."""
    for it, behind in itertools.zip_longest(mentions, mentions[1:]):
        outside = behind is not None and behind.kind == "outside" and not behind.unsure
        if not (outside and behind.first == it.after and not text.breaks[behind.first]):
            yield it


def _first_ones(text: Text, groups: Sequence[list[Mention]]) -> Iterator[list[Mention]]:
    """Addresses without those that were named in the same words too often."""
    said: Counter[tuple[str, ...]] = Counter()
    for group in groups:
        words = tuple(text.words[group[0].first : group[-1].after])
        said[words] += 1
        if said[words] <= REPEATS:
            yield group


def _together(text: Text, one: Mention, other: Mention) -> bool:
    """Whether two mentions belong to one address."""
    if other.first - one.after > NEAR or any(text.breaks[one.after : other.first + 1]):
        return False
    if not _JOINING.issuperset(text.words[one.after : other.first]):
        return False
    kinds = {one.kind, other.kind}
    same = one.kind == other.kind and not (one.marked != other.marked and one.kind == "district")
    return not same or kinds == {"landmark"}


_JOINING: Final = frozenset(
    [
        "cu",
        "thuoc",
        "cua",
        "truoc",
        "kia",
        "hoi",
        "xua",
        "quan",
        "huyen",
        "tp",
        "thanh",
        "pho",
        "o",
        "ben",
        "tai",
        "trong",
        "phia",
        "duong",
        "in",
        "of",
        "near",
        "at",
        "truc",
        "nay",
        "moi",
        "tren",
        "la",
        "mn",
        "day",
    ]
)


def _meant(group: Sequence[Mention], answer: bool) -> Sequence[Mention]:
    """The mentions that count: short ones only beside another place or in an answer."""
    if len(group) == 1:
        return group if group[0].kind != "city" and not (group[0].short and not answer) else ()
    alone = sum(bool(it.readings) for it in group) == 1
    return [it for it in group if it.kind != "city" and not (it.short and alone and not answer)]


def _weight(role: str, score: float, weak: bool, unsure: bool) -> float:
    """How much an address counts: where an office sits, or somebody lives, only where no surer place is named."""
    told = role == "incident" and not weak and not unsure
    return score - _LESS[role] - 2.0 * weak - 3.0 * unsure + 3.0 * told


_LESS: Final = {"incident": 0.0, "seat": 3.0, "home": 4.0, "elsewhere": 4.0}


def _role(text: Text, mention: Mention) -> tuple[str, float]:
    """What a place is to the story, from the words before it, and how sure a place of the incident it is."""
    start, words = mention.first, text.words
    low = max(start - 4, 0)
    if _TELLING.isdisjoint(words[low:start]):
        return "incident", _bonus(text, start)
    low = max(low - 3, 0)
    if True in text.breaks[low + 1 : start + 1]:
        low = next(at for at in range(start, low, -1) if text.breaks[at])
    before = words[low:start]
    if ends(before, _SEAT, 1):
        return "seat", 0.0
    if ends(before, _NOT, 2):
        return "not", 0.0
    if ends(before, _HOME, 3):
        return "home", 0.0
    if ends(before, _ELSEWHERE, 0) and mention.kind != "ward":
        return "elsewhere", 0.0
    return "incident", _bonus(text, start)


def _bonus(text: Text, start: int) -> float:
    """A little for a place behind "ở" or the like."""
    if not start or text.breaks[start]:
        return 0.0
    two = start > 1 and not text.breaks[start - 1] and text.words[start - 2] in _AT
    return 0.5 if two or text.words[start - 1] in _AT else 0.0


def _within(inner: Mention, outer: Mention) -> bool:
    return any(it.level == "ward" and it.district == outer.readings[0].district for it in inner.others)


def _narrow(
    mention: Mention, readings: tuple[Reading, ...], district: Mention, gazetteer: Gazetteer
) -> tuple[Reading, ...]:
    """The readings inside a district; a ward that it does not have leaves the district alone."""
    codes = {it.district for it in district.readings}
    named = (readings, mention.others)
    inside = next((some for these in named if (some := [it for it in these if codes & {it.district, *it.touches}])), [])
    if district.former:
        inside = [it for it in inside if it.name in gazetteer.former(district)]
    finer = [it for it in inside if it.level == "ward"]
    return tuple(dict.fromkeys(finer or inside)) or district.readings


def _narrow_by(readings: tuple[Reading, ...], other: Mention) -> tuple[Reading, ...]:
    """The readings that a landmark, street or second ward allows; all of them if it allows none."""
    codes = {it.district for it in other.readings}
    inside = tuple(it for it in readings if it.district in codes)
    if inside and not any(it.wards for it in inside):
        return tuple(it for it in other.readings if it.district in {one.district for one in inside})
    return inside or readings


def _preferred(
    readings: tuple[Reading, ...], text: Text, mentions: Sequence[Mention], areas: Areas
) -> tuple[Reading, ...]:
    """Of several readings of one name: today's ward before old ones of its district, the old city before the rest."""
    if len(readings) < 2:
        return readings
    old = mentions[-1].after < len(text.words) and text.words[mentions[-1].after] in _FORMER
    marked = any(it.marked and it.kind == "ward" for it in mentions)
    by_name: dict[str, list[Reading]] = {}  # Thanh An and Thạnh An, where their accents are missing
    for reading in readings:
        by_name.setdefault(reading.name, []).append(reading)
    if not marked:
        return _preferred_of_one(_likely_names(by_name, areas), areas, old=old, marked=False)
    return tuple(it for these in by_name.values() for it in _preferred_of_one(these, areas, old=old, marked=True))


def _likely_names(by_name: Mapping[str, Sequence[Reading]], areas: Areas) -> list[Reading]:
    """Of names that differ by their accents: beside a ward of today in the old city no old one outside it."""
    inside = {name: any(areas.districts[it.district].core for it in these) for name, these in by_name.items()}
    today = {name: any(it.current for it in these) for name, these in by_name.items()}
    best = any(inside[name] and today[name] for name in by_name)
    return [it for name, these in by_name.items() if not best or inside[name] or today[name] for it in these]


def _preferred_of_one(readings: Sequence[Reading], areas: Areas, *, old: bool, marked: bool) -> tuple[Reading, ...]:
    recent = tuple(it for it in readings if it.recent) or tuple(readings)
    current = [it for it in recent if it.current and it.level == "ward"]
    if current and not old:
        covered = {district for it in current for district in (it.touches or (it.district,))}
        recent = tuple(it for it in recent if it in current or it.district not in covered)
    core = tuple(it for it in recent if areas.districts[it.district].core)
    if marked and core and (any(it.current for it in core) or not current):
        return core
    return recent


def _joined(ranked: Sequence[Address]) -> Address:
    """The best address; where it fixes too little, others that agree with it help."""
    best = ranked[0]
    meant = districts(best.readings)
    for other in ranked[1:]:
        if other.role == "elsewhere":
            continue
        if len(meant) > 1:
            inside = tuple(it for it in best.readings if it.district in districts(other.readings))
            if inside and len(districts(inside)) < len(meant):
                best, meant = best._replace(readings=inside), districts(inside)
        elif not any(it.wards for it in best.readings) and other.role == best.role:
            finer = tuple(it for it in other.readings if it.wards and it.district in meant)
            if finer:
                best = best._replace(readings=finer)
    return best


def _wards_in(address: Address, district: str) -> list[tuple[str, ...]]:
    every = (it for mention in address.mentions for it in (*mention.readings, *mention.others))
    return [it.wards for it in every if it.level == "ward" and it.district == district]

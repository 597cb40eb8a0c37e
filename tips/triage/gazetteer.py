"""The gazetteer: every name of a place, past and present, and where a text names one.

Names are matched on their core ("Tân Định", never "Phường Tân Định"), because wards change their kind. The word
before a name (phường, p, f, quận, q, …) narrows what it may mean.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from tips.data import read
from tips.organisation.units import Areas, OldWard, Ward
from tips.triage import place_numbers, place_signs
from tips.triage.place_names import Doubt, Found, Names, Place, Reading, Sense, words_of
from tips.triage.place_numbers import CHINESE_DISTRICTS, CHINESE_WARDS, LAST_WARD
from tips.triage.place_signs import Sign
from tips.triage.text import Text

__all__ = ["Gazetteer", "Mention", "Reading", "core", "districts", "load"]

KINDS: Final = ("Thành phố ", "Quận ", "Huyện ", "Phường ", "Xã ", "Thị trấn ", "Đặc khu ")
WARD_MARKS: Final = (
    dict.fromkeys(("phuong", "p", "f", "ph", "fuong"), "Phường")
    | dict.fromkeys(("xa", "x", "commune"), "Xã")
    | {"ward": "", "tt": "Thị trấn", "dackhu": "Đặc khu"}
)
DISTRICT_MARKS: Final = frozenset({"quan", "q", "qu", "district", "dist", "d", "huyen", "h", "tp", "thanhpho"})
_SOUNDS: Final = {"quan": {"quận"}, "phuong": {"phường", "phừơng"}, "xa": {"xã"}, "huyen": {"huyện"}}
_LETTERS: Final = frozenset({"p", "f", "x", "q", "d", "h", "ph", "qu", "tt", "tp", "dist"})
_WEAK_LETTERS: Final = frozenset({"x", "d", "h"})  # xe, đường, giờ: no marker of a name that is also said
_NO_MARK_AFTER: Final = {"phuong": {"dia", "da", "doi", "song"}, "xa": {"bon", "xot"}}  # địa phương, bọn xã hội đen
_TWO_WORDS: Final = {"thi": ("tran", "tt"), "thanh": ("pho", "thanhpho"), "dac": ("khu", "dackhu")}
_ANY: Final = frozenset({*WARD_MARKS, *DISTRICT_MARKS, *_TWO_WORDS})
_CHINESE: Final = CHINESE_DISTRICTS | CHINESE_WARDS
_MARKS: Final = [
    *((it,) for it in (*WARD_MARKS, *DISTRICT_MARKS, *_CHINESE)),
    *((first, second) for first, (second, _) in _TWO_WORDS.items()),
]
_WITHOUT_NUMBERS: Final = frozenset({"huyen", "h", "tp", "thanhpho", "x", "xa", "tt", "dackhu"})
_ENGLISH: Final = frozenset({"ward", "district", "dist"})
_ENGLISH_BEHIND: Final = frozenset({"ward", "commune"})
NUMBERED: Final = frozenset({"quan", "q", "qu", "district", "dist", "d"})
_DISTRICT_KINDS: Final = (
    dict.fromkeys(NUMBERED, "Quận") | {"huyen": "Huyện", "h": "Huyện"} | dict.fromkeys(("tp", "thanhpho"), "Thành phố")
)
BESIDE: Final = 3  # words between two places that stand beside each other at most


class Mention(NamedTuple):
    """A place in a text: words `first` up to `after`, the marker included."""

    first: int
    after: int
    kind: str  # district ward landmark street outside city none
    readings: tuple[Reading, ...] = ()  # the likely ones
    others: tuple[Reading, ...] = ()  # possible beside another place
    marked: bool = False
    short: bool = False
    weak: bool = False  # a name that is also an ordinary word, or part of another name
    former: str = ""  # Quận 2 or Quận 9: narrows the wards of Thành phố Thủ Đức
    unsure: bool = False  # perhaps no place at all: it may be asked for, never decide


def core(name: str) -> str:
    """A name without its kind."""
    for kind in KINDS:
        if name.startswith(kind):
            return name.removeprefix(kind)
    return name


class Gazetteer:
    """Finds places in texts."""

    def __init__(self, areas: Areas) -> None:
        data = read("places.json")
        self._areas = areas
        self._codes = {district.name: district.code for district in areas.districts.values()}
        self._codes |= {ward.name: ward.code for ward in areas.wards.values()}
        self._numbered = _by_number(areas)
        self._names = Names(
            [*self._units(), *self._aliases(data), *self._provinces(data), *self._known(data)], data["spoken"], _MARKS
        )
        self._alone: dict[int, tuple[str, tuple[Reading, ...], tuple[Reading, ...], bool]] = {}
        self._common = {" ".join(words) for words, _ in words_of(data["common"])}

    def district(self, code: str, label: str = "") -> Reading:
        """A former district as a reading."""
        name = self._areas.name(code)
        return Reading("district", code, label=label or f"{name} (cũ)", name=core(name))

    def numbered(self, word: str) -> Reading | None:
        """The district that a bare number means as an answer: 3 is Quận 3."""
        code = self._codes.get(f"Quận {word.lstrip('0')}")
        if code is None and word in {"2", "9"}:
            code = self._codes.get("Thành phố Thủ Đức")
        return self.district(code) if code else None

    def former(self, mention: Mention) -> frozenset[str]:
        """The core names of the wards of a former Quận 2 or Quận 9."""
        return self._areas.former.get(mention.former, frozenset())

    # --- building ------------------------------------------------------------------------------------------

    def _units(self) -> Iterator[tuple[str, Place]]:
        """The names of all districts and wards, numbered ones left out."""
        found: dict[str, list[Reading]] = {}
        for district in self._areas.districts.values():
            found.setdefault(core(district.name), []).append(self.district(district.code))
        for ward in self._areas.wards.values():
            found.setdefault(core(ward.name), []).append(_of_ward(ward))
        for old in self._areas.old_wards:
            found.setdefault(core(old.name), []).append(_of_old(old, self._areas))
        for name, readings in found.items():
            if not name.isdecimal():
                yield name, Place("name", tuple(readings))

    def _aliases(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Place]]:
        for name, aliases in data["districts"].items():
            if code := self._codes.get(name):
                readings = (self.district(code),)
                yield from ((alias, Place("name", readings, alias in data["short"])) for alias in aliases)

    def _provinces(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Place]]:
        """What was a province beside the city: any of its districts."""
        for name, within in data["provinces"].items():
            if readings := tuple(self.district(self._codes[it]) for it in within if it in self._codes):
                yield name, Place("name", readings)

    def _known(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Place]]:
        """Landmarks, streets, what lies outside, and the city itself; of other areas than these none."""
        for name, where in data["landmarks"].items():
            yield from self._place("landmark", name, [where] if isinstance(where, str) else where)
        for district, names in data["streets"].items():
            for entry in names:
                name, _, ward = entry.partition(">")
                where = f"{_district(district)}/{ward}" if ward else _district(district)
                yield from self._place("landmark" if ward else "street", name, [where])
        for name, where in data["shared_streets"].items():
            yield from self._place("street", name, map(_district, where.split("|")))
        yield from ((name, Place("outside")) for name in data["outside"])
        yield from ((name, Place("city")) for name in data["city"])

    def _place(self, kind: str, name: str, places: Iterable[str]) -> Iterator[tuple[str, Place]]:
        if readings := tuple(self._landmark(it, name) for it in places if self._codes.keys() >= {*it.split("/")}):
            yield name, Place(kind, readings)

    def _landmark(self, where: str, name: str) -> Reading:
        district, _, ward = where.partition("/")
        wards = (self._codes[ward],) if ward else ()
        return Reading(
            "ward" if ward else "district", self._codes[district], wards, label=name, current=True, name=name
        )

    # --- finding -------------------------------------------------------------------------------------------

    def mentions(self, text: Text) -> list[Mention]:
        """The places in a text, in order, none overlapping."""
        found: list[Mention] = []
        index = 0
        for at in self._names.beginnings(text.words):
            if at < index:
                continue
            mention = self._at(text, at, found[-1] if found else None)
            if mention is not None:
                found.append(mention)
                index = mention.after
        return found

    def _at(self, text: Text, index: int, before: Mention | None) -> Mention | None:
        word = text.words[index]
        if word in _CHINESE:
            return self._chinese(text, index, before)
        marked = self._marked(text, index) if word in _ANY else None
        if marked is not None and not self._names.may_begin(text.words, index):
            return marked
        found = self._names.longest(text, index)
        if marked is not None and (found is None or marked.after >= found.after):
            return marked
        return self._bare(text, index, found, before) if found is not None else None

    def _chinese(self, text: Text, index: int, before: Mention | None) -> Mention | None:
        """第五郡, 第3坊."""
        number, first = place_numbers.chinese(text, index)
        if not number or (before is not None and first < before.after):
            return None
        mark = "quan" if text.words[index] in CHINESE_DISTRICTS else "phuong"
        return self._numbered_mention(first, index + 1, mark, number)

    def _marked(self, text: Text, index: int) -> Mention | None:
        """A place behind its marker: p22, Q. Bình Thạnh, thị trấn Hóc Môn."""
        mark, after = _marker(text, index)
        if not mark or after >= len(text.words) or (text.breaks[after] and text.words[after - 1] not in _LETTERS):
            return None
        word = text.raws[index]
        sounded = None if mark in _LETTERS else not word.isascii() if mark in _SOUNDS else None
        found = self._names.longest(text, after, sounded=sounded)
        number, end = _number(text, after, mark)
        if number and (found is None or end >= found.after):
            return self._numbered_mention(index, end, mark, number)
        if found is None or (found.doubt and mark in _WEAK_LETTERS and not _closed(text, after, found)):
            return None
        return self._marked_name(index, mark, found)

    def _marked_name(self, first: int, mark: str, found: Found) -> Mention | None:
        readings = found.sense.names
        if mark in DISTRICT_MARKS:
            likely = [it for it in readings if it.level == "district"]
            if found.doubt:  # "quán đi ăn" is no Thành phố Dĩ An
                likely = [it for it in likely if it.label.startswith(_DISTRICT_KINDS[mark])]
            unsure = found.doubt is Doubt.SECOND and mark == "thanhpho"  # "công an thành phố đi ăn"
            if not likely:
                return None
            return Mention(first, found.after, "district", tuple(likely), readings, marked=True, unsure=unsure)
        wards = [it for it in readings if it.level == "ward"]
        kind = WARD_MARKS[mark]
        likely = [it for it in wards if it.kind == kind or (it.current and kind != "Thị trấn")] or wards
        return Mention(first, found.after, "ward", tuple(likely), tuple(wards), marked=True) if likely else None

    def _numbered_mention(self, first: int, after: int, mark: str, number: int) -> Mention | None:
        if mark in NUMBERED:
            return self._numbered_district(first, after, number, sure=mark != "d")
        if not 1 <= number <= LAST_WARD:
            return None
        readings = self._numbered.get(number, ())
        likely = tuple(it for it in readings if it.recent and self._areas.districts[it.district].core)
        return Mention(first, after, "ward", likely, readings, marked=True)

    def _numbered_district(self, first: int, after: int, number: int, *, sure: bool) -> Mention | None:
        name = f"Quận {number}"
        if name in self._codes:
            return Mention(first, after, "district", (self.district(self._codes[name]),), marked=True)
        if number in (2, 9) and "Thành phố Thủ Đức" in self._codes:
            reading = self.district(self._codes["Thành phố Thủ Đức"], f"{name} (cũ)")
            return Mention(first, after, "district", (reading,), marked=True, former=name)
        return Mention(first, after, "none", marked=True) if sure and number <= LAST_WARD else None

    def _bare(self, text: Text, first: int, found: Found, before: Mention | None) -> Mention | None:
        """A place without a marker."""
        if place_signs.bound(text, first, found) or (found.bare and self._later(text, first, found)):
            return None
        sense = found.sense
        if sense.mark:
            return self._marked_name(first, sense.mark, found)
        if _on_street(text, first, found, before):
            kind = "street" if sense.streets else "none"
            return Mention(first, found.after, kind, sense.streets, weak=not sense.streets)
        sign = Sign.YES
        if found.doubt:
            sign = place_signs.weigh(text, first, found, beside=self._beside(text, first, found, before))
            if sign is Sign.NO:
                return None
        known = not sense.names or (sense.other is not None and sense.other.kind == "city")  # Sài Gòn, and its ward
        mention = _known_place(text, first, found) if known else self._named(text, first, found)
        return mention._replace(unsure=True) if mention and sign is Sign.ASK else mention

    def _named(self, text: Text, first: int, found: Found) -> Mention:
        """The name of a district or ward, alone or as a part of another name."""
        after = found.after
        if after < len(text.words) and text.words[after] in _ENGLISH_BEHIND:
            wards = tuple(it for it in found.sense.names if it.level == "ward")
            if wards:
                return Mention(first, after + 1, "ward", wards, found.sense.names, marked=True)
        mention = self._bare_name(text, first, found)
        part = place_signs.part_of(text, first)
        if part == "landmarks":
            return mention._replace(kind="landmark", readings=_around(mention.readings), weak=True)
        if part:
            return mention._replace(weak=True)
        if found.bare and first and text.raws[first - 1] == "cho":  # chợ, or chỗ
            return mention._replace(readings=_around(mention.readings))
        return mention

    def _bare_name(self, text: Text, first: int, found: Found) -> Mention:
        sense = found.sense
        known = self._alone.get(id(sense))  # senses live as long as the names
        if known is None:
            weak = " ".join(text.words[first : found.after]) in self._common
            known = self._alone[id(sense)] = self._likely(sense, weak)
        kind, readings, others, weak = known
        return Mention(first, found.after, kind, readings, others, False, sense.short, weak)

    def _likely(self, sense: Sense, weak: bool) -> tuple[str, tuple[Reading, ...], tuple[Reading, ...], bool]:
        """What a name without a marker is, what it probably means, what it may mean, and whether it tells little."""
        readings = sense.names
        districts = tuple(it for it in readings if it.level == "district")
        if not districts and len(sense.streets) > 1:
            readings += sense.streets  # a ward and streets of one name: nobody can tell which
            districts = sense.streets
        centre = tuple(it for it in districts if self._areas.districts[it.district].core)
        if centre and districts is not sense.streets:
            return "district", centre, readings, weak
        wards = tuple(it for it in readings if it.level == "ward" and it.recent)
        if districts:
            old = tuple(it for it in wards if self._areas.districts[it.district].core)
            return "district", (*districts, *old), readings, weak
        return "ward", wards or readings, readings, weak

    def _later(self, text: Text, first: int, found: Found) -> bool:
        """Whether a name without accents is only another word and the half of the name that is meant: "tận Long An"."""
        one, two = (text.original[text.starts[at]].isupper() for at in (first, min(first + 1, found.after - 1)))
        if one or not (two or text.words[first] in place_signs.HEREABOUTS_BARE):
            return False
        inner = self._names.longest(text, first + 1)
        return inner is not None and inner.after > found.after

    def _beside(self, text: Text, first: int, found: Found, before: Mention | None) -> bool:
        """Whether another place of the same district stands beside a name."""
        meant = found.sense.districts
        if before is not None and _linked(text, before.after, first) and meant & _touched(before.readings):
            return True
        ahead = range(found.after, min(found.after + BESIDE, len(text.words)))
        return any(_linked(text, found.after, at) and meant & self._plain(text, at) for at in ahead)

    def _plain(self, text: Text, index: int) -> AbstractSet[str]:
        """The districts of a place that begins at a word and can be no other words."""
        marked = self._marked(text, index) if text.words[index] in _ANY else None
        if marked is not None:
            return _touched(marked.readings)
        found = self._names.longest(text, index)
        return frozenset() if found is None or found.doubt else found.sense.districts


def _known_place(text: Text, first: int, found: Found) -> Mention | None:
    """A landmark, a street, the city, or what lies outside it."""
    streets, other = found.sense.streets, found.sense.other
    if not streets or (other and found.after - first < 3):
        return Mention(first, found.after, other.kind, other.readings) if other else None
    if found.after - first < 3:  # a street's short name alone means its neighbourhood; longer ones may be people's
        if found.bare and found.doubt is Doubt.SECOND and not text.original[text.starts[first]].isupper():
            return None
        near = place_signs.stands_behind(text, first) or place_signs.at_crossing(text, first)
        return Mention(first, found.after, "landmark", streets) if near else None
    previous = text.words[first - 1] if first else ""
    return None if previous in _PEOPLE or previous in _DATES else Mention(first, found.after, "street", streets)


def _linked(text: Text, after: int, first: int) -> bool:
    """Whether nothing but linking words stands between two places."""
    return first - after < BESIDE and all(word in _LINKING for word in text.words[after:first])


_LINKING: Final = frozenset(["cu", "thuoc", "quan", "huyen", "nay", "la", "gan", "cua", "in", "of"])


def _touched(readings: Iterable[Reading]) -> set[str]:
    return {code for it in readings for code in (it.district, *it.touches)}


def _around(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """The districts of what a landmark is called after: it may stand in the next ward."""
    return tuple(Reading("district", it.district, label=it.label, name=it.name) for it in readings)


def _closed(text: Text, after: int, found: Found) -> bool:
    """Whether a letter before a name is surely its marker: x.longhoa, X. Long Hòa."""
    return found.after == after + 1 or text.original[text.ends[after - 1]] == "."


_OF_THE_ROAD: Final = frozenset(["mat", "giua", "ngoai", "ra", "le", "doc", "bang", "con"])


def _on_street(text: Text, first: int, found: Found, before: Mention | None) -> bool:
    """Whether the text says that a name is a street's."""
    if found.after < len(text.words) and text.words[found.after] in {"street", "str", "st"}:
        return True
    inside = before is not None and before.after == first  # the "duong" of Bình Dương
    if not first or inside or text.words[first - 1] not in {"duong", "pho", "hem", "hxh"}:
        return False
    return not found.bare or not found.doubt or first < 2 or text.words[first - 2] not in _OF_THE_ROAD


def _number(text: Text, index: int, mark: str) -> tuple[int, int]:
    """The number of a district or ward at a word, and the word after it; 0: none."""
    if mark in _WITHOUT_NUMBERS:
        return 0, index
    number, after = place_numbers.digits(text, index, english=mark in _ENGLISH)
    if number or mark not in {"quan", "phuong"} or text.starts[index] > text.ends[index - 1] + 1:
        return number, after
    here = index > 1 and text.words[index - 2] in place_signs.HERE_BARE
    return place_numbers.spelled(text, index, sounded=text.raws[index - 1] in _SOUNDS[mark], here=here)


def _district(name: str) -> str:
    return f"Quận {name}" if name.isdecimal() else name


def _marker(text: Text, index: int) -> tuple[str, int]:
    """The marker at a word ("": none) and the word after it."""
    word, raw = text.words[index], text.raws[index]
    if index and text.words[index - 1] in _NO_MARK_AFTER.get(word, ()) and not text.breaks[index]:
        return "", index
    following = text.words[index + 1] if index + 1 < len(text.words) else ""
    if word in _TWO_WORDS:
        second, mark = _TWO_WORDS[word]
        return (mark, index + 2) if following == second else ("", index)
    if not raw.isascii() and raw not in _SOUNDS.get(word, ()):
        return "", index
    if word in _LETTERS:
        before = text.words[index - 1] if index else ""
        if text.glued(index) and before.isdecimal() and word != "f":
            return "", index  # 15p, 2h
        if word in {"d", "h"} and following.isdecimal() and not text.glued(index + 1):
            return "", index
        if word == "h" and following.isdecimal():
            return "", index
    return word, index + 1


_DATES: Final = frozenset(["ngay", "mong", "mung", "hom", "toi", "sang"])  # ngày 3 tháng 2
_PEOPLE: Final = frozenset(
    ["anh", "chi", "ong", "ba", "chu", "co", "bac", "em", "ten", "thay", "di", "cau", "me", "cha"]
)


def _of_ward(ward: Ward) -> Reading:
    kind = ward.name.partition(" ")[0]
    label = ward.name
    name = core(ward.name)
    return Reading(
        "ward", ward.districts[0], (ward.code,), kind, label, current=True, touches=ward.districts, name=name
    )


def _of_old(old: OldWard, areas: Areas) -> Reading:
    name = core(old.name)
    kind = old.name.removesuffix(name).strip()
    label = f"{old.name}, {areas.name(old.district)} (cũ)"
    return Reading("ward", old.district, old.successors, kind, label, recent=old.valid_to >= "2024", name=name)


def _by_number(areas: Areas) -> dict[int, tuple[Reading, ...]]:
    found: dict[int, list[Reading]] = {}
    for old in areas.old_wards:
        if core(old.name).isdecimal():
            found.setdefault(int(core(old.name)), []).append(_of_old(old, areas))
    return {number: tuple(readings) for number, readings in found.items()}


def districts(readings: Iterable[Reading]) -> set[str]:
    """The former districts of readings."""
    return {reading.district for reading in readings}


@functools.lru_cache(maxsize=4)  # the organisation in force, and those that somebody compares it with
def load(areas: Areas) -> Gazetteer:
    """The gazetteer of area tables."""
    return Gazetteer(areas)

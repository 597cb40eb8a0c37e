"""The gazetteer: every name of a place, past and present, and what it may mean.

Names are matched on their core ("Tân Định", never "Phường Tân Định"), because wards change their kind. The word
before a name (phường, p, f, quận, q, …) narrows what it may mean.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tips.data import read
from tips.organisation.units import Areas, OldWard, Ward, load_areas
from tips.triage import text as texts
from tips.triage.text import Phrases, Text

KINDS: Final = ("Thành phố ", "Quận ", "Huyện ", "Phường ", "Xã ", "Thị trấn ", "Đặc khu ")
WARD_MARKS: Final = {"phuong": "Phường", "p": "Phường", "f": "Phường", "ph": "Phường", "fuong": "Phường",
                     "ward": "", "xa": "Xã", "x": "Xã", "tt": "Thị trấn", "commune": "Xã"}  # fmt: skip
DISTRICT_MARKS: Final = frozenset({"quan", "q", "qu", "district", "dist", "d", "huyen", "h", "tp", "thanhpho"})
NUMBERED: Final = frozenset({"quan", "q", "qu", "district", "dist", "d"})
_SOUNDS: Final = {"quan": {"quận"}, "phuong": {"phường", "phừơng"}, "xa": {"xã"}, "huyen": {"huyện"}}
_LETTERS: Final = frozenset({"p", "f", "x", "q", "d", "h", "ph", "qu", "tt"})
_COUNTED: Final = ("nhất", "một", "mốt", "hai", "ba", "bốn", "tư", "năm", "lăm", "sáu", "bảy", "bẩy", "tám", "chín",
                   "mười", "mươi")  # fmt: skip
_UNSURE_NUMBERS: Final = frozenset({"ba", "hai", "nam", "sau", "mot", "lam"})  # common words without their accents
LAST_WARD: Final = 28


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a name may mean."""

    level: str  # ward district
    district: str
    wards: tuple[str, ...] = ()  # today's wards, the main one first; (): not known which
    kind: str = ""  # Phường Xã Thị trấn; "" for a district
    label: str = ""  # as an officer reads it: "Phường 22, Quận Bình Thạnh (cũ)"
    current: bool = False  # a ward of today
    recent: bool = True  # valid until 2025, or ended no earlier than the end of 2024
    touches: tuple[str, ...] = ()  # former districts that a ward of today lies in


@dataclass(frozen=True, slots=True)
class Place:
    """What a phrase names."""

    kind: str  # name landmark street outside city
    readings: tuple[Reading, ...] = ()
    short: bool = False  # an abbreviation that means something only beside another place


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a text: words `first` up to `after`, the marker included."""

    first: int
    after: int
    kind: str  # district ward landmark street outside city none
    readings: tuple[Reading, ...] = ()  # the likely ones
    others: tuple[Reading, ...] = field(default=())  # possible beside another place
    marked: bool = False
    short: bool = False
    weak: bool = False  # a name that is also an ordinary word, or part of another name
    former: str = ""  # Quận 2 or Quận 9: narrows the wards of Thành phố Thủ Đức


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
        self._names: Phrases[Place] = Phrases()
        self._common = {" ".join(texts.parse(name).words) for name in data["common"]}
        self._numbered = _by_number(areas)
        self._numbers = read("words.json")["numbers"]
        self._add_names(data)
        self._add_known(data)

    def district(self, code: str, label: str = "") -> Reading:
        """A former district as a reading."""
        return Reading("district", code, label=label or f"{self._areas.name(code)} (cũ)")

    def numbered(self, word: str) -> Reading | None:
        """The district that a bare number means as an answer: 3 is Quận 3."""
        code = self._codes.get(f"Quận {word.lstrip('0')}")
        if code is None and word in {"2", "9"}:
            code = self._codes["Thành phố Thủ Đức"]
        return self.district(code) if code else None

    def former(self, mention: Mention) -> frozenset[str]:
        """The core names of the wards of a former Quận 2 or Quận 9."""
        return self._areas.former.get(mention.former, frozenset())

    # --- building ------------------------------------------------------------------------------------------

    def _add_names(self, data: dict[str, dict[str, list[str]]]) -> None:
        found: dict[str, list[Reading]] = {}
        for district in self._areas.districts.values():
            if not core(district.name).isdecimal():
                found.setdefault(core(district.name), []).append(self.district(district.code))
        for ward in self._areas.wards.values():
            found.setdefault(core(ward.name), []).append(_of_ward(ward))
        for old in self._areas.old_wards:
            if not core(old.name).isdecimal():
                found.setdefault(core(old.name), []).append(_of_old(old, self._areas))
        for name, readings in found.items():
            self._add(name, Place("name", tuple(readings)))
        short = set(data["short"])
        for name, aliases in data["districts"].items():
            place = Place("name", (self.district(self._codes[name]),))
            for alias in aliases:
                self._names.add(alias, Place("name", place.readings, short=alias in short))

    def _add(self, name: str, place: Place) -> None:
        self._names.add(name, place)
        glued = "".join(texts.parse(name).words)
        if " " in name:
            self._names.add(f"~{glued}", place)
            if any(reading.level == "district" for reading in place.readings):
                self._names.add(f"~q{glued}", place)

    def _add_known(self, data: dict[str, dict[str, list[str] | str]]) -> None:
        for name, where in data["landmarks"].items():
            places = [where] if isinstance(where, str) else where
            self._names.add(name, Place("landmark", tuple(self._landmark(it, name) for it in places)))
        for district, names in data["streets"].items():
            for entry in names:
                name, _, ward = entry.partition(">")
                reading = self._landmark(f"{_district(district)}/{ward}" if ward else _district(district), name)
                self._names.add(name, Place("landmark" if ward else "street", (reading,)))
        for name, where in data["shared_streets"].items():
            shared = [self._landmark(_district(it), name) for it in str(where).split("|")]
            self._names.add(name, Place("street", tuple(shared)))
        for name in data["outside"]:
            self._names.add(name, Place("outside"))
        for name in data["city"]:
            self._names.add(name, Place("city"))

    def _landmark(self, where: str, name: str) -> Reading:
        district, _, ward = where.partition("/")
        wards = (self._codes[ward],) if ward else ()
        return Reading("ward" if ward else "district", self._codes[district], wards, label=name, current=True)

    # --- finding -------------------------------------------------------------------------------------------

    def mentions(self, text: Text) -> list[Mention]:
        """The places in a text, in order, none overlapping."""
        named: dict[int, list[tuple[int, Place]]] = {}
        for first, after, place in self._names.find(text):
            named.setdefault(first, []).append((after, place))
        found: list[Mention] = []
        index = 0
        while index < len(text.words):
            mention = self._at(text, index, named)
            if mention is None:
                index += 1
            else:
                found.append(mention)
                index = mention.after
        return found

    def _at(self, text: Text, index: int, named: dict[int, list[tuple[int, Place]]]) -> Mention | None:
        word = text.words[index]
        if word in WARD_MARKS or word in DISTRICT_MARKS or word in {"thi", "thanh"}:
            marked = self._marked(text, index, named)
            if marked is not None and marked.after >= max((end for end, _ in named.get(index, ())), default=0):
                return marked
        if index not in named:
            return None
        after = max(end for end, _ in named[index])
        return self._bare(text, index, after, [place for end, place in named[index] if end == after])

    def _marked(self, text: Text, index: int, named: dict[int, list[tuple[int, Place]]]) -> Mention | None:
        """A place behind its marker: p22, Q. Bình Thạnh, thị trấn Hóc Môn."""
        mark, after = _marker(text, index)
        if not mark or after >= len(text.words) or text.breaks[after]:
            return None
        number, end = self._number(text, after, mark)
        if number:
            return self._numbered_mention(text, index, end, mark, number)
        places = [(end, place) for end, place in named.get(after, ()) if place.kind == "name"]
        if not places:
            return None
        end = max(it for it, _ in places)
        readings = [reading for it, place in places if it == end for reading in place.readings]
        if mark in DISTRICT_MARKS:
            likely = [it for it in readings if it.level == "district"]
            return Mention(index, end, "district", tuple(likely), tuple(readings), marked=True) if likely else None
        wards = [it for it in readings if it.level == "ward"]
        kind = WARD_MARKS[mark]
        likely = [it for it in wards if it.kind == kind or (it.current and kind != "Thị trấn")] or wards
        return Mention(index, end, "ward", tuple(likely), tuple(wards), marked=True) if likely else None

    def _number(self, text: Text, index: int, mark: str) -> tuple[int, int]:
        """The number at a word, in digits or words, and the word after it; 0: none."""
        word = text.words[index]
        if mark in DISTRICT_MARKS - NUMBERED or mark in {"x", "tt", "xa"}:
            return 0, index
        if word.isdecimal():
            return (int(word), index + 1) if len(word) <= 2 else (0, index)
        if mark not in {"quan", "phuong"} or not self._counts(text, index):
            return 0, index
        value, after = 0, index
        while after < len(text.words) and after < index + 3 and self._counts(text, after):
            number = self._numbers[text.words[after]]
            value = value * 10 if number == 10 and value else value + number
            after += 1
        sure = text.raws[index - 1] in _SOUNDS[mark] or after > index + 1
        if not sure and text.words[index] in _UNSURE_NUMBERS:
            return 0, index
        return value, after

    def _counts(self, text: Text, index: int) -> bool:
        raw = text.raws[index]
        return text.words[index] in self._numbers and (raw.isascii() or raw in _COUNTED)

    def _numbered_mention(self, text: Text, first: int, after: int, mark: str, number: int) -> Mention | None:
        if mark in NUMBERED:
            name = f"Quận {number}"
            if name in self._codes:
                return Mention(first, after, "district", (self.district(self._codes[name]),), marked=True)
            if number in (2, 9):
                reading = self.district(self._codes["Thành phố Thủ Đức"], f"{name} (cũ)")
                return Mention(first, after, "district", (reading,), marked=True, former=name)
            return Mention(first, after, "none", marked=True) if mark != "d" and number <= LAST_WARD else None
        if not 1 <= number <= LAST_WARD:
            return None
        readings = self._numbered.get(number, ())
        likely = tuple(it for it in readings if it.recent and self._areas.districts[it.district].core)
        return Mention(first, after, "ward", likely, readings, marked=True)

    def _bare(self, text: Text, first: int, after: int, places: Sequence[Place]) -> Mention | None:
        """A place without a marker."""
        names = [place for place in places if place.kind == "name"]
        previous = text.words[first - 1] if first else ""
        following = text.words[after] if after < len(text.words) else ""
        on_street = previous in {"duong", "pho", "hem", "hxh"} or following in {"street", "str", "st"}
        street = next((place for place in places if place.kind == "street"), None)
        if on_street or (street and not names):
            return (
                _street(text, first, after, street, on_street) if street else Mention(first, after, "none", weak=True)
            )
        for place in places:
            if place.kind in {"landmark", "outside", "city"} and not names:
                return Mention(first, after, place.kind, place.readings)
        readings = tuple(reading for place in names for reading in place.readings)
        if street and len(street.readings) > 1 and not any(it.level == "district" for it in readings):
            readings += street.readings  # a ward and streets of one name: nobody can tell which
        if not readings:
            return None
        if following in {"ward", "commune"} and (wards := tuple(it for it in readings if it.level == "ward")):
            return Mention(first, after + 1, "ward", wards, readings, marked=True)
        return self._bare_name(text, first, after, readings, all(place.short for place in names))

    def _bare_name(self, text: Text, first: int, after: int, readings: tuple[Reading, ...], short: bool) -> Mention:
        districts = [it for it in readings if it.level == "district"]
        centre = [it for it in districts if self._areas.districts[it.district].core]
        weak = " ".join(text.words[first:after]) in self._common or _part_of_name(text, first)
        if centre:
            return Mention(first, after, "district", tuple(centre), readings, short=short, weak=weak)
        wards = tuple(it for it in readings if it.level == "ward" and it.recent)
        if districts:
            old = tuple(it for it in wards if self._areas.districts[it.district].core)
            return Mention(first, after, "district", (*districts, *old), readings, weak=weak)
        return Mention(first, after, "ward", wards or readings, readings, weak=weak)


def _district(name: str) -> str:
    return f"Quận {name}" if name.isdecimal() else name


def _marker(text: Text, index: int) -> tuple[str, int]:
    """The marker at a word ("": none) and the word after it."""
    word, raw = text.words[index], text.raws[index]
    following = text.words[index + 1] if index + 1 < len(text.words) else ""
    if word == "thi":
        return ("tt", index + 2) if following == "tran" else ("", index)
    if word == "thanh":
        return ("thanhpho", index + 2) if following == "pho" else ("", index)
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


def _street(text: Text, first: int, after: int, place: Place, on_street: bool) -> Mention | None:
    """A street; two-word names are streets only where the text says so, three-word ones may be people's."""
    previous = text.words[first - 1] if first else ""
    if not on_street and (after - first < 3 or previous in _PEOPLE):
        return None
    return Mention(first, after, "street", place.readings)


_PEOPLE: Final = frozenset(
    ["anh", "chi", "ong", "ba", "chu", "co", "bac", "em", "ten", "thay", "di", "cau", "me", "cha"]
)
_PART_OF: Final = frozenset(
    [
        "duong",
        "hem",
        "cau",
        "cho",
        "kcn",
        "nghiep",
        "ga",
        "xe",
        "tu",
        "truong",
        "vien",
        "cu",
        "san",
        "hang",
        "quan",
        "tiem",
        "shop",
        "ti",
        "chua",
        "tho",
        "kenh",
        "rach",
        "phim",
        "song",
        "xe",
        "lo",
        "xuong",
        "karaoke",
        "spa",
        "coffee",
        "cafe",
        "massage",
        "salon",
        "bida",
        "gym",
        "pham",
        "bun",
        "pho",
        "com",
        "hotel",
        "nghia",
    ]
)


def _part_of_name(text: Text, first: int) -> bool:
    """Whether a name belongs to something else: chợ …, cầu …, trường …, công ty …, quán …."""
    return first > 0 and not text.breaks[first] and text.words[first - 1] in _PART_OF


def _of_ward(ward: Ward) -> Reading:
    kind = ward.name.partition(" ")[0]
    label = ward.name
    return Reading("ward", ward.districts[0], (ward.code,), kind, label, current=True, touches=ward.districts)


def _of_old(old: OldWard, areas: Areas) -> Reading:
    kind = old.name.removesuffix(core(old.name)).strip()
    label = f"{old.name}, {areas.name(old.district)} (cũ)"
    return Reading("ward", old.district, old.successors, kind, label, recent=old.valid_to >= "2024")


def _by_number(areas: Areas) -> dict[int, tuple[Reading, ...]]:
    found: dict[int, list[Reading]] = {}
    for old in areas.old_wards:
        if core(old.name).isdecimal():
            found.setdefault(int(core(old.name)), []).append(_of_old(old, areas))
    return {number: tuple(readings) for number, readings in found.items()}


def desks(readings: Iterable[Reading]) -> Iterator[str]:
    """The former districts of readings, each once."""
    yield from dict.fromkeys(reading.district for reading in readings)


@functools.cache
def load() -> Gazetteer:
    """The gazetteer of the shipped area tables."""
    return Gazetteer(load_areas())

"""The organisation: who can receive or be accused, what is above and below them, and which area they answer for.

It is made of a document (`documents`), which is data in the home; those that ship are `templates`.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from tips import errors
from tips.organisation import templates
from tips.organisation.documents import Document
from tips.organisation.taxonomy import Urgency, categories
from tips.organisation.terms import Terms

HELD: Final = "held"
DUTY: Final = "duty"  # takes what no area, category or accusation gives to anybody else; every organisation has one
OTHER: Final = "other_official"  # the row of the conflict table for kinds that it does not list


class UnitKind(StrEnum):
    """What a unit is."""

    AREA_DESK = "area_desk"
    WARD_POLICE = "ward_police"
    CITY_DEPARTMENT = "city_department"
    CITY_POLICE = "city_police"
    PROCURACY = "procuracy"
    INSPECTORATE = "inspectorate"
    MINISTRY = "ministry"
    STEERING = "steering"  # a committee above the police
    DUTY = "duty"
    HELD = "held"  # nobody: what waits for the quorum
    OFFICE = "office"  # of a company or an association: under its management
    BRANCH = "branch"
    COMMITTEE = "committee"  # of its board or its members, above the management
    OMBUDSPERSON = "ombudsperson"  # outside of it


OVERSIGHT: Final = frozenset({UnitKind.PROCURACY, UnitKind.INSPECTORATE, UnitKind.COMMITTEE, UnitKind.OMBUDSPERSON})
ACCUSED_AS: Final[Mapping[str, str]] = {  # a unit's kind -> the row of the conflict table for it; else `OTHER`
    "area_desk": "district_police", "ward_police": "ward_police", "city_department": "city_department",
    "city_police": "city_police_leadership", "duty": "city_department", "procuracy": "court_or_procuracy",
    "office": "management", "branch": "branch",
}  # fmt: skip
_BRANCHES: Final[Mapping[str, str]] = {  # a unit's kind -> the branch it belongs to; else its own
    "area_desk": "police", "ward_police": "police", "city_department": "police", "city_police": "police",
    "duty": "police", "steering": "police", "office": "management", "branch": "management",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation that can receive, or be accused in, a tip."""

    code: str
    name: str  # as people know it
    kind: UnitKind
    parent: str | None  # who commands it; None: nobody in this organisation
    receives: bool
    area: str | None  # a desk's district code, a ward's code; None: the whole city


@dataclass(frozen=True, slots=True)
class District:
    """A district as it was until 30 June 2025."""

    code: str
    name: str
    core: bool  # of the old city; False: of old Bình Dương or Bà Rịa-Vũng Tàu
    valid_to: str


@dataclass(frozen=True, slots=True)
class Ward:
    """A ward, commune or special zone of today."""

    code: str
    name: str
    districts: tuple[str, ...]  # the former districts that it touches, the main one first
    lat: float
    lon: float
    valid_from: str
    valid_to: str | None  # None: still so


@dataclass(frozen=True, slots=True)
class OldWard:
    """A name that ended: on 30 June 2025, on 31 December 2024, or on 31 December 2020."""

    name: str
    district: str
    successors: tuple[str, ...]  # today's ward codes, the main one first; (): somewhere in the district
    valid_to: str


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """The area tables with their lineage; one is the same as itself alone."""

    districts: Mapping[str, District]
    wards: Mapping[str, Ward]
    old_wards: tuple[OldWard, ...]
    former: Mapping[str, frozenset[str]]  # Quận 2, Quận 9, Quận Thủ Đức: core names of their wards
    touching: Mapping[str, tuple[str, ...]] = field(repr=False)  # district -> wards that touch it

    def name(self, code: str) -> str:
        """The name of a district or ward code; the code itself if there is none."""
        place = self.districts.get(code) or self.wards.get(code)
        return place.name if place else code

    def district_of(self, code: str) -> str | None:
        """The main former district of a ward; a district's own code; None: unknown."""
        if code in self.districts:
            return code
        ward = self.wards.get(code)
        return ward.districts[0] if ward else None


@dataclass(frozen=True, slots=True)
class Founders:
    """Who signs a new home's roster, and who gets a share of its recovery seed."""

    admins: tuple[tuple[str, str], ...]  # name, office
    shares: tuple[str, ...]  # offices
    needed: int  # how many of them bring it back


@dataclass(frozen=True, slots=True, eq=False)
class Organisation:
    """The units of one organisation, and the rules for conflicts of interest; one is the same as itself alone."""

    name: str
    title: str
    digest: str  # of its document
    units: Mapping[str, Unit]
    areas: Areas
    escalates_to: Mapping[str, str] = field(repr=False)  # unit or kind -> the next level of a late case
    conflicts: Mapping[str, Mapping[str, Any]] = field(repr=False)  # accused kind -> to, also, means; by rank;
    # last what only a person can say
    together: tuple[frozenset[str], ...] = field(repr=False)  # codes that are one office
    successors: Mapping[str, Sequence[str]] = field(repr=False)  # code, also of a unit that is gone -> who followed
    owners: Mapping[str, str] = field(repr=False)  # category prefix -> owner instead of an area desk
    departments: Mapping[str, str] = field(repr=False)  # category -> the first department that it belongs to
    urgencies: Mapping[str, Urgency | None] = field(repr=False)  # category -> how soon, else as the taxonomy says
    founders: Founders
    terms: Terms = field(repr=False)
    document: Document = field(repr=False)
    _below: Mapping[str, frozenset[str]] = field(repr=False)

    @property
    def oversight(self) -> frozenset[str]:
        """The codes of procuracies, inspectorates and the like: who is above or outside of what they look at."""
        return frozenset(code for code, it in self.units.items() if it.kind in OVERSIGHT)

    def unit(self, code: str) -> Unit:
        """The unit of a code.

        Raises:
            NotFound: there is none.
        """
        try:
            return self.units[code]
        except KeyError:
            raise errors.NotFound from None

    def unit_name(self, code: str) -> str:
        """What a unit is called; the code itself of one that is no longer there."""
        return self.units[code].name if code in self.units else code

    def below(self, code: str) -> frozenset[str]:
        """Every unit under a unit's command, however deep; a desk also commands each ward that touches its area."""
        return self._below.get(code, frozenset())

    def lineage(self, code: str) -> frozenset[str]:
        """The unit, its predecessors and successors, and the other codes of the same office."""
        unit = self.unit(code)
        family = {code}.union(*(codes for codes in self.together if code in codes))
        if unit.kind == UnitKind.AREA_DESK:
            family |= self.wards_of(unit.area)
        return frozenset(family)

    def heirs(self, codes: Collection[str]) -> frozenset[str]:
        """Who followed units that are gone or were parted, and who followed them: they are shut out with them."""
        found, waiting = set[str](), [*codes]
        while waiting:
            following = {*self.successors.get(waiting.pop(), ())} - found
            found |= following
            waiting += following
        return frozenset(found)

    def chain(self, code: str) -> tuple[str, ...]:
        """The unit and the levels that its late cases escalate to, up to `held`."""
        found = [code]
        while found[-1] != HELD:
            found.append(self.above(self.unit(found[-1])))
        return tuple(found)

    def above(self, unit: Unit) -> str:
        """The next level of a unit's late cases."""
        above = self.escalates_to.get(unit.code) or self.escalates_to.get(unit.kind)
        if above:
            return above
        parent = self.units.get(unit.parent or "")
        return parent.code if parent and parent.kind == UnitKind.AREA_DESK else DUTY

    def urgency(self, category: str | None) -> Urgency | None:
        """How soon somebody must act where nothing raises or lowers it; None: that is not said."""
        code = category or ""
        known = categories().get(code)
        return self.urgencies.get(code, known.urgency if known else None)

    def rule(self, accused: str) -> str:
        """The row of the conflict table for a kind of accused."""
        return accused if accused in self.conflicts else OTHER

    def desk(self, district: str | None, ward: str | None) -> str | None:
        """The unit that owns an area: its desk, or its ward where wards own; None: nobody in particular."""
        for code in (f"area-{district or self.areas.district_of(ward or '')}", f"ward-{ward}"):
            if code in self.units:
                return code
        return None

    def wards_of(self, district: str | None) -> frozenset[str]:
        """The ward police of each ward that touches a district."""
        return frozenset(f"ward-{code}" for code in self.areas.touching.get(district or "", ())) & self.units.keys()

    def desks_of(self, ward: str) -> frozenset[str]:
        """The desks of each district that a ward's police unit touches; empty where no desks are."""
        area = self.units[ward].area if ward in self.units else None
        touched = self.areas.wards[area].districts if area and area in self.areas.wards else ()
        return frozenset(code for code in (f"area-{it}" for it in touched) if code in self.units)

    def area_name(self, code: str) -> str:
        """The name of a district code or of a current ward code, as people know it."""
        return self.areas.name(code)


@functools.cache
def load(name: str = templates.DEFAULT) -> Organisation:
    """A shipped organisation, by name: its newest edition.

    Raises:
        BadSetting: no such organisation.
    """
    return of_document(templates.newest(name))


def of_document(document: Document) -> Organisation:
    """The organisation that a document tells of, which was checked (`document_checks`) before anybody signed it.

    Raises:
        BadSetting: it was not, and its units hang together in no way.
    """
    try:
        return _made(document)
    except (KeyError, ValueError) as error:
        raise errors.BadSetting(f"this organisation does not hold together: `tinbao org check` ({error})") from error


def _made(document: Document) -> Organisation:
    plain = document.plain
    units = {row["code"]: Unit(**{**row, "kind": UnitKind(row["kind"])}) for row in plain["units"]}
    places, founders = _areas(plain["areas"]), plain["founders"]
    return Organisation(
        name=plain["name"],
        title=plain["title"],
        digest=document.digest,
        units=units,
        areas=places,
        escalates_to=plain["climbs"],
        conflicts={row["accused"]: row for row in (*plain["conflicts"], *plain["chosen"])},
        together=tuple(frozenset(codes) for codes in plain["together"]),
        successors=plain.get("successors", {}),
        owners=plain["owners"],
        departments={code: row["department"] for code, row in plain["categories"].items() if row["department"]},
        urgencies={
            code: Urgency(row["urgency"]) if row["urgency"] else None for code, row in plain["categories"].items()
        },
        founders=Founders(
            tuple((it["name"], it["office"]) for it in founders["admins"]),
            tuple(founders["shares"]),
            founders["needed"],
        ),
        terms=Terms(plain["policy"]),
        document=document,
        _below=_all_below(units, places),
    )


def _areas(raw: Mapping[str, Any]) -> Areas:
    wards = {row["code"]: _ward(row) for row in raw["wards"]}
    touching: dict[str, list[str]] = {}
    for ward in wards.values():
        for district in ward.districts:
            touching.setdefault(district, []).append(ward.code)
    return Areas(
        districts={row["code"]: District(**row) for row in raw["districts"]},
        wards=wards,
        old_wards=tuple(
            OldWard(row["name"], row["district"], tuple(row["to"]), row["valid_to"]) for row in raw["old_wards"]
        ),
        former={name: frozenset(names) for name, names in raw["former"].items()},
        touching={district: tuple(codes) for district, codes in touching.items()},
    )


def _ward(row: Mapping[str, Any]) -> Ward:
    fields = {key: row[key] for key in ("code", "name", "lat", "lon", "valid_from", "valid_to")}
    return Ward(districts=tuple(row["districts"]), **fields)


def _all_below(units: Mapping[str, Unit], places: Areas) -> dict[str, frozenset[str]]:
    """For each unit everything under it: by command, and for a desk by the area that a ward touches."""
    direct: dict[str, set[str]] = {code: set() for code in units}
    for unit in units.values():
        if unit.parent:
            direct[unit.parent].add(unit.code)
        if unit.kind == UnitKind.AREA_DESK:
            direct[unit.code] |= {f"ward-{code}" for code in places.touching.get(unit.area or "", ())} & units.keys()
    found: dict[str, frozenset[str]] = {}
    for code in units:
        reached: set[str] = set()
        waiting = set(direct[code])
        while waiting:
            reached |= waiting
            waiting = set().union(*(direct[it] for it in waiting)) - reached
        found[code] = frozenset(reached)
    return found


def branch_of(organisation: Organisation, office: str) -> str:
    """Which branch an office belongs to: `police`, `management`, or its own kind."""
    kind = organisation.unit(office).kind
    return _BRANCHES.get(kind, kind)

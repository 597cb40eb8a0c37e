"""What an organisation's document must say, so that every tip has a reader and nobody judges their own case.

Pure: of a document of the right shape all that is wrong with it is found, each in one sentence (`org.problem.RULE`).
Nothing of a document with a problem is adopted, nor is a home founded from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tips.crypto.sealing import RECEIPT
from tips.data import read
from tips.organisation import terms, units, working_days
from tips.organisation.documents import Document
from tips.organisation.roles import NAME
from tips.organisation.roster import PROCESSES
from tips.organisation.taxonomy import Urgency, categories, group_of
from tips.organisation.units import ACCUSED_AS, DUTY, HELD, OTHER, Organisation, Unit, UnitKind

LONGEST: Final = 200  # signs of a name
LEVELS: Final = 12  # of command, and that a late case climbs
FARTHEST: Final = {"hours": 24 * 366, "days": 10 * 366, "working_days": working_days.LONGEST_TERM}  # of a duration
MOST_DESKS: Final = 10  # that may send a case back, or lengthen it
SHARES: Final = range(3, 6)  # offices that get a share of the recovery seed
RESERVED: Final = frozenset({RECEIPT, "reporter", "recovery"})  # who else has keys goes by these names
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODES: Final = {UnitKind.AREA_DESK: "area", UnitKind.WARD_POLICE: "ward"}  # what stands before the area's code
_PLACES: Final = frozenset({"desks", "wards", "place"})  # what an accusation without a name may mean
_ALSO: Final = frozenset({"desks", "wards"})
DEPARTMENT: Final = "department"  # in the conflict table: the first department of the matter
UNKNOWN: Final = "unknown"  # what a person presses who does not know which of them it is
KINDS: Final = frozenset({*ACCUSED_AS.values(), "ward_peoples_committee", "city_peoples_committee", OTHER, UNKNOWN})


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a document."""

    rule: str
    what: str  # the code, name or place in the document that it is about

    @property
    def key(self) -> str:
        """Its sentence in the catalogues."""
        return f"org.problem.{self.rule}"


def check(document: Document) -> list[Problem]:
    """All that is wrong with a document; nothing: a home may have it."""
    plain = document.plain
    found = [*_names(plain), *_codes(plain), *_days(plain), *_links(plain), *_policy(plain["policy"])]
    if found:
        return found  # the rest follows links, and would only tell the same again
    organisation = units.of_document(document)
    return [*_areas(organisation), *_climbing(organisation), *_conflicts(organisation), *_founders(organisation)]


# --- names, codes, days -----------------------------------------------------------------------------------------------


def _rows(plain: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for rows in (plain["units"], *(plain["areas"][name] for name in ("districts", "wards", "old_wards"))):
        yield from rows


def _names(plain: Mapping[str, Any]) -> Iterator[Problem]:
    said = [plain["title"], *(row["name"] for row in _rows(plain)), *plain["areas"]["former"]]
    for name in (*said, *(it for names in plain["areas"]["former"].values() for it in names)):
        if not unicodedata.is_normalized("NFC", name):
            yield Problem("form", name)
        if not 0 < len(name.strip()) == len(name) <= LONGEST or any(
            unicodedata.category(sign).startswith(("C", "Zl", "Zp")) for sign in name
        ):
            yield Problem("name", name[:LONGEST])


def _codes(plain: Mapping[str, Any]) -> Iterator[Problem]:
    areas = plain["areas"]
    units_, places = ([row["code"] for row in rows] for rows in (plain["units"], areas["districts"] + areas["wards"]))
    yield from (Problem("reserved", code) for code in units_ if code in RESERVED)
    for code in (plain["name"], *units_, *places, *(row["code"] for row in areas["old_wards"] if row["code"])):
        if not _SLUG.fullmatch(code) or len(code) > 40:
            yield Problem("code", code[:40])
    for codes in (units_, places):
        yield from (Problem("twice", code) for code, times in Counter(codes).items() if times > 1)
    accused = [row["accused"] for row in (*plain["conflicts"], *plain["chosen"])]
    yield from (Problem("twice", kind) for kind, times in Counter(accused).items() if times > 1)


def _days(plain: Mapping[str, Any]) -> Iterator[Problem]:
    areas = plain["areas"]
    if not _day(plain["issued"]):
        yield Problem("day", plain["issued"][:40])
    for row in (*areas["districts"], *areas["wards"], *areas["old_wards"]):
        first, last = (_day(row.get(key)) for key in ("valid_from", "valid_to"))
        if "" in (first, last) or (first and last and first > last):
            yield Problem("day", row["name"])


def _day(text: str | None) -> str | None:
    """A day as ISO 8601 writes it; "": it is none; None: there is none."""
    try:
        return text and date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


# --- what names something else ----------------------------------------------------------------------------------------


def _links(plain: Mapping[str, Any]) -> Iterator[Problem]:
    known = {row["code"]: row for row in plain["units"]}
    for code in (DUTY, HELD):
        if not known.get(code, {}).get("receives"):
            yield Problem("needed", code)
    for row in plain["units"]:
        if row["kind"] not in tuple(UnitKind):
            yield Problem("kind", f"{row['code']}: {row['kind']}")
        if row["parent"] is not None and row["parent"] not in known:
            yield Problem("parent", f"{row['code']}: {row['parent']}")
    yield from _command(known)
    yield from _places(plain)
    named = [*plain["owners"].values(), *(it for codes in plain["together"] for it in codes)]
    named += [it for codes in plain.get("successors", {}).values() for it in codes]
    named += [row["department"] for row in plain["categories"].values() if row["department"]]
    named += [*plain["climbs"].values(), *(it for it in plain["climbs"] if it not in tuple(UnitKind))]
    founders = plain["founders"]
    named += [*founders["shares"], *(it["office"] for it in founders["admins"])]
    for row in (*plain["conflicts"], *plain["chosen"]):
        named += [code for code in row["to"] if code != DEPARTMENT]
        yield from _rule(row, named)
    yield from (Problem("unit", code) for code in dict.fromkeys(named) if code not in known)
    yield from _categories(plain)


def _command(known: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Each circle of command once, and whoever has too many above them."""
    circles: set[frozenset[str]] = set()
    for code in known:
        way, at = [code], known[code]["parent"]
        while at in known and at not in way and len(way) <= LEVELS:
            way.append(at)
            at = known[at]["parent"]
        if at in way and (circle := frozenset(way[way.index(at) :])) not in circles:
            circles.add(circle)
            yield Problem("cycle", " > ".join([*way[way.index(at) :], at]))
        elif len(way) > LEVELS:
            yield Problem("deep", code)


def _places(plain: Mapping[str, Any]) -> Iterator[Problem]:
    areas = plain["areas"]
    districts, wards = ({row["code"] for row in areas[name]} for name in ("districts", "wards"))
    for row in areas["wards"]:
        if not row["districts"] or not districts >= {*row["districts"]}:
            yield Problem("district", row["name"])
        if not (-90 <= row["lat"] <= 90 and -180 <= row["lon"] <= 180):
            yield Problem("point", row["name"])
    for row in areas["old_wards"]:
        if row["district"] not in districts or not wards >= {*row["to"]}:
            yield Problem("district", row["name"])
    for row in plain["units"]:
        if row["area"] is not None and row["area"] not in districts | wards:
            yield Problem("area", row["code"])


def _rule(row: Mapping[str, Any], named: list[str]) -> Iterator[Problem]:
    """What a row of the conflict table says; the units that it names join those that are looked for."""
    if not row["to"] or row["accused"] not in KINDS:
        yield Problem("rule", row["accused"])
    for said, words in (*((it, _ALSO) for it in row["also"]), (row["means"], _PLACES)):
        what, _, code = (said or "").partition(":")
        if what == "unit":
            named.append(code)
        elif (
            said is not None
            and said not in words
            and not (what == "kind" and words is _PLACES and code in tuple(UnitKind))
        ):
            yield Problem("rule", f"{row['accused']}: {said}")


def _categories(plain: Mapping[str, Any]) -> Iterator[Problem]:
    """Triage knows no others than the taxonomy's, whose codes the models have learnt."""
    known = {*categories(), *map(group_of, categories())}
    for code, row in plain["categories"].items():
        if code not in categories() or row["urgency"] not in (None, *Urgency):
            yield Problem("category", code)
    yield from (Problem("category", code) for code in plain["owners"] if code not in known)


# --- how long things take ---------------------------------------------------------------------------------------------


def _policy(policy: Mapping[str, Any]) -> Iterator[Problem]:
    """Positive durations, for the states and by the clocks that cases have."""
    known = read("deadlines_and_hours.json")
    for state, rule in known["deadlines"].items():
        theirs = policy["deadlines"].get(state)
        if state not in policy["deadlines"] or (rule or {}).get("clock") != (theirs or {}).get("clock"):
            yield Problem("state", state)
        elif theirs:
            by_urgency = theirs.get("by_urgency")
            if ("by_urgency" in rule) != (by_urgency is not None) or (by_urgency and {*by_urgency} != {*Urgency}):
                yield Problem("state", state)
            yield from _lengths(state, theirs["clock"], (by_urgency or {state: theirs}).values())
    yield from (Problem("state", state) for state in policy["deadlines"] if state not in known["deadlines"])
    retention = policy["retention"]
    if retention["clock"] != known["retention"]["clock"]:
        yield Problem("state", "retention")
    days = {"retention": retention["days"], **retention["by_group"], "extension": policy["extension"]["days"]}
    yield from (Problem("duration", name) for name, it in days.items() if not 0 < it <= FARTHEST["days"])
    if policy["extension"]["days"] > terms.LONGEST["verification"]:
        yield Problem("duration", "extension")
    if not 0 < policy["resumption"]["hours"] <= FARTHEST["hours"]:
        yield Problem("duration", "resumption")
    counts = {"extension": policy["extension"]["at_most"], "bounces": policy["bounces"]["at_most"]}
    yield from (Problem("duration", name) for name, it in counts.items() if not 0 < it <= MOST_DESKS)


def _lengths(state: str, clock: str, lengths: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    for length in lengths:
        said = {unit: length[unit] for unit in FARTHEST if unit in length}
        sound = len(said) == 1 and all(0 < number <= FARTHEST[unit] for unit, number in said.items())
        if not sound or terms.most_days(said) > terms.LONGEST[clock]:  # a step that gives more would count for nothing
            yield Problem("duration", state)


# --- who gets what ----------------------------------------------------------------------------------------------------


def _areas(organisation: Organisation) -> Iterator[Problem]:
    """Each area has one desk, whose code says so; each ward is somebody's."""
    listed = [it for it in organisation.units.values() if it.kind in _CODES]
    for unit in listed:
        if unit.area is None or unit.code != f"{_CODES[unit.kind]}-{unit.area}":
            yield Problem("desk_code", unit.code)
    desks = Counter((unit.kind, unit.area) for unit in listed if unit.area)
    yield from (Problem("two_desks", organisation.area_name(area)) for (_, area), n in desks.items() if area and n > 1)
    for ward in organisation.areas.wards.values():
        desk = organisation.desk(None, ward.code)
        if desk is None or not organisation.units[desk].receives:
            yield Problem("no_desk", ward.name)


def _climbing(organisation: Organisation) -> Iterator[Problem]:
    """Late cases of whoever receives climb until nobody is left."""
    for code, unit in organisation.units.items():
        if unit.receives and _chain(organisation, code) is None:
            yield Problem("climbs", code)


def _chain(organisation: Organisation, code: str) -> list[str] | None:
    """A unit and the levels above it; None: they lead nowhere, or round."""
    found = [code]
    while found[-1] != HELD:
        above = organisation.above(organisation.units[found[-1]])
        if above in found or above not in organisation.units or len(found) > LEVELS:
            return None
        found.append(above)
    return found


def _conflicts(organisation: Organisation) -> Iterator[Problem]:
    """Whoever is accused, somebody clean gets it: who is not shut out, receives, and is under no common command."""
    if OTHER not in organisation.conflicts or UNKNOWN not in organisation.conflicts:
        yield Problem("rule", OTHER if OTHER not in organisation.conflicts else UNKNOWN)
        return
    for unit in organisation.units.values():
        if unit.kind != HELD and not any(clean(organisation, unit)):
            yield Problem("no_overseer", unit.code)


def clean(organisation: Organisation, accused: Unit) -> Iterator[str]:
    """Who may get a tip that accuses a unit: the codes of those whom nothing ties to it."""
    rule = organisation.conflicts[organisation.rule(ACCUSED_AS.get(accused.kind, OTHER))]
    shut = organisation.lineage(accused.code) | organisation.below(accused.code)
    for also in rule["also"]:
        what, _, code = also.partition(":")
        shut |= {code} | organisation.below(code) if what == "unit" else frozenset()
    shut = shut.union(*(codes for codes in organisation.together if codes & shut))
    to = [code for code in rule["to"] if code != DEPARTMENT]
    for code in dict.fromkeys(it for first in to for it in _chain(organisation, first) or ()):
        unit = organisation.units[code]
        alone = _commander(organisation, code) != _commander(organisation, accused.code)
        if code != HELD and unit.receives and code not in shut and alone:
            yield code


def _commander(organisation: Organisation, code: str) -> str:
    """Who is at the top of a unit's command."""
    while parent := organisation.units[code].parent:
        code = parent
    return code


def _founders(organisation: Organisation) -> Iterator[Problem]:
    """Two admins of different branches sign; no branch alone brings the recovery seed back."""
    founders = organisation.founders
    for name, _ in founders.admins:  # whoever signed under a process's name would sign as that process
        if name in {*PROCESSES, *RESERVED} or not NAME.fullmatch(name):
            yield Problem("reserved", name[:40])
    admins = {units.branch_of(organisation, office) for _, office in founders.admins}
    if len(founders.admins) != 2 or len(admins) != 2 or len({name for name, _ in founders.admins}) != 2:
        yield Problem("admins", str(len(founders.admins)))
    branches = Counter(units.branch_of(organisation, office) for office in founders.shares)
    listed = len({*founders.shares}) == len(founders.shares) in SHARES
    if not listed or not max(branches.values()) < founders.needed <= len(founders.shares):
        yield Problem("shares", str(founders.needed))

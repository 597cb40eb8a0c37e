"""What another document would change in a home, each in one sentence (`org.change.KIND`). Pure.

Of cases it only asks how many are open at a unit; of the roster, who has a key and who works where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tips.organisation import document_checks
from tips.organisation.roster import Roster
from tips.organisation.units import HELD, Organisation, Unit

NOBODY: Final = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that would be another."""

    kind: str
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its sentence in the catalogues."""
        return f"org.change.{self.kind}"


def changes(old: Organisation, new: Organisation) -> list[Change]:
    """What the document itself says in another way; nothing: both are the same."""
    before, after = old.document.plain, new.document.plain
    found = [
        _worded("title", **_was(old.title, new.title)) if old.title != new.title else None,
        *_units(old, new),
        *_areas(before["areas"], after["areas"]),
        *_mapped("climbs", old.escalates_to, new.escalates_to),
        *_conflicts(old, new),
        *_mapped("owner", old.owners, new.owners),
        *_mapped("department", old.departments, new.departments),
        *_mapped("policy", *(_durations(it["policy"]) for it in (before, after))),
        *_mapped("successors", *({k: ", ".join(v) for k, v in it.successors.items()} for it in (old, new))),
        _worded("together") if old.together != new.together else None,
        _worded("founders") if old.founders != new.founders else None,
    ]
    return [it for it in found if it]


def consequences(old: Organisation, new: Organisation, roster: Roster, open_cases: Mapping[str, int]) -> list[Change]:
    """What would come of it in this home, by the roster of now.

    Args:
        open_cases: how many there are, by the unit that has them.
    """
    gone = [it for it in old.units.values() if it.code not in new.units]
    found = [_of(it, "cases", count=str(open_cases[it.code])) for it in gone if open_cases.get(it.code)]
    people = Counter(it.unit for it in roster.people)
    found += [_of(it, "people", count=str(people[it.code])) for it in gone if people[it.code]]
    found += [_of(it, "no_successor") for it in gone if it.receives and not new.successors.get(it.code)]
    known = {*people, *(it.unit for it in roster.units)}
    added = [it for it in new.units.values() if it.code not in old.units]
    found += [_of(it, "reused", count=str(people[it.code])) for it in added if it.code in known]
    for unit in new.units.values():
        fresh = unit.code not in old.units or not old.units[unit.code].receives
        if unit.receives and fresh and unit.code != HELD and roster.reader(unit.code) is None:
            found.append(_of(unit, "no_key"))
    return [*found, *_no_overseer(old, new, roster)]


def _no_overseer(old: Organisation, new: Organisation, roster: Roster) -> Iterator[Change]:
    """Whom, once accused, somebody clean with a key could judge until now, and nobody then."""

    def able(organisation: Organisation, code: str) -> bool:
        unit = organisation.units.get(code)
        return unit is not None and any(map(roster.reader, document_checks.clean(organisation, unit)))

    for unit in new.units.values():
        if unit.code in old.units and able(old, unit.code) and not able(new, unit.code):
            yield _of(unit, "no_overseer")


def _units(old: Organisation, new: Organisation) -> Iterator[Change]:
    for code in dict.fromkeys((*old.units, *new.units)):
        was, now = old.units.get(code), new.units.get(code)
        if was is None and now:
            yield _of(now, "unit_new")
        elif now is None and was:
            yield _of(was, "unit_gone")
        elif was and now:
            yield from _unit(was, now, old, new)


def _unit(was: Unit, now: Unit, old: Organisation, new: Organisation) -> Iterator[Change]:
    if was.name != now.name:
        yield _worded("unit_renamed", code=was.code, **_was(was.name, now.name))
    if was.parent != now.parent:
        above = (it.unit_name(one.parent) if one.parent else NOBODY for it, one in ((old, was), (new, now)))
        yield _of(now, "unit_moved", **_was(*above))
    if was.kind != now.kind:
        yield _of(now, "unit_kind", **_was(was.kind, now.kind))
    if was.receives != now.receives:
        yield _of(now, "unit_receives" if now.receives else "unit_stops")
    if was.area != now.area:
        yield _of(now, "unit_area", **_was(old.area_name(was.area or NOBODY), new.area_name(now.area or NOBODY)))


def _areas(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for table in ("districts", "wards"):
        was, now = ({row["code"]: row for row in one[table]} for one in (before, after))
        for code in dict.fromkeys((*was, *now)):
            if code not in was:
                yield _worded("area_new", code=code, name=now[code]["name"])
            elif code not in now:
                yield _worded("area_gone", code=code, name=was[code]["name"])
            elif was[code]["name"] != now[code]["name"]:
                yield _worded("area_renamed", code=code, **_was(was[code]["name"], now[code]["name"]))
            elif was[code] != now[code]:
                yield _worded("area_other", code=code, name=now[code]["name"])
    if (before["old_wards"], before["former"]) != (after["old_wards"], after["former"]):
        yield _worded("former")


def _conflicts(old: Organisation, new: Organisation) -> Iterator[Change]:
    for kind in dict.fromkeys((*old.conflicts, *new.conflicts)):
        if old.conflicts.get(kind) != new.conflicts.get(kind):
            yield _worded("conflict", accused=kind, to=", ".join(new.conflicts.get(kind, {}).get("to", (NOBODY,))))
    if [*old.conflicts] != [*new.conflicts] and {*old.conflicts} == {*new.conflicts}:
        yield _worded("ranks")


def _mapped(kind: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """Entries of a table that are others."""
    for key in dict.fromkeys((*was, *now)):
        if was.get(key) != now.get(key):
            yield _worded(kind, name=key, **_was(*(_said(it.get(key)) for it in (was, now))))


def _durations(policy: Mapping[str, Any]) -> dict[str, Any]:
    return {**policy["deadlines"], **{key: it for key, it in policy.items() if key != "deadlines"}}


def _said(value: Any) -> str:
    """A value of a table; of a duration its numbers, without its source."""
    if not isinstance(value, Mapping):
        return NOBODY if value is None else str(value)
    return ", ".join(f"{key} {_said(it)}" for key, it in value.items() if key not in {"source", "clock"})


def _of(unit: Unit, kind: str, **params: str) -> Change:
    return _worded(kind, code=unit.code, name=unit.name, **params)


def _was(was: str, now: str) -> dict[str, str]:
    return {"was": was, "now": now}


def _worded(kind: str, **params: str) -> Change:
    return Change(kind, params)

"""Routing: from what was found to who gets it, and who never may. The rules are the organisation's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tips.organisation.units import DUTY, HELD, Organisation, UnitKind
from tips.triage.results import Accusation, AreaFinding, Route

DEPARTMENT: Final = "department"  # in the conflict table: the first department of the matter


def route(
    organisation: Organisation,
    area: AreaFinding,
    category: str | None,
    accusations: Sequence[Accusation],
    let_in: Collection[str] = (),
    receiver: str | None = None,
) -> Route:
    """The owner, the levels above, and the units that are shut out.

    Several accused: every exclusion counts, and the owner is that of the highest kind. Nobody clean: `held`.

    Args:
        let_in: unit codes, or kinds, that the reporter lets read, whatever was found.
        receiver: the code of the unit that the reporter wishes to have it; who is shut out gets nothing by a wish.
    """
    counting = standing(organisation, area, accusations, let_in)
    excluded = _together(organisation, _excluded(organisation, area, counting)) - _family(organisation, let_in)
    highest = _highest(organisation, category, counting)
    usual = highest or (_owner(organisation, area, category),)
    wished = (receiver,) if receiver and receiver not in excluded and organisation.unit(receiver).receives else ()
    chain = _chain(organisation, (*wished, *highest) if wished else usual, excluded)
    overseer = next((code for code in usual[1:] if code in chain[1:]), None)
    return Route(chain[0], overseer, chain, excluded)


def standing(
    organisation: Organisation, area: AreaFinding, accusations: Iterable[Accusation], let_in: Collection[str] = ()
) -> list[Accusation]:
    """The accusations that are left once some are let in, without the units that are."""
    family, left = _family(organisation, let_in), []
    for it in accusations:
        units = meant(organisation, area, it)
        if (it.open and it.kind in let_in) or (units and units <= family):
            continue
        left.append(replace(it, units=tuple(code for code in it.units if code not in family)))
    return left


def meant(organisation: Organisation, area: AreaFinding, accusation: Accusation) -> frozenset[str]:
    """The units that an accusation means: those named; without a name every unit that could be meant."""
    named = frozenset(code for code in accusation.units if code in organisation.units)
    if named and not accusation.whole:
        return named
    return named | _meant(organisation, area, organisation.conflicts[organisation.rule(accusation.kind)])


def _family(organisation: Organisation, codes: Collection[str]) -> frozenset[str]:
    """Codes, and the other codes of the same offices."""
    return _together(organisation, frozenset(codes))


def _owner(organisation: Organisation, area: AreaFinding, category: str | None) -> str:
    """Who owns a tip that accuses nobody."""
    return _listed(organisation, category) or organisation.desk(area.district, area.ward) or DUTY


def _listed(organisation: Organisation, category: str | None) -> str | None:
    """The owner of a category that no area desk owns."""
    parts = (category or "").split(".")
    prefixes = (".".join(parts[:size]) for size in range(len(parts), 0, -1))
    return next((organisation.owners[it] for it in prefixes if it in organisation.owners), None)


def _highest(organisation: Organisation, category: str | None, accusations: Sequence[Accusation]) -> tuple[str, ...]:
    """Owner and overseer for the highest accused kind; the conflict table is in order of rank."""
    kinds = {organisation.rule(it.kind) for it in accusations}
    for kind, rule in organisation.conflicts.items():
        if kind in kinds:
            return tuple(code if code != DEPARTMENT else _department(organisation, category) for code in rule["to"])
    return ()


def _department(organisation: Organisation, category: str | None) -> str:
    """The first department of a matter, else the duty desk."""
    return _listed(organisation, category) or organisation.departments.get(category or "") or DUTY


def _excluded(organisation: Organisation, area: AreaFinding, accusations: Iterable[Accusation]) -> frozenset[str]:
    """The accused, their predecessors and successors, all below them, and whom the table adds."""
    found: set[str] = set()
    for accusation in accusations:
        accused = meant(organisation, area, accusation)
        for code in accused:
            found |= {code} | organisation.lineage(code) | organisation.below(code)
        for also in organisation.conflicts[organisation.rule(accusation.kind)]["also"]:
            found |= _also(organisation, also, accused)
    return frozenset(found - {HELD})


def _meant(organisation: Organisation, area: AreaFinding, rule: Mapping[str, str | None]) -> set[str]:
    """Every unit that a kind without a named unit may mean: over the incident's area, or all of them."""
    means = rule["means"]
    if means is None:
        return set()
    what, _, value = means.partition(":")
    if what == "unit":
        return {value}
    if what == "kind":
        return {code for code, unit in organisation.units.items() if unit.kind == value}
    wards = _wards(organisation, area)
    if means == "wards":
        return wards
    if means == "place":
        near = (organisation.desks_of(it) for it in wards if area.ward)
        return wards.union(_desks(organisation, area), *near)
    return _desks(organisation, area) or wards


def _desks(organisation: Organisation, area: AreaFinding) -> set[str]:
    """The desk of a district; all of them where none is known."""
    desk = f"area-{area.district}"
    if desk in organisation.units:
        return {desk}
    if area.district:
        return set()
    return {code for code, unit in organisation.units.items() if unit.kind == UnitKind.AREA_DESK}


def _wards(organisation: Organisation, area: AreaFinding) -> set[str]:
    split = [it.code for it in area.candidates if it.level == "ward" and not area.ask]
    if area.ward:
        return {f"ward-{code}" for code in (area.ward, *split)} & organisation.units.keys()
    if area.district:
        return set(organisation.wards_of(area.district))
    return {code for code, unit in organisation.units.items() if unit.kind == UnitKind.WARD_POLICE}


def _also(organisation: Organisation, also: str, accused: Iterable[str]) -> set[str]:
    what, _, code = also.partition(":")
    if what == "unit":
        return {code} | organisation.below(code)
    if what == "desks":
        return set().union(*(organisation.desks_of(it) for it in accused))
    desks = [it for it in accused if organisation.units[it].kind == UnitKind.AREA_DESK]
    return set().union(*(organisation.wards_of(organisation.units[it].area) for it in desks))


def _together(organisation: Organisation, excluded: frozenset[str]) -> frozenset[str]:
    """Codes of one office fall together."""
    return excluded.union(*(codes for codes in organisation.together if not codes.isdisjoint(excluded)))


def _chain(organisation: Organisation, wanted: Sequence[str], excluded: frozenset[str]) -> tuple[str, ...]:
    """The wanted units, then whoever they climb to, each once, none excluded, `held` last."""
    upward = [code for it in wanted for code in organisation.chain(it)[1:]]
    clean = dict.fromkeys(code for code in (*wanted, *upward) if code not in excluded and code != HELD)
    return (*clean, HELD)

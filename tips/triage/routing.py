"""Routing: from what was found to who gets it, and who never may. The rules are data (`data/organisation.json`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tips.organisation.units import HELD, Organisation, UnitKind
from tips.triage.results import Accusation, AreaFinding, Route

NO_AREA = "duty"  # the city duty desk takes what no area desk can be found for


def route(
    organisation: Organisation,
    area: AreaFinding,
    category: str | None,
    accusations: Sequence[Accusation],
) -> Route:
    """The owner, the levels above, and the units that are shut out.

    Several accused: every exclusion counts, and the owner is that of the highest kind. Nobody clean: `held`.
    """
    excluded = _together(organisation, _excluded(organisation, area, accusations))
    highest = _highest(organisation, accusations)
    wanted = highest or (_owner(organisation, area, category),)
    chain = _chain(organisation, wanted, excluded)
    overseer = next((code for code in wanted[1:] if code in chain[1:]), None)
    return Route(chain[0], overseer, chain, excluded)


def _owner(organisation: Organisation, area: AreaFinding, category: str | None) -> str:
    """Who owns a tip that accuses nobody."""
    parts = (category or "").split(".")
    for size in range(len(parts), 0, -1):
        owner = organisation.owners.get(".".join(parts[:size]))
        if owner:
            return owner
    return organisation.desk(area.district, area.ward) or NO_AREA


def _highest(organisation: Organisation, accusations: Sequence[Accusation]) -> tuple[str, ...]:
    """Owner and overseer for the highest accused kind; the conflict table is in order of rank."""
    kinds = {it.kind for it in accusations}
    for kind, rule in organisation.conflicts.items():
        if kind in kinds:
            return tuple(rule["to"])
    return ()


def _excluded(organisation: Organisation, area: AreaFinding, accusations: Iterable[Accusation]) -> frozenset[str]:
    """The accused, their predecessors and successors, all below them, and whom the table adds."""
    found: set[str] = set()
    for accusation in accusations:
        rule = organisation.conflicts[accusation.kind]
        named = {code for code in accusation.units if code in organisation.units}
        accused = named or _meant(organisation, area, rule)
        for code in accused:
            found |= {code} | organisation.lineage(code) | organisation.below(code)
        for also in rule["also"]:
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
    desk = f"area-{area.district}"
    if desk in organisation.units:
        return {desk}
    if area.district:
        return set(organisation.wards_of(area.district))
    desks = {code for code, unit in organisation.units.items() if unit.kind == UnitKind.AREA_DESK}
    return desks or wards


def _wards(organisation: Organisation, area: AreaFinding) -> set[str]:
    split = [it.code for it in area.candidates if it.level == "ward" and not area.ask]
    if area.ward:
        return {f"ward-{code}" for code in (area.ward, *split)}
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
    shared = (codes for codes in organisation.together if codes & excluded)
    return excluded.union(*shared)


def _chain(organisation: Organisation, wanted: Sequence[str], excluded: frozenset[str]) -> tuple[str, ...]:
    """The wanted units, then whoever they climb to, each once, none excluded, `held` last."""
    upward = [code for it in wanted for code in organisation.chain(it)[1:]]
    clean = dict.fromkeys(code for code in (*wanted, *upward) if code not in excluded and code != HELD)
    return (*clean, HELD)

"""Correcting: what triage found, whom it shut out by mistake, and which cases may be one event."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tips import errors
from tips.cases import case, clearing
from tips.cases.ledger import Kind
from tips.cases.plaintext import Part
from tips.desk import duplicates
from tips.desk.actions.step import Fields, Situation, Step
from tips.desk.open_case import OpenCase
from tips.organisation import units
from tips.organisation.taxonomy import categories
from tips.organisation.units import Organisation
from tips.triage import Corrections, accusations, routing
from tips.triage.results import AreaFinding


def correct(it: Situation) -> Step:
    """Correct what triage found. An accused that is added shuts more units out; none is ever let in again.

    Raises:
        Refused: nothing is corrected, or a code is unknown.
    """
    facts = _corrected(it.fields.corrections, it.organisation)
    if not facts:
        raise errors.Refused("error.correction")
    moved = replace(it.row, category=facts.get("category", it.row.category))
    if "district" in facts:
        moved = replace(moved, area=facts["district"], ward=facts["ward"])
    if it.row.restricted or facts.get("excluded"):
        moved = case.restricted(moved)
    return Step(Kind.CORRECTED, moved, piece=it.piece(Part.CORRECTION, "", facts))


def accuses(fields: Fields) -> bool:
    """Whether a correction shuts somebody out, which it takes two offices to undo."""
    return bool(fields.corrections.accused)


def _corrected(corrections: Corrections, organisation: Organisation) -> dict[str, Any]:
    """The corrections as an envelope holds them."""
    facts: dict[str, Any] = {}
    area = AreaFinding()
    if corrections.area:
        area = _area(corrections.area, organisation)
        facts |= {"district": area.district, "ward": area.ward}
    if corrections.category:
        if corrections.category not in categories():
            raise errors.Refused("error.correction")
        facts["category"] = corrections.category
    accused = accusations.chosen(corrections.accused, organisation)
    if accused:
        route = routing.route(organisation, area, corrections.category, accused)
        facts["accused"] = [{"kind": it.kind, "units": list(it.units)} for it in accused]
        facts["excluded"] = sorted(route.excluded)
    return facts


def _area(code: str, organisation: Organisation) -> AreaFinding:
    district = organisation.areas.district_of(code)
    if district is None:
        raise errors.Refused("error.correction")
    return AreaFinding(district, code if code in organisation.areas.wards else None)


def clear(it: Situation) -> Step:
    """Take back the exclusion of a unit; it counts once two offices of different branches did, an overseer too.

    The reporter sees each step. Nobody gets a key by it: the case may be handed over from then on.

    Raises:
        Refused: the unit is not excluded, or it is the session's own, or this office has done so already.
    """
    unit, office = it.fields.unit, it.session.unit
    if unit not in it.opened.excluded or office in it.opened.excluded:
        raise errors.Refused("error.clearing")
    word = clearing.Clearing(unit, office, units.branch_of(it.organisation, office), it.session.role, it.session.name)
    if any(other.branch == word.branch or other.by == word.by for other in it.opened.clearings(unit)):
        raise errors.Refused("error.cleared")
    return Step(Kind.CLEARED, it.row, piece=it.piece(Part.CLEARING, "", word.plain()))


def shut_out(it: Situation) -> list[str]:
    """The units whose exclusion could be taken back."""
    return sorted(it.opened.excluded)


def link(it: Situation) -> Step:
    """Note that this and the other case may be one event. They stay two: keys, mailboxes and states are apart.

    Raises:
        Refused: it is the same case, or a reader of one is excluded by the other: the link would tell them of it.
    """
    other = it.other
    if other is None or other.case.id == it.row.id or not _may_link(it.opened, other):
        raise errors.Refused("error.link")
    return Step(Kind.LINKED, it.row, piece=it.piece(Part.LINK, other.case.id.hex()))


def _may_link(one: OpenCase, other: OpenCase) -> bool:
    chains = [(*opened.readers, *opened.asleep) for opened in (one, other)]
    return duplicates.may_link(chains[0], one.excluded, chains[1], other.excluded)

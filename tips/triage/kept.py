"""A triage as plain data, to be kept with the draft that it was made of: what was shown is what is sent.

Who gets a tip is not kept: whoever takes it up again routes it anew, by the units of then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final

from tips.triage.results import (
    Accusation,
    AreaCandidate,
    AreaFinding,
    Band,
    By,
    Identifying,
    Reason,
    Route,
    Slots,
    Span,
    Triage,
)

NOWHERE: Final = Route("", None, (), frozenset())
SHAPE: Final = [
    [it.name for it in fields(form)]
    for form in (Triage, AreaFinding, AreaCandidate, Accusation, Identifying, Slots, Reason)
]  # what another program wrote may have another one


def plain(triage: Triage) -> dict[str, Any]:
    """What JSON can hold of it."""
    return asdict(replace(triage, route=NOWHERE)) | {"route": None}


def from_plain(kept: Mapping[str, Any]) -> Triage:
    """The triage that `plain` wrote in this shape, routed nowhere."""
    slots = kept["slots"]
    found = {
        "area": _area(kept["area"]),
        "accusations": tuple(map(_accusation, kept["accusations"])),
        "band": Band(kept["band"]),
        "wanted": tuple(kept["wanted"]),
        "identifying": tuple(Identifying(**_with_span(it)) for it in kept["identifying"]),
        "slots": Slots(slots["where"], _span(slots["when"]), _span(slots["who"])),
        "hotlines": tuple(kept["hotlines"]),
        "route": NOWHERE,
        "reasons": tuple(Reason(**_with_span(it)) for it in kept["reasons"]),
    }
    return Triage(**{**kept, **found})


def _area(it: Mapping[str, Any]) -> AreaFinding:
    return AreaFinding(**_with_span(it) | {"candidates": tuple(AreaCandidate(**one) for one in it["candidates"])})


def _accusation(it: Mapping[str, Any]) -> Accusation:
    return Accusation(**_with_span(it) | {"units": tuple(it["units"]), "by": By(it["by"])})


def _with_span(it: Mapping[str, Any]) -> dict[str, Any]:
    return {**it, "span": _span(it["span"])}


def _span(listed: Sequence[int] | None) -> Span | None:
    return (listed[0], listed[1]) if listed is not None else None

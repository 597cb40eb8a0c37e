"""Triage: from what a person wrote to what it is about, who must not see it, and who gets it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tips.organisation import Organisation
from tips.triage import routing
from tips.triage.finding import (
    Accusation,
    AreaCandidate,
    AreaFinding,
    Corrections,
    Identifying,
    Reason,
    Route,
    Slots,
    Triage,
)

__all__ = [
    "Accusation",
    "AreaCandidate",
    "AreaFinding",
    "Corrections",
    "Identifying",
    "Reason",
    "Route",
    "Slots",
    "Triage",
    "Triager",
    "as_json",
]


class Triager:
    """Reads texts for one organisation."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def triage(self, text: str, corrections: Corrections = Corrections()) -> Triage:
        """Everything that a text tells; what the person chose wins."""
        area = AreaFinding()
        route = routing.route(self._organisation, area, corrections.category, ())
        return Triage(
            "tip",
            0.0,
            corrections.category,
            None,
            "P2",
            False,
            area,
            (),
            False,
            (),
            Slots(),
            False,
            (),
            route,
            (),
        )

    def resolve_area(self, text: str) -> AreaFinding:
        """The place that an answer to "where?" names."""
        return AreaFinding()

    def nearest(self, lat: float, lon: float, limit: int = 4) -> tuple[AreaCandidate, ...]:
        """The wards around a point, nearest first."""
        return ()

    def area_name(self, code: str) -> str:
        """The name of a district or ward code."""
        return self._organisation.area_name(code)


def as_json(
    id: Any, triage: Triage, organisation: Organisation, render: Callable[[Reason], str]
) -> dict[str, Any]:
    """The line of `tinbao triage`."""
    return {}

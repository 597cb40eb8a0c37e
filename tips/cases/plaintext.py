"""What is inside an envelope: a version, the words, and for a tip what triage made of them. JSON, UTF-8."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tips import errors
from tips.intake.draft import Draft
from tips.triage import Triage

VERSION: Final = 1
UNSURE: Final = 0.5  # below this confidence an officer is shown the second category too


@dataclass(frozen=True, slots=True)
class Content:
    """The plaintext of one envelope."""

    text: str
    at: datetime  # truncated to the hour
    by: str  # reporter, a unit's code, or an officer's name (notes only)
    facts: Mapping[str, Any] = field(default_factory=dict)  # for a tip: see `of_tip`

    @property
    def excluded(self) -> frozenset[str]:
        """The units that this piece shuts out."""
        return frozenset(self.facts.get("excluded", ()))

    def to_bytes(self) -> bytes:
        """The canonical bytes that are sealed."""
        plain = {
            "v": VERSION,
            "text": self.text,
            "at": self.at.isoformat(),
            "by": self.by,
            "facts": dict(self.facts),
        }
        return json.dumps(plain, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def from_bytes(data: bytes) -> Content:
    """The inverse of `Content.to_bytes`.

    Raises:
        NotOpened: written by a later version.
    """
    plain = json.loads(data)
    if plain.get("v") != VERSION:
        raise errors.NotOpened("written by another version of Tin Báo")
    return Content(plain["text"], datetime.fromisoformat(plain["at"]), plain["by"], plain["facts"])


def of_tip(draft: Draft, triage: Triage, at: datetime) -> Content:
    """A tip: the words, the answers by slot, and what triage found, with its reasons."""
    answers = {it.slot: it.text for it in draft.fragments if it.slot}
    return Content(
        draft.text,
        at,
        "reporter",
        {**facts_of(triage), "answers": answers, "lang": draft.lang},
    )


def facts_of(triage: Triage) -> dict[str, Any]:
    """What an officer needs of a triage, as plain data."""
    return {
        "category": triage.category,
        "category_2": triage.category_2 if triage.confidence < UNSURE else None,
        "urgency": triage.urgency,
        "ongoing": triage.ongoing,
        "cover_up": triage.cover_up,
        "district": triage.area.district,
        "ward": triage.area.ward,
        "accused": [{"kind": it.kind, "units": list(it.units)} for it in triage.accusations],
        "excluded": sorted(triage.route.excluded),
        "identifying": [it.rule for it in triage.identifying],
        "reasons": [
            {"rule": it.rule, "span": list(it.span) if it.span else None, "params": dict(it.params)}
            for it in triage.reasons
        ],
    }

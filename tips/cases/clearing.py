"""Clearing: an exclusion that was a mistake is taken back, by two offices of different branches, one an overseer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tips.cases.ledger import Event, Kind
from tips.organisation.roles import Role
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation, branch_of

NEEDED: Final = 2  # branches


@dataclass(frozen=True, slots=True)
class Clearing:
    """One office's word that a unit need not be shut out."""

    unit: str  # whose exclusion is taken back
    office: str
    branch: str  # police, procuracy, inspectorate, ...
    role: str  # of the person who said so
    by: str  # the person: who moves to another office says it once

    def plain(self) -> dict[str, Any]:
        """As an envelope holds it."""
        return {"cleared": self.unit, "office": self.office, "branch": self.branch, "role": self.role}


def by_signer(unit: str, event: Event | None, roster: Roster, organisation: Organisation) -> Clearing | None:
    """The word of whoever signed it, for the office where the roster has them: what is sealed may name any other.

    Args:
        unit: whose exclusion is taken back.
        event: the one that brought the word to its case.
        roster: by which it was checked.
        organisation: the one in force; an office that is no longer in it has no word.
    """
    if event is None or event.kind is not Kind.CLEARED:
        return None
    signer = next(iter(roster.places(event.by, event.at) or ()), None)
    if signer is None or signer.unit not in organisation.units:
        return None
    return Clearing(unit, signer.unit, branch_of(organisation, signer.unit), signer.role, event.by)


def cleared(steps: Sequence[Clearing]) -> bool:
    """Whether an exclusion no longer counts."""
    apart = min(len({it.branch for it in steps}), len({it.by for it in steps}))
    return apart >= NEEDED and any(it.role == Role.OVERSEER for it in steps)

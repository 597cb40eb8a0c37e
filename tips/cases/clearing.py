"""Clearing: an exclusion that was a mistake is taken back, by two offices of different branches, one an overseer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tips.organisation.roles import Role

NEEDED: Final = 2  # branches


@dataclass(frozen=True, slots=True)
class Clearing:
    """One office's word that a unit need not be shut out."""

    unit: str  # whose exclusion is taken back
    office: str
    branch: str  # police, procuracy, inspectorate, ...
    role: str  # of the person who said so

    def plain(self) -> dict[str, Any]:
        """As an envelope holds it."""
        return {"cleared": self.unit, "office": self.office, "branch": self.branch, "role": self.role}

    @classmethod
    def from_plain(cls, facts: Mapping[str, Any]) -> Clearing:
        """The inverse of `Clearing.plain`."""
        return cls(facts["cleared"], facts["office"], facts["branch"], facts["role"])


def cleared(steps: Sequence[Clearing]) -> bool:
    """Whether an exclusion no longer counts."""
    return len({it.branch for it in steps}) >= NEEDED and any(it.role == Role.OVERSEER for it in steps)

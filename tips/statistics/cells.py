"""Cells of published tables, the sums that tie them, and what has been published of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Key = tuple[str, ...]  # names one cell for ever: its period, its table, its place in it


@dataclass(frozen=True, slots=True)
class Sum:
    """A cell that is the sum of others: a margin, a district and its wards, a quarter and its months."""

    total: Key
    parts: tuple[Key, ...]

    @property
    def claim(self) -> Claim:
        """The same as a claim: the parts less the total are 0."""
        return Claim((*((part, 1) for part in self.parts), (self.total, -1)), 0, 0)


@dataclass(frozen=True, slots=True)
class Claim:
    """Anything else that is published: a linear combination of cells with whole factors lies between two bounds.

    A share of 40 percent, rounded to 5 points, of a base: `37.5 <= 100 part / base <= 42.5`, so
    `200 part - 75 base >= 0` and `200 part - 85 base <= 0`, two claims.
    """

    terms: tuple[tuple[Key, int], ...]
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands in a hidden cell's place.

    `low` and `high` are what the mark tells everybody; no `high`: no bound. `guard` is told to nobody: the greatest
    count that must stay possible, as 0 must; None where nothing needs protection, because the count is not small.
    """

    low: int
    high: int | None
    guard: int | None = None


def small(k: int) -> Mark:
    """The primary suppression, shown as "<k"."""
    return Mark(0, k - 1, k - 1)


def large(k: int) -> Mark:
    """The secondary suppression: k or more, but how many is not told."""
    return Mark(k, None)


def withheld(k: int, count: int) -> Mark:
    """No word at all, not even whether it is small: the last resort."""
    return Mark(0, None, k - 1 if count < k else None)


@dataclass(frozen=True, slots=True)
class Published:
    """Everything that was ever published: what an attacker may have collected."""

    shown: Mapping[Key, int] = field(default_factory=dict)
    hidden: Mapping[Key, Mark] = field(default_factory=dict)
    sums: Sequence[Sum] = ()
    claims: Sequence[Claim] = ()

    def all_claims(self) -> Iterable[Claim]:
        """Sums and other claims alike."""
        yield from (it.claim for it in self.sums)
        yield from self.claims


NOTHING = Published()

"""Agreements: what one person offers for everybody counts once somebody of another office agreed to it; pure.

In force is the latest offer that was agreed to, and an offer was if an agreement to its very words stands behind it. So
no other offer takes anything back, whatever hour it names, and no old agreement brings anything back: the same words
are offered, and agreed to, anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

Worked = Callable[[str, datetime], Collection[str]]  # in which offices somebody did at a time


class Offer(Protocol):
    """What somebody offers for everybody."""

    @property
    def by(self) -> str:
        """Who offers it."""
        ...

    @property
    def at(self) -> datetime:
        """The hour."""
        ...

    @property
    def digest(self) -> str:
        """What somebody who agrees to it names it by: all that it says."""
        ...


@dataclass(frozen=True, slots=True)
class Agreement:
    """Somebody's agreement to an offer."""

    by: str
    at: datetime
    digest: str  # of the offer


Offered = TypeVar("Offered", bound=Offer)


def counts(it: Agreement, offer: Offer, worked: Worked) -> bool:
    """Whether somebody agrees to this very offer, and worked in no office in which who made it may have."""
    if it.by == offer.by or it.digest != offer.digest:
        return False
    here, there = set(worked(it.by, it.at)), set(worked(offer.by, offer.at))
    return bool(here and there) and not here & there


def settled(said: Iterable[Offered | Agreement], worked: Worked) -> tuple[Offered | None, Offered | None]:
    """The offer that is in force, and the one that waits: the latest of all, unless it is in force.

    Args:
        said: offers of one thing, and agreements, oldest first.
        worked: see `Worked`.
    """
    offers, last = list[Offered](), -1
    for it in said:
        if isinstance(it, Agreement):
            last = max([last, *(at for at, offer in enumerate(offers) if counts(it, offer, worked))])
        else:
            offers.append(it)
    in_force = offers[last] if last >= 0 else None
    return in_force, offers[-1] if last + 1 < len(offers) else None

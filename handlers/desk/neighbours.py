"""Beside a case: the list that it was opened from, and what stands before and behind it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers.desk import filters
from tips.cases.case import Case
from tips.desk.review import Review
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What `desk_neighbours.html` shows, and what the case's forms take along in a field `list`."""

    listed: str  # the list's address: codes, as the queue's own
    behind: str  # what stands behind an address of the case, so that its page knows the list
    back: str  # path and query of the list
    previous: str  # path and query of a case; empty: there is none
    next: str


def back(listed: str) -> str:
    """Path and query of a list."""
    return f"/desk/?{filters.address(filters.listed(listed))}".rstrip("?")


def case(id_: bytes, listed: str) -> str:
    """Path and query of a case in a list."""
    return f"/desk/case/{id_.hex()}{filters.behind_case(filters.listed(listed))}"


async def found(review: Review, session: Session, row: Case, listed: str, now: datetime) -> Neighbours:
    """The neighbours of a case in the list of this address."""
    wanted = filters.wanted(filters.listed(listed), session.name, now)
    before, behind = (case(it.id, listed) if it else "" for it in await review.beside(session, row, wanted))
    kept = filters.listed(listed)
    return Neighbours(filters.address(kept), filters.behind_case(kept), back(listed), before, behind)

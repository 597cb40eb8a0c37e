"""Roles: what a person may see and hold, in one table. What each may do to a case stands in `data/lifecycle.json`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tips import errors

NAME: Final = re.compile(r"\w[\w .-]{0,62}\w|\w")  # of a person: letters of any script


class Page(StrEnum):
    """The desk's pages that not everybody sees."""

    QUEUE = "queue"
    STATISTICS = "statistics"
    LEDGER = "ledger"
    PEOPLE = "people"
    INVITE = "invite"
    UNDELIVERED = "undelivered"
    HOLIDAYS = "holidays"
    CONDITION = "condition"
    ORGANISATION = "organisation"
    REORGANISE = "reorganise"
    INCIDENTS = "incidents"
    WORDS = "words"
    TEXTS = "texts"


class Task(StrEnum):
    """What is done in a terminal with a home as a whole; its value is the command."""

    HELD_OPEN = "held open"
    UNIT_RECOVER = "unit recover"
    BACKUP = "backup"
    LEDGER_AUDIT = "ledger audit"
    HOLIDAYS = "holidays add"


class Role(StrEnum):
    """What somebody is at their unit, as the roster says it."""

    OFFICER = "officer"
    HEAD = "head"
    OVERSEER = "overseer"
    COORDINATOR = "coordinator"
    ADMIN = "admin"
    AUDITOR = "auditor"

    @property
    def holds_seed(self) -> bool:
        """Whether the unit's seed is sealed to them, so that they can read its cases."""
        return _RIGHTS[self].holds_seed

    @property
    def sees_counts(self) -> bool:
        """Whether they see the city's counts."""
        return self.may_see(Page.STATISTICS)

    @property
    def landing(self) -> Page:
        """The page that they come to first."""
        return _RIGHTS[self].pages[0]

    def may_see(self, page: Page) -> bool:
        """Whether a page is theirs to see."""
        return page in _RIGHTS[self].pages

    def may_do(self, task: Task) -> bool:
        """Whether a task is theirs to do, if they bring what it needs besides, such as the offices' shares."""
        return task in _RIGHTS[self].tasks


def parse(text: str) -> Role:
    """A role as typed.

    Raises:
        Refused: there is none of this name.
    """
    try:
        return Role(text)
    except ValueError as error:
        raise errors.Refused("error.unknown_role") from error


@dataclass(frozen=True, slots=True)
class _Rights:
    holds_seed: bool
    pages: tuple[Page, ...]  # the one they come to first
    tasks: tuple[Task, ...] = ()


_ADMINS: Final = (
    Page.STATISTICS,
    Page.LEDGER,
    Page.PEOPLE,
    Page.INVITE,
    Page.UNDELIVERED,
    Page.HOLIDAYS,
    Page.CONDITION,
    Page.ORGANISATION,
    Page.REORGANISE,
    Page.INCIDENTS,
    Page.TEXTS,
)
_RIGHTS: Final[Mapping[Role, _Rights]] = {
    Role.OFFICER: _Rights(True, (Page.QUEUE,)),
    Role.HEAD: _Rights(True, (Page.QUEUE, Page.STATISTICS, Page.WORDS)),
    Role.OVERSEER: _Rights(
        True,
        (Page.QUEUE, Page.STATISTICS, Page.LEDGER, Page.INCIDENTS, Page.TEXTS),
        (Task.HELD_OPEN, Task.UNIT_RECOVER, Task.LEDGER_AUDIT),
    ),
    Role.COORDINATOR: _Rights(True, (Page.QUEUE, Page.STATISTICS)),
    Role.ADMIN: _Rights(False, _ADMINS, tuple(Task)),
    Role.AUDITOR: _Rights(
        False,
        (Page.LEDGER, Page.PEOPLE, Page.HOLIDAYS, Page.ORGANISATION, Page.INCIDENTS, Page.TEXTS),
        (Task.LEDGER_AUDIT,),
    ),
}

"""Condition: how a home is, for those who look after it: numbers, hours and kinds of trouble, and nobody's words.

Contacts are rows that processes write about themselves, which nobody signs: a help, and no proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tips.ports.desk import Contact, ContactState

QUIET: Final = timedelta(hours=2)  # without a contact, after which a channel is not served
FEW: Final = 5  # of reporters; fewer are not told apart


@dataclass(frozen=True, slots=True)
class Letters:
    """What waits to be told, and what was given up."""

    officers: int
    officers_dead: int
    reporters: int
    reporters_dead: int


@dataclass(frozen=True, slots=True)
class JobState:
    """When a job of the clock was done last."""

    name: str
    last: datetime | None  # None: never
    late: bool


@dataclass(frozen=True, slots=True)
class Backups:
    """The nightly backups that this machine sees."""

    many: int
    newest: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Joining:
    """Invitations: who has not taken theirs up, and whose keys wait for signers."""

    asked: int
    taken_up: int


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The newest head of the log, and how many of its witnesses cosigned it."""

    listed: int
    cosigned: int
    at: datetime | None  # None: there is no head yet


@dataclass(frozen=True, slots=True)
class Condition:
    """A home as one process sees it."""

    parts: Mapping[str, str]  # of this very process; see `bot.serve.health`
    contacts: tuple[Contact, ...]
    letters: Letters
    jobs: tuple[JobState, ...] | None  # None: the clock's key is on another machine, and without it none is believed
    backups: Backups | None  # None: the settings here name no folder
    joining: Joining
    witnessed: Witnessed
    stuck: int  # cases that the clock cannot bring on
    held: int  # cases that nobody can read, which wait for the quorum


def is_quiet(contact: Contact, now: datetime) -> bool:
    """Whether a channel is in trouble, or nobody serves it."""
    return contact.state is not ContactState.UP or contact.at is None or now - contact.at > QUIET

"""An action: what its form asks, when it is refused, and what it does to a case, as a step that is not stored yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from tips import errors
from tips.cases import lifecycle
from tips.cases.case import Case, State
from tips.cases.ledger import Kind
from tips.cases.lifecycle import ActionName
from tips.cases.pings import PingKind
from tips.cases.plaintext import Part
from tips.crypto.sealing import Reader
from tips.desk.open_case import OpenCase
from tips.organisation.roles import Role
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation
from tips.people.session import Session
from tips.triage import Corrections

MAX_WORDS: Final = 20_000  # characters of a question, answer or note
BLANK: Final = re.compile(r"[\[［][^\]］]*[\]］]")  # what a template leaves to be filled in: “[nêu lý do dễ hiểu]”
_PARTS_FOR_REPORTER: Final = frozenset({Part.QUESTION, Part.ANSWER, Part.CLEARING, Part.RESULT})
_PARTS_BY_NAME: Final = frozenset({Part.NOTE, Part.CORRECTION, Part.LINK})  # colleagues see who wrote these


class Field(StrEnum):
    """What the form of an action may ask; each is a field of `Fields`."""

    TEXT = "text"
    UNIT = "unit"
    WHO = "who"
    RESULT = "result"
    OTHER = "other"
    CORRECTIONS = "corrections"


@dataclass(frozen=True, slots=True)
class Fields:
    """What was filled in; an action looks only at the fields that it asks."""

    text: str = ""
    unit: str = ""  # a unit's code
    who: str = ""  # an officer's name
    result: str = ""  # one of `lifecycle.results()`
    other: bytes = b""  # another case's id, 16 bytes
    corrections: Corrections = field(default_factory=Corrections)


@dataclass(frozen=True, slots=True)
class Situation:
    """All that an action looks at."""

    session: Session
    opened: OpenCase
    roster: Roster
    organisation: Organisation
    now: datetime
    fields: Fields = field(default_factory=Fields)
    other: OpenCase | None = None  # the case that `fields.other` names, where the action asks for one
    action: ActionName | None = None  # None: it is only asked what could be done

    @property
    def row(self) -> Case:
        """The case as it stands."""
        return self.opened.case

    @property
    def in_own_unit(self) -> bool:
        """Whether it is the case of this person's unit; else they read it along."""
        return self.session.unit == self.row.unit

    @property
    def answered_for(self) -> bool:
        """Whether it is the case of this person's unit, or they oversee whose it is; anybody else only reads along."""
        return self.in_own_unit or self.session.role is Role.OVERSEER

    @property
    def sides(self) -> tuple[Situation, ...]:
        """This, and the same seen from the other case where there is one."""
        return (self,) if self.other is None else (self, replace(self, opened=self.other, other=self.opened))

    @property
    def leads_to(self) -> State:
        """The state that the table says this action leads to."""
        state = lifecycle.actions()[self.action].leads_to if self.action else None
        assert state is not None, self.action
        return state

    def entering(self) -> Case:
        """The case in the state that the action leads to, with the deadline that this starts."""
        return lifecycle.entering(self.row, self.leads_to, self.now, self.organisation.terms)

    def written(self, part: Part, facts: Mapping[str, Any] | None = None) -> NewPiece:
        """The words of the form as a piece.

        Raises:
            Refused: there are none, or too many; or a blank of a template was left for the reporter to read.
        """
        words = self.fields.text.strip()
        if not words:
            raise errors.Refused("error.empty")
        if len(words) > MAX_WORDS:
            raise errors.Refused("error.too_long")
        if part in _PARTS_FOR_REPORTER and BLANK.search(words):
            raise errors.Refused("error.blank")
        return self.piece(part, words, facts)

    def piece(self, part: Part, text: str, facts: Mapping[str, Any] | None = None) -> NewPiece:
        """A piece by this person, or by their unit where the reporter reads it."""
        return NewPiece(part, text, self.session.name if part in _PARTS_BY_NAME else self.session.unit, facts or {})


@dataclass(frozen=True, slots=True)
class NewPiece:
    """One more piece of a case, before it is sealed to whoever reads the case and is not shut out by it."""

    part: Part
    text: str
    by: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def for_reporter(self) -> bool:
        """Whether whoever holds the receipt reads it too."""
        return self.part in _PARTS_FOR_REPORTER


@dataclass(frozen=True, slots=True)
class Notice:
    """Whom of a unit to tell that something waits."""

    ping: PingKind
    unit: str
    spared: tuple[str, ...] = ()  # people of the unit who are not told


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to a case: one signed event, and what it changes. Nothing of it is sealed or stored yet."""

    kind: Kind
    moved: Case  # the case as it shall be, but for its head
    facts: Mapping[str, str] = field(default_factory=dict)  # of the event; a piece adds its own
    piece: NewPiece | None = None
    shared_with: Reader | None = None  # gets keys to every piece of the case
    notice: Notice | None = None
    news: bool = False  # the reporter is told that there is something, though no piece of it is for them


def never(it: Situation) -> None:
    """No refusal beyond the table's."""


def passing(fields: Fields) -> bool:
    """It can be undone, or done again otherwise."""
    return False


def lasting(fields: Fields) -> bool:
    """It cannot be undone, whatever was filled in."""
    return True


def in_own_unit(it: Situation) -> bool:
    """Whether a page offers most of what is not refused: to the people of the case's own unit."""
    return it.in_own_unit


def always(it: Situation) -> bool:
    """Whether a page offers all that is not refused: to those who read along too."""
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """One row of what people do to cases; from which states and to which roles, says `lifecycle`."""

    name: ActionName
    run: Callable[[Situation], Step]  # raises `Refused` for what was filled in
    fields: tuple[Field, ...] = ()
    refusal: Callable[[Situation], str | None] = never  # an error's key, beyond what `own` refuses
    offered: Callable[[Situation], bool] = in_own_unit  # a page may keep quiet of what would not be refused
    own: bool = True  # open to nobody who only reads the case along
    choices: Callable[[Situation], Sequence[str]] | None = None  # of a unit or person; without any it is not offered
    leaves: bool = False  # the case is no longer this person's to see afterwards, or to work on
    lasts: Callable[[Fields], bool] = passing  # whether it cannot be undone: a page asks before

    def refused(self, it: Situation) -> str | None:
        """An error's key where it is refused, whatever is filled in; None: it may be done."""
        if self.own and not it.answered_for:
            return "error.not_yours"
        return self.refusal(it)

    def decide(self, it: Situation) -> Step:
        """The step that it is, on a case that the table allows it on.

        Raises:
            Refused: it may not be done, or not with what was filled in.
        """
        refused = self.refused(it)
        if refused:
            raise errors.Refused(refused)
        return self.run(it)

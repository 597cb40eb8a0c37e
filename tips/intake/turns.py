"""What goes into a turn and what comes out of it: records only.

In: what a channel heard (`Inbound`). Out: a `Decision`, that is the next draft, what is said, and at most one effect.
Effects, and the answers that they may get, are two named vocabularies: what is said of an effect is decided by the
conversation when it sees the answer, never by what carries the effect out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, auto
from typing import Final, Literal

from tips.evidence.files import File
from tips.intake.draft import Draft
from tips.intake.mailbox import View
from tips.intake.promise import Promise
from tips.ports.evidence import Upload
from tips.transparency.filing import Filed
from tips.triage import Accusation, Triage

ALL: Final = ("1",)  # what a client confirms that keeps no tags
EDIT: Final = "~"  # in the reference of a change: before it the message's own, after it which change it is


@dataclass(frozen=True, slots=True)
class Say:
    """One paragraph: a catalogue key and what is filled in; a `Say` as a value is translated too."""

    key: str
    params: Mapping[str, str | Say | tuple[Say, ...]] = field(default_factory=dict)
    lang: str = ""  # the language to say it in, whatever is spoken; "": that one


@dataclass(frozen=True, slots=True)
class Option:
    """A button: a stable id and its label."""

    id: str
    label: Say


class ReplyKind(StrEnum):
    """What a message is, where a channel shows it in a way of its own."""

    TALK = auto()
    SUMMARY = auto()  # the tip as it stands: takes the place of the summary before it
    BESIDE = auto()  # a question about the summary above: goes when that does
    DANGER = auto()  # numbers to call
    RECEIPT = auto()  # codes that a person has to keep


@dataclass(frozen=True, slots=True)
class Reply:
    """One message: paragraphs, and buttons under it."""

    says: tuple[Say, ...]
    options: tuple[Option, ...] = ()
    kind: ReplyKind = ReplyKind.TALK
    promise: Promise | None = None  # of a summary: who will read the tip and who will not


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a channel heard, translated from its platform; `caption` and `insisted` come from a step, never from there.

    Words beside a file are words: they press no button, so that nobody sends a tip by naming a picture.
    """

    kind: Literal[
        "text",
        "choose",
        "start",
        "resume",
        "location",
        "file",
        "unsupported",
        "withheld",
        "edited",
        "caption",
        "insisted",
    ]
    text: str = ""  # also a file's caption
    choice: str = ""  # an option's id
    lat: float = 0.0  # degrees
    lon: float = 0.0
    problem: str = ""  # why a file is turned down: a reason of `evidence.kinds.REASONS`
    upload: Upload | None = field(default=None, repr=False)  # a file to be cleaned and sealed before this is decided
    file: File | None = field(default=None, repr=False)  # the upload, once that was done
    ref: str = ""  # the platform's id of this message, if it has one
    place: str = ""  # what the link of a poster names by which they came, where the platform says it with every message
    messenger: bool = False  # it came through a platform that keeps the words and knows who wrote them
    menus: bool = False  # and one without buttons: what can be chosen is numbered
    push: bool = False  # its platform can be told later that something waits
    owes: bool = False  # its channel says when the answer has arrived
    alone: bool = False  # no other process hears this platform: what is not answered yet will be by nobody else
    confirms: tuple[str, ...] = ()  # the tags of receipts that have arrived; ALL: whichever are due

    @property
    def value(self) -> str:
        """What a choice is about: in `edit:where`, the place."""
        return self.choice.partition(":")[2]


# --- effects: what a decision asks for -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submit:
    """The tip is complete and the person wants it sent. Answers: `Done`, `TooMany`, `FilesGone`."""

    triage: Triage
    readers: tuple[str, ...]  # unit codes, the receiver first: who was promised, and nobody else gets a grant


@dataclass(frozen=True, slots=True)
class Forget:
    """Nothing of this draft stays. It needs no answer: the draft ends together with the turn."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Show the mailbox of a receipt, as it was typed. Answers: `Found`, `Missing`, `TooMany`."""

    typed: str
    readers: bool = False  # who reads the case is asked for: it is told to nobody who does not ask
    proof: bool = False  # a file that shows others that it was taken is asked for


@dataclass(frozen=True, slots=True)
class Post:
    """Put words, a file, or whom the reporter shuts out into the mailbox in use. Answers: `Done`, `NotAllowed`."""

    text: str = ""
    file: File | None = None
    shut_out: tuple[Accusation, ...] = ()
    dispute: bool = False  # these words say why a closing is not accepted


@dataclass(frozen=True, slots=True)
class Listen:
    """Tell this chat when something waits, for the mailbox in use or the tip just sent; or stop telling it.

    Answers: `Done`, `Missing`.
    """

    on: bool
    everything: bool = False  # stopping, also forget what this conversation holds
    tip: str = field(default="", repr=False)  # the tip just sent, as the button under its receipt names it


Effect = Submit | Forget | LookUp | Post | Listen


# --- answers: what became of an effect -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """It is, or in the same step will be, as was asked."""

    seed: bytes = field(default=b"", repr=False)  # 32: of the next tip, once one is sent
    receiver: str = ""  # of the tip that is sent: a unit's code
    opened_by: datetime | None = None  # and by when it has to be opened; None: nobody has to
    found: Triage | None = field(default=None, repr=False)  # of words for a mailbox; None: there were none


@dataclass(frozen=True, slots=True)
class Found:
    """A mailbox that a receipt opens."""

    view: View
    filed: Filed | None = None  # how it stands in the log; None: that cannot be shown now
    kept: bool = True  # False: the store keeps nothing now; the mailbox can be read and not written to


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such receipt, or no such tip."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """Beyond a rate limit: nothing was tried."""


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """The rules of a case do not allow it; the key says which rule."""

    key: str


@dataclass(frozen=True, slots=True)
class FilesGone:
    """Files of the draft waited too long: nothing was sent."""

    files: tuple[File, ...]


Answer = Done | Found | Missing | TooMany | NotAllowed | FilesGone


@dataclass(frozen=True, slots=True)
class Decision:
    """What a turn comes to."""

    draft: Draft
    replies: tuple[Reply, ...]
    effect: Effect | None = None
    then: Inbound | None = None  # what is heard next, still in this turn: words beside a file, words set aside

"""A draft: what a conversation holds until the tip is sent. Immutable; each turn makes the next one.

When a draft ends (its receipt was delivered, it was cancelled or erased) a stub takes its place, of the same size and
look, for everybody alike: it holds nothing but the references of the last messages, so that what a platform repeats
is no new conversation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from tips import errors
from tips.evidence.files import File
from tips.intake.stages import Stage
from tips.triage import Accusation, By

VERSION: Final = 2  # of the stored form; the first one is written down nowhere
MAX_TEXT: Final = 20_000  # characters of one tip; a longer one is asked for in parts
SEEN_KEPT: Final = 128  # how many of a platform's message ids are remembered against repeats


@dataclass(frozen=True, slots=True)
class Fragment:
    """One message of the tip."""

    text: str
    slot: str = ""  # the question it answers: where, when, who; "" for free text
    ref: str = ""  # the platform's message id, so that an edit finds its fragment


@dataclass(frozen=True, slots=True)
class Due:
    """A receipt that nobody has confirmed yet, and what is said beside it."""

    seed: str = field(repr=False)  # hex: receipt and case id derive from it
    receiver: str = ""  # a unit's code; "": a draft of an earlier program does not tell
    opened_by: str = ""  # ISO 8601; "": nobody has to

    @classmethod
    def from_plain(cls, plain: Any) -> Due:
        """Also of an earlier program, which kept the seed alone."""
        return cls(plain) if isinstance(plain, str) else cls(*plain)


@dataclass(frozen=True, slots=True)
class Found:
    """What triage found in a draft when it was shown."""

    digest: str  # of all that it was found by
    triage: Mapping[str, Any] = field(repr=False)  # `tips.triage.kept`


@dataclass(frozen=True, slots=True)
class Draft:
    """A conversation's state."""

    seed: bytes = field(repr=False)  # 32: receipt and case id derive from it
    lang: str = ""  # a code of the table of languages; "": nothing tells yet
    stage: Stage = Stage.IDLE  # what was shown last; see `counts_as`
    slot: str = ""  # what is asked or edited: what where when who
    fragments: tuple[Fragment, ...] = field(default=(), repr=False)
    files: tuple[File, ...] = field(default=(), repr=False)
    asked: tuple[str, ...] = ()  # slots, once for each time they were asked for
    settled: tuple[str, ...] = ()  # slots that are answered or skipped
    area: str | None = None  # the code the person chose or corrected to
    category: str | None = None
    kept: tuple[Accusation, ...] = field(default=(), repr=False)  # whoever was shut out so far: words only add to it
    let_in: tuple[str, ...] = field(default=(), repr=False)  # unit codes and kinds that a press took back
    judged: tuple[str, ...] = field(default=(), repr=False)  # digests of the words that a press let somebody in after
    danger: bool = False  # the person says that somebody is in danger at this moment
    found: Found | None = field(default=None, repr=False)  # kept from the turn that showed it
    promised: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)  # way to send -> readers shown
    notices_given: tuple[
        str, ...
    ] = ()  # each of these is given once: welcome danger messenger notice, and those of `language_steps`
    messenger: bool = False  # the conversation goes through a platform that overhears it
    push: bool = False  # and one where somebody can be told later that something waits
    menus: bool = False  # the platform has no buttons: what can be chosen is numbered
    offered: tuple[str, ...] = ()  # ids of the options last shown, in order
    listed: tuple[str, ...] = ()  # those of the last list among them: a number means one of these
    numbered_before: tuple[str, ...] = ()  # the list by whose numbers somebody was shut out just now
    seen: tuple[str, ...] = field(default=(), repr=False)  # references of the last messages
    owed: str = field(default="", repr=False)  # the reference of a message whose answer may not have arrived
    owed_since: int = 0  # seconds since 1970; 0: nobody is at it any more
    due: tuple[Due, ...] = field(default=(), repr=False)  # receipts that nobody has confirmed yet
    mailbox: str = field(default="", repr=False)  # the receipt in use, while the person looks into a mailbox
    aside: str = field(default="", repr=False)  # text that was no tip, while `send anyway` is open
    poster: str = ""  # the code of the place that a poster's link named: it counts while words and person name none

    @property
    def chosen(self) -> bool:
        """Whether the person corrected what triage found, chose who may read, or came by a poster."""
        return bool(self.area or self.poster or self.category or self.kept or self.let_in or self.danger)

    @property
    def begun(self) -> bool:
        """Whether there is a tip: words, or files alone, which somebody can look at and listen to."""
        return bool(self.fragments or self.files)

    @property
    def counts_as(self) -> Stage:
        """The stage whose row of the conversation's table counts; it is asked of the whole draft.

        - A mailbox in use comes before the tip that waits behind it, whatever of that tip was shown meanwhile.
        - A tip that is neither asked about nor edited counts as SUMMARY, also right after a mailbox was left.
        - Without words and files there is no tip yet. What lies beside then (words that were no tip, or a place that
          was sent before any words) counts as ASIDE; nothing at all as IDLE.
        """
        if self.mailbox:
            return Stage.MAILBOX
        asked = self.stage in {Stage.ASKING, Stage.EDITING}
        if self.begun:
            return self.stage if asked else Stage.SUMMARY
        return Stage.ASIDE if self.aside or asked else Stage.IDLE

    @property
    def text(self) -> str:
        """The whole tip, in the order it was written."""
        return "\n".join(fragment.text for fragment in self.fragments)

    @property
    def empty(self) -> bool:
        """Whether it holds nothing that somebody wrote, and no mailbox is in use."""
        return not (self.fragments or self.files or self.mailbox or self.aside)

    def to_bytes(self) -> bytes:
        """As it is sealed."""
        plain = {_STORED_AS.get(name, name): getattr(self, name) for name in _FIELDS}
        plain |= {
            "v": VERSION,
            "seed": self.seed.hex(),
            "fragments": [[it.text, it.slot, it.ref] for it in self.fragments],
            "files": [it.plain() for it in self.files],
            "kept": [[it.kind, it.units, it.by, it.whole] for it in self.kept],
            "due": [[it.seed, it.receiver, it.opened_by] for it in self.due],
            "found": [self.found.digest, self.found.triage] if self.found else None,
        }
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Draft:
        """The inverse of what `to_bytes` writes down, but for the version; what an old draft lacks has its default."""
        found = {name: plain[stored] for name in _FIELDS if (stored := _STORED_AS.get(name, name)) in plain}
        found |= {name: tuple(found[name]) for name in _TUPLES if name in found}
        found |= {
            "seed": bytes.fromhex(plain["seed"]),
            "stage": Stage(plain["stage"]),
            "fragments": tuple(Fragment(*fragment) for fragment in plain["fragments"]),
            "files": tuple(File.from_plain(it) for it in plain["files"]),
            "kept": tuple(_accusation(*it) for it in plain.get("kept", ())),
            "due": tuple(Due.from_plain(it) for it in plain["due"]),
            "found": Found(*plain["found"]) if plain.get("found") else None,
            "promised": {way: tuple(readers) for way, readers in plain.get("promised", {}).items()},
        }
        return cls(**found)

    def fresh(self, seed: bytes) -> Draft:
        """The next tip of the same conversation; receipts that are due stay due."""
        kept = ("notices_given", "messenger", "push", "menus", "seen", "owed", "owed_since", "due")
        return Draft(seed, self.lang, **{name: getattr(self, name) for name in kept})

    def sent(self, seed: bytes, receiver: str, opened_by: str) -> Draft:
        """The draft after its tip was stored: a fresh one, and a receipt that is due."""
        return replace(self.fresh(seed), due=(*self.due, Due(self.seed.hex(), receiver, opened_by)))

    def noting(self, ref: str) -> Draft:
        """The draft after a platform message, so that its repeat is known."""
        return replace(self, seen=noted(self.seen, ref))

    def stub(self) -> Stub:
        """What stays of it once it has ended."""
        return Stub(self.seen, self.owed, self.owed_since)


_FIELDS: Final = tuple(it.name for it in fields(Draft))
_STORED_AS: Final = {"notices_given": "told"}  # a field's name in stored drafts, where that is an older one
_TUPLES: Final = (  # of strings
    "asked",
    "settled",
    "judged",
    "let_in",
    "listed",
    "notices_given",
    "numbered_before",
    "offered",
    "seen",
)


def noted(seen: tuple[str, ...], ref: str) -> tuple[str, ...]:
    """The references of the last messages, with one more; "" is none."""
    return (*seen, ref)[-SEEN_KEPT:] if ref else seen


def _accusation(kind: str, units: Sequence[str], by: str, whole: bool) -> Accusation:
    return Accusation(kind, tuple(units), by=By(by), whole=whole)


@dataclass(frozen=True, slots=True)
class Stub:
    """What stays of a draft that has ended."""

    seen: tuple[str, ...] = field(default=(), repr=False)  # references of the last messages
    owed: str = field(default="", repr=False)  # see `Draft`
    owed_since: int = 0

    def to_bytes(self) -> bytes:
        """As it is sealed."""
        plain = {"seen": self.seen, "owed": self.owed, "owed_since": self.owed_since}
        return json.dumps(plain, separators=(",", ":")).encode()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Stub:
        """The inverse of what `to_bytes` writes down, but for the version; earlier programs owed nothing."""
        return cls(tuple(plain["seen"]), plain.get("owed", ""), plain.get("owed_since", 0))


def from_bytes(data: bytes) -> Draft | Stub:
    """The inverse of `Draft.to_bytes` and of `Stub.to_bytes`.

    Raises:
        NotOpened: written by a later version.
    """
    plain: dict[str, Any] = json.loads(data)
    if plain.get("v", 1) > VERSION:
        raise errors.NotOpened("a draft written by a later version of Tin Báo")
    return Draft.from_plain(plain) if "seed" in plain else Stub.from_plain(plain)

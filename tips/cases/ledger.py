"""The ledger's events: what happened to a case, signed by who did it, each naming the event before it.

An event carries no text of a tip, only hashes. Its leaf hash is blinded by 32 bytes, so that the public tree
(`tips/merkle/tree.py`) tells nothing; the blind of a case's first event comes from the receipt.
"""

from __future__ import annotations

import base64
import enum
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tips import errors
from tips.crypto import keys
from tips.crypto.sealing import Envelope
from tips.merkle import tree
from tips.organisation.roster import CLOCK

YEARS: Final = range(2020, 2200)  # in which anything happens; others would not do for reckoning either
FIRST = bytes(32)  # "the event before" of a case's first event
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")  # half a letter, as JSON writes it: nothing prints or stores one


class Kind(enum.StrEnum):
    """Everything the ledger knows; a new kind is a new line here, and its words, `ledger.KIND`."""

    RECEIVED = "received"
    ADDED = "added"
    ASKED = "asked"
    NOTED = "noted"
    READ = "read"
    CLAIMED = "claimed"
    HANDED_BACK = "handed_back"  # nobody has it: its officer gave it up, or left (then the clock signs)
    ASSIGNED = "assigned"  # given to an officer by the head
    MOVED = "moved"  # another state
    CORRECTED = "corrected"  # what triage found; the facts say which of it, never to what
    LINKED = "linked"
    HANDED_OVER = "handed_over"
    EXCLUDED = "excluded"  # a reader who turned out to be accused: the case was re-keyed without them
    CLEARED = "cleared"  # an office took back an exclusion; it counts once a second one does
    BOUNCED = "bounced"  # sent back to who handed it over
    CONSULTED = "consulted"  # an overseer was asked, and reads along
    SHARED = "shared"  # another unit reads along
    RECUSED = "recused"  # a person keeps away from it
    EXTENDED = "extended"
    CONCLUDED = "concluded"
    ENDORSED = "endorsed"  # somebody outside the unit agrees with the conclusion
    DISPUTED = "disputed"  # the reporter does not accept the closing
    AGREED = "print_agreed"  # a second person lets a case with an exclusion be printed, once
    PRINTED = "printed"  # the case left the house as a file for paper
    SHREDDED = "shredded"  # its keys and ciphertexts are destroyed; the chain stays
    ESCALATED = "climbed"
    MENDED = "mended"  # its rows were not what was signed, and were set right; the claims say what differed
    RESTARTED = "restarted"  # its chain did not hold, and begins anew here with what held of it
    COVERED = "covered"  # rows that an earlier program signed nothing of are claimed from now on as they were found
    RELEASED = "released"  # a held case, given to a unit by the quorum
    ROSTER = "roster"
    EXPORTED = "exported"
    SEARCHED = "searched"  # somebody looked for words in the cases that they had opened; how many these were, no word
    BACKED_UP = "backed_up"  # every lasting row left as a backup
    RESTORED = "restored"  # the home came back from a backup, with the ledger that is named; each signer says so
    RECLAIMED = "reclaimed"  # a unit's older seeds, given by the quorum to the people who work there now
    FROZEN = "frozen"  # the figures of a period that is over, as everybody sees them from now on
    AUDITED = "audited"  # the whole of it was checked; how many problems were found
    HOLIDAYS = "holidays"  # an admin gave a decision that swaps working days; see `standing`
    INCIDENT = "incident"  # something went wrong with the home itself, or more is said of it; see `incidents`
    UNIT_WORDS = "unit_words"  # a head keeps words for the unit's officers, others, or none any more; see `unit_words`
    HOME_TEXT = "home_text"  # a text of the home's own is offered, or agreed to; see `home_texts`
    REQUESTED = "requested"  # an admin made a version for signers to sign; which, say the facts
    SEQUENCED = "sequenced"  # what waited joined the tree; what of it was missing


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `at` is truncated to the hour."""

    kind: Kind
    case: bytes  # 16 bytes; empty where it concerns no case
    previous: bytes  # leaf hash of the case's event before; `FIRST` for its first
    at: datetime
    by: str  # a process or a person, as the roster names them
    blind: bytes  # 32 bytes
    facts: Mapping[str, str] = field(default_factory=dict)  # codes, states, hashes, what wakes keys; never text
    claims: Mapping[str, Any] = field(default_factory=dict)  # what its case's rows are after it, see `claims`

    def body(self) -> bytes:
        """The canonical bytes: what is signed and hashed."""
        plain = {
            "kind": self.kind.value,
            "case": self.case.hex(),
            "previous": self.previous.hex(),
            "at": self.at.isoformat(),
            "by": self.by,
            "blind": self.blind.hex(),
            "facts": dict(self.facts),
            **({"claims": dict(self.claims)} if self.claims else {}),
        }
        return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


RESTART: Final = b'"kind":"restarted"'  # as the body of such an event has it


def mentions(**facts: str) -> list[bytes]:
    """What the body of an event holds that says these things, for a store that looks before anything is parsed."""
    return [json.dumps({name: value}, separators=(",", ":")).encode()[1:-1] for name, value in facts.items()]


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event as it is stored."""

    leaf: bytes
    case: bytes
    body: bytes
    signature: bytes


def sign(event: Event, signing: bytes) -> SignedEvent:
    """Sign an event with the Ed25519 seed of who did it."""
    return signed_by(event, keys.sign(signing, b"tinbao event\x00" + event.body()))


def signed_by(event: Event, signature: bytes) -> SignedEvent:
    """An event with a signature that was made elsewhere, as it is stored; whether it holds `verify` tells."""
    body = event.body()
    return SignedEvent(tree.leaf_hash(body), event.case, body, signature)


def unsigned(body: bytes) -> Event:
    """An event that waits for its signature.

    Raises:
        NotVerified: it is none, or not in its canonical form.
    """
    event = parse(SignedEvent(tree.leaf_hash(body), b"", body, b""))
    if event.body() != body:
        raise errors.NotVerified("this is not an event as it is signed")
    return event


def parse(signed: SignedEvent) -> Event:
    """The event of a stored row.

    Raises:
        NotVerified: it is no event, or not the one that its leaf names.
    """
    try:
        if not signed.body.isascii() or _HALF.search(signed.body):
            raise errors.NotVerified("this is not how an event is written")
        plain = json.loads(signed.body, parse_constant=_no_number)
        if not all(isinstance(it, str) for it in plain["facts"].values()):
            raise errors.NotVerified("an event's facts are words")
        claims = plain.get("claims", {})
        if not isinstance(claims, dict) or not isinstance(plain["facts"], dict):
            raise errors.NotVerified("an event says what happened")
        if not plain["by"].isprintable():
            raise errors.NotVerified("nobody has a name like this")
        at = datetime.fromisoformat(plain["at"])
        if at.tzinfo is None or at.year not in YEARS:
            raise errors.NotVerified("an event is of no time")
        event = Event(
            Kind(plain["kind"]),
            bytes.fromhex(plain["case"]),
            bytes.fromhex(plain["previous"]),
            at,
            plain["by"],
            bytes.fromhex(plain["blind"]),
            plain["facts"],
            claims,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise errors.NotVerified("this is not an event") from error
    if tree.leaf_hash(signed.body) != signed.leaf or event.case != signed.case:
        raise errors.NotVerified("the event is not the one that its leaf names")
    return event


def _no_number(written: str) -> float:
    """JSON knows no infinity, and Python reads one."""
    raise ValueError(written)


def verify(signed: SignedEvent, verifiers: Callable[[str, datetime], tuple[bytes, ...]]) -> Event:
    """The event of a stored row, if who it names signed it; `verifiers`: see `Roster`."""
    event = parse(signed)
    message = b"tinbao event\x00" + signed.body
    if not any(keys.signed_by(key, signed.signature, message) for key in verifiers(event.by, event.at)):
        raise errors.NotVerified(f"this event was not signed by {event.by}")
    return event


def is_later(signed: SignedEvent, verifiers: Callable[[str, datetime], tuple[bytes, ...]]) -> bool:
    """Whether who it names signed it, as a kind of event that only a later version of this program knows."""
    try:
        plain = json.loads(signed.body)
        kind, by, at = plain["kind"], plain["by"], datetime.fromisoformat(plain["at"])
        if not isinstance(kind, str) or kind in [*Kind]:
            return False
        message = b"tinbao event\x00" + signed.body
        return any(keys.signed_by(key, signed.signature, message) for key in verifiers(by, at))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def chained(rows: Iterable[SignedEvent], head: bytes, read: Callable[[SignedEvent], Event] = parse) -> Sequence[Event]:
    """A case's events in order, as `read` gives them, if they are an unbroken chain from the first to `head`.

    Raises:
        NotVerified: one is missing, forked, or belongs elsewhere.
    """
    chain, end = ordered(rows, read)
    if end != head:
        raise errors.NotVerified("the chain of events is broken")
    return chain


def ordered(rows: Iterable[SignedEvent], read: Callable[[SignedEvent], Event] = parse) -> tuple[Sequence[Event], bytes]:
    """Events in the order of their chain, with the leaf at its end.

    Where the clock began it anew, what was before is no part of it, and what does not belong to it is passed over.

    Raises:
        NotVerified: they are no chain: one is missing, forked, or belongs elsewhere.
    """
    rows = list(rows)
    begun = [row for row in rows if RESTART in row.body]
    found, spoilt = [], False
    for row in rows:
        try:
            found.append((row.leaf, read(row)))
        except errors.NotVerified:
            if not begun:
                raise
            spoilt = True
    starts = [it for it in found if it[1].kind is Kind.RESTARTED and it[1].by == CLOCK]
    if spoilt and not starts:
        raise errors.NotVerified("an event of this case does not hold")
    return _anew(found, max(starts, key=lambda it: it[1].facts.get("number", "").zfill(9))) if starts else _whole(found)


def _whole(found: Sequence[tuple[bytes, Event]]) -> tuple[Sequence[Event], bytes]:
    after = {}
    for leaf, event in found:
        if event.previous in after:
            raise errors.NotVerified("two events follow the same one")
        after[event.previous] = (leaf, event)
    chain, at = [], FIRST
    while at in after:
        at, event = after.pop(at)
        chain.append(event)
    if after:
        raise errors.NotVerified("the chain of events is broken")
    return chain, at


def _anew(found: Sequence[tuple[bytes, Event]], start: tuple[bytes, Event]) -> tuple[Sequence[Event], bytes]:
    at, first = start
    chain = [first]
    while following := [it for it in found if it[1].previous == at]:
        if len(following) > 1:
            raise errors.NotVerified("two events follow the same one")
        at, event = following[0]
        chain.append(event)
    return chain, at


def envelope_facts(envelope: Envelope) -> dict[str, str]:
    """How an event names an envelope: by id, part, ciphertext, commitment, and what the clock wakes its keys by.

    The last is there whole, so that one that was destroyed in the envelope's row keeps no case from climbing.
    """
    return {
        "envelope": envelope.id.hex(),
        "part": envelope.part,
        "digest": envelope.digest.hex(),
        "commitment": envelope.commitment.hex(),
        **({"release": base64.b64encode(envelope.release).decode()} if envelope.release else {}),
    }

"""The ledger's events: what happened to a case, signed by who did it, each naming the event before it.

An event carries no text of a tip, only hashes. Its leaf hash (RFC 6962, §2.1) is blinded by 32 bytes, so that the
public tree tells nothing; the blind of a case's first event comes from the receipt.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tips import errors
from tips.crypto import keys
from tips.crypto.sealing import Envelope

FIRST = bytes(32)  # "the event before" of a case's first event


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
    RECUSED = "recused"  # a person keeps away from it
    EXTENDED = "extended"
    CONCLUDED = "concluded"
    ENDORSED = "endorsed"  # somebody outside the unit agrees with the conclusion
    DISPUTED = "disputed"  # the reporter does not accept the closing
    SHREDDED = "shredded"  # its keys and ciphertexts are destroyed; the chain stays
    ESCALATED = "climbed"
    RELEASED = "released"  # a held case, given to a unit by the quorum
    ROSTER = "roster"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `at` is truncated to the hour."""

    kind: Kind
    case: bytes  # 16 bytes; empty where it concerns no case
    previous: bytes  # leaf hash of the case's event before; `FIRST` for its first
    at: datetime
    by: str  # a process or a person, as the roster names them
    blind: bytes  # 32 bytes
    facts: Mapping[str, str] = field(default_factory=dict)  # codes, states and hashes; never text

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
        }
        return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event as it is stored."""

    leaf: bytes
    case: bytes
    body: bytes
    signature: bytes


def leaf_hash(body: bytes) -> bytes:
    """SHA-256 of 0x00 and the body (RFC 6962, §2.1)."""
    return hashlib.sha256(b"\x00" + body).digest()


def sign(event: Event, signing: bytes) -> SignedEvent:
    """Sign an event with the Ed25519 seed of who did it."""
    body = event.body()
    return SignedEvent(leaf_hash(body), event.case, body, keys.sign(signing, b"tinbao event\x00" + body))


def parse(signed: SignedEvent) -> Event:
    """The event of a stored row.

    Raises:
        NotVerified: it is no event, or not the one that its leaf names.
    """
    try:
        plain = json.loads(signed.body)
        event = Event(
            Kind(plain["kind"]),
            bytes.fromhex(plain["case"]),
            bytes.fromhex(plain["previous"]),
            datetime.fromisoformat(plain["at"]),
            plain["by"],
            bytes.fromhex(plain["blind"]),
            plain["facts"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise errors.NotVerified("this is not an event") from error
    if leaf_hash(signed.body) != signed.leaf or event.case != signed.case:
        raise errors.NotVerified("the event is not the one that its leaf names")
    return event


def verify(signed: SignedEvent, verifiers: Callable[[str], tuple[bytes, ...]]) -> Event:
    """The event of a stored row, if who it names signed it; `verifiers` gives a name's keys (`Roster.verifiers`)."""
    event = parse(signed)
    message = b"tinbao event\x00" + signed.body
    if not any(keys.signed_by(key, signed.signature, message) for key in verifiers(event.by)):
        raise errors.NotVerified(f"this event was not signed by {event.by}")
    return event


def verify_chain(
    rows: Iterable[SignedEvent], head: bytes, verifiers: Callable[[str], tuple[bytes, ...]]
) -> Sequence[Event]:
    """A case's events in order, if they are an unbroken chain from the first to `head`.

    Raises:
        NotVerified: one is missing, forked, forged, or belongs elsewhere.
    """
    after = {}
    for row in rows:
        event = verify(row, verifiers)
        if event.previous in after:
            raise errors.NotVerified("two events follow the same one")
        after[event.previous] = (row.leaf, event)
    chain, leaf = [], FIRST
    while leaf in after:
        leaf, event = after.pop(leaf)
        chain.append(event)
    if after or leaf != head:
        raise errors.NotVerified("the chain of events is broken")
    return chain


def envelope_facts(envelope: Envelope) -> dict[str, str]:
    """How an event names an envelope: by id, part, ciphertext and commitment."""
    return {
        "envelope": envelope.id.hex(),
        "part": envelope.part,
        "digest": envelope.digest.hex(),
        "commitment": envelope.commitment.hex(),
    }

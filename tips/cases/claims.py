"""Claims: what an event says of its case's row after it, and of the keys that it adds or takes.

Who has the database can edit every row, and none of what was signed: the rows are a cache of the events. The first of a
case claims all that there is of it, each later one what it changes. Category and places are claimed by a hash, with a
salt that lies beside them in the row and is drawn anew with each step: so the chain does not tell what a case was about
before somebody was shut out of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from tips import errors
from tips.cases import ledger
from tips.cases.case import RESTRICTED_AREA, RESTRICTED_CATEGORY, UNKNOWN_CATEGORY, Case, State
from tips.cases.ledger import Event, Kind, SignedEvent
from tips.crypto.sealing import Envelope, Grant
from tips.organisation.roster import PROCESSES
from tips.organisation.taxonomy import Urgency

SALT_BYTES: Final = 16
_PLAIN: Final = ("unit", "state", "urgency", "clock", "level", "officer", "opened", "restricted", "disputed")
_BEGINS: Final = frozenset({Kind.RECEIVED, Kind.COVERED, Kind.RESTARTED})  # claim all that there is
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "unit": str,
    "state": str,
    "urgency": str,
    "clock": (str, type(None)),
    "level": int,
    "officer": (str, type(None)),
    "opened": bool,
    "restricted": bool,
    "disputed": bool,
    "received": int,
    "due": (int, type(None)),
    "about": str,
}
_ABOUT: Final = ("category", "area", "ward")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """How a receipt finds its case: by what it derives, never by itself."""

    lookup: bytes  # 16 bytes
    case: bytes
    public: bytes  # the receipt's reading key, so that questions and answers can be sealed to it


@dataclass(frozen=True, slots=True)
class Held:
    """A key to an envelope, as the event that gave it names it; its grant may be gone, or another by now."""

    envelope: bytes
    reader: str
    level: int
    asleep: bool
    roster: int
    digest: bytes  # SHA-256 of what is sealed
    lost: bool = False  # its grant was found to be gone, or another: an event says so


class Entry(NamedTuple):
    """One event of a step: what happened, and its 32 bytes of blind."""

    kind: Kind
    facts: Mapping[str, str]
    blind: bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs a step, and when."""

    by: str  # a process or a person, as the roster names them
    seed: bytes = field(repr=False)  # Ed25519
    at: datetime  # truncated to the hour


@dataclass(frozen=True, slots=True)
class Mended:
    """Rows that were not what was signed, and what becomes of them with the next step; empty: all of them were."""

    head: bytes | None = None  # what the row calls the head, where that is not the chain's end
    differed: tuple[str, ...] = ()  # columns, and what was wrong with keys and mailbox: codes that have words
    strange: tuple[tuple[bytes, str], ...] = ()  # envelope and reader of grants that no event gave: they go
    lost: tuple[tuple[bytes, str], ...] = ()  # envelope and reader of grants that are gone, or were overwritten
    again: tuple[Grant, ...] = ()  # grants whose row says otherwise than they were given, as they were
    mailbox: Mailbox | None = None  # where it was edited, or is gone, or another was beside it
    pieces: tuple[Envelope, ...] = ()  # envelopes whose plain columns were edited, as they were signed

    def __bool__(self) -> bool:
        """Whether there is anything to mend."""
        return bool(self.differed)


NOTHING: Final = Mended()


@dataclass(frozen=True, slots=True)
class Added:
    """What a step adds to a case, or takes from it, beside its row."""

    grants: Sequence[Grant] = ()
    shut: Sequence[str] = ()  # readers whose keys all go
    mailbox: Mailbox | None = None
    whole: bool = False  # this is all that there is of the case


def signed(
    row: Case,
    head: bytes,
    entries: Sequence[Entry],
    who: Signature,
    salt: bytes,
    added: Added,
    mended: Mended,
) -> tuple[Case, tuple[SignedEvent, ...]]:
    """A step's events, each naming the one before it, and the row that the last of them claims.

    Args:
        row: the case as it shall be; its head and its salt are set here.
        head: leaf hash of the event before; `ledger.FIRST` for a new case.
        entries: what happened, in order.
        who: signs all of them.
        salt: `SALT_BYTES` random ones.
        added: what the step adds beside the row. An event claims the keys to its own envelope, the last one the rest.
        mended: what was found to differ from the chain; the first event says so.
    """
    row = replace(row, salt=salt)
    rest = {(it.envelope, it.reader): it for it in added.grants}
    events: list[SignedEvent] = []
    for number, entry in enumerate(entries):
        own = entry.facts.get("envelope")
        is_last = number == len(entries) - 1
        keys = [rest.pop(key) for key in list(rest) if is_last or key[0].hex() == own]
        told: dict[str, Any] = {"row": _of_row(row)}
        if keys:
            told["keys"] = _of_grants(keys)
        if added.shut and is_last:
            told["shut"] = sorted(added.shut)
        if number == 0 and (added.whole or head == ledger.FIRST):
            told["whole"] = True
        if number == 0 and added.mailbox:
            told["mailbox"] = _of_mailbox(added.mailbox)
        if number == 0 and mended:
            told["differed"] = sorted(mended.differed)
            told["lost"] = [[envelope.hex(), reader] for envelope, reader in mended.lost]
        previous = events[-1].leaf if events else head
        event = Event(entry.kind, row.id, previous, who.at, who.by, entry.blind, entry.facts, told)
        events.append(ledger.sign(event, who.seed))
    return replace(row, head=events[-1].leaf), tuple(events)


# --- what a chain claims ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the events of a case say that there is of it."""

    row: Mapping[str, Any]
    keys: Mapping[tuple[bytes, str], Held]  # by envelope and reader
    mailbox: Mailbox | None
    at: datetime | None = None  # the latest time that a process signed; people's clocks are not gone by


def claimed(chain: Iterable[Event]) -> Claimed | None:
    """What a chain claims at its end; None: nothing yet, an earlier program signed all of it.

    Raises:
        NotVerified: an event claims what cannot be.
    """
    found = None
    for event in chain:
        found = after(found, event)
    return found


def after(before: Claimed | None, event: Event) -> Claimed | None:
    """What is claimed once one more event is there; the first that counts claims all that there is.

    Raises:
        NotVerified: it claims what cannot be, or nothing though those before it did.
    """
    told = event.claims
    try:
        if before is None and not told.get("whole"):
            return None
        if told.get("whole") and event.kind not in _BEGINS:
            raise errors.NotVerified(f"an event of this kind begins no case: {event.kind}")
        _check_row(told["row"])
        if not all(isinstance(it, str) for it in told.get("differed", ())):
            raise TypeError
        keys = dict(before.keys) if before and event.kind is not Kind.SHREDDED else {}
        gone = {bytes.fromhex(step.split(">")[0]) for step in event.facts.get("renewed", "").split()}
        shut, lost = set(told.get("shut", ())), {(bytes.fromhex(it), reader) for it, reader in told.get("lost", ())}
        keys = {key: it for key, it in keys.items() if it.envelope not in gone and it.reader not in shut}
        keys = {key: replace(it, lost=it.lost or key in lost) for key, it in keys.items()}
        keys |= {(it.envelope, it.reader): it for it in _to_keys(told.get("keys", {}))}
        kept = before.mailbox if before else None
        mailbox = _to_mailbox(event.case, told["mailbox"]) if "mailbox" in told else kept
        return Claimed(told["row"], keys, mailbox, _latest(before, event))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise errors.NotVerified("an event claims what cannot be") from error


def _latest(before: Claimed | None, event: Event) -> datetime | None:
    at = before.at if before else None
    return max(at or event.at, event.at) if event.by in PROCESSES else at


# --- as JSON ----------------------------------------------------------------------------------------------------------


def _of_row(row: Case) -> dict[str, Any]:
    due = int(row.due_at.timestamp()) if row.due_at else None
    plain = {name: getattr(row, name) for name in _PLAIN}
    return {**plain, "received": int(row.received_at.timestamp()), "due": due, "about": about(row)}


def _check_row(plain: Mapping[str, Any]) -> None:
    """Raises `TypeError` or `ValueError` where a row's claims are not what they are of, or what no column takes."""
    if plain.keys() != _TYPES.keys() or not all(isinstance(plain[name], of) for name, of in _TYPES.items()):
        raise TypeError
    State(plain["state"]), Urgency(plain["urgency"])
    if not all(it.isprintable() for it in plain.values() if isinstance(it, str)):
        raise ValueError


def about(row: Case) -> str:
    """The hash of what the case is about, and where."""
    told = json.dumps([getattr(row, name) for name in _ABOUT], separators=(",", ":")).encode()
    return hashlib.sha256(b"tinbao about\x00" + (row.salt or b"") + told).hexdigest()


def to_row(stored: Case, head: bytes, plain: Mapping[str, Any]) -> Case:
    """The row that an event claims; what it is about as it is stored, or unknown where that is not what was claimed.

    Raises:
        NotVerified: an event claims what cannot be.
    """
    try:
        due = None if plain["due"] is None else datetime.fromtimestamp(plain["due"], UTC)
        named = {name: plain[name] for name in _PLAIN}
        row = replace(
            stored, received_at=datetime.fromtimestamp(plain["received"], UTC), due_at=due, head=head, **named
        )
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise errors.NotVerified("an event claims what cannot be") from error
    if about(stored) == plain["about"]:
        return row
    if row.restricted:
        return replace(row, category=RESTRICTED_CATEGORY, area=RESTRICTED_AREA, ward=None)
    return replace(row, category=UNKNOWN_CATEGORY, area=None, ward=None)


def _of_grants(grants: Iterable[Grant]) -> dict[str, list[list[Any]]]:
    """By envelope: reader, level, whether it sleeps, roster version, and the digest of what is sealed."""
    found: dict[str, list[list[Any]]] = {}
    for it in grants:
        found.setdefault(it.envelope.hex(), []).append([it.reader, it.level, it.asleep, it.roster, digest(it).hex()])
    return found


def _to_keys(plain: Mapping[str, Sequence[Sequence[Any]]]) -> list[Held]:
    return [
        Held(bytes.fromhex(envelope), str(reader), int(level), bool(asleep), int(roster), bytes.fromhex(sealed))
        for envelope, given in plain.items()
        for reader, level, asleep, roster, sealed in given
    ]


def given(grants: Iterable[Grant], found: Claimed, case: bytes) -> tuple[Grant, ...]:
    """Those keys of a case that are there, as its events gave them; what is sealed tells whose each is, not its row."""
    held = {it.digest: it for it in found.keys.values()}
    sealed = {key.digest: it.sealed for it in grants if (key := held.get(digest(it)))}
    return tuple(
        Grant(it.envelope, case, it.reader, it.level, it.asleep, it.roster, sealed[it.digest])
        for it in found.keys.values()
        if it.digest in sealed
    )


def digest(grant: Grant) -> bytes:
    """SHA-256 of what is sealed in a grant."""
    return hashlib.sha256(grant.sealed).digest()


def _of_mailbox(it: Mailbox) -> list[str]:
    return [it.lookup.hex(), base64.b64encode(it.public).decode()]


def _to_mailbox(case: bytes, plain: Sequence[str]) -> Mailbox:
    lookup, public = plain
    return Mailbox(bytes.fromhex(lookup), case, base64.b64decode(public, validate=True))

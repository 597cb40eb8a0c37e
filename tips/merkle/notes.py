"""Signed notes (C2SP signed-note): a text and, below it, who signed it, in a form that any program of the field reads.

    <text, its lines each ended by a newline>
    <an empty line>
    — <name> <base64 of key id, 4 bytes, and signature>        one line a signature

Two kinds of Ed25519 keys are known: one signs the text (0x01, signed-note), the other the time and the text (0x04, C2SP
tlog-cosignature: a witness's). A signature by a key that nobody asked for is passed over, as the specification wants;
one that claims a known key and does not hold spoils the note.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tips import errors
from tips.crypto import keys

KEY_ID: Final = 4  # bytes
MOST_SIGNATURES: Final = 64  # of one note; the specification asks for 16 at least
MOST_BYTES: Final = 64 * 1024  # of one note
_PUBLIC: Final = 32  # bytes
_TIME: Final = 8  # bytes, big-endian: seconds since 1970
_DASH: Final = "— "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_HEX: Final = re.compile(r"[0-9a-f]{8}")


class Kind(enum.IntEnum):
    """The byte that says what a key signs (signed-note, "Signature types")."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class Key:
    """Whose signatures are known: name, kind and public key, written as a `vkey`."""

    name: str
    public: bytes  # 32: Ed25519
    kind: Kind

    @property
    def id(self) -> bytes:
        """SHA-256(name, newline, kind, public key), the first 4 bytes: a hint, not a fingerprint."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._material()).digest()[:KEY_ID]

    def vkey(self) -> str:
        """As it is written in settings: `name+id+base64` (signed-note, "Verifier keys")."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._material()).decode()}"

    def _material(self) -> bytes:
        return bytes([self.kind]) + self.public


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a note; what it is worth, `verified` says."""

    name: str
    key_id: bytes
    sealed: bytes  # as the kind of key has it

    def line(self) -> str:
        """As it stands below the text, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.sealed).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures, of which nothing is known until they are `verified`."""

    text: str  # ends in a newline
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        return "".join([self.text, "\n", *(it.line() for it in self.signatures)]).encode()


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds: whose it is, and when they say they made it."""

    key: Key
    at: datetime | None  # a witness's only


def key_of(name: str, signing: bytes, kind: Kind) -> Key:
    """What the signatures made with an Ed25519 seed are verified by."""
    return Key(name, keys.verify_key(signing), kind)


def parse_vkey(written: str) -> Key:
    """A key as it is written in settings.

    Raises:
        NotVerified: it is none, of a kind that is not known here, or its id is not its own.
    """
    name, _, rest = written.partition("+")
    key_id, _, material = rest.partition("+")
    raw = decoded(material)
    if not _is_name(name) or not _HEX.fullmatch(key_id) or len(raw) != 1 + _PUBLIC or raw[0] not in set(Kind):
        raise errors.NotVerified("this is not a verifier key of Ed25519")
    key = Key(name, raw[1:], Kind(raw[0]))
    if key.id.hex() != key_id:
        raise errors.NotVerified("the verifier key's id is not its own")
    return key


def parse(raw: bytes) -> Note:
    """A note as it came, its signatures not yet looked at.

    Raises:
        NotVerified: it is none.
    """
    if len(raw) > MOST_BYTES:
        raise errors.NotVerified("the note is too long")
    try:
        whole = raw.decode()
    except UnicodeDecodeError as error:
        raise errors.NotVerified("the note is not UTF-8") from error
    if _CONTROL.search(whole):
        raise errors.NotVerified("the note has control characters")
    text, empty, below = whole.rpartition("\n\n")
    if not empty or not below.endswith("\n"):
        raise errors.NotVerified("the note has no signatures below an empty line")
    lines = below[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise errors.NotVerified("the note has too many signatures")
    return Note(text + "\n", tuple(_parse_line(line) for line in lines))


def _parse_line(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = decoded(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or len(raw) <= KEY_ID:
        raise errors.NotVerified("a line below the note is not a signature")
    return Signature(name, raw[:KEY_ID], raw[KEY_ID:])


def encoded(raw: bytes) -> str:
    """Bytes in base64, in the one form that `decoded` reads."""
    return base64.b64encode(raw).decode()


def decoded(written: str) -> bytes:
    """What is written in base64 (RFC 4648, §4), of which each content has one form only.

    Raises:
        NotVerified: it is not base64, or not in that form.
    """
    try:
        raw = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.NotVerified("something is not base64") from error
    if base64.b64encode(raw).decode() != written:
        raise errors.NotVerified("something is not base64 as it is written")
    return raw


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() for sign in name)


def verified(note: Note, known: Iterable[Key]) -> list[Verified]:
    """Who of the known signed a note, each key once.

    Raises:
        NotVerified: none of them did, or a signature that claims one of their keys does not hold.
    """
    found: dict[Key, Verified] = {}
    by_id = {(key.name, key.id): key for key in known}
    for signature in note.signatures:
        if key := by_id.get((signature.name, signature.key_id)):
            found.setdefault(key, Verified(key, _check(key, signature.sealed, note.text)))
    if not found:
        raise errors.NotVerified("nobody who is known signed this note")
    return list(found.values())


def _check(key: Key, sealed: bytes, text: str) -> datetime | None:
    """When a signature was made, if it holds and tells."""
    seconds, signature, message = None, sealed, text.encode()
    if key.kind is Kind.COSIGNATURE:
        seconds, signature = int.from_bytes(sealed[:_TIME], "big"), sealed[_TIME:]
        message = _cosigned(seconds, text)
    if not keys.signed_by(key.public, signature, message):
        raise errors.NotVerified(f"the signature of {key.name} does not hold")
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise errors.NotVerified(f"the cosignature of {key.name} is of no time") from error


def sign(text: str, name: str, signing: bytes) -> Signature:
    """Sign a note's text with an Ed25519 seed, under a name."""
    return Signature(name, key_of(name, signing, Kind.NOTE).id, keys.sign(signing, text.encode()))


def cosign(text: str, name: str, signing: bytes, at: datetime) -> Signature:
    """Cosign a checkpoint as a witness, at a moment; `tips/merkle/witnesses.py` says when one may."""
    key_id, seconds = key_of(name, signing, Kind.COSIGNATURE).id, int(at.timestamp())
    return Signature(name, key_id, seconds.to_bytes(_TIME, "big") + keys.sign(signing, _cosigned(seconds, text)))


def _cosigned(seconds: int, text: str) -> bytes:
    """What a witness signs (tlog-cosignature, "Ed25519 signed message")."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()

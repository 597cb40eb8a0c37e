"""Files as age writes them (c2sp.org/age, version 1), for one recipient type: `mlkem768x25519`, HPKE with X-Wing.

Only the format is written here. Primitives come from `cryptography`: HPKE (RFC 9180), HKDF-SHA-256 (RFC 5869),
HMAC-SHA-256 (RFC 2104) and ChaCha20-Poly1305 (RFC 8439), in chunks as `stream` has them. A file may bear further
stanzas, which others' programs pass over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tips import errors
from tips.crypto import sealing, stream
from tips.crypto.pieces import Pieces
from tips.crypto.sealing import Random

INTRO: Final = b"age-encryption.org/v1\n"
TYPE: Final = "mlkem768x25519"
INFO: Final = b"age-encryption.org/mlkem768x25519"
FILE_KEY_BYTES: Final = 16
NONCE_BYTES: Final = 16
BODY_BYTES: Final = 32  # of our stanza: the file key and its tag
COLUMNS: Final = 64
HEADER_BYTES: Final = 1 << 20  # a longer header is nobody's; the specification sets no limit

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_ARGUMENTS: Final = re.compile(rb"-> ([\x21-\x7e]+(?: [\x21-\x7e]+)*)\n")


@dataclass(frozen=True, slots=True)
class Stanza:
    """One recipient's part of a header: a type with its arguments, and some bytes (§ Recipient stanza)."""

    arguments: tuple[str, ...]  # visible ASCII, none of them empty; the first is the type
    body: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the payload, as it was read; nothing of it is authentic before `check`."""

    stanzas: tuple[Stanza, ...]
    covered: bytes  # what the MAC is over
    mac: bytes  # 32 bytes

    def check(self, file_key: bytes) -> None:
        """Whether who knew the file key wrote this header (§ Header MAC).

        Raises:
            Altered: nobody did.
        """
        if not hmac.compare_digest(self.mac, _mac(file_key, self.covered)):
            raise errors.Altered


def seal(public: bytes, data: Iterable[bytes], random: Random, beside: Sequence[Stanza] = ()) -> Iterator[bytes]:
    """An age file, piece by piece.

    Args:
        public: the recipient's 1,216 bytes, the same that age writes as `age1pq1…`.
        data: the content, in pieces of any length.
        random: the source of randomness.
        beside: further stanzas, of types of our own.
    """
    file_key, nonce = random(FILE_KEY_BYTES), random(NONCE_BYTES)
    wrapped = _SUITE.encrypt(file_key, sealing.public_key(public), INFO)
    encapsulated, body = wrapped[: sealing.ENCAPSULATED_BYTES], wrapped[sealing.ENCAPSULATED_BYTES :]
    stanzas = (Stanza((TYPE, _text(encapsulated)), body), *beside)
    covered = INTRO + b"".join(map(_written, stanzas)) + b"---"
    yield covered + b" " + _text(_mac(file_key, covered)).encode() + b"\n" + nonce
    yield from stream.seal(_derive(file_key, nonce, b"payload"), data, b"", ChaCha20Poly1305)


def read_header(source: Pieces) -> Header:
    """The header of an age file, taken off its front (§ ABNF definition of file header).

    Raises:
        ForeignFile: this is no age file of version 1.
        Altered: it begins like one, and does not go on like one.
    """
    if not source.begins(INTRO):
        raise errors.ForeignFile
    covered = source.line()
    stanzas: list[Stanza] = []
    while not (line := source.line(HEADER_BYTES)).startswith(b"---"):
        stanza, lines = _stanza(line, source)
        stanzas.append(stanza)
        covered += lines
        if len(covered) > HEADER_BYTES:
            raise errors.Altered
    if not stanzas or not line.startswith(b"--- ") or not line.endswith(b"\n"):
        raise errors.Altered
    mac = _octets(line[4:-1])
    if len(mac) != hashlib.sha256().digest_size:
        raise errors.Altered
    return Header(tuple(stanzas), covered + b"---", mac)


def open_file_key(header: Header, seed: bytes) -> bytes:
    """The file key, by the X-Wing seed of a recipient (§ mlkem768x25519 recipient stanza); the header is checked.

    Raises:
        OtherKey: no stanza is for this seed.
        Altered: one is not as the specification has it, or the header is not the one that was written.
    """
    private = sealing.private_key(seed)
    for stanza in header.stanzas:
        if stanza.arguments[0] != TYPE:
            continue
        if len(stanza.arguments) != 2 or len(stanza.body) != BODY_BYTES:
            raise errors.Altered
        encapsulated = _octets(stanza.arguments[1].encode())
        if len(encapsulated) != sealing.ENCAPSULATED_BYTES:
            raise errors.Altered
        try:
            file_key: bytes = _SUITE.decrypt(encapsulated + stanza.body, private, INFO)
        except InvalidTag:
            continue
        except ValueError as error:  # a point of low order
            raise errors.Altered from error
        header.check(file_key)
        return file_key
    raise errors.OtherKey


def open_payload(file_key: bytes, source: Pieces) -> Iterator[bytes]:
    """The content, from what follows the header (§ Payload); before it ended it is not to be trusted as complete.

    Raises:
        CutShort: its end is missing or was altered.
        Altered: something before it was.
    """
    nonce = source.take(NONCE_BYTES)
    if len(nonce) != NONCE_BYTES:
        raise errors.CutShort
    yield from stream.unseal(_derive(file_key, nonce, b"payload"), source, b"", ChaCha20Poly1305)


def _derive(file_key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt or None, info=info).derive(file_key)


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac.digest(_derive(file_key, b"", b"header"), covered, hashlib.sha256)


def _written(stanza: Stanza) -> bytes:
    body = _text(stanza.body)
    lines = [body[at : at + COLUMNS] for at in range(0, len(body) + 1, COLUMNS)]  # the last one is short, or empty
    return "\n".join((f"-> {' '.join(stanza.arguments)}", *lines, "")).encode("ascii")


def _stanza(first: bytes, source: Pieces) -> tuple[Stanza, bytes]:
    """A stanza, and its lines as they stand."""
    found = _ARGUMENTS.fullmatch(first)
    if not found:
        raise errors.Altered
    lines, body = first, b""
    while True:
        line = source.line(COLUMNS + 1)
        if not line.endswith(b"\n") or len(line) > COLUMNS + 1:
            raise errors.Altered
        lines, body = lines + line, body + _octets(line[:-1])
        if len(line) <= COLUMNS:
            return Stanza(tuple(found[1].decode("ascii").split(" ")), body), lines
        if len(lines) > HEADER_BYTES:
            raise errors.Altered


def _text(octets: bytes) -> str:
    """Base64 without padding, in its one form (§ Conventions)."""
    return base64.b64encode(octets).rstrip(b"=").decode()


def _octets(text: bytes) -> bytes:
    """The bytes of such a text.

    Raises:
        Altered: it is none, or another form of one.
    """
    try:
        octets = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.Altered from error
    if _text(octets).encode() != text:
        raise errors.Altered
    return octets

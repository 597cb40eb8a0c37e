"""Sealing: what is written is closed to everybody but its readers.

A piece of writing (tip, addition, question, answer, note) is one *envelope* under a key of its own. A *grant*
is that key sealed to one reader. A *sleeping* grant is closed twice: to its reader, and under a wrap that only the
clock can take off; neither opens it alone.

Primitives come from `cryptography`: HPKE (RFC 9180) with X-Wing (ML-KEM-768 + X25519), HKDF-SHA-256 (RFC 5869) and
AES-256-GCM. What each ciphertext is bound to stands in `BINDINGS`: a piece moved to another case, part or
reader does not open.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tips import errors

Random = Callable[[int], bytes]  # n -> n random bytes; `os.urandom` outside the tests

VERSION: Final = 1
SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 1216  # 1184 of ML-KEM-768, then 32 of X25519
ENCAPSULATED_BYTES: Final = 1120  # 1088 of ML-KEM-768, then 32 of X25519; HPKE puts them in front
PAD_STEP: Final = 4096  # bytes; the length of a text is not told more finely
PAD_FRAME: Final = 4  # bytes in which `pad` writes the length
NONCE_BYTES: Final = 12
SALT_BYTES: Final = 32
RECEIPT: Final = "receipt"  # the reader code of whoever holds the receipt

# What every ciphertext is bound to, in this order. A new kind of ciphertext starts with a row here.
BINDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "envelope": ("case", "envelope", "part"),
    "file": ("case", "envelope"),
    "grant": ("case", "envelope", "reader", "roster"),
    "wrap": ("case", "envelope", "reader", "level"),
    "release": ("case", "envelope"),
    "commitment": (),
    "unit seed": ("unit", "generation", "holder"),
    "identity": ("name",),
    "session": ("name",),
    "draft": ("key",),
    "address": ("case",),
    "news button": ("key",),
    "relay key id": (),
    "device": ("name", "nonce"),
    "recovery share": ("offices",),
    "recovery share of": ("name",),
    "zalo tokens": (),
    "release seed": (),
    "backup": (),
    "receipt": (),
    "receipt look-up": (),
    "receipt tag": (),
    "receipt reading": (),
    "receipt ledger": (),
    "case id": (),
    "process": ("name",),
}

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def binding(domain: str, **fields: str | int | bytes) -> bytes:
    """The canonical bytes that a ciphertext of `domain` is bound to.

    Raises:
        KeyError: a field of the table is missing: a bug, never input.
    """
    parts = [b"tinbao", bytes([VERSION]), domain.encode()]
    parts += [_octets(fields[name]) for name in BINDINGS[domain]]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _octets(value: str | int | bytes) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def derive(secret: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-SHA-256 (RFC 5869) of a secret that is already uniformly random, hence without salt."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(secret)


# --- key pairs -----------------------------------------------------------------------------------------------


def private_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    """The X-Wing key of a 32-byte seed: SHAKE256 to 64 bytes for ML-KEM and 32 for X25519 (X-Wing draft, §5.2)."""
    if len(seed) != SEED_BYTES:
        raise errors.NotOpened("a seed has 32 bytes")
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])
    )


def public_bytes(seed: bytes) -> bytes:
    """The 1,216 public bytes of a seed, as the roster lists them."""
    expanded = hashlib.shake_256(seed).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).public_key().public_bytes_raw()
        + X25519PrivateKey.from_private_bytes(expanded[64:]).public_key().public_bytes_raw()
    )


@functools.lru_cache(maxsize=1024)
def public_key(raw: bytes) -> MLKEM768X25519PublicKey:
    """The X-Wing key of 1,216 public bytes. Raises `ValueError` where they are none."""
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:1184]), X25519PublicKey.from_public_bytes(raw[1184:])
    )


def seal_to(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """HPKE single-shot (RFC 9180, §6.1) to the 1,216 public bytes of a reader.

    Raises:
        BadKey: the public bytes are no key that anything can be sealed to.
    """
    try:
        return _SUITE.encrypt(plaintext, public_key(public), info)
    except ValueError as error:
        raise errors.BadKey from error


def open_with(seed: bytes, sealed: bytes, info: bytes) -> bytes:
    """The inverse of `seal_to`.

    Raises:
        NotOpened: wrong seed, wrong binding, or an altered ciphertext; which of them is not told.
    """
    return _open_with(private_key(seed), sealed, info)


def _open_with(key: MLKEM768X25519PrivateKey, sealed: bytes, info: bytes) -> bytes:
    try:
        return _SUITE.decrypt(sealed, key, info)
    except (InvalidTag, ValueError, TypeError) as error:
        raise errors.NotOpened from error


def lock(key: bytes, plaintext: bytes, info: bytes, random: Random) -> bytes:
    """AES-256-GCM: version byte, nonce, ciphertext; `info` is authenticated with it."""
    nonce = random(NONCE_BYTES)
    return bytes([VERSION]) + nonce + AESGCM(key).encrypt(nonce, plaintext, info)


def unlock(key: bytes, locked: bytes, info: bytes) -> bytes:
    """The inverse of `lock`.

    Raises:
        NotOpened: wrong key or binding, altered, or written by a version that this one does not know.
    """
    if locked[:1] != bytes([VERSION]):
        raise errors.NotOpened("written by another version of Tin Báo")
    try:
        return AESGCM(key).decrypt(locked[1 : 1 + NONCE_BYTES], locked[1 + NONCE_BYTES :], info)
    except (InvalidTag, ValueError) as error:
        raise errors.NotOpened from error


# --- envelopes and grants ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reader:
    """Who may hold a grant: a unit's code (or `RECEIPT`) and its 1,216 public bytes."""

    code: str
    public: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """One sealed piece, as it is stored."""

    id: bytes  # 16 random bytes
    case: bytes  # 16 bytes
    part: str  # tip file addition question answer note correction link exclusion clearing
    sealed: bytes
    commitment: bytes  # SHA-256 of the salted plaintext; the ledger names it, every opening checks it
    release: bytes | None  # the wraps' secret, sealed to the clock; None: no grant of it sleeps

    @property
    def digest(self) -> bytes:
        """SHA-256 of the ciphertext, as ledger events name it."""
        return hashlib.sha256(self.sealed).digest()


@dataclass(frozen=True, slots=True)
class Grant:
    """An envelope's key, sealed to one reader."""

    envelope: bytes
    case: bytes
    reader: str
    level: int  # 0: the owner; 1, 2, …: the order in which the clock wakes them
    asleep: bool
    roster: int  # the roster version that named the reader's key
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Readers:
    """Who gets an envelope: at once, and (in escalation order) only if the clock wakes them."""

    awake: tuple[Reader, ...]
    asleep: tuple[Reader, ...]
    roster: int
    release: bytes  # the clock's public bytes


def pad(data: bytes, step: int = PAD_STEP) -> bytes:
    """Length, data, zeros, to the next multiple of `step` bytes."""
    framed = len(data).to_bytes(PAD_FRAME, "big") + data
    return framed + bytes(-len(framed) % step)


def unpad(padded: bytes) -> bytes:
    """The inverse of `pad`."""
    length = int.from_bytes(padded[:PAD_FRAME], "big")
    if length > len(padded) - PAD_FRAME:
        raise errors.NotOpened("the padding does not hold")
    return padded[PAD_FRAME : PAD_FRAME + length]


def commit(salt: bytes, content: bytes) -> bytes:
    """The commitment to a plaintext that ledger events carry; the salt stays inside the envelope."""
    return hashlib.sha256(binding("commitment") + salt + content).digest()


def seal(
    case: bytes,
    part: str,
    content: bytes,
    readers: Readers,
    random: Random,
    chosen: tuple[bytes, bytes] | None = None,
) -> tuple[Envelope, tuple[Grant, ...]]:
    """Seal one piece of a case to its readers.

    Args:
        case: 16 bytes.
        part: what it is; bound into the ciphertext.
        content: any bytes; padded to 4 KiB steps.
        readers: those entitled now, and those that the clock may wake.
        random: the source of randomness.
        chosen: the envelope's id and key, where a file was sealed under them before.
    """
    return _seal(case, part, random(SALT_BYTES) + content, readers, random, chosen)


def seal_again(
    envelope: Envelope, key: bytes, readers: Readers, random: Random, chosen: tuple[bytes, bytes] | None = None
) -> tuple[Envelope, tuple[Grant, ...]]:
    """The same piece under a new id and key, for other readers; its salt, and so its commitment, stays.

    Raises:
        NotOpened: as for `open_envelope`.
    """
    return _seal(envelope.case, envelope.part, _opened(envelope, key), readers, random, chosen)


def _seal(
    case: bytes,
    part: str,
    salted: bytes,
    readers: Readers,
    random: Random,
    chosen: tuple[bytes, bytes] | None,
) -> tuple[Envelope, tuple[Grant, ...]]:
    envelope_id, key = chosen or (random(16), random(32))
    info = binding("envelope", case=case, envelope=envelope_id, part=part)
    sealed = lock(key, pad(salted), info, random)
    secret = random(32) if readers.asleep else None
    release = None
    if secret is not None:
        release = seal_to(readers.release, secret, binding("release", case=case, envelope=envelope_id))
    commitment = commit(salted[:SALT_BYTES], salted[SALT_BYTES:])
    envelope = Envelope(envelope_id, case, part, sealed, commitment, release)
    awake = [_grant(envelope, key, reader, 0, readers.roster) for reader in readers.awake]
    asleep = [
        _put_to_sleep(_grant(envelope, key, reader, level, readers.roster), secret or b"")
        for level, reader in enumerate(readers.asleep, start=1)
    ]
    return envelope, (*awake, *asleep)


def _grant(envelope: Envelope, key: bytes, reader: Reader, level: int, roster: int) -> Grant:
    info = binding("grant", case=envelope.case, envelope=envelope.id, reader=reader.code, roster=roster)
    sealed = seal_to(reader.public, key, info)
    return Grant(envelope.id, envelope.case, reader.code, level, False, roster, sealed)


def _wrap_of(grant: Grant, secret: bytes) -> tuple[bytes, bytes]:
    """The key and binding of a sleeping grant's wrap."""
    info = binding("wrap", case=grant.case, envelope=grant.envelope, reader=grant.reader, level=grant.level)
    return derive(secret, info), info


def _put_to_sleep(grant: Grant, secret: bytes) -> Grant:
    """Under a key that wraps this one grant and nothing else: so its nonce may be zeros, and the wrap is made again."""
    key, info = _wrap_of(grant, secret)
    return replace(grant, asleep=True, sealed=lock(key, grant.sealed, info, bytes))


def wake(envelope: Envelope, grant: Grant, release_seed: bytes) -> Grant:
    """Take the wrap off a sleeping grant, as only the clock can; the reader's own seal stays on.

    Raises:
        NotOpened: not the clock's seed, or nothing sleeps here.
    """
    if not grant.asleep:
        raise errors.NotOpened("nothing sleeps here")
    key, wrap = _wrap_of(grant, _secret_of_wraps(envelope, release_seed))
    return replace(grant, asleep=False, sealed=unlock(key, grant.sealed, wrap))


def as_it_slept(envelope: Envelope, grant: Grant, release_seed: bytes) -> Grant:
    """A grant that was woken, as it was before: what some event says of it then shows that it is the same.

    One that an earlier program put to sleep, under a random nonce, comes out as another.

    Raises:
        NotOpened: not the clock's seed, or nothing of this envelope ever slept.
    """
    return _put_to_sleep(replace(grant, asleep=False), _secret_of_wraps(envelope, release_seed))


def _secret_of_wraps(envelope: Envelope, release_seed: bytes) -> bytes:
    if envelope.release is None:
        raise errors.NotOpened("nothing sleeps here")
    return open_with(release_seed, envelope.release, binding("release", case=envelope.case, envelope=envelope.id))


def open_key(grant: Grant, seeds: Sequence[bytes]) -> bytes:
    """The envelope key of a waking grant, by whichever of the reader's seeds (newest first) opens it."""
    return open_key_with(grant, map(private_key, seeds))


def open_key_with(grant: Grant, private: Iterable[MLKEM768X25519PrivateKey]) -> bytes:
    """The same by the keys of these seeds: whoever opens many grants makes them once, which is half of the work."""
    if grant.asleep:
        raise errors.NotOpened("this grant sleeps")
    info = binding("grant", case=grant.case, envelope=grant.envelope, reader=grant.reader, roster=grant.roster)
    for key in private:
        with contextlib.suppress(errors.NotOpened):
            return _open_with(key, grant.sealed, info)
    raise errors.NotOpened


def open_envelope(envelope: Envelope, key: bytes) -> bytes:
    """The content of an envelope, checked against its commitment.

    Raises:
        NotOpened: wrong key, or moved, altered or swapped.
    """
    return _opened(envelope, key)[SALT_BYTES:]


def _opened(envelope: Envelope, key: bytes) -> bytes:
    """Salt and content, checked."""
    info = binding("envelope", case=envelope.case, envelope=envelope.id, part=envelope.part)
    salted = unpad(unlock(key, envelope.sealed, info))
    if commit(salted[:SALT_BYTES], salted[SALT_BYTES:]) != envelope.commitment:
        raise errors.NotOpened("the text is not the one that was committed to")
    return salted


def share_key(envelope: Envelope, key: bytes, readers: Readers) -> tuple[Grant, ...]:
    """New waking grants of an existing envelope, for a hand-over."""
    return tuple(_grant(envelope, key, reader, 0, readers.roster) for reader in readers.awake)

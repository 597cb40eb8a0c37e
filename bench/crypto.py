"""Sealing and opening one tip, beside the primitives of `cryptography` alone on the same bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite

from bench.measure import Figure, Timing, at_most, median_seconds, paired
from tips.crypto import sealing, stream
from tips.crypto.sealing import Reader, Readers
from tips.evidence import files

ROUNDS = 101  # short ones, so that a disturbance meets both sides
TIMES = 15  # in each round
SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
TEXT = bytes(range(256)) * 4
PADDED = 4096
SEEDS = [os.urandom(32) for _ in range(5)]  # the owner, three who sleep, the clock
CASE = os.urandom(16)


async def seal() -> Figure:
    """One waking grant, three sleeping ones, and the clock's own seal; the bare side has its public keys ready."""
    readers = _readers()
    publics = [_private_key(seed).public_key() for seed in SEEDS]
    plain = bytes(PADDED)

    def ours() -> None:
        sealing.seal(CASE, "tip", TEXT, readers, os.urandom)

    def bare() -> None:
        key, nonce = os.urandom(32), os.urandom(12)
        AESGCM(key).encrypt(nonce, plain, CASE)
        for public in publics:
            SUITE.encrypt(key, public, CASE)

    return await _compared(
        ours, bare, "1 KiB to 4 readers, 3 asleep; ceiling: 5 HPKE encapsulations, 1 AES-GCM of 4 KiB"
    )


async def open_() -> Figure:
    """Both begin with the reader's 32-byte seed, as it is kept in a session."""
    envelope, (grant, *_) = sealing.seal(CASE, "tip", TEXT, _readers(), os.urandom)
    seed, *_ = SEEDS
    key, nonce = os.urandom(32), os.urandom(12)
    locked = AESGCM(key).encrypt(nonce, bytes(PADDED), CASE)
    sealed = SUITE.encrypt(key, _private_key(seed).public_key(), CASE)

    def ours() -> None:
        sealing.open_envelope(envelope, sealing.open_key(grant, [seed]))

    def bare() -> None:
        AESGCM(SUITE.decrypt(sealed, _private_key(seed), CASE)).decrypt(nonce, locked, CASE)

    return await _compared(
        ours, bare, "1 KiB by a waking grant; ceiling: key from its seed, 1 HPKE decapsulation, 1 AES-GCM"
    )


async def file_seal() -> Figure:
    """20 MB, padded, in chunks of 64 KiB; the bare side seals the same chunks under one key."""
    pieces = [os.urandom(stream.CHUNK) for _ in range(16)] * 19
    size = sum(map(len, pieces))
    chunks = [bytes(stream.CHUNK)] * (files.padme(size) // stream.CHUNK + 1)

    def ours() -> None:
        for _ in stream.seal(key, files.padded(pieces, size), CASE):
            pass

    def bare() -> None:
        cipher = AESGCM(key)
        for number, chunk in enumerate(chunks):
            cipher.encrypt(number.to_bytes(12, "big"), chunk, CASE)

    key = os.urandom(32)
    value, ceiling = await paired(_in_milliseconds(ours, 1), _in_milliseconds(bare, 1), 21)
    return at_most(value, ceiling, "ms", "median of 21: a file of 20 MB, padded; ceiling: AES-GCM of its chunks")


def _readers() -> Readers:
    *publics, release = (sealing.public_bytes(seed) for seed in SEEDS)
    owner, *others = (Reader(f"unit-{at}", public) for at, public in enumerate(publics))
    return Readers((owner,), tuple(others), 1, release)


def _private_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])
    )


async def _compared(ours: Callable[[], None], bare: Callable[[], None], how: str) -> Figure:
    value, ceiling = await paired(_in_milliseconds(ours), _in_milliseconds(bare), ROUNDS)
    return at_most(value, ceiling, "ms", f"median of {ROUNDS} medians of {TIMES}: {how}")


def _in_milliseconds(act: Callable[[], None], times: int = TIMES) -> Timing:
    async def timing() -> float:
        return median_seconds(act, times) * 1000

    return timing

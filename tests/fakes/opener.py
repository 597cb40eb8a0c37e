"""Another opener: what a home's SQLite file gives to a member's name and passphrase, written from the format alone.

It imports nothing of the product. If the two ever disagree about the format, one of them is wrong.
"""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 1
NONCE = 12  # bytes
SALT = 32  # bytes, in front of the text
SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
GRANTS = """
    SELECT e.id, e.part, e.sealed, e.commitment, g.reader, g.roster, g.sealed
    FROM envelope e JOIN reading_grant g ON g.envelope_id = e.id WHERE e.case_id = ?
"""


class Closed(Exception):
    """Nothing opens."""


def bound(domain: str, *fields: str | int | bytes) -> bytes:
    """What a ciphertext is bound to: every part with its length, four octets long, before it."""
    parts = [b"tinbao", bytes([VERSION]), domain.encode()]
    parts += [field if isinstance(field, bytes) else str(field).encode() for field in fields]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def unlock(key: bytes, locked: bytes, info: bytes) -> bytes:
    """AES-256-GCM: version, nonce, ciphertext with its tag."""
    if locked[0] != VERSION:
        raise Closed
    try:
        return AESGCM(key).decrypt(locked[1 : 1 + NONCE], locked[1 + NONCE :], info)
    except InvalidTag as error:
        raise Closed from error


def unseal(seed: bytes, sealed: bytes, info: bytes) -> bytes:
    """HPKE to X-Wing: SHAKE256 makes of a seed 64 bytes for ML-KEM-768 and 32 for X25519."""
    expanded = hashlib.shake_256(seed).digest(96)
    lattice = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    curve = X25519PrivateKey.from_private_bytes(expanded[64:])
    try:
        return SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(lattice, curve), info)
    except (InvalidTag, ValueError) as error:
        raise Closed from error


def derived(secret: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 without salt, 32 bytes."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def stretched(passphrase: str, salt: bytes, memory: int, iterations: int, lanes: int) -> bytes:
    """Argon2id of the passphrase's letters and digits, in lower case."""
    typed = "".join(sign for sign in passphrase.lower() if sign.isalnum()).encode()
    return Argon2id(salt=salt, length=32, iterations=iterations, lanes=lanes, memory_cost=memory).derive(typed)


def rows(database: Path, sql: str, *values: Any) -> list[Any]:
    """Read without changing the file."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(sql, values).fetchall()


def seeds(database: Path, name: str, passphrase: str) -> list[bytes]:
    """The seeds of every unit that a person is a member of."""
    found = rows(database, "SELECT sealed, salt, memory, iterations, lanes FROM person WHERE name = ?", name)
    if not found:
        raise Closed
    sealed, *stretching = found[0]
    identity = unlock(stretched(passphrase, *stretching), sealed, bound("identity", name))
    own = identity[:32]  # then 32 of Ed25519, then 20 of TOTP
    held = rows(database, "SELECT unit, generation, sealed FROM unit_seed WHERE holder = ?", name)
    return [unseal(own, blob, bound("unit seed", unit, generation, name)) for unit, generation, blob in held]


def read_with(database: Path, case: bytes, held: list[bytes]) -> dict[str, dict[str, Any]]:
    """The pieces of a case (part -> content) that these seeds open; every grant is tried with every one of them."""
    pieces = {}
    for envelope, part, sealed, commitment, reader, roster, grant in rows(database, GRANTS, case):
        for seed in held:
            try:
                key = unseal(seed, grant, bound("grant", case, envelope, reader, roster))
            except Closed:
                continue
            padded = unlock(key, sealed, bound("envelope", case, envelope, part))
            plain = padded[4 : 4 + int.from_bytes(padded[:4], "big")]
            if hashlib.sha256(bound("commitment") + plain).digest() != commitment:
                raise Closed
            pieces[part] = json.loads(plain[SALT:])
    if not pieces:
        raise Closed
    return pieces


def read(database: Path, case: bytes, name: str, passphrase: str) -> dict[str, dict[str, Any]]:
    """A case, by a member's name and passphrase."""
    return read_with(database, case, seeds(database, name, passphrase))

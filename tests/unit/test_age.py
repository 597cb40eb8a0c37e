"""Files of age: others' vectors say which open and which do not, and ours are made so."""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tips import errors
from tips.crypto import age, sealing
from tips.crypto.age import Stanza
from tips.crypto.pieces import Pieces

FILE = Path(__file__).parents[1] / "data" / "age_testkit.json"  # C2SP's, as they are
CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # of Bech32 (BIP 173)
PQ = "AGE-SECRET-KEY-PQ-1"
SEED = bytes(range(32))
# What the kit tells apart and we do not: a stanza that only another kind of identity would read, points of low order
# (`cryptography` calls these a wrong tag), and a file that ends within the nonce (for us its end is missing).
ALIKE = {"no match": {"header failure"}, "payload failure": {"header failure"}}


@dataclass(frozen=True)
class Vector:
    """One file of the kit: what shall become of it, and the file."""

    told: dict[str, str]
    identities: tuple[str, ...]
    file: bytes

    @property
    def seeds(self) -> list[bytes]:
        return [seed_of(it) for it in self.identities if it.startswith(PQ)]


def vectors() -> Iterator[Any]:
    for name, text in json.loads(FILE.read_text()).items():
        head, _, file = base64.b64decode(text).partition(b"\n\n")
        rows = [line.split(": ", 1) for line in head.decode().splitlines()]
        told = dict(rows)
        whole = zlib.decompress(file) if told.get("compressed") else file
        yield pytest.param(Vector(told, tuple(it for key, it in rows if key == "identity"), whole), id=name)


def seed_of(identity: str) -> bytes:
    """The 32 bytes of an identity; its checksum is the kit's affair."""
    value = 0
    for sign in identity.removeprefix(PQ).lower()[:-6]:
        value = value << 5 | CHARSET.index(sign)
    return (value >> 4).to_bytes(32, "big")  # 52 signs of 5 bits hold 256 and 4 of padding


def outcome(vector: Vector) -> tuple[str, bytes]:
    """What becomes of a file, in the kit's words, and what of its content came out."""
    content = b""
    source = Pieces([vector.file])
    try:
        header = age.read_header(source)
    except errors.NotOpened:
        return "header failure", b""
    try:
        key = bytes.fromhex(vector.told["file key"]) if not vector.seeds else opened_by_one(header, vector.seeds)
    except errors.OtherKey:
        return "no match", b""
    except errors.Altered:
        return "header failure", b""
    try:
        header.check(key)
    except errors.Altered:
        return "HMAC failure", b""
    try:
        for piece in age.open_payload(key, source):
            content += piece
    except errors.Altered:
        return "payload failure", content
    return "success", content


def opened_by_one(header: age.Header, seeds: list[bytes]) -> bytes:
    for seed in seeds:
        try:
            return age.open_file_key(header, seed)
        except errors.OtherKey:
            continue
    raise errors.OtherKey


@pytest.mark.parametrize("vector", list(vectors()))
def test_what_others_made_opens_or_does_not_as_they_say(vector: Vector) -> None:
    """Those for keys of other kinds are opened by the file key that the kit tells."""
    ended, content = outcome(vector)
    expected = vector.told["expect"]
    assert ended == expected or expected in ALIKE.get(ended, ())
    if expected == "success":
        assert hashlib.sha256(content).hexdigest() == vector.told["payload"]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_what_we_write_opens_and_bears_our_stanzas(size: int) -> None:
    """However it comes in pieces; a body that fills its lines is followed by an empty one."""
    content, beside = os.urandom(size), [Stanza(("tinbao.test", "2"), bytes(at)) for at in (0, 1, 48, 61, 96)]
    file = b"".join(age.seal(sealing.public_bytes(SEED), [content], os.urandom, beside))
    source = Pieces(file[at : at + 1000] for at in range(0, len(file), 1000))
    header = age.read_header(source)
    assert list(header.stanzas[1:]) == beside
    assert b"".join(age.open_payload(age.open_file_key(header, SEED), source)) == content


def test_every_altered_bit_and_every_cut_is_found() -> None:
    """Nothing of it opens as something else: not of the header, of our own stanzas, or of the content."""
    whole = b"".join(age.seal(sealing.public_bytes(SEED), [bytes(100)], os.urandom, [Stanza(("tinbao.test",), b"x")]))
    harmed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), 7)]
    for file in (*harmed, *(whole[:at] for at in range(0, len(whole), 11)), whole + b"x"):
        source = Pieces([file])
        with pytest.raises(errors.NotOpened):
            list(age.open_payload(age.open_file_key(age.read_header(source), SEED), source))

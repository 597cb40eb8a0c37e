"""STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015, as in age): long data in chunks, none of which can move.

Each chunk is sealed under one fresh key; its nonce is an 11-byte counter and a byte that marks the last one. The cipher
is AES-256-GCM, and in age's files (`age`) ChaCha20-Poly1305.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from tips import errors

CHUNK: Final = 64 * 1024  # bytes of plaintext
TAG: Final = 16
Cipher = Callable[[bytes], AESGCM | ChaCha20Poly1305]  # of a key of 32 bytes


def seal(key: bytes, data: Iterable[bytes], info: bytes, cipher: Cipher = AESGCM) -> Iterator[bytes]:
    """Seal data chunk by chunk.

    Args:
        key: 32 fresh random bytes, used for this stream only.
        data: pieces of any length.
        info: what the stream is bound to.
        cipher: what seals a chunk.
    """
    chosen = cipher(key)
    for number, (chunk, last) in enumerate(_chunks(data, CHUNK)):
        yield chosen.encrypt(_nonce(number, last), chunk, info)


def seal_chunk(key: bytes, number: int, *, last: bool, plain: bytes, info: bytes) -> bytes:
    """One chunk of a stream, at its place; see `open_chunk`."""
    return AESGCM(key).encrypt(_nonce(number, last), plain, info)


def open_chunk(key: bytes, number: int, *, last: bool, sealed: bytes, info: bytes) -> bytes:
    """One chunk of a stream, for reading from its middle.

    Args:
        number: 0 for the first chunk.
        last: whether it is the stream's last one.
        sealed: the chunk with its tag.

    Raises:
        NotOpened: wrong key or binding, another chunk's place, or altered.
    """
    try:
        return AESGCM(key).decrypt(_nonce(number, last), sealed, info)
    except InvalidTag as error:
        raise errors.NotOpened from error


def unseal(key: bytes, data: Iterable[bytes], info: bytes, cipher: Cipher = AESGCM) -> Iterator[bytes]:
    """Open a stream; what was yielded before an error is not to be trusted as complete.

    Raises:
        CutShort: it ends before its last chunk, or this is another one than was written.
        Altered: another chunk was altered, dropped, swapped or added, or the key or binding is wrong.
    """
    chosen = cipher(key)
    for number, (chunk, last) in enumerate(_chunks(data, CHUNK + TAG)):
        if number and len(chunk) == TAG:  # only a stream of nothing ends with an empty chunk
            raise errors.CutShort
        try:
            yield chosen.decrypt(_nonce(number, last), chunk, info)
        except InvalidTag as error:
            raise (errors.CutShort if last else errors.Altered) from error


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _chunks(data: Iterable[bytes], size: int) -> Iterator[tuple[bytes | memoryview, bool]]:
    """Pieces of exactly `size` bytes and a shorter last one, each with whether it is the last; few are copied."""
    held: bytes | memoryview = b""  # up to `size` bytes that may be the last ones
    for piece in data:
        if len(held) == size and piece:
            yield held, False
            held = b""
        view, at = memoryview(piece), 0
        if held and len(held) + len(view) <= size:
            held = b"".join((held, view))
            continue
        if held:
            at = size - len(held)
            yield b"".join((held, view[:at])), False
        while len(view) - at > size:
            yield view[at : at + size], False
            at += size
        held = view[at:]
    yield held, True

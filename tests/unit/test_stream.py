"""Long data in chunks: it opens as it was however it came in pieces, and not at all if anything in it moved."""

import itertools
import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips import errors
from tips.crypto import stream
from tips.crypto.stream import CHUNK, TAG
from tips.evidence import files

KEY, INFO = os.urandom(32), b"bound to this"
LENGTHS = st.one_of(st.integers(0, 300), st.integers(CHUNK - 2, CHUNK + 2), st.integers(2 * CHUNK - 2, 3 * CHUNK + 2))


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        yield data[start:end]


def sealed_chunks(data: bytes) -> list[bytes]:
    return list(stream.seal(KEY, [data], INFO))


def opened(chunks: list[bytes], key: bytes = KEY, info: bytes = INFO) -> bytes:
    return b"".join(stream.unseal(key, chunks, info))


@given(LENGTHS, st.lists(st.integers(0, 4 * CHUNK), max_size=6))
def test_however_it_comes_in_pieces_it_opens_as_it_was(length: int, cuts: list[int]) -> None:
    data = os.urandom(length)
    chunks = list(stream.seal(KEY, pieces(data, cuts), INFO))
    assert [len(chunk) - TAG for chunk in chunks[:-1]] == [CHUNK] * (len(chunks) - 1)
    assert opened(chunks) == data
    for number, chunk in enumerate(chunks):
        last = number == len(chunks) - 1
        part = stream.open_chunk(KEY, number, last=last, sealed=chunk, info=INFO)
        assert part == data[number * CHUNK : (number + 1) * CHUNK]


@given(st.integers(0, 3 * CHUNK), st.integers(0), st.integers(0, 7))
def test_any_flipped_bit_is_found(length: int, at: int, bit: int) -> None:
    whole = bytearray(b"".join(sealed_chunks(os.urandom(length))))
    whole[at % len(whole)] ^= 1 << bit
    with pytest.raises(errors.NotOpened):
        opened([bytes(whole)])


@pytest.mark.parametrize("harm", ["drop first", "drop last", "swap", "repeat", "append", "cut", "join"])
def test_chunks_cannot_be_dropped_moved_or_added(harm: str) -> None:
    one, two, three = sealed_chunks(os.urandom(2 * CHUNK + 100))
    harmed = {
        "drop first": [two, three],
        "drop last": [one, two],
        "swap": [two, one, three],
        "repeat": [one, one, two, three],
        "append": [one, two, three, three],
        "cut": [one, two, three[:-1]],
        "join": [one, two, three + bytes(TAG)],
    }[harm]
    with pytest.raises(errors.NotOpened):
        opened(harmed)


def test_another_key_binding_or_streams_chunk_does_not_open() -> None:
    chunks, others = sealed_chunks(bytes(2 * CHUNK)), list(stream.seal(os.urandom(32), [bytes(2 * CHUNK)], INFO))
    for wrong in ((chunks, os.urandom(32), INFO), (chunks, KEY, b"elsewhere"), ([chunks[0], others[1]], KEY, INFO)):
        with pytest.raises(errors.NotOpened):
            opened(*wrong)


@given(st.integers(0, 40 * 1024 * 1024))
def test_a_length_is_padded_by_at_most_an_eighth_and_padded_once(size: int) -> None:
    """Padmé: never shorter, at most 12 % longer, and a padded length stays."""
    longer = files.padme(size)
    assert size <= longer <= size * 1.125 + 1
    assert files.padme(longer) == longer


def test_lengths_that_are_near_become_one() -> None:
    """That is what padding is for: all sizes of a few megabytes make some dozen lengths."""
    assert len({files.padme(size) for size in range(2_000_000, 4_000_000, 1000)}) < 40

"""Batches tell nothing of the hour that they come from, and a tally tells of every leaf whatever its order."""

import os
from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tips import errors
from tips.merkle import multiset, sequencing
from tips.merkle.multiset import Multiset
from tips.merkle.sequencing import STEP

HASHES = st.binary(min_size=32, max_size=32)


def counted(seed: int = 1) -> Callable[[int], bytes]:
    return Random(seed).randbytes


@settings(deadline=None)
@given(st.sets(HASHES, max_size=200), st.integers(0, 1000))
def test_a_batch_has_every_leaf_once_in_hash_order_and_ends_at_a_whole_step(waiting: set[bytes], size: int) -> None:
    batch = sequencing.sequence(waiting, size, os.urandom)
    assert list(batch.leaves) == sorted(batch.leaves)
    assert set(batch.leaves) == waiting | {sequencing.dummy(it) for it in batch.blinds}
    assert len(batch.leaves) == len(waiting) + len(batch.blinds)
    assert (size + len(batch.leaves)) % STEP == 0
    assert len(batch.blinds) <= STEP


def test_an_hour_without_anything_looks_like_one_with_little() -> None:
    """The log grows by a step, whatever happened between nothing and a step."""
    for waiting in (0, 1, STEP - 1, STEP):
        assert len(sequencing.sequence({os.urandom(32) for _ in range(waiting)}, 128, os.urandom).leaves) == STEP


def test_the_order_in_which_leaves_came_is_gone() -> None:
    waiting = [os.urandom(32) for _ in range(50)]
    forth, back = (sequencing.sequence(it, 64, counted()) for it in (waiting, waiting[::-1]))
    assert forth == back


def test_a_dummy_is_a_hash_of_fresh_random_bytes_and_stands_anywhere() -> None:
    """32 bytes as any leaf has; 6 real ones among 58 would stand together by chance once in 10^7."""
    waiting = {os.urandom(32) for _ in range(6)}
    batch, again = (sequencing.sequence(waiting, 0, os.urandom) for _ in range(2))
    assert {len(leaf) for leaf in batch.leaves} == {32}
    assert {len(blind) for blind in batch.blinds} == {32}
    assert not set(batch.blinds) & {*again.blinds, *batch.leaves}
    places = [at for at, leaf in enumerate(batch.leaves) if leaf in waiting]
    assert places[-1] - places[0] > 5


def repeating() -> Iterator[list[bytes]]:
    leaf, other = os.urandom(32), os.urandom(32)
    yield [leaf, leaf]
    yield [leaf, other, leaf]
    yield [leaf, sequencing.dummy(counted()(32))]  # the random source comes up with what waits already


def test_a_leaf_that_waits_twice_is_refused() -> None:
    """Else one event would count as two, and the tally of an hour could be made up for what is gone."""
    for waiting in repeating():
        with pytest.raises(errors.NotVerified):
            sequencing.sequence(waiting, 0, counted())


def test_dummies_that_come_twice_are_refused() -> None:
    with pytest.raises(errors.NotVerified):
        sequencing.sequence([], 0, bytes)


def test_only_hashes_are_sequenced() -> None:
    for leaf in (b"", bytes(31), bytes(33)):
        with pytest.raises(errors.NotVerified):
            sequencing.sequence([leaf], 0, os.urandom)


# --- tallies ------------------------------------------------------------------------------------------------------


def of(*elements: bytes) -> Multiset:
    return Multiset().adding(elements)


def inverse(it: Multiset) -> Multiset:
    """What takes a multiset out of another; no tally ever does that."""
    return Multiset(-it.count, pow(it.product, -1, 2**3072 - 1_103_717))


def test_the_hash_is_that_of_bitcoin_core() -> None:
    """Its vector for MuHash3072, src/test/crypto_tests.cpp: 0 and 1 put in, 2 taken out; the last byte stands first."""
    zero, one, two = (bytes([number]) + bytes(31) for number in range(3))
    digest = (of(zero, one) + inverse(of(two))).digest()
    assert digest[::-1].hex() == "10d312b100cbd32ada024a6646e40d3482fcff103668d2625f10002a607d5863"


@settings(deadline=None)
@given(st.lists(HASHES, max_size=12), st.randoms())
def test_order_does_not_matter(elements: list[bytes], random: Random) -> None:
    shuffled = random.sample(elements, len(elements))
    assert of(*elements) == of(*shuffled)
    assert of(*elements).digest() == of(*shuffled).digest()


@settings(deadline=None)
@given(st.lists(HASHES, min_size=1, max_size=8), st.integers(0))
def test_every_element_and_how_often_it_is_there_matters(elements: list[bytes], at: int) -> None:
    """One less, one more, one twice, one for another: each has another hash, even where the count stays."""
    at %= len(elements)
    without = elements[:at] + elements[at + 1 :]
    others = [of(*without), of(*elements, elements[at]), of(*without, os.urandom(32)), of(*elements, os.urandom(32))]
    assert of(*elements).digest() not in {it.digest() for it in others}
    assert of(*elements) not in others


def test_no_number_of_copies_is_as_good_as_none() -> None:
    """Where hashes are summed in lanes of 16 bits, 65,536 of an element are nothing."""
    copies = of(b"leaf")
    for _ in range(16):
        copies += copies
    assert copies.count == 2**16
    assert copies.product != Multiset().product
    assert (of(b"other") + copies).digest() != of(b"other").digest()


@settings(deadline=None)
@given(st.lists(HASHES, max_size=6), st.lists(HASHES, max_size=6))
def test_a_union_is_the_sum(some: list[bytes], more: list[bytes]) -> None:
    """So all tallies of an hour make one, and one that is kept goes on where it was."""
    together = of(*some, *more)
    assert of(*some) + of(*more) == together
    kept = of(*some)
    assert multiset.restored(kept.count, kept.state()).adding(more) == together


def test_a_state_that_was_bent_is_none() -> None:
    state = of(b"leaf").state()
    for bent in (b"", state[:-1], state + b"\0", bytes(384), b"\xff" * 384):
        with pytest.raises(errors.NotVerified):
            multiset.restored(1, bent)
    with pytest.raises(errors.NotVerified):
        multiset.restored(-1, state)

"""Receipts: derived, copied by hand, told apart from slips."""

import contextlib
import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips import errors
from tips.crypto import receipt

seeds = st.binary(min_size=32, max_size=32)


@given(seeds)
def test_a_receipt_is_found_however_it_is_typed(seed: bytes) -> None:
    """Case, dashes, spaces, and O for 0 or l for 1 make no difference."""
    own = receipt.of_seed(seed)
    sloppy = own.shown.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert receipt.parse(sloppy) == own


def test_a_receipt_with_a_slip_still_looks_like_one() -> None:
    """All but one in a thousand; those have digits in fewer than two groups."""
    codes = [receipt.of_seed(hashlib.sha256(b"%d" % number).digest()).shown for number in range(4000)]
    assert sum(not receipt.looks_like(it) for it in codes) <= 4


@given(seeds, st.integers(0, 27), st.integers(1, 31))
def test_a_mistyped_receipt_is_not_another_one(seed: bytes, at: int, change: int) -> None:
    """A wrong sign is noticed before anything is looked up, but for one in 32,768."""
    code = receipt.of_seed(seed).code
    sign = receipt.ALPHABET[(receipt.ALPHABET.index(code[at]) + change) % 32]
    wrong = code[:at] + sign + code[at + 1 :]
    with contextlib.suppress(errors.NotFound):
        assert receipt.parse(wrong).lookup != receipt.of_seed(seed).lookup


def test_a_receipt_carries_at_least_125_bits() -> None:
    """25 random signs of 32, and 3 to check them by."""
    assert receipt.SECRET_CHARS * 5 >= 125
    assert len({receipt.of_seed(os.urandom(32)).code for _ in range(200)}) == 200


def test_what_a_receipt_derives_does_not_lead_to_each_other() -> None:
    """Look-up id, reading key, ledger opening and case id are all different."""
    seed = os.urandom(32)
    own = receipt.of_seed(seed)
    assert len({own.lookup, own.reading_seed[:16], own.ledger_opening[:16], receipt.case_id(seed)}) == 4


@pytest.mark.parametrize(
    "text", ["ban ma tuy o karaoke duong le van sy q3", "0901 234 567", "Quận 3", "", "hello there my friend 2026"]
)
def test_ordinary_words_are_not_taken_for_a_receipt(text: str) -> None:
    """Nobody's tip is looked up instead of taken."""
    assert not receipt.looks_like(text)

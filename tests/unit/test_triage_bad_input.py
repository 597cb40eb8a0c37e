"""Triage reads whatever is typed: it never raises, never takes long, and always names a unit that may receive."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tips.organisation import units
from tips.triage import Triager

ORG = units.load("hcmc-districts")
TRIAGER = Triager(ORG)
LONGEST = 20_000  # characters of a tip at most
PATIENCE = 0.05  # seconds for the longest text; a slower machine gets as much more as a plain loop takes longer
REPEATED = (
    "công an ",
    "quận 3 ",
    "phường 1 quận 3 ",
    "ma tuý ",
    "nhận tiền ",
    "a ",
    "1 ",
    "Công an phường 5, ",
    "😀",
    "\u0301",
)
WEIGHTY = (
    "công an", "quận 3", "phường 12", "nhận tiền", "bán ma tuý", "không phải", "\n", ".", "cũ", "q.", "p", "ở",
    "gò vấp", "1", "ubnd",
)  # fmt: skip
signs = st.text(st.characters(), max_size=400)  # every plane, lone surrogates too


def best_time(text: str) -> float:
    spent = []
    for _ in range(4):
        start = time.thread_time()
        TRIAGER.triage(text)
        spent.append(time.thread_time() - start)
    return min(spent)


def slowness() -> float:
    """How much slower this machine is now than one that counts to a hundred thousand in 3 ms."""
    start = time.thread_time()
    for _ in range(100_000):
        pass
    return max(1.0, (time.thread_time() - start) / 0.003)


@settings(max_examples=300, deadline=None)
@given(signs)
def test_any_signs_get_a_unit_that_receives(text: str) -> None:
    """And every reason's span lies inside the text."""
    found = TRIAGER.triage(text)
    assert found.route.owner in ORG.units
    assert found.route.owner not in found.route.excluded
    assert all(0 <= it.span[0] <= it.span[1] <= len(text) for it in found.reasons if it.span)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(WEIGHTY), max_size=60))
def test_any_order_of_the_words_that_matter_is_read(words: list[str]) -> None:
    """No arrangement breaks the reading, and an accused unit is never the owner."""
    found = TRIAGER.triage(" ".join(words))
    assert not set(found.route.chain) & found.route.excluded


@pytest.mark.parametrize("piece", REPEATED)
def test_one_word_repeated_costs_no_more_than_other_texts(piece: str) -> None:
    """Twenty thousand characters of the same are read within the limit."""
    assert best_time((piece * LONGEST)[:LONGEST]) < PATIENCE * slowness() * 2


def test_look_alike_letters_and_scattered_accents_are_the_same_words() -> None:
    """Cyrillic and Greek look-alikes, full-width letters, NFD, zero-width signs inside words."""
    plain = "bán ma tuý ở karaoke đường Lê Văn Sỹ quận 3"
    disguised = (
        plain.replace("a", "а").replace("o", "ο"),
        "".join(chr(ord(it) + 0xFEE0) if "!" <= it <= "~" else it for it in plain),
        unicodedata.normalize("NFD", plain),
        "\u200b".join(plain),
    )
    for text in disguised:
        found = TRIAGER.triage(text)
        assert found.area.district == "770"
        assert found.category == "drugs.trade"


def test_only_numbers_go_to_the_duty_desk() -> None:
    """Nothing to read is no reason to lose it."""
    assert TRIAGER.triage("0903 123 456 " * 50).route.owner == "duty"

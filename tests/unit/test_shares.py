"""Shares of the recovery seed are digits that can be dictated, and a slip in one is named by its group."""

import itertools
import os

import pytest

from tips import errors
from tips.crypto import keys, sealing
from tips.crypto.keys import Recovery

OFFICES = ("vks-tp", "ttra-tp", "px05")
SHARE = keys.new_share(os.urandom)
GROUPS = SHARE.split("-")


def test_a_share_is_eleven_groups_of_five_digits_and_any_two_bring_the_seed_back() -> None:
    """However they are typed: with blanks, with nothing between, on lines of their own."""
    seed = os.urandom(32)
    recovery, shares = keys.split_recovery(seed, OFFICES, 2, os.urandom)
    for share in shares.values():
        assert [(len(group), group.isdecimal()) for group in share.split("-")] == [(5, True)] * 11
    for pair in itertools.combinations(OFFICES, 2):
        for between in ("-", " ", "", " - ", "\n"):
            assert keys.join_recovery(recovery, {it: shares[it].replace("-", between) for it in pair}) == seed


def test_what_is_drawn_is_spread_over_all_digits() -> None:
    """Bytes that would make some digits likelier are drawn anew."""
    drawn = iter([255, 250, 249, *([0] * 100)])
    assert keys.new_share(lambda _: bytes([next(drawn)])).startswith("9000")


@pytest.mark.parametrize("place", range(11))
def test_each_wrong_digit_and_each_swap_is_found_and_its_group_named(place: int) -> None:
    """All 45 slips of one digit, and each two neighbours that were swapped."""
    group = GROUPS[place]
    slips = {group[:at] + digit + group[at + 1 :] for at in range(5) for digit in "0123456789"}
    slips |= {group[:at] + group[at + 1] + group[at] + group[at + 2 :] for at in range(4)}
    for slip in slips - {group}:
        for between in ("-", " ", ""):
            with pytest.raises(errors.WrongGroup) as wrong:
                keys.read_share("px05", between.join([*GROUPS[:place], slip, *GROUPS[place + 1 :]]))
            assert str(wrong.value) == f"px05, {place + 1}"


def test_a_group_that_is_short_missing_swapped_or_too_many_is_named() -> None:
    """Typed in groups, a digit that was left out spoils its own group and none after it."""
    last = GROUPS[-1]
    for typed, place in (
        ([*GROUPS[:3], GROUPS[3][:-1], *GROUPS[4:]], 4),
        ([*GROUPS[:3], GROUPS[3] + "1", *GROUPS[4:]], 4),
        (GROUPS[:-1], 11),
        ([*GROUPS, last], 12),
        ([*GROUPS[:10], last[:3]], 11),
    ):
        with pytest.raises(errors.WrongGroup, match=rf"^px05, {place}$"):
            keys.read_share("px05", "-".join(typed))
    with pytest.raises(errors.WrongGroup, match=r"^px05, 1$"):
        keys.read_share("px05", "-".join([GROUPS[1], GROUPS[0], *GROUPS[2:]]))


def test_shares_of_earlier_programs_are_read_as_they_were_spelled() -> None:
    """Sealed as the first program did, under a key from letters."""
    shares = {"px05": "ABCD-EFGH-JKMN-PQRS-TVWX-YZ23-4567", "vks-tp": "2345-6789-ABCD-EFGH-JKMN-PQRS-TVWX"}
    info = sealing.binding("recovery share", offices="px05,vks-tp")
    typed = "ABCDEFGHJKMNPQRSTVWXYZ234567|23456789ABCDEFGHJKMNPQRSTVWX"
    sealed = sealing.lock(sealing.derive(typed.encode(), info), bytes(32), info, os.urandom)
    recovery = Recovery(2, {"px05,vks-tp": sealed})
    assert keys.join_recovery(recovery, shares) == bytes(32)
    assert keys.join_recovery(recovery, {it: share.lower().replace("-", " ") for it, share in shares.items()}) == bytes(
        32
    )

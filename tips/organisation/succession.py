"""Succession: which version of the roster follows which, and so who its signers are.

A version is believed in the light of one that was believed before, by these rules:
    it is later;
    it is of the same epoch, or, where the home came back from a backup, the very next version, which names the earlier
    one by its digest: no version of the history that was lost follows;
    as many signers of the earlier one signed it as that one asks for;
    where it changes who signs, or how many, it is the very next version and names the earlier one by its digest, and as
    many of its own signers signed it too as it asks for itself. So nobody becomes a signer who does not hold the key,
    and a set that could never sign again is not taken.
These are the rules by which a root of The Update Framework follows another (TUF specification 1.0, section 5.3).
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tips import errors
from tips.organisation import roster
from tips.organisation.roster import NEEDED, Roster, SignedRoster, Signers

MOST: Final = 15  # signers


def follow(before: Roster, signed: SignedRoster) -> Roster:
    """The roster of a later version, if it follows from one that is believed.

    Raises:
        NotVerified: it does not; the message says by which rule.
    """
    after = roster.verify(signed, before.signers)
    if after.version <= before.version:
        raise errors.NotVerified("the roster is not later than the one that is known")
    next_one = (after.version, after.previous) == (before.version + 1, before.digest)
    if after.epoch != before.epoch and not next_one:
        raise errors.NotVerified("the roster is of a history that was lost, or of one to which the way is not known")
    if after.signers == before.signers:
        return after
    if not next_one:
        raise errors.NotVerified("the roster has other signers, and the version in which they changed is not known")
    if not after.signers.agree(signed):
        raise errors.NotVerified("the roster has other signers, and too few of these signed it")
    return after


def begin(pinned: Signers, signed: SignedRoster) -> Roster:
    """The roster of a version, for who knows nothing but who signs.

    Raises:
        NotVerified: too few of these signed it, or of those that it names itself.
    """
    first = roster.verify(signed, pinned)
    if not first.signers.agree(signed):
        raise errors.NotVerified("the roster has other signers, and too few of these signed it")
    return first


def walk(believed: Roster | None, pinned: Signers, stored: Iterable[SignedRoster]) -> Iterator[SignedRoster]:
    """Each stored version that follows from the one before, over as many steps as it takes; the others are passed over.

    Args:
        believed: the version that is known; None: none is, and the first one that `begin` takes is.
        pinned: see `begin`.
        stored: any versions, oldest first.
    """
    for it in stored:
        with contextlib.suppress(errors.NotVerified):
            believed = follow(believed, it) if believed else begin(pinned, it)
            yield it


def check(signers: Signers, branch: Callable[[str], str]) -> None:
    """That a set of signers can sign, that none of them can alone, and no branch of the administration either.

    Args:
        signers: who would sign from now on.
        branch: tells an office's branch.

    Raises:
        Refused: it cannot be, or one branch could.
    """
    names, made = [it.name for it in signers.listed], [it.verify for it in signers.listed]
    if not NEEDED <= signers.needed <= len(names) <= MOST or len(set(names)) < len(names) or len(set(made)) < len(made):
        raise errors.Refused("error.signers")
    if max(Counter(branch(it.office) for it in signers.listed).values()) >= signers.needed:
        raise errors.Refused("error.signers_of_one_branch")

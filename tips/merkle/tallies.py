"""Tallies: what a process instance signs of the leaves that it added since the last head, in the transaction of each.

A case that is deleted whole before its leaves are in the tree leaves nothing behind that is wrong, but for this: the
tally of who added it. The row of a tally can be put back, too, so its instance keeps the newest one outside the
database and goes on from it; what a head closed otherwise than the instance knows it, its next one counts as `missing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from tips import errors
from tips.crypto import keys
from tips.merkle import multiset
from tips.merkle.multiset import Multiset

INSTANCE: Final = 16  # bytes, random
_DOMAIN: Final = b"tinbao tally\x00"


@dataclass(frozen=True, slots=True)
class Tally:
    """What one instance added since a head closed its tally before."""

    instance: bytes
    number: int = 0  # which of its tallies
    leaves: Multiset = field(default_factory=Multiset)
    missing: int = 0  # leaves of before that no head took up

    def adding(self, leaves: Iterable[bytes]) -> Tally:
        """The tally with these added."""
        return replace(self, leaves=self.leaves.adding(leaves))

    def closed(self) -> Closed:
        """What a head says of it."""
        return Closed(self.number, self.leaves.count, self.leaves.digest(), self.missing)


@dataclass(frozen=True, slots=True)
class Closed:
    """How a head, when it closed a tally, had found it."""

    number: int
    count: int
    digest: bytes  # 32
    missing: int


@dataclass(frozen=True, slots=True)
class SignedTally:
    """A tally as it is stored."""

    instance: bytes
    body: bytes
    state: bytes  # of the multiset, which the body names by its digest
    signature: bytes


def sign(tally: Tally, process: str, signing: bytes) -> SignedTally:
    """Sign a tally with a process's Ed25519 seed."""
    plain = {
        "count": tally.leaves.count,
        "digest": tally.leaves.digest().hex(),
        "instance": tally.instance.hex(),
        "missing": tally.missing,
        "number": tally.number,
        "process": process,
    }
    body = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    return SignedTally(tally.instance, body, tally.leaves.state(), keys.sign(signing, _DOMAIN + body))


def process_of(signed: SignedTally) -> str:
    """Who says that they signed it.

    Raises:
        NotVerified: it is no tally.
    """
    try:
        return str(json.loads(signed.body)["process"])
    except (ValueError, KeyError, TypeError) as error:
        raise errors.NotVerified("this is not a tally") from error


def verify(signed: SignedTally, known: Iterable[bytes]) -> Tally:
    """The tally of a stored row, if one of these public keys signed it.

    Raises:
        NotVerified: none did, or the row is of something else.
    """
    if not any(keys.signed_by(key, signed.signature, _DOMAIN + signed.body) for key in known):
        raise errors.NotVerified("this tally was not signed by its process")
    try:
        plain = json.loads(signed.body)
        leaves = multiset.restored(plain["count"], signed.state)
        tally = Tally(bytes.fromhex(plain["instance"]), plain["number"], leaves, plain["missing"])
        digest = bytes.fromhex(plain["digest"])
    except (ValueError, KeyError, TypeError) as error:
        raise errors.NotVerified("this is not a tally") from error
    if tally.leaves.digest() != digest or tally.instance != signed.instance:
        raise errors.NotVerified("the tally is not the one that was signed")
    return tally


def continued(known: Tally, stored: Tally | None, closed: Closed | None) -> Tally:
    """What an instance goes on from.

    Args:
        known: as the instance kept it, outside the database.
        stored: what the database has of it; None: nothing that holds.
        closed: how a head closed it, by what the clock signed; None: none did.
    """
    if stored and stored.number == known.number and stored.leaves.count > known.leaves.count:
        known = stored  # the process ended after the commit
    if closed is None or closed.number != known.number:
        return known
    return Tally(known.instance, known.number + 1, missing=_lost(known, closed))


def _lost(known: Tally, closed: Closed) -> int:
    """How many leaves the instance knows of that the head did not take up, or that it did not tell of."""
    untold = max(known.missing - closed.missing, 0)
    if closed.digest == known.leaves.digest():
        return untold
    return untold + max(known.leaves.count - closed.count, 1)

"""Tallies: what a process instance signs of all leaves that it has ever added, in the transaction of each.

A case that is deleted whole before its leaves are in the tree leaves nothing behind that is wrong, but for this: the
tally of who added it. A tally only grows. Its instance keeps the newest one outside the database, and goes on from that
whatever became of the row; the clock keeps how far it took each up, outside the database too, and compares what has
come since with what waits. So neither a row that is put back nor one that is gone hides a leaf, or accuses anybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tips import errors
from tips.crypto import keys
from tips.merkle import multiset
from tips.merkle.multiset import Multiset

INSTANCE: Final = 16  # bytes, random
MOST_BYTES: Final = 1024  # of a tally's body
_DOMAIN: Final = b"tinbao tally\x00"


@dataclass(frozen=True, slots=True)
class Tally:
    """What one instance has added."""

    instance: bytes
    leaves: Multiset = field(default_factory=Multiset)

    def adding(self, leaves: Iterable[bytes]) -> Tally:
        """The tally with these added."""
        return replace(self, leaves=self.leaves.adding(leaves))


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
        "process": process,
    }
    body = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    return SignedTally(tally.instance, body, tally.leaves.state(), keys.sign(signing, _DOMAIN + body))


def process_of(signed: SignedTally) -> str:
    """Who says that they signed it.

    Raises:
        NotVerified: it is no tally.
    """
    return str(_plain(signed).get("process", ""))


def verify(signed: SignedTally, known: Iterable[bytes]) -> Tally:
    """The tally of a stored row, if one of these public keys signed it.

    Raises:
        NotVerified: none did, or the row is of something else.
    """
    plain = _plain(signed)
    if not any(keys.signed_by(key, signed.signature, _DOMAIN + signed.body) for key in known):
        raise errors.NotVerified("this tally was not signed by its process")
    try:
        leaves = multiset.restored(plain["count"], signed.state)
        named = bytes.fromhex(plain["instance"]), bytes.fromhex(plain["digest"])
    except (ValueError, KeyError, TypeError) as error:
        raise errors.NotVerified("this is not a tally") from error
    if named != (signed.instance, leaves.digest()):
        raise errors.NotVerified("the tally is not the one that was signed")
    return Tally(signed.instance, leaves)


def _plain(signed: SignedTally) -> dict[str, Any]:
    if len(signed.body) > MOST_BYTES:
        raise errors.NotVerified("this is too long for a tally")
    try:
        plain = json.loads(signed.body)
    except (ValueError, RecursionError) as error:
        raise errors.NotVerified("this is not a tally") from error
    if not isinstance(plain, dict) or type(plain.get("count")) is not int:
        raise errors.NotVerified("this is not a tally")
    return plain

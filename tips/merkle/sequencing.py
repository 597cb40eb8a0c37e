"""How waiting leaves become the next stretch of the log: in the order of their hashes, filled up to a whole step.

In which order things happened within the hour, and how many, is not for who watches the log: the leaves of a batch
stand in the order of their hashes, and dummies, which nobody can tell from them, make the size a multiple of `STEP`. An
hour in which nothing happened gets a step as well, or its silence would tell.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from tips import errors
from tips.crypto.sealing import Random
from tips.merkle import tree

STEP: Final = 64  # leaves
BLIND: Final = 32  # bytes
_DUMMY: Final = b"tinbao dummy\x00"  # an event's body is JSON, so no dummy is one


@dataclass(frozen=True, slots=True)
class Batch:
    """What is added to the log at once."""

    leaves: tuple[bytes, ...]  # their hashes, in their order
    blinds: tuple[bytes, ...]  # of the dummies among them; inside the home they show that these are no hidden events


def dummy(blind: bytes) -> bytes:
    """The leaf hash of a dummy; without its 32 random bytes it looks like any other."""
    return tree.leaf_hash(_DUMMY + blind)


def sequence(waiting: Collection[bytes], size: int, random: Random) -> Batch:
    """The next batch.

    Args:
        waiting: leaf hashes, in any order. That none of them is in the log already is for the store to hold.
        size: of the log before.
        random: what dummies are blinded by.

    Raises:
        NotVerified: one of them waits twice, or is no hash.
    """
    if any(len(leaf) != tree.HASH for leaf in waiting):
        raise errors.NotVerified("what waits to be sequenced is not a leaf")
    blinds = tuple(random(BLIND) for _ in range(_missing(len(waiting), size)))
    leaves = sorted([*waiting, *map(dummy, blinds)])
    if len(set(leaves)) != len(leaves):
        raise errors.NotVerified("a leaf waits twice")
    return Batch(tuple(leaves), blinds)


def _missing(waiting: int, size: int) -> int:
    """How many dummies lead to the next whole step, of which there is at least one."""
    return -(size + waiting) % STEP if waiting else STEP - size % STEP

"""The Merkle log at ten thousand and a million leaves: adding a batch, proving, verifying, beside SHA-256 alone.

The bare side hashes inputs of 65 bytes, as an inner node has: as many as ours hashes, or as the proofs have nodes. All
nodes lie in memory: what a store takes to fetch them is another matter.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Final

from bench.measure import Figure, at_most, paired, seconds
from tips.merkle import tree
from tips.merkle.tree import HASH, Node

SIZES: Final = {"10k": 10_000, "1m": 1_000_000}
BATCH: Final = 1_024  # leaves
PROOFS: Final = 200
ROUNDS: Final = 51
STRETCH: Final = 65_536  # leaves at once while the log is made


class Nodes(Mapping[Node, bytes]):
    """The nodes of a log, a row of hashes for each level."""

    def __init__(self) -> None:
        self.rows: list[bytearray] = []

    def add(self, new: Mapping[Node, bytes]) -> None:
        """Put nodes behind those that are there."""
        for (level, _), found in new.items():
            while len(self.rows) <= level:
                self.rows.append(bytearray())
            self.rows[level] += found

    def __getitem__(self, node: Node) -> bytes:
        level, index = node
        return bytes(self.rows[level][index * HASH : (index + 1) * HASH])

    def __iter__(self) -> Iterator[Node]:
        return ((level, at) for level, row in enumerate(self.rows) for at in range(len(row) // HASH))

    def __len__(self) -> int:
        return sum(map(len, self.rows)) // HASH


@cache
def log(size: int) -> Nodes:
    nodes = Nodes()
    for at in range(0, size, STRETCH):
        nodes.add(tree.grown(at, [os.urandom(HASH) for _ in range(min(STRETCH, size - at))], nodes))
    return nodes


async def append(size: int) -> Figure:
    """The head after it is part of it."""
    nodes, leaves = log(size), [os.urandom(HASH) for _ in range(BATCH)]
    inner = len(tree.grown(size, leaves, nodes)) - BATCH
    then = tree.peaks(size + BATCH)

    def ours() -> None:
        new = tree.grown(size, leaves, nodes)
        tree.root(size + BATCH, {node: new.get(node) or nodes[node] for node in then})

    hashes = inner + len(then) - 1
    return await _compared(ours, hashes, f"{BATCH:,} leaves added to {size:,}, and the root")


async def prove(size: int) -> Figure:
    """Half of them that a leaf is in it, half that it began as a smaller one."""
    nodes, places = log(size), _places(size)

    def ours() -> int:
        return sum(len(tree.hashes(path, nodes)) for path in paths())

    def paths() -> Iterator[list[range]]:
        for at in places[::2]:
            yield tree.inclusion_path(at, size)
        for at in places[1::2]:
            yield tree.consistency_path(at + 1, size)

    return await _compared(
        ours, ours(), f"{PROOFS} proofs in a log of {size:,}, half of inclusion, half of consistency"
    )


async def check(size: int) -> Figure:
    """As a person's file is verified, without the signatures of its head."""
    nodes, head = log(size), tree.root(size, log(size))
    proofs = [(nodes[0, at], at, tree.hashes(tree.inclusion_path(at, size), nodes)) for at in _places(size)]

    def ours() -> None:
        for leaf, at, proof in proofs:
            tree.verify_inclusion(leaf, at, size, proof, head)

    hashes = sum(len(proof) for _, _, proof in proofs)
    return await _compared(ours, hashes, f"{PROOFS} proofs of inclusion verified against a head of {size:,}")


def _places(size: int) -> list[int]:
    return random.Random(size).sample(range(size - 1), PROOFS)


async def _compared(act: Callable[[], object], hashes: int, how: str) -> Figure:
    inputs = [os.urandom(1 + 2 * HASH) for _ in range(hashes)]

    def plainly() -> None:
        for it in inputs:
            hashlib.sha256(it).digest()

    value, ceiling = await paired(partial(_milliseconds, act), partial(_milliseconds, plainly), ROUNDS)
    return at_most(value, ceiling, "ms", f"median of {ROUNDS}: {how}; ceiling: {hashes:,} SHA-256 of 65 bytes")


async def _milliseconds(act: Callable[[], object]) -> float:
    return seconds(act) * 1000

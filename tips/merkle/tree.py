"""The Merkle tree of RFC 9162, §2.1: its hashes, and proofs that a leaf is in it and that it only ever grew.

What is kept is the hash of every *complete* subtree, by `Node`: 2^level leaves, all there, so that it never changes
again. Every other hash of the tree follows from few of these. A store asks first which nodes are needed (`peaks`,
`needed`), fetches them at once and hands them in; nothing here waits for anything. With n leaves:

    to add m leaves     `grown(n, leaves, …)`        reads `peaks(n)`, hashes at most m + log n times
    a head              `root(n, …)`                 reads `peaks(n)`, at most log n
    a proof             `hashes(path, …)`            reads `needed(path)`, at most 2 log n, where path is
                        `inclusion_path(index, n)` or `consistency_path(old, n)`

The proofs follow the recursions that define them, the verifications the loops that the RFC gives beside them: neither
leans on the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import count, repeat
from typing import Final

from tips import errors

Node = tuple[int, int]  # (level, index): the complete subtree over leaves index·2^level to (index + 1)·2^level - 1
Nodes = Mapping[Node, bytes]  # its hash, 32 bytes

HASH: Final = 32  # bytes (SHA-256)
EMPTY: Final = hashlib.sha256().digest()  # MTH({}), the root of the empty tree


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf: SHA-256 of 0x00 and the entry (RFC 9162, §2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256 of 0x01 and both hashes below it (RFC 9162, §2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


# --- which nodes --------------------------------------------------------------------------------------------------


def peaks(size: int) -> list[Node]:
    """The complete subtrees that make up a tree, from left to right: one for each bit of its size."""
    return _covering(range(size))


def needed(path: Iterable[range]) -> list[Node]:
    """The nodes that the hashes of these subtrees follow from."""
    return [node for span in path for node in _covering(span)]


def inclusion_path(index: int, size: int) -> list[range]:
    """Whose hashes prove that a leaf is in a tree: the subtrees beside its way up, PATH(m, D_n) of RFC 9162, §2.1.3.1.

    Raises:
        NotFound: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise errors.NotFound(f"a tree of {size} has no leaf {index}")
    path, span = [], range(size)
    while len(span) > 1:
        left, right = _halves(span)
        span, beside = (left, right) if index in left else (right, left)
        path.append(beside)
    return path[::-1]


def consistency_path(old: int, size: int) -> list[range]:
    """Whose hashes prove that a tree began as the older one: PROOF(m, D_n) of RFC 9162, §2.1.4.1.

    Raises:
        NotFound: there was no such tree, or it was empty: that every tree began empty needs no proof.
    """
    if not 0 < old <= size:
        raise errors.NotFound(f"a tree of {size} never had {old} leaves to prove")
    path, span = [], range(size)
    while span.stop != old:
        left, right = _halves(span)
        span, beside = (left, right) if old <= left.stop else (right, left)
        path.append(beside)
    known = span.start == 0  # then it is the whole older tree, whose root the verifier has
    return ([] if known else [span]) + path[::-1]


def _halves(span: range) -> tuple[range, range]:
    """Where RFC 9162, §2.1.1 splits a subtree: at the largest power of two below its length."""
    split = 1 << (len(span) - 1).bit_length() - 1
    return span[:split], span[split:]


def _covering(span: range) -> list[Node]:
    """The complete subtrees of a tree, or of one of its subtrees, each smaller than the one to its left."""
    nodes, start = [], span.start
    while start < span.stop:
        level = (span.stop - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


# --- hashes -------------------------------------------------------------------------------------------------------


def root(size: int, nodes: Nodes) -> bytes:
    """The Merkle tree hash MTH(D_n) of a tree (RFC 9162, §2.1.1), from its `peaks`.

    Raises:
        NotVerified: a node is missing.
    """
    return _mth(range(size), nodes)


def hashes(path: Iterable[range], nodes: Nodes) -> list[bytes]:
    """A proof: the hashes of the subtrees of a path, from the nodes `needed`.

    Raises:
        NotVerified: a node is missing.
    """
    return [_mth(span, nodes) for span in path]


def _mth(span: range, nodes: Nodes) -> bytes:
    *before, found = [_read(node, nodes) for node in _covering(span)] or [EMPTY]
    for left in reversed(before):
        found = node_hash(left, found)
    return found


def _read(node: Node, nodes: Nodes) -> bytes:
    try:
        return nodes[node]
    except KeyError as error:
        raise errors.NotVerified("a node of the ledger's tree is missing") from error


def grown(size: int, leaves: Sequence[bytes], nodes: Nodes) -> dict[Node, bytes]:
    """The nodes that are complete once these leaves are added, the leaves themselves among them.

    Args:
        size: of the tree before.
        leaves: their hashes, in order.
        nodes: at least the `peaks` of the tree before.

    Raises:
        NotVerified: a node is missing.
    """
    new: dict[Node, bytes] = {}
    level, start, row = 0, size, list(leaves)
    while row:
        new.update(zip(zip(repeat(level), count(start), strict=False), row, strict=False))
        if start % 2:
            start -= 1
            row.insert(0, _read((level, start), nodes))
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]
        level, start = level + 1, start // 2
    return new


# --- proofs -------------------------------------------------------------------------------------------------------


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> None:
    """Check that a leaf stands at a place of the tree with this size and root (RFC 9162, §2.1.3.2).

    Args:
        leaf: its hash.
        size: as the same head says it that says the root; a root alone fits trees of other sizes.
        head: the root.

    Raises:
        NotVerified: it does not.
    """
    if not 0 <= index < size or not _are_hashes(leaf, *proof):
        raise errors.NotVerified("this is no proof for a leaf of such a tree")
    at, last, found = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            raise errors.NotVerified("the proof is too long")
        if at % 2 or at == last:
            found = node_hash(beside, found)
            at, last = _right_edge(at, last)
        else:
            found = node_hash(found, beside)
        at, last = at >> 1, last >> 1
    if last or found != head:
        raise errors.NotVerified("the leaf is not shown to be in this tree")


def verify_consistency(old: int, old_root: bytes, size: int, head: bytes, proof: Sequence[bytes]) -> None:
    """Check that a tree began as the older one, leaf by leaf (RFC 9162, §2.1.4.2).

    Args:
        old: the size of the older tree, at least 1.
        old_root: its root.
        size: of the later tree.
        head: its root.

    Raises:
        NotVerified: that is not shown.
    """
    if not 0 < old <= size or not _are_hashes(*proof):
        raise errors.NotVerified("this is no proof between two such trees")
    if old == size:
        if proof or old_root != head:
            raise errors.NotVerified("two different trees of one size")
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise errors.NotVerified("the proof is empty")
    at, last = old - 1, size - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for beside in path[1:]:
        if last == 0:
            raise errors.NotVerified("the proof is too long")
        if at % 2 or at == last:
            before, after = node_hash(beside, before), node_hash(beside, after)
            at, last = _right_edge(at, last)
        else:
            after = node_hash(after, beside)
        at, last = at >> 1, last >> 1
    if last or before != old_root or after != head:
        raise errors.NotVerified("the later tree is not shown to have begun as the older one")


def _right_edge(at: int, last: int) -> tuple[int, int]:
    """Up the edge of an incomplete tree, where nodes have no right sibling, to the next that has a left one."""
    while at and at % 2 == 0:
        at, last = at >> 1, last >> 1
    return at, last


def _are_hashes(*claimed: bytes) -> bool:
    """All of them 32 bytes: else bytes could move from one to its neighbour and hash alike."""
    return all(len(it) == HASH for it in claimed)

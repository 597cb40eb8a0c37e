"""The log's tree: its roots are the RFC's, proofs of what is true hold, and no other proof does."""

import itertools
import os
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tips import errors
from tips.merkle import tree
from tips.merkle.tree import Node

# The eight entries and roots that implementations of RFC 6962 are held to, from the first of them on
# (google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc; transparency-dev/merkle still has them).
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# Hashes of a leaf and of an inner node, of transparency-dev/merkle, rfc6962/rfc6962_test.go.
LEAF = ("L123456", "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56")
INNER = ("N123", "N456", "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb")

MOST = 257
LEAVES = [tree.leaf_hash(number.to_bytes(2, "big")) for number in range(MOST + 1)]


class Counted(dict[Node, bytes]):
    """Nodes that count how often one is read."""

    reads = 0

    def __getitem__(self, node: Node) -> bytes:
        self.reads += 1
        return super().__getitem__(node)


def nodes_of(leaves: Sequence[bytes]) -> Counted:
    return Counted(tree.grown(0, leaves, {}))


def defined(leaves: Sequence[bytes]) -> bytes:
    """MTH as RFC 9162, §2.1.1 defines it, over leaf hashes."""
    if not leaves:
        return tree.EMPTY
    if len(leaves) == 1:
        return leaves[0]
    split = max(1 << power for power in range(16) if 1 << power < len(leaves))
    return tree.node_hash(defined(leaves[:split]), defined(leaves[split:]))


NODES = nodes_of(LEAVES)
HEADS = [defined(LEAVES[:size]) for size in range(MOST + 1)]


def included(index: int, size: int) -> list[bytes]:
    return tree.hashes(tree.inclusion_path(index, size), NODES)


def consistent(old: int, size: int) -> list[bytes]:
    return tree.hashes(tree.consistency_path(old, size), NODES)


def is_in(leaf: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    try:
        tree.verify_inclusion(leaf, index, size, proof, head)
    except errors.NotVerified:
        return False
    return True


def began(old: int, old_root: bytes, size: int, head: bytes, proof: Sequence[bytes]) -> bool:
    try:
        tree.verify_consistency(old, old_root, size, head, proof)
    except errors.NotVerified:
        return False
    return True


def spoiled(proof: list[bytes]) -> Iterator[list[bytes]]:
    """A proof with a node dropped, repeated, swapped with its neighbour, in front, behind, or cut short."""
    for at in range(len(proof)):
        yield proof[:at] + proof[at + 1 :]
        yield proof[: at + 1] + proof[at:]
        yield [*proof[:at], proof[at][:-1], *proof[at + 1 :]]
    for at in range(len(proof) - 1):
        yield [*proof[:at], proof[at + 1], proof[at], *proof[at + 2 :]]
    yield [*proof, tree.EMPTY]
    yield [tree.EMPTY, *proof]


def flipped(proof: list[bytes]) -> Iterator[list[bytes]]:
    """A proof with one byte of it altered."""
    for at, node in enumerate(proof):
        for byte in range(len(node)):
            yield [*proof[:at], node[:byte] + bytes([node[byte] ^ 1]) + node[byte + 1 :], *proof[at + 1 :]]


def test_roots_and_hashes_are_those_of_the_reference() -> None:
    """Known entries give known roots, at every size."""
    nodes = tree.grown(0, [tree.leaf_hash(bytes.fromhex(entry)) for entry in ENTRIES], {})
    assert [tree.root(size, nodes).hex() for size in range(len(ROOTS))] == ROOTS
    assert tree.leaf_hash(LEAF[0].encode()).hex() == LEAF[1]
    assert tree.node_hash(INNER[0].encode(), INNER[1].encode()).hex() == INNER[2]


def test_every_root_is_the_one_that_the_rfc_defines() -> None:
    assert [tree.root(size, NODES) for size in range(MOST + 1)] == HEADS


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=8))
def test_however_a_log_grows_its_nodes_are_the_same(batches: list[int]) -> None:
    """Whatever came at once, the nodes are those of all leaves together, and only the peaks were needed for it."""
    nodes: dict[Node, bytes] = {}
    size = 0
    for more in [min(it, MOST) for it in batches]:
        leaves = (LEAVES * 2)[size : size + more]
        nodes |= tree.grown(size, leaves, {node: nodes[node] for node in tree.peaks(size)})
        size += more
    assert nodes == nodes_of((LEAVES * 2)[:size])


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 10_000, 65_535, 65_536, 1_000_003])
def test_adding_costs_as_many_hashes_as_leaves_and_a_proof_reads_a_logarithm(size: int) -> None:
    """No matter how large the log is; the nodes of a large one are stood in for by any hashes."""
    nodes = Counted(dict.fromkeys([*tree.peaks(size), *tree.peaks(size + 64)], tree.EMPTY))
    new = tree.grown(size, LEAVES[:64], nodes)
    deep = (size + 64).bit_length()
    assert len(new) - 64 <= 64 + deep
    assert nodes.reads <= deep
    for path in (tree.inclusion_path(size // 3, size + 64), tree.consistency_path(size or 1, size + 64)):
        assert len(path) <= deep + 1
        assert len(set(tree.needed(path))) == len(tree.needed(path)) <= 2 * deep


def test_every_leaf_is_shown_to_be_in_every_tree_that_has_it() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            tree.verify_inclusion(LEAVES[index], index, size, included(index, size), HEADS[size])


def test_every_tree_is_shown_to_have_begun_as_every_earlier_one() -> None:
    for size in range(1, MOST + 1):
        for old in range(1, size + 1):
            tree.verify_consistency(old, HEADS[old], size, HEADS[size], consistent(old, size))


def test_a_spoiled_proof_shows_no_leaf() -> None:
    """Nodes dropped, repeated, swapped, added, cut or altered in one byte: none of these verifies."""
    for size in range(1, 130):
        for index in range(size):
            for proof in spoiled(included(index, size)):
                assert not is_in(LEAVES[index], index, size, proof, HEADS[size])
    for size in (*range(2, 12), 33, 100, 257):
        for index in {0, size // 2, size - 1}:
            for proof in flipped(included(index, size)):
                assert not is_in(LEAVES[index], index, size, proof, HEADS[size])


def test_a_proof_shows_its_leaf_at_its_place_in_its_tree_and_nothing_else() -> None:
    """Not another leaf, nor another place, nor the tree of another head."""
    for size in range(1, 42):
        for index in range(size):
            proof = included(index, size)
            for other in {*range(-1, size + 2)} - {index}:
                assert not is_in(LEAVES[index], other, size, proof, HEADS[size])
                assert not is_in(LEAVES[other], index, size, proof, HEADS[size])
            for other in {*range(66)} - {size}:
                assert not is_in(LEAVES[index], index, other, proof, HEADS[other])


def test_no_byte_moves_from_a_leaf_to_its_neighbour() -> None:
    """Cut otherwise, the same bytes would hash alike."""
    leaf, proof = LEAVES[0], included(0, 2)
    assert is_in(leaf, 0, 2, proof, HEADS[2])
    assert not is_in(leaf[:-1], 0, 2, [leaf[-1:] + proof[0]], HEADS[2])


def test_a_spoiled_proof_shows_no_beginning() -> None:
    for size in range(1, 66):
        for old in range(1, size + 1):
            for proof in spoiled(consistent(old, size)):
                assert not began(old, HEADS[old], size, HEADS[size], proof)
    for old, size in [*itertools.combinations(range(1, 12), 2), (33, 100), (64, 257), (255, 256)]:
        for proof in flipped(consistent(old, size)):
            assert not began(old, HEADS[old], size, HEADS[size], proof)


def test_a_proof_between_two_heads_is_none_between_others() -> None:
    """Sizes and roots of other trees, exchanged, or of one for the other."""
    for size in range(1, 34):
        for old in range(1, size + 1):
            proof = consistent(old, size)
            for other in {*range(70)} - {old}:
                assert not began(other, HEADS[other], size, HEADS[size], proof)
                assert not began(old, HEADS[other], size, HEADS[size], proof)
            for other in {*range(70)} - {size}:
                assert not began(old, HEADS[old], other, HEADS[other], proof)
                assert not began(old, HEADS[old], size, HEADS[other], proof)


def test_a_log_whose_past_was_changed_proves_nothing_about_what_was_seen_before() -> None:
    """A leaf altered, taken out, put in or moved: no proof of the new tree's shows the old head as its beginning."""
    for size in (2, 7, 8, 13, 33):
        for old in range(1, size):
            for at in range(old):
                before, after = LEAVES[:at], LEAVES[at + 1 : size]
                altered, put_in = [*before, tree.EMPTY, *after], [*before, tree.EMPTY, *LEAVES[at : size - 1]]
                taken_out, moved = [*before, *after, LEAVES[size]], [*before, *after, LEAVES[at]]
                for leaves in (altered, put_in, taken_out, moved):
                    nodes = nodes_of(leaves)
                    proof = tree.hashes(tree.consistency_path(old, size), nodes)
                    assert not began(old, HEADS[old], size, tree.root(size, nodes), proof)


def test_what_is_not_in_a_tree_has_no_proof() -> None:
    for index, size in ((0, 0), (1, 1), (-1, 5), (5, 5), (10**9, 5)):
        with pytest.raises(errors.NotFound):
            tree.inclusion_path(index, size)
        assert not is_in(LEAVES[0], index, size, [], HEADS[max(size, 0)])
    for old, size in ((0, 0), (0, 5), (6, 5), (-1, 5)):
        with pytest.raises(errors.NotFound):
            tree.consistency_path(old, size)
        assert not began(old, HEADS[0], size, HEADS[size], [])


def test_a_node_that_is_gone_from_the_store_is_told_of() -> None:
    """Rows that somebody deleted are no bug that passes through."""
    for node in tree.peaks(7):
        nodes = {it: NODES[it] for it in tree.peaks(7) if it != node}
        with pytest.raises(errors.NotVerified):
            tree.root(7, nodes)
        with pytest.raises(errors.NotVerified):
            tree.grown(7, LEAVES[7:8], nodes)


@settings(deadline=None)
@given(st.integers(1, 2**40), st.data())
def test_paths_cover_the_tree_once_however_large_it_is(size: int, data: st.DataObject) -> None:
    """What a proof has hashes of, and what is known beside it, are all leaves, each once."""
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    beside = sorted([range(index, index + 1), *tree.inclusion_path(index, size)], key=lambda it: it.start)
    assert [it.start for it in beside] == [0, *(it.stop for it in beside[:-1])]
    assert beside[-1].stop == size
    after = sorted((it for it in tree.consistency_path(old, size) if it.start >= old), key=lambda it: it.start)
    assert [it.start for it in after] == [old, *(it.stop for it in after[:-1])][: len(after)]
    assert (after[-1].stop if after else old) == size


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(0), st.binary(min_size=32, max_size=32))
def test_no_made_up_leaf_is_in_the_log(size: int, at: int, leaf: bytes) -> None:
    index = at % min(size, MOST)
    size = min(size, MOST)
    assert not is_in(leaf, index, size, included(index, size), HEADS[size])
    assert not is_in(os.urandom(32), index, size, included(index, size), HEADS[size])

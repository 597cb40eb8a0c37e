"""A witness: it cosigns what continues the history that it saw, and says what is wrong with anything else."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tips.merkle import checkpoints, notes, tree
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.notes import Kind
from tips.merkle.witnesses import Cosigned, Finding, Log, Refused, Witness

ORIGIN, AT = "tinbao.example", datetime(2026, 11, 30, 3, tzinfo=UTC)
SEED = os.urandom(32)
WITNESS = Witness("news.example/witness", os.urandom(32))
NEW = Log(notes.key_of(ORIGIN, SEED, Kind.NOTE))


@dataclass
class History:
    """Leaves of a log, and what whoever holds its key can publish of them."""

    leaves: Sequence[bytes]
    nodes: dict[tree.Node, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = tree.grown(0, self.leaves, {})

    def head(self, size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, tree.root(size, self.nodes))

    def published(self, size: int, seed: bytes = SEED) -> bytes:
        return bytes(checkpoints.sign(self.head(size), seed))

    def proof(self, old: int, size: int) -> list[bytes]:
        return tree.hashes(tree.consistency_path(old, size), self.nodes) if old else []


TRUE = History([tree.leaf_hash(bytes([at])) for at in range(128)])
BENT = History([*TRUE.leaves[:20], tree.EMPTY, *TRUE.leaves[21:]])
KNOWN = replace(NEW, size=64, root=TRUE.head(64).root)


def finding(log: Log, raw: bytes, proof: Sequence[bytes] = ()) -> Finding | None:
    said = WITNESS.cosign(log, raw, proof, AT)
    return said.finding if isinstance(said, Refused) else None


def test_a_head_that_continues_what_was_known_is_cosigned_for_everybody_to_verify() -> None:
    said = WITNESS.cosign(KNOWN, TRUE.published(128), TRUE.proof(64, 128), AT)
    assert isinstance(said, Cosigned)
    note = notes.parse(TRUE.published(128))
    both = replace(note, signatures=(*note.signatures, said.signature))
    _, by_witness = notes.verified(notes.parse(bytes(both)), [KNOWN.key, WITNESS.key])
    assert (by_witness.key.name, by_witness.at) == (WITNESS.name, AT)
    assert KNOWN.after(said.head) == replace(KNOWN, size=128, root=TRUE.head(128).root)


def test_the_first_head_of_a_log_needs_no_proof_and_the_same_again_none_either() -> None:
    for log, size in ((NEW, 0), (NEW, 64), (NEW, 100), (KNOWN, 64)):
        assert finding(log, TRUE.published(size)) is None


@pytest.mark.parametrize("size", [65, 100, 128])
def test_a_rewritten_history_is_not_cosigned(size: int) -> None:
    """Whatever proof comes with it: its own, the true one, none, or one from another head."""
    for proof in (BENT.proof(64, size), TRUE.proof(64, size), [], BENT.proof(63, size)):
        assert finding(KNOWN, BENT.published(size), proof) is Finding.REWRITTEN


def test_a_true_head_without_its_proof_is_not_cosigned() -> None:
    for proof in ([], TRUE.proof(64, 100), TRUE.proof(64, 128)[:-1], [*TRUE.proof(64, 128), tree.EMPTY]):
        assert finding(KNOWN, TRUE.published(128), proof) is Finding.REWRITTEN


def test_a_log_that_shrank_is_told_of() -> None:
    """Even to a head that it published before, and to none."""
    for size in (63, 1, 0):
        assert finding(KNOWN, TRUE.published(size)) is Finding.SHRUNK


def test_a_second_head_of_the_same_size_is_told_of() -> None:
    assert finding(KNOWN, BENT.published(64)) is Finding.FORKED
    assert finding(KNOWN, BENT.published(64), BENT.proof(64, 64)) is Finding.FORKED


def test_a_head_of_another_log_is_not_cosigned() -> None:
    """Though this log's own key signed it."""
    other = replace(TRUE.head(128), origin="other.example")
    assert finding(KNOWN, bytes(checkpoints.sign(other, SEED)), TRUE.proof(64, 128)) is Finding.OTHER_LOG


def test_a_head_that_the_log_did_not_sign_is_not_cosigned() -> None:
    """Another's key under its name, its key id before another's signature, or a witness's word instead of its own."""
    proof, text = TRUE.proof(64, 128), TRUE.head(128).text()
    own = notes.sign(text, ORIGIN, SEED)
    theirs = notes.sign(text, ORIGIN, os.urandom(32))
    assert finding(KNOWN, TRUE.published(128, os.urandom(32)), proof) is Finding.NOT_SIGNED
    for line in (theirs, replace(theirs, key_id=own.key_id), notes.cosign(text, ORIGIN, SEED, AT)):
        assert finding(KNOWN, bytes(notes.Note(text, (line,))), proof) is Finding.NOT_SIGNED


def test_what_is_no_head_is_not_cosigned() -> None:
    text = "not a checkpoint\n"
    for raw in (b"", b"\xff", text.encode(), bytes(notes.Note(text, (notes.sign(text, ORIGIN, SEED),)))):
        assert WITNESS.cosign(KNOWN, raw, [], AT) == Refused(Finding.MALFORMED)


def test_a_proof_that_nobody_asked_for_accuses_nobody() -> None:
    """C2SP tlog-witness wants it empty; who sends one believes that the witness knows another head."""
    assert finding(NEW, TRUE.published(64), [tree.EMPTY]) is Finding.UNASKED
    assert finding(KNOWN, TRUE.published(64), [tree.EMPTY]) is Finding.UNASKED


def test_a_refusal_bears_the_head_as_evidence() -> None:
    said = WITNESS.cosign(KNOWN, BENT.published(128), BENT.proof(64, 128), AT)
    assert said == Refused(Finding.REWRITTEN, BENT.head(128))


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 128)), max_size=12))
def test_whatever_a_log_tries_one_witness_sees_one_history(tries: list[tuple[bool, int]]) -> None:
    """A log with two histories shows heads of either, each with its own true proof: all that is cosigned is of one."""
    log = NEW
    seen: list[Checkpoint] = []
    for lies, size in tries:
        history = BENT if lies else TRUE
        proof = history.proof(log.size, size) if log.size < size else []
        said = WITNESS.cosign(log, history.published(size), proof, AT)
        if isinstance(said, Cosigned):
            log, seen = log.after(said.head), [*seen, said.head]
    assert [it.size for it in seen] == sorted(it.size for it in seen)
    assert any(all(head == history.head(head.size) for head in seen) for history in (TRUE, BENT))

"""What a witness does with a new head of a log: cosign it, or say what is wrong with it (C2SP tlog-witness).

A witness remembers one thing of a log, the last head that it cosigned, and cosigns another only if that one is shown
to be its beginning. So all who trust a witness see one history, or the log is found out by two heads that it signed
itself.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tips import errors
from tips.merkle import checkpoints, notes, tree
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.notes import Key, Kind, Signature


class Finding(enum.StrEnum):
    """Why a head is not cosigned. From `SHRUNK` on it bears the log's own signature: keep it, it is evidence."""

    MALFORMED = "malformed"  # no checkpoint
    OTHER_LOG = "other log"  # another origin
    NOT_SIGNED = "not signed"  # the log's key did not sign it, or not this
    UNASKED = "unasked"  # a proof where there is nothing to prove: whoever asks expected another head to be known
    SHRUNK = "shrunk"  # fewer leaves than before
    FORKED = "forked"  # as many leaves, another root
    REWRITTEN = "rewritten"  # the known head is not shown to be its beginning


@dataclass(frozen=True, slots=True)
class Log:
    """What a witness knows of a log; a new one is empty."""

    key: Key  # its name is the origin
    size: int = 0  # of the head last cosigned
    root: bytes = tree.EMPTY

    def after(self, head: Checkpoint) -> Log:
        """What is to be kept once this head was cosigned, before the cosignature is given away."""
        return replace(self, size=head.size, root=head.root)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A head that continues what was known, and the witness's word for it."""

    head: Checkpoint
    signature: Signature


@dataclass(frozen=True, slots=True)
class Refused:
    """A head that is not cosigned, and why."""

    finding: Finding
    head: Checkpoint | None = None  # as far as it could be read


@dataclass(frozen=True, slots=True)
class Witness:
    """Who cosigns: a name, and an Ed25519 seed that signs nothing else."""

    name: str
    signing: bytes = field(repr=False)  # 32

    @property
    def key(self) -> Key:
        """What others verify its cosignatures by."""
        return notes.key_of(self.name, self.signing, Kind.COSIGNATURE)

    def cosign(self, log: Log, raw: bytes, proof: Sequence[bytes], at: datetime) -> Cosigned | Refused:
        """Look at a new head, and cosign it if nothing is wrong.

        Args:
            log: what is known, read and replaced by `Log.after` in one transaction: of two heads at once one must wait.
            raw: the head, a signed note.
            proof: the consistency proof from the known head; empty where none is known, or the size did not change.
            at: now.
        """
        try:
            note = notes.parse(raw)
            head = checkpoints.parse(note.text)
        except errors.NotVerified:
            return Refused(Finding.MALFORMED)
        if head.origin != log.key.name:
            return Refused(Finding.OTHER_LOG, head)
        try:
            notes.verified(note, [log.key])
        except errors.NotVerified:
            return Refused(Finding.NOT_SIGNED, head)
        if finding := _wrong(log, head, proof):
            return Refused(finding, head)
        return Cosigned(head, notes.cosign(note.text, self.name, self.signing, at))


def _wrong(log: Log, head: Checkpoint, proof: Sequence[bytes]) -> Finding | None:
    """What is wrong with a head that its log signed."""
    if head.size < log.size:
        return Finding.SHRUNK
    if head.size == log.size and head.root != log.root:
        return Finding.FORKED
    if log.size in {0, head.size}:
        return Finding.UNASKED if proof else None
    try:
        tree.verify_consistency(log.size, log.root, head.size, head.root, proof)
    except errors.NotVerified:
        return Finding.REWRITTEN
    return None

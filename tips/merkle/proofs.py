"""Proofs as files (C2SP tlog-proof): a leaf's place in a log, its way up, and the head, readable without the log.

c2sp.org/tlog-proof@v1
extra <base64>         what the application adds; nobody is bound by it
index <number>         from 0
<base64 hash>          one line each, from the leaf's sibling up
<an empty line>
<the head, a signed note>
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tips import errors
from tips.merkle import checkpoints, notes, tree
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.notes import Key, Verified

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
MOST_BYTES: Final = 128 * 1024  # of one file
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf is in a log."""

    index: int
    hashes: Sequence[bytes]  # the inclusion proof
    head: bytes  # a signed note
    extra: bytes = b""

    def __bytes__(self) -> bytes:
        extra = [f"extra {notes.encoded(self.extra)}"] if self.extra else []
        lines = [FIRST_LINE, *extra, f"index {self.index}", *map(notes.encoded, self.hashes), "", ""]
        return "\n".join(lines).encode() + self.head

    def verify(self, leaf: bytes, known: Iterable[Key]) -> tuple[Checkpoint, list[Verified]]:
        """The head that this leaf is in, and who of the known signed it.

        Raises:
            NotVerified: it is not, or none of them did.
        """
        note = notes.parse(self.head)
        signed = notes.verified(note, known)
        head = checkpoints.parse(note.text)
        tree.verify_inclusion(leaf, self.index, head.size, self.hashes, head.root)
        return head, signed


def parse(raw: bytes) -> Proof:
    """A proof as it came; what it is worth, `Proof.verify` says.

    Raises:
        NotVerified: it is none.
    """
    if len(raw) > MOST_BYTES:
        raise errors.NotVerified("the proof is too long")
    above, empty, head = raw.partition(b"\n\n")
    try:
        first, *lines = above.decode().split("\n")
    except UnicodeDecodeError as error:
        raise errors.NotVerified("the proof is not UTF-8") from error
    if first != FIRST_LINE or not empty:
        raise errors.NotVerified("this is not a proof of a log")
    extra = notes.decoded(lines.pop(0)[len("extra ") :]) if lines and lines[0].startswith("extra ") else b""
    if not lines or not lines[0].startswith("index "):
        raise errors.NotVerified("the proof says no place")
    index = lines.pop(0)[len("index ") :]
    if not _NUMBER.fullmatch(index):
        raise errors.NotVerified("the proof's place is no number")
    return Proof(int(index), tuple(map(notes.decoded, lines)), head, extra)

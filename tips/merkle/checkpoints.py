"""Checkpoints (C2SP tlog-checkpoint): the log's signed heads, as notes.

The text is at least three lines, none of them empty: the origin, which says which log; its size, the number of
leaves; the root in base64; and extensions, if any.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from tips import errors
from tips.merkle import notes, tree
from tips.merkle.notes import Note

MOST_LEAVES: Final = 2**63 - 1
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head of a log: so many leaves, with this root."""

    origin: str  # the log's name, and its key's
    size: int
    root: bytes  # 32
    extensions: tuple[str, ...] = ()  # opaque to witnesses, though they sign them too

    def text(self) -> str:
        """What is signed."""
        encoded = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), encoded, *self.extensions))


def parse(text: str) -> Checkpoint:
    """The checkpoint that a note's text is.

    Raises:
        NotVerified: it is none.
    """
    origin, size, root, *extensions = _lines(text)
    if not _SIZE.fullmatch(size) or int(size) > MOST_LEAVES:
        raise errors.NotVerified("the checkpoint's size is not a number of leaves")
    found = Checkpoint(origin, int(size), notes.decoded(root), tuple(extensions))
    if len(found.root) != tree.HASH or (found.size == 0 and found.root != tree.EMPTY):
        raise errors.NotVerified("the checkpoint's root is not one of such a tree")
    return found


def _lines(text: str) -> list[str]:
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(lines) < 3 or not all(lines):
        raise errors.NotVerified("this is not a checkpoint")
    return lines


def sign(checkpoint: Checkpoint, signing: bytes) -> Note:
    """The note that publishes a head, signed with the log's Ed25519 seed under its origin.

    A log never signs two heads of which the later did not begin as the earlier.

    Raises:
        NotVerified: no such checkpoint can be written down.
    """
    text = checkpoint.text()
    note = Note(text, (notes.sign(text, checkpoint.origin, signing),))
    if notes.parse(bytes(note)) != note or parse(text) != checkpoint:
        raise errors.NotVerified("no checkpoint reads like this")
    return note

"""Filing: what a reporter has in hand that their tip was taken.

At once a promise that the intake signed, of a leaf and the hour by which it will be in the log; from the next head on a
proof that it is. Both are files that anybody verifies without us: the promise is a signed note, the proof one of C2SP's
with the promise beside it. Neither tells a word, a place, or who wrote; and both are made again whenever the receipt is
typed, so that nobody needs to keep either.

    <log's name>/filing
    <base64 of the leaf hash>
    <the hour, as ISO 8601 in UTC>
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tips import errors
from tips.cases import ledger
from tips.cases.ledger import SignedEvent
from tips.merkle import checkpoints, notes, proofs, tree
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.notes import Key, Note
from tips.merkle.proofs import Proof
from tips.transparency import heads
from tips.transparency.heads import Heads
from tips.transparency.publication import Publication

NAME: Final = "/filing"  # what a promise's name ends in
WITHIN: Final = timedelta(hours=2)  # after the hour in which a tip was taken began


@dataclass(frozen=True, slots=True)
class Promise:
    """That a leaf will be in the log by an hour."""

    name: str
    leaf: bytes
    by: datetime

    def text(self) -> str:
        """What is signed."""
        return f"{self.name}\n{notes.encoded(self.leaf)}\n{self.by.astimezone(UTC).isoformat()}\n"


@dataclass(frozen=True, slots=True)
class Filed:
    """How a tip's first event stands in the log."""

    by: datetime  # promised
    number: int | None  # its place, counted from 1; None: it waits
    head: Checkpoint | None  # the newest head, which holds it; None: it waits
    late: bool  # it waits for longer than was promised
    file: bytes = field(repr=False)  # the proof; the promise while it waits


@dataclass(frozen=True, slots=True)
class Filings:
    """Promises and proves."""

    clock: Heads
    publication: Publication
    signing: bytes = field(repr=False)  # the intake's Ed25519 seed

    async def filed(self, received: SignedEvent, *, to_keep: bool = False) -> Filed:
        """How a tip's first event stands in the log; it is said to be there only if that is proved.

        Args:
            received: the event.
            to_keep: by the newest head that a witness has seen, for a file that others shall believe.

        Raises:
            NotVerified: the log's nodes are not what its head says, so that nothing can be shown now.
        """
        event = ledger.parse(received)
        promise = Promise(self.clock.origin() + NAME, received.leaf, event.at + WITHIN)
        signed = self._signed(promise)
        known, _ = await self.clock.believed()
        place = (await self.clock.tree.places([received.leaf])).get(received.leaf)
        if known is None or place is None or not 0 <= place < heads.size_of(known):
            return Filed(promise.by, None, None, promise.by < self.clock.now(), bytes(signed))
        note = await self.publication.holding(place) if to_keep else notes.parse(known.note)
        head = checkpoints.parse(note.text)
        path = tree.inclusion_path(place, head.size)
        hashes = tree.hashes(path, await self.clock.tree.nodes(tree.needed(path)))
        tree.verify_inclusion(received.leaf, place, head.size, hashes, head.root)
        return Filed(promise.by, place + 1, head, False, bytes(Proof(place, hashes, bytes(note), bytes(signed))))

    def _signed(self, promise: Promise) -> Note:
        return Note(promise.text(), (notes.sign(promise.text(), promise.name, self.signing),))


@dataclass(frozen=True, slots=True)
class Verified:
    """What a file shows."""

    promise: Promise
    signed: tuple[str, ...]  # who of the known signed the promise, or the head
    promised: bool  # the intake signed the promise, by a key that is known: its leaf is a tip's, and the hour is so
    number: int | None = None  # its leaf's place, counted from 1; None: the file is a promise only
    head: Checkpoint | None = None


def verify(raw: bytes, known: Iterable[Key]) -> Verified:
    """What a file of a reporter's shows to whoever knows these keys: the log's, the intake's, or a witness's.

    Raises:
        NotVerified: it is no such file, or nobody who is known signed it.
    """
    known = list(known)
    if not raw.startswith(proofs.FIRST_LINE.encode()):
        note = notes.parse(raw)
        return Verified(_promise(note), tuple(it.key.name for it in notes.verified(note, known)), promised=True)
    proof = proofs.parse(raw)
    extra = notes.parse(proof.extra)
    promise = _promise(extra)
    promised = any(key.name == promise.name for key in known)
    if promised:
        notes.verified(extra, [key for key in known if key.name == promise.name])
    head, signed = proof.verify(promise.leaf, known)
    if promise.name != head.origin + NAME:
        raise errors.NotVerified("the promise is of another log than the proof")
    return Verified(promise, tuple(it.key.name for it in signed), promised, proof.index + 1, head)


def _promise(note: Note) -> Promise:
    lines = note.text.removesuffix("\n").split("\n")
    if len(lines) != 3 or not lines[0].endswith(NAME):
        raise errors.NotVerified("this is not a promise")
    name, leaf, by = lines
    try:
        promise = Promise(name, notes.decoded(leaf), datetime.fromisoformat(by))
    except ValueError as error:
        raise errors.NotVerified("the promise names no hour") from error
    if promise.by.tzinfo is None or len(promise.leaf) != tree.HASH:
        raise errors.NotVerified("this is not a promise")
    return promise

"""Publication: what anybody may have of the log, and what its witnesses hand in.

These are its heads, what witnesses signed of them, and proofs that it only ever grew; never an event. So sizes are
whole steps, and no hash of fewer leaves than a step leaves the house. No key is needed for any of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tips import errors
from tips.cases import ledger
from tips.cases.deadlines import CITY
from tips.cases.ledger import SignedEvent
from tips.merkle import checkpoints, notes, sequencing, tree
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.notes import Key, Note, Signature
from tips.organisation.roster import CLOCK
from tips.ports.tree import Head, Known
from tips.transparency import heads
from tips.transparency.heads import BelievedHeads

DAYS: Final = timedelta(days=31)
COSIGNED: Final = 48  # of them, in which one is looked for that a witness has seen
MOST: Final = 1000  # heads that are looked at for these: one an hour, and some


@dataclass(frozen=True, slots=True)
class PublishedHead:
    """A head as people are shown it."""

    checkpoint: Checkpoint
    hour: datetime | None  # as its closing event has it; None: no such event holds
    witnesses: tuple[str, ...]  # who cosigned it


@dataclass(frozen=True, slots=True)
class Cosignature:
    """What a witness signed of a head, and holds."""

    witness: str
    at: datetime
    signature: Signature


@dataclass(frozen=True, slots=True)
class Publication:
    """The public side of the log."""

    heads: BelievedHeads
    witnesses: tuple[Key, ...]  # whose cosignatures are taken

    async def note(self) -> Note:
        """The newest head, signed by the log and whoever cosigned it.

        Raises:
            NotFound: there is none yet.
        """
        known = await self._known()
        note, own = notes.parse(known.note), self._key(known)
        signed = next(it for it in note.signatures if (it.name, it.key_id) == (own.name, own.id))
        (cosigned,) = await self._cosigned([heads.head_of(known)])
        return Note(note.text, (signed, *(it.signature for it in cosigned)))

    async def holding(self, place: int) -> Note:
        """The newest head that holds a leaf and that a witness cosigned; while there is none, the newest.

        Raises:
            NotFound: there is no head yet.
        """
        own = heads.head_of(await self._known())
        signed = {}
        for row, _ in await self.heads.tree.published(own.size, COSIGNED):
            with contextlib.suppress(errors.NotVerified):
                head = self.heads.read(row.note)
                if head.size > place and head.origin == own.origin:
                    signed[head] = notes.parse(row.note)
        for head, by in zip(signed, await self._cosigned([*signed]), strict=True):
            if by:
                note = signed[head]
                return Note(note.text, (*note.signatures, *(it.signature for it in by)))
        return await self.note()

    async def key(self) -> Key:
        """What the newest head is verified by.

        Raises:
            NotFound: there is none yet.
        """
        return self._key(await self._known())

    async def newest(self) -> PublishedHead:
        """The newest head, to be shown.

        Raises:
            NotFound: there is none yet.
        """
        head = heads.head_of(await self._known())
        rows = await self.heads.tree.published(head.size, 1)
        hour = next((self._hour(event) for row, event in rows if event and row.size == head.size), None)
        return (await self._shown([(head, hour)]))[0]

    async def days(self, now: datetime) -> list[PublishedHead]:
        """The last head of each of the last days, the newest day first; those of which no hour is known are left out.

        Raises:
            NotFound: there is no head yet.
        """
        size = heads.size_of(await self._known())
        lasts: dict[date, tuple[Checkpoint, datetime]] = {}
        for row, event in await self.heads.tree.published(size, MOST):
            with contextlib.suppress(errors.NotVerified):
                self._add_last(lasts, row, event, now - DAYS)
        return await self._shown([lasts[day] for day in sorted(lasts, reverse=True)])

    def _add_last(
        self,
        lasts: dict[date, tuple[Checkpoint, datetime]],
        row: Head,
        event: SignedEvent | None,
        since: datetime,
    ) -> None:
        """Take a day's largest head; only of these the signatures are looked at."""
        hour = self._hour(event) if event else None
        if hour is None or hour <= since or hour.astimezone(CITY).date() in lasts:
            return
        head = self.heads.read(row.note)
        if head.size == row.size:
            lasts[hour.astimezone(CITY).date()] = (head, hour)

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` leaves began as that of `old` (RFC 9162, §2.1.4).

        Raises:
            NotFound: no heads of these sizes were published, in this order.
            NotVerified: what is stored of the tree does not prove it.
        """
        known = await self._known()
        head = heads.head_of(known)
        if not 0 < old <= new <= head.size or old % sequencing.STEP or new % sequencing.STEP:
            raise errors.NotFound(f"there are no heads of {old} and {new} leaves, in this order")
        asked, onward = tree.consistency_path(old, new), tree.consistency_path(new, head.size)
        wanted = {*tree.needed(asked), *tree.needed(onward), *tree.peaks(old), *tree.peaks(new)}
        nodes = {**await self.heads.tree.nodes([*wanted]), **known.peaks}
        root, proof = tree.root(new, nodes), tree.hashes(asked, nodes)
        tree.verify_consistency(old, tree.root(old, nodes), new, root, proof)
        tree.verify_consistency(new, root, head.size, head.root, tree.hashes(onward, nodes))
        return proof

    async def cosign(self, raw: bytes) -> None:
        """Take what a witness signed of a published head; what came before, or is older, changes nothing.

        Args:
            raw: the head's note with the witness's line below it.

        Raises:
            NotVerified: it is no note, or no witness of this home's signed it.
            NotFound: no such head was published.
        """
        note = notes.parse(raw)
        signed = [*self._holding(note)]
        if not signed:
            raise errors.NotVerified("no witness of this log signed this")
        head = checkpoints.parse(note.text)
        if note.text != await self._text(head.size):
            raise errors.NotFound("no such head was published")
        kept = {it.witness: it.at for it in (await self._cosigned([head]))[0]}
        for it in signed:
            if it.witness not in kept or it.at > kept[it.witness]:
                await self.heads.tree.cosign(head.size, it.witness, it.signature.line().encode())

    async def _text(self, size: int) -> str | None:
        """What was signed of the head of this size; None: there was none."""
        known = await self._known()
        if size >= heads.size_of(known):
            return heads.head_of(known).text()
        rows = await self.heads.tree.published(size, 1)
        with contextlib.suppress(errors.NotVerified):
            return next((self.heads.read(row.note).text() for row, _ in rows if row.size == size), None)
        return None

    async def _known(self) -> Known:
        known, _ = await self.heads.believed()
        if known is None:
            raise errors.NotFound("there is no head yet")
        return known

    def _key(self, known: Known) -> Key:
        """The log's key that signed a head; a clock that got a new one has several."""
        head = heads.head_of(known)
        return notes.verified(notes.parse(known.note), heads.log_keys(head.origin, self.heads.roster()))[0].key

    def _hour(self, event: SignedEvent) -> datetime | None:
        """When a head was signed, as its closing event says it."""
        with contextlib.suppress(errors.NotVerified):
            found = ledger.verify(event, self.heads.roster().verifiers)
            return found.at if found.kind is ledger.Kind.SEQUENCED and found.by == CLOCK else None
        return None

    async def _shown(self, wanted: Sequence[tuple[Checkpoint, datetime | None]]) -> list[PublishedHead]:
        cosigned = await self._cosigned([head for head, _ in wanted])
        return [
            PublishedHead(head, hour, tuple(it.witness for it in by))
            for (head, hour), by in zip(wanted, cosigned, strict=True)
        ]

    async def _cosigned(self, wanted: Sequence[Checkpoint]) -> list[list[Cosignature]]:
        """Of each head the cosignatures that hold, one a witness: a row is believed only if its witness signed it."""
        names = [key.name for key in self.witnesses]
        kept = await self.heads.tree.cosignatures([head.size for head in wanted], names)
        found = []
        for head in wanted:
            by = {it.witness: it for line in kept.get(head.size, ()) for it in self._kept(head.text(), line)}
            found.append([by[name] for name in sorted(by)])
        return found

    def _kept(self, text: str, line: bytes) -> list[Cosignature]:
        with contextlib.suppress(errors.NotVerified):
            return [*self._holding(notes.parse(text.encode() + b"\n" + line))]
        return []

    def _holding(self, note: Note) -> Iterator[Cosignature]:
        """Those of a note's lines by which a witness of this log signed it; others are passed over."""
        for signature in note.signatures:
            with contextlib.suppress(errors.NotVerified):
                for it in notes.verified(Note(note.text, (signature,)), self.witnesses):
                    if it.at is not None:
                        yield Cosignature(it.key.name, it.at, signature)

"""Heads: once an hour what waits joins the ledger's tree, and the log signs its new head.

The tree grows on from the head that this process kept outside the database, so that no edit there rewrites it; a larger
head that another process signed is believed once it is shown to have begun as the kept one. All tallies are compared
with what waits: what they counted and is not there was taken away, and the closing event says so.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.ledger import FIRST, Event, Kind, SignedEvent
from tips.crypto import keys
from tips.crypto.sealing import Random
from tips.merkle import checkpoints, notes, sequencing, tallies, tree
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.multiset import Multiset
from tips.merkle.tallies import SignedTally, Tally
from tips.organisation.roster import CLOCK, Roster
from tips.ports.tree import Growth, Head, Known, KnownHead, Tree, Waiting

MOST: Final = 20_000  # leaves of before there were tallies that one head takes up
HEADS: Final = 1000  # larger ones that are looked at
ORIGIN: Final = "tin-bao/"  # what a log's name begins with


@dataclass(frozen=True, slots=True)
class BelievedHeads:
    """Believes a head only if it continues the one that was kept; for that it takes no key."""

    tree: Tree
    kept: KnownHead
    roster: Callable[[], Roster]

    async def believed(self) -> tuple[Known | None, frozenset[int]]:
        """The newest head that this process believes, with its peaks; and the sizes of those that it does not.

        None: there was no head yet.
        """
        known, passed_over = self.kept.load(), set()
        for row in await self.tree.heads(size_of(known), HEADS):
            try:
                found = await self._shown(known, row)
            except errors.NotVerified:
                passed_over.add(row.size)
            else:
                self.kept.keep(found)
                return found, frozenset(passed_over)
        return known, frozenset(passed_over)

    async def _shown(self, known: Known | None, row: Head) -> Known:
        """A larger head, if the log signed it and it began as the kept one."""
        head = self.read(row.note)
        if head.size != row.size:
            raise errors.NotVerified("this head is of another size than its row")
        if known:
            old = head_of(known)
            if head.origin != old.origin:
                raise errors.NotVerified("this head is another log's")
            path = tree.consistency_path(old.size, head.size)
            proof = tree.hashes(path, await self.tree.nodes(tree.needed(path)))
            tree.verify_consistency(old.size, old.root, head.size, head.root, proof)
        found = await self.tree.nodes(tree.peaks(head.size))
        if tree.root(head.size, found) != head.root:
            raise errors.NotVerified("the tree's nodes are not what this head says")
        return Known(row.note, found)

    def read(self, note: bytes) -> Checkpoint:
        """The head of a note that the log signed.

        Raises:
            NotVerified: it did not.
        """
        parsed = notes.parse(note)
        head = checkpoints.parse(parsed.text)
        notes.verified(parsed, log_keys(head.origin, self.roster()))
        return head


@dataclass(frozen=True, slots=True)
class Heads(BelievedHeads):
    """Lets the tree grow, and signs its heads."""

    signing: bytes = field(repr=False)  # the clock's Ed25519 seed
    now: Callable[[], datetime]
    random: Random = field(repr=False)

    async def tick(self) -> int:
        """Take up all that waits; how many leaves the tree grew by.

        Raises:
            Stale: another process was quicker.
        """
        before, _ = known, passed_over = await self.believed()
        while True:
            untold = 0

            def grow(waiting: Waiting, known: Known | None = known) -> Growth:
                nonlocal untold
                untold = len(waiting.untold)
                return self._grown(known, waiting)

            await self.tree.sequence(size_of(known), passed_over, MOST, grow)
            known, passed_over = await self.believed()
            if untold < MOST:
                return size_of(known) - size_of(before)

    async def begin_anew(self) -> None:
        """Go on under a new name, once a home came back from a backup: the old log may have been further.

        Whoever kept one of its heads must not be shown a shorter or another history under the same name.
        """
        known, _ = await self.believed()
        if known:
            renamed = replace(head_of(known), origin=self._fresh())
            self.kept.keep(Known(bytes(checkpoints.sign(renamed, self.signing)), known.peaks))
        await self.tick()

    def _grown(self, known: Known | None, waiting: Waiting) -> Growth:
        size = size_of(known)
        closing = self._closing(size, waiting)
        events = {*waiting.told, *waiting.untold, closing.leaf}
        batch = sequencing.sequence(events, size, self.random)
        places = {leaf: size + at for at, leaf in enumerate(batch.leaves)}
        peaks = known.peaks if known else {}
        nodes = tree.grown(size, batch.leaves, peaks)
        grown = size + len(batch.leaves)
        head = Checkpoint(self.origin(), grown, tree.root(grown, {**peaks, **nodes}))
        return Growth(
            Head(grown, bytes(checkpoints.sign(head, self.signing)), closing.leaf),
            closing,
            nodes,
            {leaf: place for leaf, place in places.items() if leaf in events},
            {places[sequencing.dummy(blind)]: blind for blind in batch.blinds},
        )

    def origin(self) -> str:
        """The log's name: one that no other home has, and that it keeps whatever keys come."""
        known = self.kept.load()
        return head_of(known).origin if known else self._fresh()

    def _fresh(self) -> str:
        return ORIGIN + keys.verify_key(self.signing)[:8].hex()

    def _closing(self, size: int, waiting: Waiting) -> SignedEvent:
        """What was found, for who looks from inside: the published head tells none of it."""
        told, strange = self._told(waiting.tallies)
        there = Multiset().adding(waiting.told)
        total = sum((it.leaves for it in told), Multiset())
        facts = {
            "after": str(size),
            "events": str(len(waiting.told) + len(waiting.untold)),
            "missing": str(sum(it.missing for it in told) + max(total.count - there.count, 0)),
            "untold": str(max(there.count - total.count, 0)),
            "exchanged": "yes" if total.count == there.count and total.digest() != there.digest() else "no",
            "odd": str(waiting.odd + strange),
            "tallies": _as_closed(told),
        }
        hour = deadlines.hour(self.now())
        return ledger.sign(Event(Kind.SEQUENCED, b"", FIRST, hour, CLOCK, self.random(32), facts), self.signing)

    def _told(self, stored: Sequence[SignedTally]) -> tuple[list[Tally], int]:
        """The tallies that hold, and how many do not."""
        found = []
        for signed in stored:
            try:
                found.append(tallies.verify(signed, self.roster().verifiers(tallies.process_of(signed))))
            except errors.NotVerified:
                continue
        return found, len(stored) - len(found)


async def held_against(stored: Tree, kept: Known, note: bytes, roster: Roster) -> str:
    """What a head that somebody else kept says of a tree that came back from a backup; "": it is all there.

    Args:
        stored: the tree.
        kept: its newest head.
        note: the head that was kept outside, as a signed note.
        roster: whose clock may have signed it.

    Raises:
        NotVerified: it is no head of this log's, or this tree did not begin as it says.
    """
    parsed = notes.parse(note)
    head, ours = checkpoints.parse(parsed.text), head_of(kept)
    notes.verified(parsed, log_keys(head.origin, roster))
    if head.origin != ours.origin:
        raise errors.NotVerified("the head is another log's")
    if head.size > ours.size:
        return f"the log went on to {head.size} leaves after this backup, which has {ours.size}"
    if head.size and tree.root(head.size, await stored.nodes(tree.peaks(head.size))) != head.root:
        raise errors.NotVerified(f"the {head.size} leaves of the head that was kept are not those of this backup")
    return ""


def log_keys(origin: str, roster: Roster) -> list[notes.Key]:
    """The keys that sign heads: the clock's, those of before among them."""
    return [notes.Key(origin, public, notes.Kind.NOTE) for public in roster.verifiers(CLOCK)]


def closed_of(event: Event, instance: bytes) -> tallies.Closed | None:
    """How a closing event found an instance's tally; None: it tells of none.

    Raises:
        NotVerified: it is no closing event.
    """
    if event.kind is not Kind.SEQUENCED:
        raise errors.NotVerified("this event closes nothing")
    found = json.loads(event.facts["tallies"]).get(instance.hex())
    if found is None:
        return None
    number, count, digest, missing = found
    return tallies.Closed(number, count, base64.b64decode(digest), missing)


def _as_closed(told: Sequence[Tally]) -> str:
    plain = {}
    for tally in told:
        it = tally.closed()
        plain[tally.instance.hex()] = [it.number, it.count, base64.b64encode(it.digest).decode(), it.missing]
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def head_of(known: Known) -> Checkpoint:
    """The checkpoint that a process kept, which it had looked at before."""
    return checkpoints.parse(notes.parse(known.note).text)


def size_of(known: Known | None) -> int:
    """How many leaves the tree has; none, before there is a head."""
    return head_of(known).size if known else 0

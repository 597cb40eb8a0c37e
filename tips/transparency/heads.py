"""Heads: once an hour what waits joins the ledger's tree, and the log signs its new head.

The tree grows on from the head that this process kept outside the database, so that no edit there rewrites it; a larger
head that another process signed is believed once it is shown to have begun as the kept one. All tallies are compared
with what waits: what they counted and is not there was taken away, and the closing event says so.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.ledger import FIRST, Event, Kind, SignedEvent
from tips.crypto.sealing import Random
from tips.merkle import checkpoints, notes, sequencing, tallies, tree
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.multiset import Multiset, restored
from tips.merkle.tallies import SignedTally, Tally
from tips.organisation.roster import CLOCK, Roster
from tips.ports.tree import Growth, Head, Known, KnownHead, Tree, Waiting
from tips.transparency.continuity import Continuity, Missed

MOST: Final = 20_000  # leaves of before there were tallies that one head takes up
NONE: Final = Multiset()
UNSURE: Final = -1  # in place of a size: what was taken up by then nobody says any more
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
            nodes = {**await self.tree.nodes(tree.needed(path)), **known.peaks}
            tree.verify_consistency(old.size, old.root, head.size, head.root, tree.hashes(path, nodes))
        peaks = tree.peaks(head.size)
        stored = {**await self.tree.nodes(peaks), **(known.peaks if known else {})}
        found = {it: stored[it] for it in peaks if it in stored}
        if tree.root(head.size, found) != head.root:
            raise errors.NotVerified("the tree's nodes are not what this head says")
        return replace(known, note=row.note, peaks=found) if known else Known(row.note, found)

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

    continuity: Continuity
    signing: bytes = field(repr=False)  # the clock's Ed25519 seed
    now: Callable[[], datetime]
    random: Random = field(repr=False)

    async def tick(self) -> int:
        """Take up all that waits; how many leaves the tree grew by.

        Each head is kept as it was made, and not as the database has it a moment later.

        Raises:
            Stale: the log signed a larger head, which this process cannot believe: it signs none beside it.
        """
        known, _ = await self.believed()
        began = size_of(known)
        known = await self._caught_up(known) if known else Known(b"", catching_up=True)
        missed = await self.continuity.missed()
        while True:
            known, more, events = await self._grow(known, missed)
            self.kept.keep(replace(known, catching_up=more))
            await self.continuity.told(missed)
            await self.continuity.took_up(events)
            if not more:
                return size_of(known) - began
            missed = Missed()

    async def _grow(self, known: Known, missed: Missed) -> tuple[Known, bool, Collection[bytes]]:
        """The tree with one more head; whether more waits, and the leaves that it took up."""
        found: list[tuple[Known, bool, Collection[bytes]]] = []

        def grow(waiting: Waiting) -> Growth:
            growth, after = self._grown(known, waiting, missed)
            found.append((after, known.catching_up and len(waiting.untold) == MOST, growth.places.keys()))
            return growth

        await self.tree.sequence(size_of(known), self._is_ours, MOST, grow)
        return found[-1]

    async def begin_anew(self) -> None:
        """Go on under a new name, once a home came back from a backup: the old log may have been further.

        Whoever kept one of its heads must not be shown a shorter or another history under the same name. What waits is
        taken up as the backup has it.
        """
        known, _ = await self.believed()
        self.continuity.ends.forget()
        if known:
            renamed = replace(head_of(known), origin=self._fresh())
            note = bytes(checkpoints.sign(renamed, self.signing))
            self.kept.keep(Known(note, known.peaks, taken_at=renamed.size, catching_up=True))
        await self.tick()

    async def is_anew(self) -> bool:
        """Whether the log has the name of the clock's newest key: that of its first head, or of `begin_anew`."""
        known, _ = await self.believed()
        return known is not None and head_of(known).origin == self._fresh()

    async def _caught_up(self, known: Known) -> Known:
        """What is known, with what the heads since took up, as their closing events say; another clock made them."""
        size, taken, at = size_of(known), dict(known.taken), known.taken_at
        if at == size:
            return known
        rows = [(head, event) for head, event in await self.tree.published(size, HEADS) if head.size > at]
        for head, event in reversed(rows):
            said = self._said(event) if event else None
            if said is None or said.facts.get("after") != str(at):
                return replace(known, taken_at=UNSURE, catching_up=True)  # an hour of it is gone
            taken, at = taken | taken_of(said), head.size
        if at != size:
            return replace(known, taken_at=UNSURE, catching_up=True)
        return replace(known, taken=taken, taken_at=at)

    def _said(self, event: SignedEvent) -> Event | None:
        try:
            found = ledger.verify(event, self.roster().verifiers)
        except errors.NotVerified:
            return None
        return found if found.kind is Kind.SEQUENCED and found.by == CLOCK else None

    def _is_ours(self, head: Head) -> bool:
        """Whether the log signed it, of this size and under the name that it has now."""
        try:
            found = self.read(head.note)
            return (found.origin, found.size) == (self.origin(), head.size)
        except errors.NotVerified:
            return False

    def _grown(self, known: Known, waiting: Waiting, missed: Missed) -> tuple[Growth, Known]:
        size, peaks = size_of(known), known.peaks
        closing, taken = self._closing(known, waiting, missed)
        events = {*waiting.told, *waiting.untold, closing.leaf}
        batch = sequencing.sequence(events, size, self.random)
        places = {leaf: size + at for at, leaf in enumerate(batch.leaves)}
        nodes = {**peaks, **tree.grown(size, batch.leaves, peaks)}
        grown = size + len(batch.leaves)
        head = Checkpoint(self.origin(), grown, tree.root(grown, nodes))
        note = bytes(checkpoints.sign(head, self.signing))
        growth = Growth(
            Head(grown, note, closing.leaf),
            closing,
            nodes,
            {leaf: place for leaf, place in places.items() if leaf in events},
            {places[sequencing.dummy(blind)]: blind for blind in batch.blinds},
        )
        kept = {it: nodes[it] for it in tree.peaks(grown)}
        return growth, replace(known, note=note, peaks=kept, taken=taken, taken_at=grown)

    def origin(self) -> str:
        """The log's name: one that no other home has, and that it keeps whatever keys come."""
        known = self.kept.load()
        return head_of(known).origin if known and known.note else self._fresh()

    def _fresh(self) -> str:
        return ORIGIN + self.roster().processes[CLOCK][-1][:8].hex()

    def _closing(self, known: Known, waiting: Waiting, missed: Missed) -> tuple[SignedEvent, Mapping[bytes, Multiset]]:
        """What was found, for who looks from inside, and how far each tally is taken up."""
        told, strange = self._told(waiting.tallies)
        new = {it.instance: it.leaves for it in told if it.leaves.count > known.taken.get(it.instance, NONE).count}
        total = sum((it.without(known.taken.get(instance, NONE)) for instance, it in new.items()), NONE)
        there = NONE if known.catching_up else Multiset().adding([*waiting.told, *waiting.untold])
        total = NONE if known.catching_up else total
        facts = {
            "after": str(size_of(known)),
            "compared": "no" if known.taken_at == UNSURE else "later" if known.catching_up else "yes",
            "events": str(len(waiting.told) + len(waiting.untold)),
            "missing": str(max(total.count - there.count, 0) + len(missed.cut)),
            "cut": str(len(missed.cut)),
            "spoilt": "yes" if missed.spoilt else "no",
            "untold": str(max(there.count - total.count, 0)),
            "exchanged": "yes" if total.count == there.count and total.digest() != there.digest() else "no",
            "odd": str(waiting.odd + strange),
            "taken": _as_taken(new),
        }
        hour = deadlines.hour(self.now())
        event = Event(Kind.SEQUENCED, b"", FIRST, hour, CLOCK, self.random(32), facts)
        return ledger.sign(event, self.signing), {**known.taken, **new}

    def _told(self, stored: Sequence[SignedTally]) -> tuple[list[Tally], int]:
        """The tallies that hold, and how many do not; only processes sign any."""
        found = []
        for signed in stored:
            try:
                known = self.roster().processes.get(tallies.process_of(signed), ())
                found.append(tallies.verify(signed, known))
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


def taken_of(event: Event) -> dict[bytes, Multiset]:
    """How far a closing event took tallies up, of the instances that had added something.

    Raises:
        NotVerified: it does not say.
    """
    try:
        plain = json.loads(event.facts["taken"])
        return {bytes.fromhex(it): restored(count, base64.b64decode(state)) for it, (count, state) in plain.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.NotVerified("this event closes nothing") from error


def _as_taken(new: Mapping[bytes, Multiset]) -> str:
    plain = {instance.hex(): [it.count, base64.b64encode(it.state()).decode()] for instance, it in new.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def head_of(known: Known) -> Checkpoint:
    """The checkpoint that a process kept, which it had looked at before."""
    return checkpoints.parse(notes.parse(known.note).text)


def size_of(known: Known | None) -> int:
    """How many leaves the tree has; none, before there is a head."""
    return head_of(known).size if known and known.note else 0


def is_older(known: Known, other: Known | None) -> bool:
    """Whether another head of the same log is larger, or more is known of what was taken up by it."""
    if other is None or head_of(known).origin != head_of(other).origin:
        return False
    return (size_of(known), known.taken_at) < (size_of(other), other.taken_at)

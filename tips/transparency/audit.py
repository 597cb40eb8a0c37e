"""The tree's part of an audit: whether every event is a leaf of it, every leaf an event or a dummy, and no head unsaid.

A leaf whose event is gone names what was taken away by its number; what was taken before its hour was over is in the
closing events, by how many it was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tips import errors
from tips.cases.chain_ends import ChainEnd
from tips.cases.ledger import Event, Kind
from tips.merkle import sequencing, tree
from tips.merkle.tree import Node
from tips.ports.tree import Head, Known, Tree
from tips.transparency import heads
from tips.transparency.heads import Heads

STRETCH: Final = 8192  # leaves that are in memory at once
LATEST: Final = timedelta(hours=2)  # after an event's hour began: then it is in the tree, or waits for a clock
_WRONG: Final = {
    "missing": "events were told of and are missing",
    "untold": "events are there that no process told of",
    "odd": "leaves or tallies were not what was signed",
    "cut": "cases were gone, or the end of their events",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some leaves, by their places, and what dummies among them were blinded by."""

    leaves: Mapping[int, bytes]
    blinds: Mapping[int, bytes]


Seen = tuple[Known | None, frozenset[int]]  # the newest head, and the sizes of those that nobody believes


async def check(
    clock: Heads, seen: Seen, ends: Mapping[bytes, ChainEnd], events: Mapping[bytes, Event], now: datetime
) -> AsyncIterator[str]:
    """What is wrong, each in words for auditors.

    Args:
        clock: reads the tree.
        seen: what `clock` believed before the events were read: what came since is for the next audit.
        ends: where cases ended, as it was kept before the events were read.
        events: all that hold, by their leaves.
        now: tells which of them should be in the tree by now.
    """
    known, passed_over = seen
    for case in sorted(case for case, it in ends.items() if it.leaf not in events):
        yield f"case {case.hex()}: an event that stood at the end of it is gone"
    for size in sorted(passed_over):
        yield f"head {size}: the log did not sign it, or it does not continue what was published"
    for problem in (*_closings(events.values()), *await _heads(clock, known, events)):
        yield problem
    at: dict[bytes, int] = {}
    async for problem in _leaves(clock.tree, known, events, at):
        yield problem
    for problem in await _places(clock.tree, at, events, now if known else None):
        yield problem


async def _heads(clock: Heads, known: Known | None, events: Mapping[bytes, Event]) -> list[str]:
    """The heads whose rows are gone, or others than were signed; of those that are not the newest, the latest ones."""
    size = heads.size_of(known)
    rows = [head for head, _ in await clock.tree.published(size, heads.HEADS)]
    found = []
    if known and known.note not in {it.note for it in rows if it.size == size}:
        found.append(f"head {size}: its row is not what the log signed")
    least = rows[-1].size if len(rows) == heads.HEADS else 0
    closings = {it.closing for it in rows}
    for leaf, event in events.items():
        after = int(event.facts.get("after", "0")) if event.kind is Kind.SEQUENCED else size
        if least <= after < size and leaf not in closings:
            found.append(f"the head after {after} leaves: its row is gone")
    before = [*(it.size for it in rows[1:]), least]
    return [*found, *(it for row, at in zip(rows, before, strict=False) for it in _head(clock, row, at, events))]


def _head(clock: Heads, row: Head, before: int, events: Mapping[bytes, Event]) -> Iterator[str]:
    """What is wrong with a head's row: its note is another's or nobody's, or the event that is to have closed it is."""
    closing = events.get(row.closing)
    if closing and not before <= int(closing.facts.get("after", "0")) < row.size:
        yield f"head {row.size}: another one's closing event stands in its row"
    try:
        if clock.read(row.note).size == row.size:
            return
    except errors.NotVerified:
        pass
    yield f"head {row.size}: the log did not sign what stands in its row"


async def _leaves(
    stored: Tree, known: Known | None, events: Mapping[bytes, Event], at: dict[bytes, int]
) -> AsyncIterator[str]:
    """What is wrong with the leaves, and whether the newest head is theirs; `at` is filled with where events stand."""
    size, peaks = heads.size_of(known), dict[Node, bytes]()
    for first in range(0, size, STRETCH):
        stop = min(first + STRETCH, size)
        stretch = Stretch(await stored.leaves(first, stop), await stored.blinds(first, stop))
        for problem in _strange(stretch, range(first, stop), events, at):
            yield problem
        whole = len(stretch.leaves) == stop - first and len(peaks) == len(tree.peaks(first))
        there = [stretch.leaves[it] for it in range(first, stop)] if whole else []
        peaks, wrong = await _grown(stored, peaks, first, there) if whole else ({}, 0)
        if wrong:
            yield f"leaves {first} to {stop - 1}: {wrong} nodes above them are not what follows from them"
    if known and (len(peaks) != len(tree.peaks(size)) or tree.root(size, peaks) != heads.head_of(known).root):
        yield f"head {size}: it is not the head of the leaves that are stored"


async def _grown(
    stored: Tree, peaks: Mapping[Node, bytes], size: int, leaves: Sequence[bytes]
) -> tuple[dict[Node, bytes], int]:
    """The peaks once these leaves are added, and how many of the stored nodes are not what they must be."""
    new = tree.grown(size, leaves, peaks)
    above = [node for node in new if node[0]]
    found = await stored.nodes(above)
    known = {**peaks, **new}
    return {it: known[it] for it in tree.peaks(size + len(leaves))}, sum(found.get(it) != new[it] for it in above)


def _strange(
    stretch: Stretch, places: Iterable[int], events: Mapping[bytes, Event], at: dict[bytes, int]
) -> Iterator[str]:
    for place in places:
        leaf, blind = stretch.leaves.get(place), stretch.blinds.get(place)
        if leaf is None:
            yield f"leaf {place}: it is gone"
        elif leaf in at:
            yield f"leaf {place}: it stands at {at[leaf]} already"
        elif leaf in events:
            at[leaf] = place
        elif blind is None or sequencing.dummy(blind) != leaf:
            yield f"leaf {place}: there is neither its event nor what blinds a dummy"


async def _places(
    stored: Tree, at: Mapping[bytes, int], events: Mapping[bytes, Event], now: datetime | None
) -> list[str]:
    """The events that are not in the tree, or are said to stand elsewhere."""
    said = await stored.places([*at])
    moved = [f"leaf {place}: it is said to stand elsewhere" for leaf, place in at.items() if said.get(leaf) != place]
    outside = [leaf for leaf, event in events.items() if leaf not in at and now and event.at + LATEST < now]
    waits = await stored.waiting(outside)
    late = [f"event {leaf.hex()[:16]}: it is not in the tree" for leaf in outside if leaf not in waits]
    return [*sorted(moved), *sorted(late)]


def _closings(events: Iterable[Event]) -> Iterator[str]:
    """What the heads missed."""
    for event in sorted((it for it in events if it.kind is Kind.SEQUENCED), key=lambda it: it.at):
        hour = f"hour {event.at:%Y-%m-%d %H:00}"
        for fact, words in _WRONG.items():
            if event.facts.get(fact, "0") != "0":
                yield f"{hour}: {event.facts[fact]} {words}"
        if event.facts.get("compared") == "no":
            yield f"{hour}: what was told of could not be compared with what was there"
        if event.facts.get("spoilt") == "yes":
            yield f"{hour}: what is kept of where cases ended was spoilt, and begun anew"
        if event.facts.get("exchanged") == "yes":
            yield f"{hour}: other events are there than were told of"

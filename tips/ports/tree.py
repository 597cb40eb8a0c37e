"""What is asked of who keeps the ledger's tree: leaves that wait, nodes, heads; and of what is kept outside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tips.cases.ledger import SignedEvent
from tips.merkle.multiset import Multiset
from tips.merkle.tallies import SignedTally, Tally
from tips.merkle.tree import Node


@dataclass(frozen=True, slots=True)
class Head:
    """A published head as it is stored."""

    size: int
    note: bytes  # the signed checkpoint
    closing: bytes  # leaf of the event that says what it took up


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to join the tree."""

    told: Sequence[bytes]  # leaves that some tally counts
    untold: Sequence[bytes]  # leaves of before there were tallies
    odd: int  # rows that are no event's leaf, or one that is in the tree already: they go
    tallies: Sequence[SignedTally]


@dataclass(frozen=True, slots=True)
class Growth:
    """What a new head brings; all of it is stored, or nothing."""

    head: Head
    event: SignedEvent  # the closing one
    nodes: Mapping[Node, bytes]
    places: Mapping[bytes, int]  # leaf of an event -> its place
    blinds: Mapping[int, bytes]  # place of a dummy -> what it was blinded by


@dataclass(frozen=True, slots=True)
class Known:
    """The newest head that a process believed, and the complete subtrees that the tree grows on from."""

    note: bytes
    peaks: Mapping[Node, bytes] = field(default_factory=dict)
    taken: Mapping[bytes, Multiset] = field(default_factory=dict)  # instance -> how far its tally was taken up
    taken_at: int = 0  # size of the head for which `taken` is so
    catching_up: bool = False  # what waits is taken up as it is found, with all tallies: nothing is compared yet


class Tree(Protocol):
    """The tree over all events."""

    async def heads(self, above: int, limit: int) -> list[Head]:
        """Heads that are larger than this, the largest first."""
        ...

    async def nodes(self, wanted: Sequence[Node]) -> dict[Node, bytes]:
        """These complete subtrees' hashes, as far as they are there."""
        ...

    async def leaves(self, first: int, stop: int) -> dict[int, bytes]:
        """The hashes of the leaves at these places, as far as they are there."""
        ...

    async def blinds(self, first: int, stop: int) -> dict[int, bytes]:
        """What the dummies among these places were blinded by."""
        ...

    async def places(self, leaves: Sequence[bytes]) -> dict[bytes, int]:
        """Where the leaves of events stand; none that waits, or is no event's."""
        ...

    async def cases(self, leaves: Sequence[bytes]) -> dict[bytes, bytes]:
        """By leaf, the case of each of these events that is there; none whose case has no row."""
        ...

    async def newest(self) -> dict[bytes, bytes]:
        """By case, the leaf that its row calls the newest; none whose event is not there, or is another case's."""
        ...

    async def published(self, size: int, limit: int) -> list[tuple[Head, SignedEvent | None]]:
        """Heads of this size and smaller, the largest first, each with its closing event as far as that is there."""
        ...

    async def cosign(self, size: int, witness: str, line: bytes) -> None:
        """Keep what a witness of this name signed of a head, in place of what it had signed of it before."""
        ...

    async def cosignatures(self, sizes: Sequence[int], witnesses: Collection[str]) -> dict[int, list[bytes]]:
        """By a head's size, the lines that are kept of these witnesses; verifying them is for who shows them."""
        ...

    async def waiting(self, leaves: Sequence[bytes]) -> set[bytes]:
        """Those of these leaves that wait to join the tree."""
        ...

    async def sequence(
        self, after: int, is_ours: Callable[[Head], bool], limit: int, grow: Callable[[Waiting], Growth]
    ) -> None:
        """Store what `grow` makes of what waits, in one transaction that nobody adds leaves beside.

        Args:
            after: size of the head that the tree grows on from.
            is_ours: whether the log signed a larger head; those that it did not go.
            limit: how many untold leaves at most are taken.
            grow: makes the next head, without waiting.

        Raises:
            Stale: the log signed a larger head already.
        """
        ...


class KnownHead(Protocol):
    """Where a process keeps the newest head outside the database."""

    def load(self) -> Known | None:
        """As it was kept; None: none was yet."""
        ...

    def keep(self, known: Known) -> None:
        """From now on it is this one."""
        ...


class TallyBook(Protocol):
    """Signs the tallies of a process, and keeps its newest ones outside the database.

    A process has several lanes, so that none of its transactions waits for another of its own; each is an instance.
    """

    def load(self, lane: str) -> Tally:
        """A lane's tally as it was kept, by an earlier process of this machine perhaps; else a new one."""
        ...

    def keep(self, lane: str, tally: Tally) -> None:
        """From now on it is this one."""
        ...

    def sign(self, tally: Tally) -> SignedTally:
        """A tally as it is stored."""
        ...

    def verified(self, stored: SignedTally) -> Tally | None:
        """The tally of a row; None: a hand was there."""
        ...

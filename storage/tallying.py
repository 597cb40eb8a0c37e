"""Leaves of new events: they wait to join the tree, and a tally counts them, both in the transaction of the events.

The statements are the same on the writer's own connection and on SQLAlchemy's: whoever has a transaction hands in how
to execute one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, Final

from tips.merkle.tallies import SignedTally, Tally
from tips.ports.tree import TallyBook

Execute = Callable[[str, Sequence[Any]], Sequence[Any]]  # a statement with `?` for each value; its rows

WRITER: Final = "writer"  # the lane of the thread that groups what citizens send
STEPS: Final = "steps"  # the lane of everything else
_FIND: Final = "SELECT body, state, signature FROM leaf_tally WHERE instance = ?"
_PUT: Final = (
    "INSERT INTO leaf_tally (instance, body, state, signature) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (instance) DO UPDATE SET body = excluded.body, state = excluded.state, signature = excluded.signature"
)


class Lane:
    """Counts what one of a process's writers adds, one transaction after the other."""

    def __init__(self, book: TallyBook | None, name: str) -> None:
        self._book, self._name = book, name
        self._kept: Tally | None = None  # the newest that was committed for all that is known
        self._known: Tally | None = None  # the same, where the database can have no later one
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Nobody else of this process counts in this lane meanwhile."""
        async with self._turn:
            yield

    def instance(self) -> tuple[bytes, ...]:
        """By what the database finds the tally of this lane; (): nothing counts here."""
        return () if self._book is None else (self._begun(self._book).instance,)

    def waiting(self, leaves: Iterable[bytes]) -> list[dict[str, Any]]:
        """The rows by which leaves wait, for whoever inserts many at once."""
        return [{"leaf": leaf, "told": self._book is not None} for leaf in leaves]

    def add(self, execute: Execute, leaves: Sequence[bytes]) -> Tally | None:
        """Count leaves that wait from now on; what is to be `kept` once that is committed.

        None: nothing counts here.
        """
        if self._book is None or not leaves:
            return None
        known = self._known or self._latest(execute, self._begun(self._book))
        self._known = None  # until it is known that this was committed
        tally = known.adding(leaves)
        signed = self._book.sign(tally)
        execute(_PUT, (signed.instance, signed.body, signed.state, signed.signature))
        return tally

    def kept(self, tally: Tally | None) -> None:
        """What was added is durable."""
        if tally is not None and self._book is not None:
            self._known = self._kept = tally
            with contextlib.suppress(OSError):  # a full tmpfs stops nobody: then it is this process alone that knows
                self._book.keep(self._name, tally)

    def _begun(self, book: TallyBook) -> Tally:
        """What is kept; loaded once, as a tally that begins has another name each time."""
        if self._kept is None:
            self._kept = book.load(self._name)
        return self._kept

    def _latest(self, execute: Execute, kept: Tally) -> Tally:
        """What was kept; or what the database has, where a process ended, or lost its server, after a commit."""
        assert self._book is not None
        found = execute(_FIND, (kept.instance,))
        stored = self._book.verified(SignedTally(kept.instance, *map(_octets, found[0]))) if found else None
        return stored if stored and stored.leaves.count > kept.leaves.count else kept


def _octets(value: Any) -> bytes:
    """Bytes; nothing where a hand put something else."""
    return bytes(value) if isinstance(value, (bytes, memoryview)) else b""

"""Leaves of new events: they wait to join the tree, and a tally counts them, both in the transaction of the events.

The statements are the same on the writer's own connection and on SQLAlchemy's: whoever has a transaction hands in how
to execute one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

from tips.cases.ledger import SignedEvent
from tips.merkle.tallies import Closed, SignedTally, Tally, continued
from tips.ports.tree import TallyBook

Execute = Callable[[str, Sequence[Any]], Sequence[Any]]  # a statement with `?` for each value; its rows

WRITER: Final = "writer"  # the lane of the thread that groups what citizens send
STEPS: Final = "steps"  # the lane of everything else
_FIND: Final = "SELECT body, state, signature, closing FROM leaf_tally WHERE instance = ?"
_EVENT: Final = "SELECT leaf, case_id, body, signature FROM event WHERE leaf = ?"
_WAIT: Final = "INSERT INTO waiting_leaf (leaf, told) VALUES (?, ?)"
_PUT: Final = (
    "INSERT INTO leaf_tally (instance, body, state, signature, closing) VALUES (?, ?, ?, ?, NULL)"
    " ON CONFLICT (instance) DO UPDATE SET body = excluded.body, state = excluded.state,"
    " signature = excluded.signature, closing = NULL"
)


class Lane:
    """Counts what one of a process's writers adds, one transaction after the other."""

    def __init__(self, book: TallyBook | None, name: str) -> None:
        self._book, self._name = book, name
        self._known: Tally | None = None
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Nobody else of this process counts in this lane meanwhile."""
        async with self._turn:
            yield

    def add(self, execute: Execute, leaves: Sequence[bytes]) -> Tally | None:
        """Let leaves wait, and count them; what is to be `kept` once that is committed. None: nothing counts here."""
        for leaf in leaves:
            execute(_WAIT, (leaf, self._book is not None))
        if self._book is None or not leaves:
            return None
        known = self._known or self._book.load(self._name)
        tally = continued(known, *self._stored(execute, known.instance)).adding(leaves)
        signed = self._book.sign(tally)
        execute(_PUT, (signed.instance, signed.body, signed.state, signed.signature))
        return tally

    def kept(self, tally: Tally | None) -> None:
        """What was added is durable."""
        if tally is not None and self._book is not None:
            self._known = tally
            with contextlib.suppress(OSError):  # a full tmpfs stops nobody: then it is this process alone that knows
                self._book.keep(self._name, tally)

    def _stored(self, execute: Execute, instance: bytes) -> tuple[Tally | None, Closed | None]:
        assert self._book is not None
        found = execute(_FIND, (instance,))
        if not found:
            return None, None
        *signed, closing = found[0]
        stored = self._book.verified(SignedTally(instance, *map(_octets, signed)))
        events = execute(_EVENT, (_octets(closing),)) if closing is not None else []
        closed = self._book.closed(SignedEvent(*map(_octets, events[0])), instance) if events else None
        return stored, closed


def _octets(value: Any) -> bytes:
    """Bytes; nothing where a hand put something else."""
    return bytes(value) if isinstance(value, (bytes, memoryview)) else b""

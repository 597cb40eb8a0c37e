"""Connections: half a request does not hold one open, and those that give least go first when there are too many.

Uvicorn has no time-out for a request's head or body, and its limit counts whole requests only. A slow, honest phone
must get through: so a body is asked for progress, never for an end by some time.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

ON_ITS_WAY: Final = 1.0  # seconds that the first request of a connection may take to come while the server ends
HEAD: Final = 20.0  # seconds for a request line and its headers, from the connection or the answer before on
WINDOW: Final = 30.0  # seconds in which a body has to come on
LEAST: Final = 30 * 1024  # bytes of a body in each window; what is shorter has to be whole by then
MOST: Final = 512  # connections at once
LONGEST_HEAD: Final = 64 * 1024  # bytes of a request line and its headers
GIVEN: Final = 64 * 1024  # bytes that a connection is credited with, so that a new one is not the slowest


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Uvicorn's protocol, and what it received since its present task began."""

    _began = 0.0  # when that was, by the loop's clock
    _received = 0
    _head = 0  # bytes of the head that is coming
    _task: tuple[Any, str] = (None, "head")

    def connection_made(self, transport: Any) -> None:
        """A newcomer is let in; if they are too many, the one that gave least for its time goes."""
        super().connection_made(transport)
        self._began = self.loop.time()
        if len(self.connections) > MOST:
            slowest = min(self.connections, key=lambda it: it.pace(self._began))
            self.connections.discard(slowest)  # at once: many may be let in before it is told that it ended
            slowest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Count, and go on; a head without an end is not kept in memory."""
        self._received += len(data)
        super().data_received(data)
        self._head = self._head + len(data) if self._doing() == "head" else 0
        if self._head > LONGEST_HEAD:
            self.transport.abort()

    def shutdown(self) -> None:
        """End with the server; a connection that was just made has a request on its way, and gets its answer."""
        if self.cycle is None:
            self.loop.call_later(ON_ITS_WAY, super().shutdown)
        else:
            super().shutdown()

    def look(self, now: float) -> None:
        """End what stands still; called about once a second."""
        task = (self.cycle, self._doing())
        if task != self._task:
            self._task, self._began, self._received = task, now, 0
        elif task[1] == "head" and now - self._began > HEAD:
            self.transport.abort()
        elif task[1] == "body" and now - self._began > WINDOW:
            if self._received < LEAST:
                self.transport.abort()
            self._began, self._received = now, 0

    def pace(self, now: float) -> float:
        """Bytes in a second; endless while it is our turn."""
        if self._doing() == "answer":
            return float("inf")
        return (GIVEN + self._received) / max(now - self._began, 0.001)

    def _doing(self) -> str:
        """What is waited for: a head, a body, or our answer."""
        if self.cycle is None:
            return "head"
        if self.cycle.more_body and not self.flow.read_paused:
            return "body"  # also one that was answered before its end
        return "head" if self.cycle.response_complete else "answer"


def look(connections: Collection[Any], now: float) -> None:
    """Look at every connection."""
    for connection in list(connections):
        connection.look(now)

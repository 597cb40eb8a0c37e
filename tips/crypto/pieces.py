"""Bytes that come in pieces of any length, and are read off the front: by the line, by the count, or all the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tips import errors

LINE: Final = 1 << 26  # bytes; a longer line is none that this product writes


class Pieces:
    """Pieces of which parts were taken off the front; never more than two of them are in memory."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._front, self._at = iter(pieces), b"", 0

    def begins(self, with_: bytes) -> bool:
        """Whether these bytes are the next; nothing is taken."""
        while len(self._front) - self._at < len(with_) and self._more():
            pass
        return self._front.startswith(with_, self._at)

    def take(self, count: int) -> bytes:
        """The next `count` bytes; fewer where there are no more."""
        while len(self._front) - self._at < count and self._more():
            pass
        return self._taken(self._at + count)

    def line(self, limit: int = LINE) -> bytes:
        """The next line with its end; without one it is what was left, or b"" at the end.

        Raises:
            Altered: it is longer than `limit` bytes.
        """
        looked = self._at
        while (end := self._front.find(b"\n", looked)) < 0:
            looked = len(self._front) - self._at
            if looked > limit:
                raise errors.Altered
            if not self._more():
                return self._taken(len(self._front))
        return self._taken(end + 1)

    def __iter__(self) -> Iterator[bytes]:
        """What is left."""
        if rest := self._taken(len(self._front)):
            yield rest
        yield from self._pieces

    def _more(self) -> bool:
        """Put the next piece behind what is there; False: there is none."""
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._front, self._at = (self._front[self._at :] + piece) if self._at < len(self._front) else piece, 0
        return True

    def _taken(self, end: int) -> bytes:
        taken = self._front[self._at : end]
        self._at += len(taken)
        return taken

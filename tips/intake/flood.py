"""Floods, met without knowing anybody: look-alikes in masses wait in a calm lane, and masses from the web cost work.

Sketches are in memory, of this process, and forgotten within the hour: none of a text ever lies in a store, where it
could be tested against guesses. What is counted has no names (`Counters`).
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from tips.crypto.sealing import Random
from tips.ports.intake import Counters
from tips.triage import Reason, Triage
from tips.triage.text import parse

SPAN: Final = timedelta(hours=1)
CROWD: Final = 10  # look-alikes within the span that pass as they are: a great fire is reported by many
SKETCH: Final = 12  # parts of a text that are compared
ALIKE: Final = 0.7  # share of them that others had too
LEAST: Final = 4  # a text of fewer pairs of words is compared whole
LAST: Final = "P3"

BITS: Final = 14  # of a proof of work: about 16,000 hashes, less than a second on a cheap phone
PATIENCE: Final = timedelta(seconds=20)  # who cannot compute (no scripts) waits so long instead
OPEN_FOR: Final = 60  # tips, or files, in `WINDOW` from which on each one costs a proof
WINDOW: Final = timedelta(minutes=10)
LIFE: Final = timedelta(hours=1)  # of a puzzle
NONCE_BYTES: Final = 4  # of a puzzle: one conversation may get several within a second


@dataclass(slots=True)
class Crowd:
    """Sees when many texts that are alike come at once."""

    now: Callable[[], datetime]
    _seen: deque[tuple[datetime, tuple[int, ...]]] = field(default_factory=deque)
    _counts: Counter[int] = field(default_factory=Counter)

    def placed(self, text: str, triage: Triage) -> Triage:
        """The triage of a tip as it counts: beyond `CROWD` look-alikes it is last in its queue, and says why."""
        if not text or not self._joins(text):  # files alone are not compared
            return triage
        return replace(triage, urgency=LAST, reasons=(*triage.reasons, Reason("crowd", None, {})))

    def _joins(self, text: str) -> bool:
        """Whether so many look-alikes were there before; counts this one."""
        self._forget()
        sketch = _sketch(text)
        shared = sum(self._counts[part] >= CROWD for part in sketch)
        self._seen.append((self.now(), sketch))
        self._counts.update(sketch)
        return shared >= ALIKE * len(sketch)

    def _forget(self) -> None:
        while self._seen and self._seen[0][0] <= self.now() - SPAN:
            self._counts.subtract(self._seen.popleft()[1])
        if not self._seen:
            self._counts.clear()


def _sketch(text: str) -> tuple[int, ...]:
    """The least of a text's hashed neighbouring words; Python's hash of a string is keyed anew by each process."""
    words = parse(text).words
    parts = {hash(pair) for pair in itertools.pairwise(words)}
    if len(parts) < LEAST:
        return (hash(tuple(words)),)
    return tuple(sorted(parts)[:SKETCH])


@dataclass(frozen=True, slots=True)
class Gate:
    """Asks the web's senders for work while too many tips, or files, come; it is theirs to compute, or to wait for.

    A puzzle is a moment, a nonce, and a tag over both and the conversation that it was made for: nothing is kept of
    those that were given out. A solved one counts once, and a conversation gets through by waiting once in `PATIENCE`;
    that much is counted, wherever counters are. (Processes that share none let a puzzle be used once by each of them.)
    """

    counters: Counters
    key: Callable[[], bytes]  # 32 bytes, the same in every process of this run
    now: Callable[[], datetime]
    random: Random
    open_for: int = OPEN_FOR

    async def closed(self, what: str) -> bool:
        """Whether a `what` (a tip, a file) costs a proof now."""
        return await self.counters.full(f"gate {what}".encode(), self.open_for, WINDOW)

    async def count(self, what: str) -> None:
        """One passed."""
        await self.counters.hit(f"gate {what}".encode(), self.open_for, WINDOW)

    async def puzzle(self, conversation: str, given: str) -> str:
        """What this conversation is to solve: the one that it was given, or another where that served or is too old."""
        if self._age(conversation, given) is None or await self.counters.full(_spent(given), 1, LIFE):
            return self._tagged(conversation, f"{int(self.now().timestamp())}-{self.random(NONCE_BYTES).hex()}")
        return given

    async def passes(self, what: str, conversation: str, given: str, answer: str) -> bool:
        """Whether this conversation may pass: the gate is open, or it solved the puzzle it was given, or it waited."""
        if not await self.closed(what):
            return True
        age = self._age(conversation, given)
        if age is None:
            return False
        if solves(given, answer):
            return await self.counters.hit(_spent(given), 1, LIFE)
        return age >= PATIENCE and await self.counters.hit(b"waited" + conversation.encode(), 1, PATIENCE)

    def _age(self, conversation: str, given: str) -> timedelta | None:
        """How long ago a puzzle was made for a conversation; None: it never was, or that is too long ago."""
        made, _, _ = given.rpartition("-")
        if not hmac.compare_digest(given.encode(), self._tagged(conversation, made).encode()):
            return None
        age = self.now() - datetime.fromtimestamp(int(made.partition("-")[0]), UTC)
        return age if age <= LIFE else None

    def _tagged(self, conversation: str, made: str) -> str:
        bound = f"puzzle\0{conversation}\0{made}".encode()
        return f"{made}-{hmac.digest(self.key(), bound, hashlib.sha256)[:16].hex()}"


def _spent(puzzle: str) -> bytes:
    return b"spent" + puzzle.encode()


def solves(puzzle: str, answer: str) -> bool:
    """Whether SHA-256 over puzzle and answer begins with `BITS` zero bits."""
    digest = hashlib.sha256(f"{puzzle}{answer[:32]}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - BITS) == 0

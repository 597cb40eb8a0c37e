"""Floods, met without knowing anybody: look-alikes in masses wait in a calm lane, and masses from the web cost work.

Everything here is in memory, of this process, and forgotten within the hour: no sketch of a text ever lies in a store,
where it could be tested against guesses.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from tips.sealing import Random
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
OPEN_FOR: Final = 60  # tips in `WINDOW` from which on each one costs a proof
WINDOW: Final = timedelta(minutes=10)
KEPT: Final = 20_000  # puzzles that are remembered at most


@dataclass(slots=True)
class Crowd:
    """Sees when many texts that are alike come at once."""

    now: Callable[[], datetime]
    _seen: deque[tuple[datetime, tuple[int, ...]]] = field(default_factory=deque)
    _counts: Counter[int] = field(default_factory=Counter)

    def placed(self, text: str, triage: Triage) -> Triage:
        """The triage of a tip as it counts: beyond `CROWD` look-alikes it is last in its queue, and says why."""
        if not self._joins(text):
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


@dataclass(slots=True)
class Gate:
    """Asks the web's senders for work while too many tips come; the proof is theirs to compute, or to wait for."""

    now: Callable[[], datetime]
    random: Random
    open_for: int = OPEN_FOR
    _tips: deque[datetime] = field(default_factory=deque)
    _puzzles: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Whether a tip costs a proof now."""
        while self._tips and self._tips[0] <= self.now() - WINDOW:
            self._tips.popleft()
        return len(self._tips) >= self.open_for

    def count(self) -> None:
        """A tip passed."""
        self._tips.append(self.now())

    def puzzle(self, conversation: str) -> str:
        """What this conversation is to solve: 32 hexadecimal digits, the same until it is solved."""
        if conversation not in self._puzzles:
            if len(self._puzzles) >= KEPT:
                self._puzzles.pop(next(iter(self._puzzles)))
            self._puzzles[conversation] = (self.random(16), self.now())
        return self._puzzles[conversation][0].hex()

    def passes(self, conversation: str, answer: str) -> bool:
        """Whether a tip of this conversation may pass: the gate is open, or it solved its puzzle, or it waited.

        A puzzle serves once.
        """
        if not self.closed:
            return True
        challenge, since = self._puzzles.get(conversation, (b"", self.now()))
        if not challenge or not (solves(challenge.hex(), answer) or self.now() - since >= PATIENCE):
            return False
        del self._puzzles[conversation]
        return True


def solves(puzzle: str, answer: str) -> bool:
    """Whether SHA-256 over puzzle and answer begins with `BITS` zero bits."""
    digest = hashlib.sha256(f"{puzzle}{answer[:32]}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - BITS) == 0

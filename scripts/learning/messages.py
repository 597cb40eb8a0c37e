"""The invented messages of `scripts/messages/`, one a line, in columns parted by tabs.

intent, category ("-": none), accused (a kind of office, or none), danger (P0: a life, or somebody's freedom, is in
danger now; "-": not; "?": nobody said), style, note (how an office stands in it that is not accused), text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent.parent / "messages"
THIRD: Final = 3
TIPS: Final = frozenset({"tip", "emergency"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message, and what it means."""

    intent: str
    category: str
    accused: str
    danger: str
    style: str
    note: str
    text: str
    voice: str  # whose file it stands in

    @property
    def is_tip(self) -> bool:
        """Whether it is one, calls for help among them."""
        return self.intent in TIPS

    @property
    def held_out(self) -> bool:
        """Whether it is of the third, by hash, that the learning curve is measured on."""
        return int(hashlib.sha256(self.text.encode()).hexdigest(), 16) % THIRD == 0


def read() -> list[Message]:
    """All of them, file by file."""
    return list(_lines())


def texts() -> list[str]:
    """Their texts."""
    return [it.text for it in _lines()]


def _lines() -> Iterator[Message]:
    for path in sorted(FOLDER.glob("*.tsv")):
        for line in path.read_text("utf-8").splitlines():
            yield Message(*line.split("\t"), voice=path.stem)

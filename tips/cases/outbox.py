"""What waits to be told somebody: what became of a push, when it is tried again, and how fast a bot may send.

Only the policy is here: rows and claims are the stores', sending is the channels'.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tips.crypto.sealing import Random

LEASE: Final = timedelta(minutes=1)  # how long a claim lasts: what a dead process had claimed comes back after it
FIRST_PAUSE: Final = 30.0  # seconds before the second try; doubled each time
LONGEST_PAUSE: Final = 3 * 3600.0  # seconds
LONGEST_ASKED: Final = 24 * 3600.0  # seconds: a platform that asks for more is not believed
MOST_TRIES: Final = 16  # about a day; after that it is a dead letter
DEAD_FOR: Final = timedelta(days=30)  # how long a dead letter waits for somebody to decide
A_SECOND: Final = 30  # messages that one bot may send
CHAT_PAUSE: Final = 1.0  # seconds between two messages to one chat


class Fate(StrEnum):
    """What became of one push."""

    DELIVERED = "delivered"
    GONE = "gone"  # the person blocked the bot, or the chat does not exist: it ends quietly
    LATER = "later"  # not now: the platform, or the way to it, is away, or asks to wait
    REFUSED = "refused"  # never: the platform will not take it


class Trouble(StrEnum):
    """The kind of an error, which is all that is kept of it: its words may hold an address or a token."""

    AWAY = "away"  # no way to the platform, or it failed itself
    BUSY = "busy"  # it asked to wait
    REFUSED = "refused"  # it does not take this


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one push, by `Fate`."""

    fate: Fate
    seconds: float | None = None  # how long the platform asked to wait; only of what is to come later
    trouble: Trouble | None = None  # None: there was none, or nobody has to know


DELIVERED: Final = Told(Fate.DELIVERED)
GONE: Final = Told(Fate.GONE)
REFUSED: Final = Told(Fate.REFUSED, trouble=Trouble.REFUSED)


def later(seconds: float | None = None) -> Told:
    """Not now; `seconds` is what the platform asked for, None where it only failed."""
    return Told(Fate.LATER, seconds, Trouble.AWAY if seconds is None else Trouble.BUSY)


def next_try(tries: int, told: Told, now: datetime, random: Random) -> datetime | None:
    """When a push that was not delivered is tried again; None: it is a dead letter.

    The pause doubles and is drawn from its upper half, so that what failed together does not come back together. What
    the platform asked for is never undercut.

    Args:
        tries: how often it was tried so far, this time included.
    """
    if told.fate is not Fate.LATER or tries >= MOST_TRIES:
        return None
    pause = min(FIRST_PAUSE * 2 ** max(tries - 1, 0), LONGEST_PAUSE)
    drawn = pause * (0.5 + int.from_bytes(random(2)) / 2**17)
    return now + timedelta(seconds=math.ceil(max(drawn, _asked(told))))


def _asked(told: Told) -> float:
    """The seconds that the platform asked for, as far as they make sense."""
    seconds = told.seconds or 0.0
    return min(max(seconds, 0.0), LONGEST_ASKED) if math.isfinite(seconds) else 0.0


class Pace:
    """How fast one bot sends: so many a second, and to one chat one at a time. It remembers chats for a second."""

    def __init__(self, time: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._time, self._sleep = time, sleep
        self._next = -math.inf  # when the bot may send again
        self._chats: dict[str, float] = {}  # when these may be sent to again

    async def turn(self, chat: str) -> None:
        """Wait until a message may go to this chat; it counts as sent."""
        while (wait := self._free_at(chat) - self._time()) > 0:  # others may have gone first meanwhile
            await self._sleep(wait)
        now = self._time()
        self._next = now + 1 / A_SECOND
        self._chats = {name: at for name, at in self._chats.items() if at > now} | {chat: now + CHAT_PAUSE}

    def _free_at(self, chat: str) -> float:
        return max(self._next, self._chats.get(chat, -math.inf))

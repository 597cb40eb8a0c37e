"""Long polling that loses nothing: an update is confirmed, by asking for those behind it, once it was answered.

The libraries' own pollers confirm an update before its handler ended: what was under way when a process died was gone.
A chat's updates are taken in their order, and chats side by side. What is not answered yet is asked for again together
with what is newer, so that one chat that waits (and anybody can make theirs wait) holds up no other; and an update that
nobody can read is passed over, or it would be brought for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from handlers.delivery import Undelivered
from tips import errors

AT_ONCE: Final = 32  # chats
TRIES: Final = 3  # how often an update is answered whose answer the platform did not take
PAUSE: Final = 2.0  # seconds between them
LOOK: Final = 0.5  # seconds between questions while something is under way

Raw = dict[str, Any]
Hear = Callable[[Raw], Awaitable[object]]
log = logging.getLogger(__name__)


async def heard(update: Raw, hear: Hear) -> None:
    """Answer an update, again where only the way back failed; one that is beyond us holds up nobody."""
    for _ in range(TRIES):
        try:
            await hear(update)
        except (Undelivered, errors.Pending):
            await asyncio.sleep(PAUSE)
        except errors.Outdated:  # it stays unconfirmed until this process stops, and comes again to who serves then
            await asyncio.Event().wait()
        except Exception as error:
            log.error("an update was not answered: %s", type(error).__name__)
            return
        else:
            return
    log.warning("an answer was not taken; it is given with the next message")


@dataclass(slots=True)
class Poller:
    """The updates of a bot: those that were brought and not confirmed yet, and who is at them."""

    hear: Hear
    _lines: dict[object, asyncio.Task[None]] = field(default_factory=dict)  # by chat, its last update's
    _open: dict[int, asyncio.Task[None]] = field(default_factory=dict)  # by number
    _seen: int = -1  # the highest number that was brought
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @property
    def offset(self) -> int:
        """The number to ask from: what lies below was answered."""
        self._open = {number: task for number, task in self._open.items() if not task.done()}
        self._lines = {chat: task for chat, task in self._lines.items() if not task.done()}
        return min(self._open, default=self._seen + 1)

    async def take(self, updates: Sequence[Raw]) -> None:
        """Begin to answer what is new; returns when something was answered, or in a moment."""
        for update in updates:
            number = update.get("update_id")
            if isinstance(number, int) and number not in self._open and (number > self._seen or not self._open):
                self._begin(number, update)
        if self._open:
            await asyncio.wait(self._open.values(), timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)

    def _begin(self, number: int, update: Raw) -> None:
        chat = chat_of(update)
        task = asyncio.create_task(self._after(self._lines.get(chat), update))
        self._seen = number
        self._open[number] = task
        self._lines[number if chat is None else chat] = task

    async def _after(self, before: asyncio.Task[None] | None, update: Raw) -> None:
        if before:
            await asyncio.wait([before])
        async with self._room:
            await heard(update, self.hear)

    async def end(self) -> None:
        """Leave what is under way: it is brought again to whoever comes next."""
        for task in self._open.values():
            task.cancel()
        await asyncio.gather(*self._open.values(), return_exceptions=True)


def chat_of(update: Raw) -> object:
    """What an update has in common with those that must not overtake it; None: nothing."""
    for event in update.values():
        if isinstance(event, dict):
            pressed = event.get("message")
            chat = (pressed if isinstance(pressed, dict) else event).get("chat")
            if isinstance(chat, dict):
                return chat.get("id")
    return None

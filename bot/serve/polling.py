"""Long polling that loses nothing: updates are confirmed, by asking for those behind them, once all were answered.

The libraries' own pollers confirm an update before its handler ended: what was under way when a process died was gone.
A chat's updates are taken in their order, and chats side by side.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

from handlers.delivery import Undelivered
from tips import errors

AT_ONCE: Final = 32  # chats
TRIES: Final = 3  # how often an update is answered whose answer the platform did not take
PAUSE: Final = 2.0  # seconds between them

Update = TypeVar("Update")
log = logging.getLogger(__name__)


async def heard(
    updates: Sequence[Update], chat: Callable[[Update], object], hear: Callable[[Update], Awaitable[object]]
) -> None:
    """Answer a batch of updates; when this returns, the platform need not bring them again."""
    by_chat: dict[object, list[Update]] = defaultdict(list)
    for update in updates:
        by_chat[chat(update)].append(update)
    room = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_in_order(them, hear, room) for them in by_chat.values()))


async def _in_order(
    updates: Iterable[Update], hear: Callable[[Update], Awaitable[object]], room: asyncio.Semaphore
) -> None:
    async with room:
        for update in updates:
            await _answered(update, hear)


async def _answered(update: Update, hear: Callable[[Update], Awaitable[object]]) -> None:
    """Answer an update, again where only the way back failed; one that is beyond us holds up nobody else."""
    for _ in range(TRIES):
        try:
            await hear(update)
        except (Undelivered, errors.Pending):
            await asyncio.sleep(PAUSE)
        except Exception as error:
            log.error("an update was not answered: %s", type(error).__name__)
            return
        else:
            return
    log.warning("an answer was not taken; it is given with the next message")

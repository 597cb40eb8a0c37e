"""Channels to messengers: each connects in the background, tries again for ever, and can be asked how it is.

A messenger out of reach stops neither the web chat nor the desk. Of an error only its kind is kept: its words may hold
an address with a token in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

FIRST_PAUSE: Final = 1.0  # seconds before a second try; doubled each time
LONGEST_PAUSE: Final = 60.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Channel:
    """A messenger's bot, as it is now."""

    name: str
    state: str = "connecting"  # connecting | up | trouble
    trouble: str = ""  # the kind of the last error

    @property
    def is_up(self) -> bool:
        """Whether the messenger answered last."""
        return self.state == "up"

    def answered(self) -> None:
        """It is there."""
        if not self.is_up:
            log.info("%s: connected", self.name)
        self.state, self.trouble = "up", ""

    def failed(self, kind: str) -> None:
        """It is not, or is somebody else."""
        if self.state != "trouble":
            log.warning("%s: out of reach: %s", self.name, kind)
        self.state, self.trouble = "trouble", kind

    def __str__(self) -> str:
        """For people who look after the machine."""
        return f"{self.state} ({self.trouble})" if self.trouble else self.state


@contextlib.asynccontextmanager
async def kept(channel: Channel, listen: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Let a channel listen until the block is left, however often that fails."""
    task = asyncio.create_task(_again_and_again(channel, listen), name=channel.name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _again_and_again(channel: Channel, listen: Callable[[], Awaitable[None]]) -> None:
    pause = FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            return await listen()
        except Exception as error:  # whatever a stranger's answer led to, the next try may go well
            channel.failed(type(error).__name__)
        await asyncio.sleep(pause)
        pause = FIRST_PAUSE if loop.time() - began > 2 * LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)

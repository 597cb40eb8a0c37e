"""Channels to messengers: each connects in the background, tries again for ever, and can be asked how it is.

A messenger out of reach stops neither the web chat nor the desk. Of an error only its kind is kept: its words may hold
an address with a token in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.routing import Route

from bot.serve import background
from tips.cases.outbox import Told
from tips.ports.desk import ContactState, Way

FIRST_PAUSE: Final = 1.0  # seconds before a second try; doubled each time
LONGEST_PAUSE: Final = 60.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Messenger:
    """A messenger's bot, as it is now."""

    name: str
    state: ContactState = ContactState.CONNECTING
    error: str = ""  # the kind of the last error
    way: Way = Way.POLLING
    in_trouble: asyncio.Event = field(default_factory=asyncio.Event, repr=False, compare=False)

    @property
    def is_up(self) -> bool:
        """Whether the messenger answered last."""
        return self.state is ContactState.UP

    def answered(self) -> None:
        """It is there."""
        if not self.is_up:
            log.info("%s: connected", self.name)
        self.state, self.error = ContactState.UP, ""
        self.in_trouble.clear()

    def failed(self, kind: str) -> None:
        """It is not, or is somebody else."""
        if self.state is not ContactState.TROUBLE:
            log.warning("%s: out of reach: %s", self.name, kind)
        self.state, self.error = ContactState.TROUBLE, kind
        self.in_trouble.set()

    def heard(self, trouble: str) -> None:
        """How a call went: the kind of trouble, or nothing."""
        if trouble:
            self.failed(trouble)
        else:
            self.answered()

    def __str__(self) -> str:
        """For people who look after the machine."""
        return f"{self.state} ({self.error})" if self.error else self.state


@dataclass(frozen=True, slots=True)
class Door:
    """What a channel of citizens brings to a process that serves."""

    channel: str
    messenger: Messenger
    routes: list[Route]  # of its webhook; none while it polls
    tell: Callable[[str, str], Awaitable[Told]]  # says to a chat, in a language, that something waits


@contextlib.asynccontextmanager
async def kept(messenger: Messenger, listen: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Let a messenger listen until the block is left, however often that fails.

    `listen` may end where a webhook hears by itself; it is called again once the messenger is in trouble, for else
    nobody would ask whether it is back.
    """
    async with background.working(_again_and_again(messenger, listen), messenger.name):
        yield


async def _again_and_again(messenger: Messenger, listen: Callable[[], Awaitable[None]]) -> None:
    pause = FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await listen()
        except Exception as error:  # whatever a stranger's answer led to, the next try may go well
            if messenger.state is not ContactState.TROUBLE:  # a watch over its calls has told more exactly
                messenger.failed(type(error).__name__)
        else:
            await messenger.in_trouble.wait()
        await asyncio.sleep(pause)
        pause = FIRST_PAUSE if loop.time() - began > 2 * LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)

"""A messenger that carries words only: no buttons, no edits, nothing to delete. What differs is its `Line`.

A platform's module brings two things: what it sends becomes a `Heard`, and a `Line` takes texts. Everything else a
channel of its kind owes is here: numbered menus, messages cut where sentences end, files fetched at once.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

import locales
from handlers.channel import PATIENCE, Abilities, Channel
from handlers.delivery import Wait, endured, offered
from handlers.menus import menu
from handlers.packing import BETWEEN, Box, packed
from handlers.speech import Message, spoken
from handlers.uploads import MemoryFile, memory_file
from tips.cases.outbox import Told
from tips.intake.reception import Outcome, Reception
from tips.intake.turn_queue import TurnQueue
from tips.intake.turns import Inbound

WORDS_ONLY: Final = Abilities(overhears=True, tells=True, buttons=False, longest=2000, push=True)

Fetch = Callable[[MemoryFile], Awaitable[str]]  # brings a file's bytes; why that cannot be, or ""


class Line(Protocol):
    """The way to a platform's people."""

    async def send(self, chat: str, text: str) -> Told:
        """Offer one message, once."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of somebody's, and the bytes that still have to be fetched for it."""

    chat: str = field(repr=False)
    inbound: Inbound
    lang: str = locales.SOURCE  # of the person's app, where the platform says it
    fetch: Fetch | None = None


@dataclass(frozen=True, slots=True)
class TextChat:
    """Answers whoever writes through a platform."""

    channel: Channel
    line: Line
    arrivals: TurnQueue = field(default_factory=TurnQueue)

    async def hear(self, heard: Heard) -> None:
        """Take a turn and show its answer; both are durable, or taken by the platform, when this returns.

        Raises:
            Pending: another process may be answering this very message: the platform has to bring it again.
            Undelivered: the platform did not take the answer; it is given when the message comes again.
        """
        async with self.arrivals.alone(self.channel.reception.key(self.channel.sender(heard.chat))):
            if heard.fetch is None:
                await self._turn(heard, heard.inbound)
                return
            with memory_file() as file:  # words that come while it is fetched wait: "send it" means with the picture
                problem = await heard.fetch(file)
                await self._turn(heard, replace(heard.inbound, problem=problem, upload=None if problem else file))

    async def tell(self, chat: str, lang: str) -> Told:
        """Say that something waits, in words that a lock screen may show."""
        return await self.line.send(chat, locales.say(lang, "notify.waiting"))

    async def _turn(self, heard: Heard, inbound: Inbound) -> None:
        async def show(outcome: Outcome) -> None:
            for text in texts(outcome, self.channel.can.longest):
                await offered(partial(self.line.send, heard.chat, text), self.channel.wait)

        with endured():
            await self.channel.exchange(self.channel.sender(heard.chat), inbound, show, heard.lang)


def texts(outcome: Outcome, longest: int | None) -> list[str]:
    """The messages of a turn, none longer than so many characters."""
    box = Box(longest or sys.maxsize)
    said = [[*it.paragraphs, *menu(it.choices, outcome.numbers, outcome.lang)] for it in _spoken(outcome)]
    return [BETWEEN.join(it.text for it in part) for paragraphs in said for part in packed(paragraphs, box)]


def _spoken(outcome: Outcome) -> list[Message]:
    return [spoken(reply, outcome.lang) for reply in outcome.replies]


def channel(name: str, reception: Reception, can: Abilities = WORDS_ONLY, wait: Wait = asyncio.sleep) -> Channel:
    """A channel of this kind; a platform that brings its messages by a webhook may bring each to any process."""
    return Channel(name, reception, can, PATIENCE, wait=wait)

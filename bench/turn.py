"""How long people wait for a turn over Telegram, beside a bot that only says back what it hears.

Both stand in a process of their own behind uvicorn, and the same client knocks on both. What is timed is what a person
waits for: from the update until the platform has the reply, and its answer. Ours has triaged by then, and its draft is
on disk, with the word that the reply arrived.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bench import product, wire
from bench.measure import Figure, at_most, paired
from bench.wire import Line
from bot.serve.citizens_bot import PATH
from tests.fakes import bot_api, loopback
from tests.fakes.bot_api import BotApi

CHATS = 32  # at once
STORIES = 4  # of each chat in a round
ROUNDS = 7
SAYS = ("ban ma tuy o karaoke duong le van sy q3", "toi nao cung co, tu 10 gio, phong so 6 o tang 2")


async def turn() -> Figure:
    async with bot_api.serving(kind=bot_api.BotApi) as api, _our_door(api) as ours, _echoing_door(api) as bare:
        value, ceiling = await paired(ours.round, bare.round, ROUNDS)
    how = (
        f"mean of the {len(SAYS)} turns before sending, {CHATS} chats at once, by webhook, the reply by a call, "
        f"median of {ROUNDS} rounds of {STORIES * CHATS} stories; ceiling: aiogram's echo on the same kind of server"
    )
    return at_most(value, ceiling, "ms", how)


@dataclass(frozen=True, slots=True)
class Door:
    """A webhook, who knocks on it, and whether a story is sent at its end."""

    port: int
    api: BotApi
    chats: Iterator[int]
    sends: bool

    async def round(self) -> float:
        """The mean time of a turn, in milliseconds; people send only when all have told, and that is not timed."""
        times: list[float] = []
        async with contextlib.AsyncExitStack() as stack:
            lines = [await stack.enter_async_context(wire.line(self.port)) for _ in range(CHATS)]
            for _ in range(STORIES):
                told = [(line, next(self.chats)) for line in lines]
                for spent in await asyncio.gather(*(self._tells(*it) for it in told)):
                    times += spent
                if self.sends:
                    await asyncio.gather(*(self._sends(*it) for it in told))
        return sum(times) / len(times) * 1000

    async def _tells(self, line: Line, chat: int) -> Sequence[float]:
        """The seconds of each turn of a story."""
        spent = []
        for text in SAYS:
            update = self._request({"message": self.api.message(chat, text=text)})
            start = time.perf_counter()
            await line.asks(update)
            spent.append(time.perf_counter() - start)
            assert ("submit" in self.api.buttons(chat)) is self.sends, "no reply, or not the one due"
        return spent

    async def _sends(self, line: Line, chat: int) -> None:
        message = self.api.message(chat, text="…")
        query = {"id": str(chat), "from": message["from"], "chat_instance": "1", "data": "submit", "message": message}
        await line.asks(self._request({"callback_query": query}))

    def _request(self, update: dict[str, object]) -> bytes:
        body = json.dumps({"update_id": next(self.chats), **update}).encode()
        secret = f"X-Telegram-Bot-Api-Secret-Token: {self.api.secret}"
        return wire.posted(PATH, body, "Content-Type: application/json", secret)


@contextlib.asynccontextmanager
async def _our_door(api: BotApi) -> AsyncIterator[Door]:
    async with product.a_home() as home:
        more = {
            "TINBAO_TELEGRAM_TOKEN": bot_api.TOKEN,
            "TINBAO_TELEGRAM_API": api.url,
            "TINBAO_TELEGRAM_WEBHOOK": "1",
        }
        async with product.serving({**home, **more}, "intake") as served:
            yield Door(served.port, api, itertools.count(1), sends=True)


@contextlib.asynccontextmanager
async def _echoing_door(api: BotApi) -> AsyncIterator[Door]:
    port = loopback.free_port()
    async with product.running(["-m", "bench.echo", str(port), api.url], {}, port):
        yield Door(port, api, itertools.count(10**9), sends=False)

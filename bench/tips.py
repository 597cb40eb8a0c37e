"""Complete tips a second, eight at once, each through its own door: told in one message, sent in the next.

Over Telegram and over the web beside a bot of an afternoon (`bench.afternoon`), which stores as durably and keeps no
promise; and of two processes beside one, on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import statistics
import tempfile
import time
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bench import product, wire
from bench.measure import Figure, at_least, paired
from bench.wire import Line
from bot.serve.citizens_bot import PATH
from tests.fakes import bot_api, databases, loopback, servers
from tests.fakes.bot_api import BotApi

AT_ONCE: Final = 8
TIPS: Final = 256  # in a round over Telegram
ROUNDS: Final = 7
WEB_TIPS: Final = 48  # from 60 in ten minutes on the web asks for a proof of work
WEB_ROUNDS: Final = 5
TEXT: Final = "ban ma tuy o karaoke duong le van sy q3, toi nao cung co, tu 10 gio, phong so"
FORM: Final = "Content-Type: application/x-www-form-urlencoded"
COOKIE: Final = re.compile(rb"(?i)set-cookie: ([^;\r]+)")


async def tips_telegram() -> Figure:
    async with bot_api.serving(kind=BotApi) as api, _ours(api) as ours, _afternoon(api) as bare:
        value, most = await paired(_over_telegram(ours, api, 1), _over_telegram(bare, api, 10**9), ROUNDS)
    return at_least(value, most, "1/s", f"{_HOW}, by webhook, median of {ROUNDS} rounds of {TIPS}; {_BARE}")


async def tips_web() -> Figure:
    """A home of its own for each round: a stranger's flood would have to compute."""
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    async with bot_api.serving(kind=BotApi) as api:
        for _ in range(WEB_ROUNDS):
            async with product.a_home() as home, product.serving(home, "intake") as ours, _afternoon(api) as bare:
                for name, port in (("ours", ours.port), ("bare", bare)):
                    rates[name].append(await _over_the_web(port))
    value, most = statistics.median(rates["ours"]), statistics.median(rates["bare"])
    how = f"{_HOW}, by forms without scripts, median of {WEB_ROUNDS} rounds of {WEB_TIPS}, each with a home of its own"
    return at_least(value, most, "1/s", f"{how}; {_BARE}")


async def tips_two_processes() -> Figure:
    with servers.postgres() as server, databases.on_server(server) as one_url, databases.on_server(server) as two_url:
        async with (
            bot_api.serving(kind=BotApi) as api,
            bot_api.serving(kind=BotApi) as other,
            _ours(api, one_url) as one,
            _ours(other, two_url, 2) as two,
        ):
            value, most = await paired(_over_telegram(two, other, 1), _over_telegram(one, api, 1), ROUNDS)
    how = f"{_HOW}, by webhook, on PostgreSQL, two workers, median of {ROUNDS} rounds of {TIPS}; beside one process"
    return at_least(value, most, "1/s", how)


_HOW: Final = f"complete tips in two turns, {AT_ONCE} at once"
_BARE: Final = "ceiling: a bot of an afternoon (aiogram or a form, async ORM, AES-GCM under a key on its disk)"


@dataclass(frozen=True, slots=True)
class Telegram:
    """A webhook, and the people who write through it."""

    port: int
    api: BotApi
    chats: Iterator[int]

    async def tip(self, line: Line, number: int) -> None:
        """One person's two turns."""
        chat = next(self.chats)
        await line.asks(self._update({"message": self.api.message(chat, text=f"{TEXT} {number}")}))
        message = self.api.message(chat, text="…")
        query = {"id": str(chat), "from": message["from"], "chat_instance": "1", "data": "submit", "message": message}
        await line.asks(self._update({"callback_query": query}))
        assert len(self.api.sent.pop(chat)) > 1, "no receipt"

    def _update(self, content: dict[str, object]) -> bytes:
        body = json.dumps({"update_id": next(self.chats), **content}).encode()
        secret = f"X-Telegram-Bot-Api-Secret-Token: {self.api.secret}"
        return wire.posted(PATH, body, "Content-Type: application/json", secret)


def _over_telegram(port: int, api: BotApi, first: int) -> Callable[[], Awaitable[float]]:
    door = Telegram(port, api, itertools.count(first))

    async def round_() -> float:
        return await _rate(port, TIPS, door.tip)

    return round_


async def _over_the_web(port: int) -> float:
    return await _rate(port, WEB_TIPS, _by_form)


async def _by_form(line: Line, number: int) -> None:
    """One person's two turns, in a page without scripts."""
    told = urllib.parse.urlencode({"text": f"{TEXT} {number}"}).encode()
    head, _ = await line.asks(wire.posted("/chat", told, FORM))
    cookies = b"; ".join(COOKIE.findall(head)).decode()
    _, page = await line.asks(wire.posted("/chat", b"choose=submit", FORM, f"Cookie: {cookies}"))
    assert b"<code" in page, "no receipt"


async def _rate(port: int, tips: int, one: Callable[[Line, int], Awaitable[None]]) -> float:
    """How many tips a second so many people complete, each on a connection of their own."""
    numbers = iter(range(tips))

    async def person(line: Line) -> None:
        for number in numbers:
            await one(line, number)

    async with contextlib.AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(wire.line(port)) for _ in range(AT_ONCE)]
        start = time.perf_counter()
        await asyncio.gather(*map(person, lines))
        return tips / (time.perf_counter() - start)


@contextlib.asynccontextmanager
async def _ours(api: BotApi, url: str = "", workers: int = 1) -> AsyncIterator[int]:
    """The port of a new home's intake."""
    async with product.a_home(url) as home:
        more = {
            "TINBAO_TELEGRAM_TOKEN": bot_api.TOKEN,
            "TINBAO_TELEGRAM_API": api.url,
            "TINBAO_TELEGRAM_WEBHOOK": "1",
            "TINBAO_WORKERS": str(workers),
        }
        async with product.serving({**home, **more}, "intake") as served:
            yield served.port


@contextlib.asynccontextmanager
async def _afternoon(api: BotApi) -> AsyncIterator[int]:
    port = loopback.free_port()
    with tempfile.TemporaryDirectory() as folder:
        async with product.running(["-m", "bench.afternoon", str(port), api.url, folder], {}, port):
            yield port

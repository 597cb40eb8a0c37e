"""`make soak`: a flood over Telegram, with a platform that is slow and fails, and a database that stands still.

Ten thousand updates of two thousand chats are brought to two processes over one home, as Telegram brings them: so many
at once, a chat's one after the other, and again whatever was not answered with 200. Half-way another connection holds
the database's only write lock for twenty seconds. What is asked of the product:

- nothing accepted is lost, and nothing is doubled: each chat's tip has all its parts in their order, and one receipt;
- each chat is answered in its order, once for each message;
- after the stall a turn takes less than two seconds (p99), from the update until the platform has its answer;
- a process needs no more memory than its share: see `MEMORY`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import sqlite3
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse

from bench import product
from bot.serve.citizens_bot import PATH
from tests.fakes import bot_api
from tests.fakes.bot_api import BotApi
from tests.fakes.words import RECEIPT

CHATS: Final = 2000
REPLICAS: Final = 2
AT_ONCE: Final = 40  # updates at the same time: what Telegram takes where a bot sets no number
SLOW: Final = (0.01, 0.15)  # seconds that the platform takes for a message
FAILING: Final = 0.02  # share of its answers that are 429, and as many that are 502
STALL: Final = 20.0  # seconds
LIMIT: Final = 2.0  # seconds of a turn (p99) after it
MEMORY: Final = 160  # MiB that a process may grow by
LONGEST: Final = 900.0  # seconds of everything
PARTS: Final = (
    "đánh bạc ăn tiền ở hẻm {n} đường Lê Văn Sỹ quận 3 mỗi tối",
    "phần hai của vụ {n}: chừng sáu người ngồi",
    "phần ba của vụ {n}: có người canh ở đầu hẻm",
    "phần bốn của vụ {n}: bắt đầu từ 9 giờ tối",
)
FIRST: Final = 1000  # house numbers: those of three digits are numbers to call
SENDS: Final = "gửi"


@dataclass
class Platform(BotApi):
    """Telegram on a bad day."""

    chance: random.Random = field(default_factory=lambda: random.Random(20261129))
    refused: Counter[int] = field(default_factory=Counter)

    async def door(self, request: Request) -> JSONResponse:
        if request.path_params["method"].lower() == "sendmessage":
            await asyncio.sleep(self.chance.uniform(*SLOW))
            drawn = self.chance.random()
            if drawn < 2 * FAILING:
                status = 429 if drawn < FAILING else 502
                self.refused[status] += 1
                problem: dict[str, Any] = {"ok": False, "error_code": status, "description": "no"}
                if status == 429:
                    problem["parameters"] = {"retry_after": 1}
                return JSONResponse(problem, status_code=status)
        return await super().door(request)


@dataclass
class Flood:
    """The updates, and how long each took."""

    platform: Platform
    doors: list[str]
    took: list[tuple[float, float]] = field(default_factory=list)  # when an update was brought first, and how long
    again: Counter[int | str] = field(default_factory=Counter)  # why one had to be brought again
    done: int = 0
    half: asyncio.Event = field(default_factory=asyncio.Event)
    _next_door: Any = None

    def __post_init__(self) -> None:
        self._next_door = itertools.cycle(self.doors)

    async def run(self) -> None:
        """Every chat, so many updates at once."""
        room = asyncio.Semaphore(AT_ONCE)
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client, asyncio.TaskGroup() as tasks:
            for chat in range(1, CHATS + 1):
                tasks.create_task(self._story(client, chat, room))

    async def _story(self, client: httpx.AsyncClient, chat: int, room: asyncio.Semaphore) -> None:
        for text in (*(it.format(n=FIRST + chat) for it in PARTS), SENDS):
            message = self.platform.message(chat, text=text)
            update = {"update_id": message["message_id"], "message": message}
            async with room:
                await self._bring(client, update)

    async def _bring(self, client: httpx.AsyncClient, update: dict[str, Any]) -> None:
        began, headers = time.monotonic(), {"X-Telegram-Bot-Api-Secret-Token": self.platform.secret}
        for pause in (0.2, 0.5, 1, 2, 4, 8, 8, 8, 8, 8):
            try:
                status: int | str = (await client.post(next(self._next_door), json=update, headers=headers)).status_code
            except httpx.HTTPError as error:
                status = type(error).__name__
            if status == 200:
                self.took.append((began, time.monotonic() - began))
                self.done += 1
                if self.done >= CHATS * (len(PARTS) + 1) // 2:
                    self.half.set()
                return
            self.again[status] += 1
            await asyncio.sleep(pause)
        raise RuntimeError("an update was never taken")


async def soak() -> list[str]:
    """Run it; what was found wrong, a line each."""
    async with contextlib.AsyncExitStack() as stack:
        platform = await stack.enter_async_context(bot_api.serving(kind=Platform))
        home = await stack.enter_async_context(product.a_home())
        more = {
            "TINBAO_TELEGRAM_TOKEN": bot_api.TOKEN,
            "TINBAO_TELEGRAM_API": platform.url,
            "TINBAO_TELEGRAM_WEBHOOK": "1",
            "TINBAO_PROCESSES": str(REPLICAS),
        }
        served = [await stack.enter_async_context(product.serving({**home, **more}, "intake")) for _ in range(REPLICAS)]
        await platform.until(lambda: bool(platform.webhook))
        flood = Flood(platform, [f"http://127.0.0.1:{it.port}{PATH}" for it in served])
        database = Path(home["TINBAO_HOME"]) / "tinbao.db"
        watch = await stack.enter_async_context(_watched([it.pid for it in served]))
        stalled = asyncio.create_task(_stall(flood, database))
        began = time.monotonic()
        async with asyncio.timeout(LONGEST):
            await flood.run()
            over = await stalled
        spent = time.monotonic() - began
        return list(_told(flood, database, watch, over, spent))


async def _stall(flood: Flood, database: Path) -> float:
    """Half-way nobody else can write for a while; when that was over."""
    await flood.half.wait()
    connection = sqlite3.connect(database, isolation_level=None, timeout=60, check_same_thread=False)
    try:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        await asyncio.sleep(STALL)
        connection.execute("ROLLBACK")
    finally:
        connection.close()
    return time.monotonic()


@contextlib.asynccontextmanager
async def _watched(pids: list[int]) -> AsyncIterator[dict[int, list[int]]]:
    """The resident memory of processes in MiB: first, and highest."""
    seen = {pid: [_resident(pid)] * 2 for pid in pids}

    async def look() -> None:
        while True:
            for pid, sizes in seen.items():
                sizes[1] = max(sizes[1], _resident(pid))
            await asyncio.sleep(0.5)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(it.split()[1]) // 1024 for it in lines if it.startswith("VmRSS"))


def _told(flood: Flood, database: Path, watch: dict[int, list[int]], over: float, spent: float) -> Iterator[str]:
    """Print what was measured; what is wrong with it."""
    updates = CHATS * (len(PARTS) + 1)
    after = sorted(took for began, took in flood.took if began >= over)
    p99 = statistics.quantiles(after, n=100)[98] if len(after) > 100 else float("inf")
    grown = {pid: sizes[1] - sizes[0] for pid, sizes in watch.items()}
    again, refused = dict(flood.again), dict(flood.platform.refused)
    print(f"updates {flood.done} of {updates}, brought again: {again}, refused by the platform: {refused}")
    print(f"{spent:.0f} s, {updates / spent:.0f} updates/s; after the stall {len(after)} turns, p99 {p99:.2f} s")
    print(f"memory grew by {max(grown.values())} MiB at most")
    if flood.done != updates:
        yield "an update is missing"
    if p99 > LIMIT:
        yield f"p99 after the stall is {p99:.2f} s, more than {LIMIT}"
    if max(grown.values()) > MEMORY:
        yield f"a process grew by {max(grown.values())} MiB, more than {MEMORY}"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (tips,) = connection.execute("SELECT count(*) FROM tip").fetchone()
    if tips != CHATS:
        yield f"{tips} tips are stored, not {CHATS}"
    wrong = [chat for chat in range(1, CHATS + 1) if not _as_told(flood.platform, chat)]
    if wrong:
        yield f"{len(wrong)} chats were not answered once for each message, in order"


def _as_told(platform: Platform, chat: int) -> bool:
    """Whether each message has one answer that holds all that was said so far, and the last one a receipt."""
    texts = [it["text"] for it in platform.sent[chat]]
    parts = [it.format(n=FIRST + chat) for it in PARTS]
    told = all("\n".join(parts[: at + 1]) in text for at, text in enumerate(texts[:-1]))
    return len(texts) == len(parts) + 1 and told and len(RECEIPT.findall(texts[-1])) == 1


if __name__ == "__main__":
    found = asyncio.run(soak())
    for line in found:
        print(f"soak: {line}", file=sys.stderr)
    sys.exit(bool(found))

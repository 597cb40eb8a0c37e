"""The product's faces: every channel of citizens, each as its own platform shows it, behind one way to talk.

A face is told in labels, as people read them; how a label is chosen there (a button, a number, a name that is written)
is read off the screen, as people do.
"""

import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import httpx

from bot.serve import web
from handlers import terminal
from tests.fakes import bot_api, loopback, pigeon, zalo_api, zalo_oa
from tests.fakes.bot_api import BotApi
from tests.fakes.home import Home
from tips.intake.reception import Sender

CHAT = 77_002_222
WHO = "6142494823"
LINE = re.compile(r"^(?:(\d+)\.|•) (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Shown:
    """What a turn put on the screen."""

    text: str
    choices: dict[str, str]  # label -> what has to be pressed or written


class Face(Protocol):
    """One channel, for one person."""

    async def says(self, text: str) -> Shown: ...

    async def chooses(self, label: str) -> Shown: ...

    async def sends_picture(self, data: bytes) -> Shown: ...


def written(texts: list[str]) -> Shown:
    """Messages of words only: what can be chosen stands in them."""
    text = "\n\n".join(texts)
    return Shown(text, {it[2]: it[1] or it[2] for it in LINE.finditer(text)})


# --- the web and the terminal -----------------------------------------------------------------------------------------


@dataclass
class Web:
    """A browser with scripts."""

    client: httpx.AsyncClient
    shown: Shown = field(default_factory=lambda: Shown("", {}))
    ack: str = ""

    async def says(self, text: str) -> Shown:
        return await self._turn({"text": text})

    async def chooses(self, label: str) -> Shown:
        return await self._turn({"choose": self.shown.choices[label]})

    async def sends_picture(self, data: bytes) -> Shown:
        return await self._turn({"text": ""}, {"file": ("a.jpg", data)})

    async def _turn(self, fields: dict[str, str], files: Any = None) -> Shown:
        answer = await self.client.post("/api/chat", data={**fields, "ack": self.ack}, files=files)
        turn = answer.json()
        self.ack = turn["ack"]
        choices = {label: id_ for it in turn["messages"] for id_, label in it["choices"]}
        self.shown = Shown("\n\n".join(it["text"] for it in turn["messages"]), choices)
        return self.shown


@contextlib.asynccontextmanager
async def on_the_web(home: Home) -> AsyncIterator[Face]:
    port = loopback.free_port()
    async with (
        loopback.serving(web.build(home.product, frozenset({"intake"})), port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        yield Web(client)


@dataclass
class Terminal:
    """`tinbao chat --json`."""

    home: Home
    folder: Path
    shown: Shown = field(default_factory=lambda: Shown("", {}))

    async def says(self, text: str) -> Shown:
        return await self._turn({"text": text})

    async def chooses(self, label: str) -> Shown:
        return await self._turn({"choose": self.shown.choices[label]})

    async def sends_picture(self, data: bytes) -> Shown:
        path = self.folder / "picture.jpg"
        path.write_bytes(data)
        return await self._turn({"file": str(path)})

    async def _turn(self, event: dict[str, Any]) -> Shown:
        lines: list[str] = []

        async def one() -> AsyncIterator[str]:
            yield json.dumps(event)

        await terminal.converse(self.home.product.reception, Sender("terminal", "a face"), one(), lines.append)
        replies = json.loads(lines[0])["replies"]
        choices = {option["label"]: option["id"] for it in replies for option in it["options"]}
        self.shown = Shown("\n\n".join(it["text"] for it in replies), choices)
        return self.shown


@contextlib.asynccontextmanager
async def on_a_terminal(home: Home) -> AsyncIterator[Face]:
    yield Terminal(home, home.settings.home)


# --- messengers; each brings everything twice -------------------------------------------------------------------------


@dataclass
class Telegram:
    """Telegram's app; a message that was changed is seen anew."""

    api: BotApi
    seen: list[tuple[Any, ...]] = field(default_factory=list)

    async def says(self, text: str) -> Shown:
        return await self._after(await self.api.says(CHAT, text))

    async def chooses(self, label: str) -> Shown:
        for at in range(len(self.api.sent[CHAT]) - 1, -1, -1):
            data = self._buttons(self.api.sent[CHAT][at]).get(label)
            if data:
                return await self._after(await self.api.presses(CHAT, data, at))
        raise AssertionError(f"no button “{label}”")

    async def sends_picture(self, data: bytes) -> Shown:
        self.api.files["p"] = data
        photo = [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]
        return await self._after(await self.api.sends(CHAT, photo=photo))

    async def _after(self, update: dict[str, Any]) -> Shown:
        await self.api.brings(update)
        now = [(it["message_id"], it["text"], self._buttons(it)) for it in self.api.sent[CHAT]]
        new, self.seen = [it for it in now if it not in self.seen], now
        return Shown("\n\n".join(text for _, text, _ in new), {k: v for _, _, it in new for k, v in it.items()})

    @staticmethod
    def _buttons(message: dict[str, Any]) -> dict[str, str]:
        rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
        return {it["text"]: it["callback_data"] for row in rows for it in row if "callback_data" in it}


@contextlib.asynccontextmanager
async def on_telegram(home: Home) -> AsyncIterator[Face]:
    async with bot_api.serving() as api, bot_api.connected_citizens_bot(home, api, webhook=True):
        yield Telegram(api)


@dataclass
class Words:
    """A platform that carries words only."""

    write: Callable[[str], Awaitable[Any]]  # something said; what was brought
    show: Callable[[bytes], Awaitable[Any]]  # a picture
    again: Callable[[Any], Awaitable[Any]]  # the same once more
    wall: Callable[[], list[str]]  # all that was answered so far
    shown: Shown = field(default_factory=lambda: Shown("", {}))

    async def says(self, text: str) -> Shown:
        return await self._after(self.write, text)

    async def chooses(self, label: str) -> Shown:
        return await self.says(self.shown.choices[label])

    async def sends_picture(self, data: bytes) -> Shown:
        return await self._after(self.show, data)

    async def _after(self, bring: Callable[[Any], Awaitable[Any]], content: Any) -> Shown:
        before = len(self.wall())
        await self.again(await bring(content))
        self.shown = written(self.wall()[before:])
        return self.shown


@contextlib.asynccontextmanager
async def on_zalo(home: Home) -> AsyncIterator[Face]:
    async with zalo_api.serving() as api, zalo_api.connected(home, api):
        yield Words(partial(api.says, WHO), partial(api.sends, WHO), api.brings, lambda: api.sent(WHO))


@contextlib.asynccontextmanager
async def on_an_official_account(home: Home) -> AsyncIterator[Face]:
    async with zalo_oa.serving() as api, zalo_oa.connected(home, api):
        yield Words(partial(api.says, WHO), partial(api.sends_file, WHO), api.brings, lambda: api.talk[WHO])


@contextlib.asynccontextmanager
async def on_pigeons(home: Home) -> AsyncIterator[Face]:
    async with pigeon.connected(home.product.reception) as loft:
        yield Words(partial(loft.writes, WHO), partial(loft.sends, WHO), loft.brings, lambda: loft.walls[WHO])


FACES: dict[str, Callable[[Home], AbstractAsyncContextManager[Face]]] = {
    "web": on_the_web,
    "terminal": on_a_terminal,
    "telegram": on_telegram,
    "zalo": on_zalo,
    "zalo_oa": on_an_official_account,
    "pigeon": on_pigeons,
}

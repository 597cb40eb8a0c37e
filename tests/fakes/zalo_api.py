"""The emulated Zalo Bot Platform over real HTTP, which can fail: refuse, hold back, repeat, and lie about files.

Addresses of files go on from `media`: `lies` makes one that redirects, breaks off, waits, or is a stranger's.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.demo.zalo_phone import Phone
from bot.demo.zalo_platform import Payload, ZaloPlatform, refusal
from bot.serve import serving as serving_
from bot.serve import web
from bot.serve.messengers import Door
from bot.settings import Settings
from tests.fakes import bot_api, loopback
from tests.fakes.home import Home

TOKEN = "4242:test-token-of-the-zalo-emulator"
Lie = Callable[[Request], Awaitable[Response]]


@dataclass
class ZaloApi(ZaloPlatform):
    token: str = field(default=TOKEN, repr=False)
    longest_poll: float = 0.2
    refusals: list[tuple[str, int]] = field(default_factory=list)  # (method, code), taken in order
    holding: asyncio.Event = field(default_factory=asyncio.Event)  # set: sendMessage gets its answers
    lies: dict[str, Lie] = field(default_factory=dict)  # by the name of a file
    brought: int = 0  # how often a webhook was called

    def __post_init__(self) -> None:
        self.holding.set()

    def sent(self, chat: str) -> list[str]:
        return [it.text for it in self.talk[chat] if not it.own]

    async def refuses(self, method: str, values: Payload) -> Response | None:
        if method == "sendMessage":
            await self.holding.wait()
        for at, (refused, code) in enumerate(self.refusals):
            if refused != method:
                continue
            del self.refusals[at]
            if code == 429:
                return refusal(429, "Quota exceeded", parameters={"retry_after": 1})
            if code >= 500:
                return JSONResponse({"ok": False, "error_code": code, "description": "no"}, status_code=code)
            return refusal(code, "the user has blocked the bot" if code == 403 else "no")
        return None

    async def media(self, request: Request) -> Response:
        lie = self.lies.get(request.path_params["name"])
        return await lie(request) if lie else await super().media(request)

    async def post(self, update: Payload) -> int:
        self.brought += 1
        return await super().post(update)

    async def between(self) -> None:
        await asyncio.sleep(0)

    async def sends_from(self, chat: str, address: str, kind: str = "image", **more: Any) -> Payload:
        """A picture whose address is anybody's."""
        name = "voice_url" if kind == "voice" else "photo_url"
        return await self.brings(self.update(chat, kind, **{name: address}, **more))

    async def lied(self, chat: str, lie: Lie, **more: Any) -> str:
        """What the bot says to a picture whose address is this platform's, and does this."""
        name = f"lie{len(self.lies)}"
        self.lies[name] = lie
        await self.sends_from(chat, f"{self.url}/media/{name}", **more)
        return self.sent(chat)[-1]

    async def waits_for(self, chat: str, count: int, seconds: float = 20) -> list[str]:
        """What the bot sent to a chat, once there are so many messages."""
        async with asyncio.timeout(seconds), self.news:
            await self.news.wait_for(lambda: len(self.sent(chat)) >= count)
        return self.sent(chat)


@contextlib.asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[ZaloApi]:
    port = port or loopback.free_port()
    api = ZaloApi(f"http://127.0.0.1:{port}")
    async with loopback.serving(Starlette(routes=api.routes()), port):
        yield api


def settings(home: Home, api: ZaloApi, port: int, *, webhook: bool) -> Settings:
    return replace(
        home.settings,
        zalo_token=api.token,
        zalo_api=api.url,
        zalo_webhook=webhook,
        public_url=f"http://127.0.0.1:{port}",
    )


@dataclass(frozen=True)
class Served:
    url: str
    door: Door


@contextlib.asynccontextmanager
async def connected(home: Home, api: ZaloApi, *, webhook: bool = True) -> AsyncIterator[Served]:
    """The bot as `tinbao serve` would run it."""
    port = loopback.free_port()
    product = replace(home.product, settings=settings(home, api, port, webhook=webhook))
    async with (
        serving_.zalo_bot(product) as door,
        loopback.serving(web.build(product, frozenset({"intake"}), door.routes), port),
    ):
        await bot_api.connected(product)
        yield Served(product.settings.public_url, door)


@contextlib.asynccontextmanager
async def telephone(home: Home) -> AsyncIterator[str]:
    """The demo's telephone before the real bot; the address of the web app."""
    port = loopback.free_port()
    own = replace(home.settings, port=port, public_url=f"http://127.0.0.1:{port}")
    phone = Phone(own)
    product = replace(home.product, settings=phone.settings(own))
    async with (
        serving_.zalo_bot(product) as door,
        loopback.serving(web.build(product, frozenset({"intake"}), [*door.routes, *phone.routes()]), port),
    ):
        await bot_api.connected(product)
        yield own.public_url

"""Pigeon: a messenger that nobody has, as a further one would be added, with its emulator over real HTTP.

Pigeons carry words and pictures, know nothing of buttons, and bring what was not signed for again. The first part is
all that the product would need: a translation, and a `Line`. The second is the loft where they are kept.
"""

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handlers.delivery import Undelivered
from handlers.text_chat import WORDS_ONLY, Heard, TextChat, channel
from handlers.uploads import MemoryFile
from tests.fakes import loopback
from tips import errors
from tips.cases.outbox import DELIVERED, GONE, Told, later
from tips.intake.reception import Reception
from tips.intake.turns import Inbound

# --- the channel ------------------------------------------------------------------------------------------------------

CHANNEL: Final = "pigeon"
PATH: Final = "/pigeon"


def heard_from(letter: dict[str, Any], client: httpx.AsyncClient) -> Heard:
    """What a pigeon brings."""
    ref, words = letter["ring"], letter.get("words", "")
    if "picture" in letter:
        picture = partial(fetch, client, letter["picture"])
        return Heard(letter["from"], Inbound("file", text=words, ref=ref), fetch=picture)
    return Heard(letter["from"], Inbound("text", text=words, ref=ref) if words else Inbound("unsupported", ref=ref))


async def fetch(client: httpx.AsyncClient, address: str, file: MemoryFile) -> str:
    answer = await client.get(address)
    file.write(answer.content)
    return "" if answer.status_code == 200 else "busy"


@dataclass(frozen=True)
class Pigeons:
    """The `Line`."""

    client: httpx.AsyncClient
    loft: str

    async def send(self, chat: str, text: str) -> Told:
        answer = await self.client.post(f"{self.loft}/send", json={"to": chat, "words": text})
        if answer.status_code == 410:
            return GONE
        return DELIVERED if answer.status_code == 200 else later()


def route(chat: TextChat, client: httpx.AsyncClient) -> Route:
    """The webhook."""

    async def receive(request: Request) -> Response:
        try:
            await chat.hear(heard_from(await request.json(), client))
        except (Undelivered, errors.Pending):
            return Response(status_code=503)
        return Response()

    return Route(PATH, receive, methods=["POST"])


# --- the emulator -----------------------------------------------------------------------------------------------------


@dataclass
class Loft:
    """Where pigeons are kept: what they bring, and what hangs on everybody's wall."""

    url: str
    product: str = ""  # where the product is reached
    walls: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    refusals: list[int] = field(default_factory=list)  # statuses, taken in order
    pictures: dict[str, bytes] = field(default_factory=dict)
    rings: Any = field(default_factory=lambda: itertools.count(1))

    async def writes(self, who: str, words: str) -> dict[str, Any]:
        return await self.brings({"from": who, "ring": str(next(self.rings)), "words": words})

    async def sends(self, who: str, picture: bytes) -> dict[str, Any]:
        self.pictures["p"] = picture
        return await self.brings({"from": who, "ring": str(next(self.rings)), "picture": f"{self.url}/picture/p"})

    async def brings(self, letter: dict[str, Any]) -> dict[str, Any]:
        """Bring a letter until it is signed for."""
        async with httpx.AsyncClient(timeout=30) as client:
            for _ in range(8):
                if (await client.post(self.product + PATH, json=letter)).status_code == 200:
                    break
                await asyncio.sleep(0.01)
        return letter

    async def send(self, request: Request) -> Response:
        if self.refusals:
            return Response(status_code=self.refusals.pop(0))
        letter = await request.json()
        assert 0 < len(letter["words"]) <= WORDS_ONLY.longest
        self.walls[letter["to"]].append(letter["words"])
        return JSONResponse({})

    async def picture(self, request: Request) -> Response:
        return Response(self.pictures[request.path_params["name"]])


@contextlib.asynccontextmanager
async def connected(reception: Reception) -> AsyncIterator[Loft]:
    """A loft, and the product as it would be reached from there."""
    loft, port = Loft(f"http://127.0.0.1:{loopback.free_port()}"), loopback.free_port()
    routes = [Route("/send", loft.send, methods=["POST"]), Route("/picture/{name}", loft.picture)]
    loft.product = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient() as client:
        chat = TextChat(channel(CHANNEL, reception, wait=_briefly), Pigeons(client, loft.url))
        async with (
            loopback.serving(Starlette(routes=routes), int(loft.url.rpartition(":")[2])),
            loopback.serving(Starlette(routes=[route(chat, client)]), port),
        ):
            yield loft


async def _briefly(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.01))

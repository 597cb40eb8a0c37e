"""A telephone with Zalo on it, as a page of the demo: whoever has no account sees how the bot talks there.

It stands before the small platform of `zalo_platform`, which is served beside it; what the bot does is real. It is
there only in a demo, which listens on this machine's loopback, and it knows one person.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.demo.zalo_platform import ZaloPlatform
from bot.settings import Settings
from handlers.pages import Pages, language
from handlers.uploads import MemoryFile, TooLong, TooManyParts, memory_file, read_form
from tips.evidence import kinds

PATH: Final = "/zalo-phone"
UNDER: Final = f"{PATH}/platform"


class Phone:
    """The page, and the platform behind it."""

    def __init__(self, settings: Settings) -> None:
        self._platform = ZaloPlatform(f"http://127.0.0.1:{settings.port}{UNDER}")
        self._pages = Pages(demo=True, origin=settings.public_url)
        self._chat = secrets.token_hex(10)
        self.address = f"{settings.public_url}{PATH}"

    def settings(self, settings: Settings) -> Settings:
        """The settings of a demo whose bot talks to this platform."""
        return replace(settings, zalo_token=self._platform.token, zalo_api=self._platform.url, zalo_webhook=True)

    def routes(self) -> list[Route]:
        """The page, and what the bot calls."""
        page = [Route(PATH, self.show), Route(PATH, self.write, methods=["POST"])]
        return [*page, *self._platform.routes(UNDER)]

    async def show(self, request: Request) -> Response:
        """Both sides' messages, the newest last."""
        lines = self._platform.talk[self._chat]
        left_alone = bool(lines) and lines[-1].own
        lang = language(request)
        return self._pages.respond("zalo_phone.html", lang=lang, lines=lines, left_alone=left_alone, path=PATH)

    async def write(self, request: Request) -> Response:
        """Somebody writes, or sends a picture or their voice; the page comes again once the bot has answered."""
        if not self._pages.same_site(request):
            return Response(status_code=403)
        with memory_file() as file:
            try:
                words = (await read_form(request, file)).get("text", "").strip()
            except (TooLong, TooManyParts, ValueError):
                return Response(status_code=413)
            await self._brings(words, file)
        return RedirectResponse(f"{PATH}?lang={language(request)}#end", status_code=303)

    async def _brings(self, words: str, file: MemoryFile) -> None:
        if file.size and file.fd >= 0:
            data = os.pread(file.fd, file.size, 0)
            await self._platform.sends(self._chat, data, _kind(data), words)
        elif words:
            await self._platform.says(self._chat, words)


def _kind(data: bytes) -> str:
    """Which of the platform's kinds a file is sent as."""
    try:
        return "voice" if kinds.family(data[: kinds.HEAD]) == "aac" else "image"
    except kinds.TurnedDown:
        return "image"

"""Runs the bot of the Zalo Bot Platform: by a webhook of the one web app, or, for trying out, by polling.

The platform forgets an update as it hands it to whoever polls: what is under way when a process ends is lost. So a bot
that people rely on has a webhook, and polling is said to be what it is.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import key_files
from bot.serve import messengers, polling
from bot.serve.health import Health
from bot.serve.messengers import Door
from bot.settings import Settings, is_emulator
from handlers import text_chat
from handlers.delivery import Undelivered
from handlers.text_chat import TextChat
from handlers.zalo import calls, media
from handlers.zalo.bot_platform import CHANNEL, Bot, BotPlatform
from handlers.zalo.media import Media
from tips import errors
from tips.intake.reception import Reception

PATH: Final = "/zalo"
SECRET_HEADER: Final = "x-bot-api-secret-token"  # noqa: S105 (the header's name)
LARGEST_UPDATE: Final = 1024 * 1024  # bytes
POLL: Final = 10  # seconds that the platform may hold a question for an update
FOR_TRYING: Final = "polling is for trying out: a message under way when the process ends is lost"

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def running(settings: Settings, reception: Reception, health: Health) -> AsyncIterator[Door]:
    """The bot, listening."""
    messenger = health.messenger(CHANNEL, webhook=settings.zalo_webhook)
    async with calls.client() as http, media.client() as strangers:
        platform = BotPlatform(http, settings.zalo_api, settings.zalo_token, messenger.heard)
        channel = replace(text_chat.channel(CHANNEL, reception), alone=not settings.zalo_webhook)
        bot = Bot(TextChat(channel, platform), Media(strangers, local=is_emulator(settings.zalo_api)))
        secret = key_files.webhook_secret(settings.secrets, CHANNEL)
        routes = [Route(PATH, Webhook(bot, secret).receive, methods=["POST"])] if settings.zalo_webhook else []

        async def named() -> None:
            await platform.set_webhook(f"{settings.public_url}{PATH}", secret)

        async def polled() -> None:
            log.warning("%s: %s; TINBAO_ZALO_WEBHOOK=1 ends it", CHANNEL, FOR_TRYING)
            await poll(platform, bot)

        async with messengers.kept(messenger, named if settings.zalo_webhook else polled):
            yield Door(CHANNEL, messenger, routes, bot.tell)


async def poll(platform: BotPlatform, bot: Bot) -> None:
    """Ask for one update after the other."""
    await platform.me()
    await platform.delete_webhook()
    while True:
        update = await platform.update(POLL)
        if update is not None:
            await polling.heard(dict(update), bot.hear)


class Webhook:
    """The endpoint that the platform calls."""

    def __init__(self, bot: Bot, secret: str) -> None:
        self._bot, self._secret = bot, secret

    async def receive(self, request: Request) -> Response:
        """One update; 200 once its answer was taken, 503 where it has to come again. A probe without a body is greeted.

        401 for whoever lacks the secret, before anything is read.
        """
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return Response(status_code=200 if await _is_empty(request) else 401)
        return await answered(request, self._bot)


async def _is_empty(request: Request) -> bool:
    """Whether a request has no body; nothing of one is kept."""
    async for piece in request.stream():
        if piece:
            return False
    return True


async def answered(request: Request, bot: Bot) -> Response:
    """What is said to a platform that brought an update."""
    body = await body_of(request)
    if body is None:
        return Response(status_code=413)
    if not body.strip():
        return Response()
    try:
        payload: Any = json.loads(body)
    except (ValueError, RecursionError):
        return Response(status_code=400)
    try:
        await bot.hear(payload)
    except (Undelivered, errors.Pending, errors.Outdated):
        return Response(status_code=503)  # it is brought again; what is owed is shown then
    return Response()


async def body_of(request: Request) -> bytes | None:
    """A request's body; None: it is longer than any update."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_UPDATE:
            return None
    return bytes(body)

"""Runs an Official Account of Zalo: its webhook, and its tokens, which are renewed also while nobody writes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.serve import messengers
from bot.serve.health import Health
from bot.serve.messengers import Door
from bot.serve.zalo_bot import body_of
from bot.settings import Settings, ZaloAccount, is_emulator
from bot.zalo_tokens import AccountTokens
from handlers import text_chat
from handlers.delivery import Undelivered
from handlers.text_chat import TextChat
from handlers.zalo import calls, media
from handlers.zalo.media import Media
from handlers.zalo.official_account import CAN, CHANNEL, Account, Hours, OfficialAccount
from handlers.zalo.payloads import Payload, object_of, text_of
from tips import errors
from tips.intake.reception import Reception

PATH: Final = "/zalo/oa"
SIGNATURE: Final = "x-zevent-signature"
TIMESTAMP: Final = "x-zevent-timestamp"
MAC: Final = "mac="
LOOK: Final = 600.0  # seconds between looks at the tokens
# Zalo brings an event again for about an hour, with its first time. As long as a message's id is remembered, one that
# is replayed is known by it; whatever is older is nobody's. A wrong clock of half a day does no harm.
OLDEST: Final = 24 * 3600  # seconds


@contextlib.asynccontextmanager
async def running(
    settings: Settings, account: ZaloAccount, reception: Reception, health: Health
) -> AsyncIterator[Door]:
    """The account, listening."""
    messenger = health.messenger(CHANNEL, webhook=True)
    async with calls.client() as http, media.client() as strangers:
        tokens = AccountTokens(settings.secrets, account, http)
        chat = TextChat(text_chat.channel(CHANNEL, reception, CAN), OfficialAccount(http, account.api, tokens))
        files = Media(strangers, local=is_emulator(account.api))
        answering = Account(chat, files, Hours(*account.hours), reception.now)

        async def renewed() -> None:
            while True:
                try:
                    await tokens.access()
                    messenger.answered()
                except calls.Unreachable as unreachable:
                    messenger.failed(unreachable.kind)
                    raise
                await asyncio.sleep(LOOK)

        async with messengers.kept(messenger, renewed):
            routes = [Route(PATH, Webhook(answering, account).receive, methods=["POST"])]
            yield Door(CHANNEL, messenger, routes, answering.tell)


class Webhook:
    """The endpoint that Zalo calls."""

    def __init__(self, answering: Account, account: ZaloAccount, now: Callable[[], float] = time.time) -> None:
        self._answering, self._account, self._now = answering, account, now

    async def receive(self, request: Request) -> Response:
        """One event; 200 once its answer was taken, 503 where it has to come again, 401 for whoever did not sign it."""
        body = await body_of(request)
        if body is None:
            return Response(status_code=413)
        if not body.strip():
            return Response()
        try:
            event = object_of(json.loads(body))
        except (ValueError, RecursionError):
            return Response(status_code=401)
        if not self._is_signed(request, body, event):
            return Response(status_code=401)
        try:
            await self._answering.hear(event)
        except (Undelivered, errors.Pending, errors.Outdated):
            return Response(status_code=503)
        return Response()

    def _is_signed(self, request: Request, body: bytes, event: Payload) -> bool:
        """Whether Zalo signed these bytes, lately; the time it signed stands in them, or beside them."""
        given = request.headers.get(SIGNATURE, "").removeprefix(MAC).lower().encode()
        times = {text_of(event.get("timestamp")), request.headers.get(TIMESTAMP, "")}
        return any(
            hmac.compare_digest(given, signature(self._account, body, it).encode()) and self._is_recent(it)
            for it in times
        )

    def _is_recent(self, timestamp: str) -> bool:
        """Whether a time, in milliseconds, is not long ago."""
        return timestamp.isdecimal() and abs(self._now() - int(timestamp) / 1000) < OLDEST


def signature(account: ZaloAccount, body: bytes, timestamp: str) -> str:
    """How Zalo signs: SHA-256 of app id, body, time and the account's secret, in a row."""
    return hashlib.sha256(account.app_id.encode() + body + timestamp.encode() + account.secret.encode()).hexdigest()

"""A small Zalo Bot Platform: people's phones on one side, its API on the other, as strict as the real one.

The demo serves it beside the product, so that the bot can be tried without an account; the tests make it fail. It takes
1 to 2,000 characters, answers with HTTP 200 and `ok: false` where it refuses, gives one update at a time to who polls
and forgets it at once, and posts to a webhook with its secret, again until that says 200.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

LONGEST_TEXT: Final = 2000  # characters
LONGEST_POLL: Final = 10.0  # seconds
SECRET: Final = range(8, 257)  # characters
TRIES: Final = 5  # how often an update is brought
PATIENCE: Final = 60.0  # seconds for a webhook's answer
Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """What a phone shows."""

    own: bool  # the person wrote it
    text: str = field(repr=False)


@dataclass
class ZaloPlatform:
    """The platform of one bot."""

    url: str  # where it is served
    token: str = field(default_factory=lambda: f"4242:{secrets.token_hex(16)}", repr=False)
    longest_poll: float = LONGEST_POLL
    talk: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list), repr=False)  # by chat
    files: dict[str, bytes] = field(default_factory=dict, repr=False)  # by name
    wrapped: bool = False  # a webhook's update stands in the envelope of an answer
    webhook: str = ""
    secret: str = field(default="", repr=False)
    calls: list[tuple[str, Payload]] = field(default_factory=list, repr=False)
    waiting: deque[Payload] = field(default_factory=deque, repr=False)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _late: list[asyncio.Task[int]] = field(default_factory=list)  # what waited for a webhook, on its way

    def routes(self, under: str = "") -> list[Route]:
        """The API, and the files that people sent, under a path."""
        return [
            Route(f"{under}/bot{{token}}/{{method}}", self.door, methods=["GET", "POST"]),
            Route(f"{under}/media/{{name}}", self.media),
        ]

    # --- what people do -----------------------------------------------------------------------------------------------

    async def says(self, chat: str, text: str) -> Payload:
        """Somebody writes."""
        self.talk[chat].append(Line(True, text))
        return await self.brings(self.update(chat, "text", text=text))

    async def sends(self, chat: str, data: bytes, kind: str = "image", caption: str = "") -> Payload:
        """Somebody sends a picture, or speaks (`voice`)."""
        self.talk[chat].append(Line(True, f"📎 {caption}".strip()))
        name = secrets.token_hex(8)
        self.files[name] = data
        field_ = "voice_url" if kind == "voice" else "photo_url"
        more = {"caption": caption} if caption else {}
        return await self.brings(self.update(chat, kind, **{field_: f"{self.url}/media/{name}"}, **more))

    def update(self, chat: str, kind: str, /, **content: Any) -> Payload:
        """An update, as the platform makes it."""
        message = {
            "message_id": f"m{next(self._ids):019x}",
            "date": int(time.time() * 1000),
            "from": {"id": chat, "display_name": "Lan", "is_bot": False},
            "chat": {"id": chat, "chat_type": "PRIVATE"},
        }
        return {"event_name": f"message.{kind}.received", "message": message | content}

    async def brings(self, update: Payload) -> Payload:
        """Hand an update to the bot: to its webhook until that takes it, or to whoever polls."""
        if self.webhook:
            await self.post(update)
        else:
            async with self.news:
                self.waiting.append(update)
                self.news.notify_all()
        return update

    async def post(self, update: Payload) -> int:
        """Bring an update to the webhook until it says 200; what it said last."""
        body = {"ok": True, "result": update} if self.wrapped else update
        status = 0
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
            for _ in range(TRIES):
                headers = {"X-Bot-Api-Secret-Token": self.secret}
                status = (await http.post(self.webhook, json=body, headers=headers)).status_code
                if status == httpx.codes.OK:
                    break
                await self.between()
        return status

    async def between(self) -> None:
        """Wait before an update is brought again."""
        await asyncio.sleep(1)

    # --- what the bot calls -------------------------------------------------------------------------------------------

    async def media(self, request: Request) -> Response:
        """A file's bytes, while it is kept."""
        data = self.files.get(request.path_params["name"])
        return Response(status_code=404) if data is None else Response(data)

    async def door(self, request: Request) -> Response:
        """One call."""
        if request.path_params["token"] != self.token:
            return refusal(401, "Unauthorized")
        methods: Mapping[str, Callable[[Payload], Any]] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._info,
            "sendMessage": self._send_message,
            "sendChatAction": self._info,
        }
        method = request.path_params["method"]
        if method not in methods:
            return refusal(404, "Not found")
        values = await _values(request)
        if refused := await self.refuses(method, values):
            return refused
        self.calls.append((method, values))
        found = await methods[method](values)
        return found if isinstance(found, Response) else JSONResponse({"ok": True, "result": found})

    async def refuses(self, method: str, values: Payload) -> Response | None:
        """Fail, where somebody wants to see what happens then."""
        return None

    async def _get_me(self, values: Payload) -> Any:
        return {"id": "4242", "account_name": "bot.tinbao", "account_type": "BASIC", "can_join_groups": False}

    async def _info(self, values: Payload) -> Any:
        return {"url": self.webhook, "updated_at": int(time.time() * 1000)}

    async def _set_webhook(self, values: Payload) -> Any:
        url, secret = str(values.get("url", "")), str(values.get("secret_token", ""))
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname != "127.0.0.1":
            return refusal(400, "Bad request: url must be HTTPS")
        if len(secret) not in SECRET:
            return refusal(400, "Bad request: secret_token must have 8 to 256 characters")
        self.webhook, self.secret = url, secret
        self._late = [asyncio.create_task(self.post(it)) for it in self.waiting]
        self.waiting.clear()
        return await self._info(values)

    async def _delete_webhook(self, values: Payload) -> Any:
        self.webhook = ""
        return await self._info(values)

    async def _get_updates(self, values: Payload) -> Any:
        if self.webhook:
            return refusal(400, "Bad request: a webhook is set")
        seconds = min(float(values.get("timeout") or LONGEST_POLL), self.longest_poll)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self.news:
                await self.news.wait_for(lambda: bool(self.waiting))
        return self.waiting.popleft() if self.waiting else refusal(408, "Request timeout")

    async def _send_message(self, values: Payload) -> Any:
        chat, text = values.get("chat_id"), values.get("text")
        if not isinstance(chat, str) or not chat:
            return refusal(400, "Bad request: chat_id is missing")
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
            return refusal(400, "Bad request: text must have 1 to 2000 characters")
        async with self.news:
            self.talk[chat].append(Line(False, text))
            self.news.notify_all()
        return {"message_id": f"b{next(self._ids):019x}", "date": int(time.time() * 1000)}


def refusal(code: int, description: str, **more: Any) -> JSONResponse:
    """How the platform says no: in the body, with HTTP 200."""
    return JSONResponse({"ok": False, "error_code": code, "description": description, **more})


async def _values(request: Request) -> Payload:
    body = await request.body()
    found = json.loads(body) if body else {}
    return {**request.query_params, **(found if isinstance(found, dict) else {})}

"""An emulated Official Account of Zalo over real HTTP: its OAuth, its one call, its signed webhook, and people.

As strict as Zalo: 1 to 2,000 characters; the access token of the last renewal only; a refresh token renews once, and
one that is used again ends them all. What is refused is refused with HTTP 200 and a code in the body.
"""

import contextlib
import hashlib
import itertools
import json
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.serve import serving as serving_
from bot.serve import web
from bot.serve.messengers import Door
from bot.settings import ZaloAccount
from tests.fakes import bot_api, loopback
from tests.fakes.home import Home

APP, APP_SECRET, SECRET = "3972457551268168177", "the-secret-of-the-app", "the-secret-of-the-account"
FIRST = "the-first-refresh-token"


@dataclass
class ZaloOa:
    url: str
    talk: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # what the account said, by person
    refusals: list[int] = field(default_factory=list)  # codes, or HTTP statuses of 429 and from 500, taken in order
    files: dict[str, bytes] = field(default_factory=dict)
    refresh: str = FIRST  # the one that renews
    used: set[str] = field(default_factory=set)
    access: str = ""  # the one that counts
    renewals: int = 0
    expires_in: str = "90000"
    webhook: str = ""
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def account(self, **more: Any) -> ZaloAccount:
        return ZaloAccount(APP, APP_SECRET, SECRET, FIRST, self.url, self.url, **more)

    # --- what people do -----------------------------------------------------------------------------------------------

    async def says(self, who: str, text: str) -> dict[str, Any]:
        return await self.brings(self.event(who, "user_send_text", text=text))

    async def sends(self, who: str, kind: str, **payload: Any) -> dict[str, Any]:
        attached = [{"type": kind, "payload": payload}]
        return await self.brings(self.event(who, f"user_send_{kind}", attachments=attached))

    async def sends_file(self, who: str, data: bytes, kind: str = "image") -> dict[str, Any]:
        name = secrets.token_hex(8)
        self.files[name] = data
        return await self.sends(who, kind, url=f"{self.url}/media/{name}", thumbnail=f"{self.url}/media/none")

    def event(self, who: str, name: str, **message: Any) -> dict[str, Any]:
        base = {"app_id": APP, "event_name": name, "timestamp": str(int(time.time() * 1000)), "recipient": {"id": "oa"}}
        if name in {"follow", "unfollow"}:
            return {**base, "follower": {"id": who}}
        return {**base, "sender": {"id": who}, "message": {"msg_id": f"oa{next(self._ids)}", **message}}

    async def brings(self, event: dict[str, Any]) -> dict[str, Any]:
        for _ in range(5):
            if await self.post(event) == 200:
                break
        return event

    async def post(self, event: dict[str, Any], **headers: str) -> int:
        body = json.dumps(event, ensure_ascii=False).encode()
        signed = hashlib.sha256(APP.encode() + body + str(event.get("timestamp")).encode() + SECRET.encode())
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            own = {"X-ZEvent-Signature": f"mac={signed.hexdigest()}", **headers}
            return (await http.post(self.webhook, content=body, headers=own)).status_code

    # --- what the account calls ---------------------------------------------------------------------------------------

    async def token(self, request: Request) -> Response:
        form = await request.form()
        assert request.headers["secret_key"] == APP_SECRET
        assert (form["app_id"], form["grant_type"]) == (APP, "refresh_token")
        given = str(form["refresh_token"])
        if given != self.refresh:
            if given in self.used:
                self.refresh = self.access = ""  # used again: somebody has stolen it
            return JSONResponse({"error": -14014, "error_name": "Invalid refresh token."})
        self.used.add(given)
        self.renewals += 1
        self.refresh, self.access = f"refresh-{secrets.token_hex(8)}", f"access-{secrets.token_hex(8)}"
        return JSONResponse({"access_token": self.access, "refresh_token": self.refresh, "expires_in": self.expires_in})

    async def message(self, request: Request) -> Response:
        given = await request.json()
        if not self.access or request.headers.get("access_token") != self.access:
            return JSONResponse({"error": -216, "message": "Access token is invalid"})
        if self.refusals:
            code = self.refusals.pop(0)
            if code >= 429:
                return Response("no", status_code=code, headers={"retry-after": "1"})
            return JSONResponse({"error": code, "message": "no"})
        text = given["message"]["text"]
        if not 1 <= len(text) <= 2000:
            return JSONResponse({"error": -210, "message": "text is too long"})
        self.talk[given["recipient"]["user_id"]].append(text)
        return JSONResponse({"error": 0, "message": "Success", "data": {"message_id": str(next(self._ids))}})

    async def media(self, request: Request) -> Response:
        data = self.files.get(request.path_params["name"])
        return Response(status_code=404) if data is None else Response(data)


@contextlib.asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[ZaloOa]:
    port = port or loopback.free_port()
    api = ZaloOa(f"http://127.0.0.1:{port}")
    routes = [
        Route("/v4/oa/access_token", api.token, methods=["POST"]),
        Route("/v3.0/oa/message/cs", api.message, methods=["POST"]),
        Route("/media/{name}", api.media),
    ]
    async with loopback.serving(Starlette(routes=routes), port):
        yield api


@contextlib.asynccontextmanager
async def connected(home: Home, api: ZaloOa, **more: Any) -> AsyncIterator[Door]:
    """The account as `tinbao serve` would run it; `more` are its settings."""
    port = loopback.free_port()
    own = replace(home.settings, zalo_account=api.account(**more), public_url=f"http://127.0.0.1:{port}")
    product = replace(home.product, settings=own)
    async with (
        serving_.zalo_account(product, api.account(**more)) as door,
        loopback.serving(web.build(product, frozenset({"intake"}), door.routes), port),
    ):
        await bot_api.connected(product)
        api.webhook = f"http://127.0.0.1:{port}/zalo/oa"
        yield door

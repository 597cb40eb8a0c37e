"""An emulated Bot API over real HTTP: enough of it for aiogram and python-telegram-bot, with people who type and press.

It answers getMe, getUpdates (long poll), setWebhook and its kin, sendMessage, the edits of a message, deleteMessages,
topics in private chats, getFile and the file's bytes (20 MB at most), and says yes to whatever else is called. It can
refuse with 429 or 5xx for a while, and refuses whatever is for somebody who blocked the bot; and it posts updates to a
webhook with its secret. `sent` is what a telephone shows: an edit changes it there. What the Bot API refuses of a
message (its length, entities beyond the text, buttons that it would not take, a topic that is not there) is refused.
"""

import asyncio
import contextlib
import itertools
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.serve import officers_bot, web
from bot.serve import serving as serving_
from bot.wiring import Product
from tests.fakes import loopback
from tests.fakes.home import Home

SENDING = {"sendmessage", "createforumtopic"}
LONGEST_POLL = 0.2  # seconds; whoever ends a bot waits for its last one
LONGEST_TEXT = 4096  # UTF-16 units
LONGEST_DATA, LONGEST_COPY = 64, 256
JSON_FIELDS = {
    *("entities", "reply_markup", "link_preview_options", "protect_content", "message_ids", "commands"),
    *("menu_button", "allowed_updates"),
}
Api = TypeVar("Api", bound="BotApi")
TOKEN = "4242:test-token-of-the-emulator"


@dataclass
class BotApi:
    url: str
    updates: list[dict[str, Any]] = field(default_factory=list)
    sent: dict[int, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    talk: dict[int, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))  # both sides' messages
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusals: list[tuple[str, int]] = field(default_factory=list)  # (method, status), taken in order
    holding: set[str] = field(default_factory=set)  # methods that get no answer now, in lower case
    held_chats: set[str] = field(default_factory=set)
    held: list[str] = field(default_factory=list)  # calls of them
    confirmed: int = 0  # the offset that was asked for last
    languages: dict[int, str] = field(default_factory=dict)  # of people's apps, by chat
    files: dict[str, bytes] = field(default_factory=dict)  # by file id
    deleted: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # numbers, by chat
    blocked: set[int] = field(default_factory=set)  # chats of people who blocked the bot
    retry_after: int = 1  # seconds, with each 429
    has_topics: bool = False  # whether the bot may have topics in private chats
    topics: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))  # names by number, by chat
    webhook: str = ""
    secret: str = ""
    _there: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # numbers of messages, by chat
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    tasks: set[Any] = field(default_factory=set)

    # --- what people do -------------------------------------------------------------------------------------------

    async def says(self, chat: int, text: str, **more: Any) -> dict[str, Any]:
        return await self.brings({"message": self.message(chat, text=text, **more)})

    async def sends(self, chat: int, **content: Any) -> dict[str, Any]:
        return await self.brings({"message": self.message(chat, **content)})

    async def edits(self, chat: int, message_id: int, text: str) -> dict[str, Any]:
        return await self.brings({"edited_message": self.message(chat, text=text, message_id=message_id, edit_date=2)})

    async def presses(self, chat: int, data: str, at: int = -1) -> dict[str, Any]:
        """The button of this name under a message of the chat, or an old one that is not there any more."""
        message = self.message(chat, text="…")
        if self.sent[chat]:
            shown = self.sent[chat][at]
            kept = ("message_id", "text", "entities", "reply_markup")
            message |= {name: shown[name] for name in kept if shown.get(name)}
            there = self.buttons(chat, at)
            data = data if data in there else next((it for it in there if it.partition(":")[0] == data), data)
        query = {"id": str(next(self._ids)), "from": message["from"], "chat_instance": "1"}
        return await self.brings({"callback_query": {**query, "data": data, "message": message}})

    def message(self, chat: int, **content: Any) -> dict[str, Any]:
        person = {"id": chat, "is_bot": False, "first_name": "Nguyễn", "username": f"user{chat}"}
        if chat in self.languages:
            person["language_code"] = self.languages[chat]
        base = {"message_id": next(self._ids), "date": 1, "chat": {"id": chat, "type": "private"}, "from": person}
        self._there[chat].add((base | content)["message_id"])
        return base | content

    def left(self, chat: int) -> list[str]:
        """The texts that the bot sent to a chat and that are still there."""
        return [it["text"] for it in self.sent[chat] if it["message_id"] not in self.deleted[chat]]

    async def brings(self, update: dict[str, Any]) -> dict[str, Any]:
        """Hand an update to the bot; one that has its number already is the same update once more."""
        if "message" in update and "update_id" not in update:
            self.talk[update["message"]["chat"]["id"]].append(update["message"])
        update = {"update_id": next(self._ids), **update}
        if self.webhook:
            await self._post(update)
        else:
            async with self._news:
                self.updates.append(update)
                self._news.notify_all()
        return update

    async def _post(self, update: dict[str, Any]) -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            for _ in range(4):
                headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret}
                answer = await client.post(self.webhook, json=update, headers=headers)
                if answer.status_code == 200:
                    break
        if answer.content:
            called = answer.json()
            method = called.pop("method")
            assert not (problem := self._refused(method.lower(), called)), problem
            await self._do(method, called)

    async def waits_for(self, chat: int, count: int, seconds: float = 20) -> list[dict[str, Any]]:
        """The messages of a chat, once there are so many."""
        async with asyncio.timeout(seconds):
            while len(self.sent[chat]) < count:
                async with self._news:
                    await self._news.wait()
        return self.sent[chat]

    async def until(self, there: Callable[[], bool], seconds: float = 20) -> None:
        """Until something is so; what is called beside an answer comes when it comes."""
        async with asyncio.timeout(seconds):
            while not there():
                await asyncio.sleep(0.01)

    def rows(self, chat: int, at: int = -1) -> list[list[dict[str, Any]]]:
        """The buttons under a message, row by row."""
        return list((self.sent[chat][at].get("reply_markup") or {}).get("inline_keyboard", []))

    def buttons(self, chat: int, at: int = -1) -> list[str]:
        """What can be pressed under a message, and tells the bot so."""
        return [it["callback_data"] for row in self.rows(chat, at) for it in row if "callback_data" in it]

    def called(self, method: str) -> list[dict[str, Any]]:
        """What a method was called with."""
        return [values for name, values in self.calls if name.lower() == method.lower()]

    def holds(self, method: str) -> None:
        """Give no answer to a method, nor do what it asks for, until `releases`."""
        self.holding.add(method.lower())

    def holds_chat(self, chat: int) -> None:
        """Give no answer to what is sent to a chat, until `releases`; then it is asked to be sent again."""
        self.held_chats.add(str(chat))

    def releases(self) -> None:
        self.holding.clear()
        self.held_chats.clear()

    # --- what bots call ---------------------------------------------------------------------------------------------

    async def door(self, request: Request) -> JSONResponse:
        method = request.path_params["method"]
        values = await _values(request)
        if method.lower() in self.holding or str(values.get("chat_id")) in self.held_chats:
            self.held.append(method)
            while method.lower() in self.holding or str(values.get("chat_id")) in self.held_chats:
                await asyncio.sleep(0.01)
            return JSONResponse({"ok": False, "error_code": 500, "description": "gone"}, status_code=500)
        for at, (refused, status) in enumerate(self.refusals):
            if refused.lower() == method.lower():
                del self.refusals[at]
                problem = {
                    "ok": False,
                    "error_code": status,
                    "description": "Too Many Requests" if status == 429 else "no",
                }
                if status == 429:
                    problem["parameters"] = {"retry_after": self.retry_after}
                return JSONResponse(problem, status_code=status)
        if method.lower() == "getfile" and len(self.files.get(values["file_id"], b"")) > 20 * 1024 * 1024:
            problem = {"ok": False, "error_code": 400, "description": "Bad Request: file is too big"}
            return JSONResponse(problem, status_code=400)
        if method.lower() in SENDING and int(values["chat_id"]) in self.blocked:
            problem = {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
            return JSONResponse(problem, status_code=403)
        if description := self._refused(method.lower(), values):
            problem = {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
            return JSONResponse(problem, status_code=400)
        return JSONResponse({"ok": True, "result": await self._do(method, values)})

    def _refused(self, method: str, values: dict[str, Any]) -> str:
        """Why the Bot API would not take a message, its edit, or a topic; or nothing."""
        if method == "createforumtopic":
            return "" if self.has_topics else "the chat is not a forum"
        if method not in {"sendmessage", "editmessagetext", "editmessagereplymarkup"}:
            return ""
        if "text" in values and (problem := wrong_text(values["text"], values.get("entities") or [])):
            return problem
        if problem := wrong_buttons(values.get("reply_markup") or {}):
            return problem
        if method == "sendmessage":
            topic = int(values.get("message_thread_id") or 0)
            return "message thread not found" if topic and topic not in self.topics[int(values["chat_id"])] else ""
        shown = self._shown(values)
        if shown is None:
            return "message to edit not found"
        changed = {name: values[name] for name in ("text", "entities") if name in values}
        changed["reply_markup"] = values.get("reply_markup")
        return "message is not modified" if shown | changed == shown else ""

    def _shown(self, values: dict[str, Any]) -> dict[str, Any] | None:
        """The message that a call names, if it is still there."""
        chat, number = int(values["chat_id"]), int(values["message_id"])
        there = (it for it in self.sent[chat] if it["message_id"] == number and number not in self.deleted[chat])
        return next(there, None)

    async def file(self, request: Request) -> Response:
        data = self.files.get(request.path_params["path"])
        return Response(status_code=404) if data is None else Response(data)

    async def _do(self, method: str, values: dict[str, Any]) -> Any:
        self.calls.append((method, values))
        match method.lower():
            case "getme":
                me = {"id": 4242, "is_bot": True, "first_name": "Tin Báo", "username": "tinbao_bot"}
                return {**me, "has_topics_enabled": self.has_topics}
            case "createforumtopic":
                assert 1 <= len(values["name"]) <= 128, "the Bot API takes 1 to 128 characters"
                number = next(self._ids)
                self.topics[int(values["chat_id"])][number] = values["name"]
                return {"message_thread_id": number, "name": values["name"], "icon_color": 0x6FB9F0}
            case "deleteforumtopic":
                del self.topics[int(values["chat_id"])][int(values["message_thread_id"])]
            case "getupdates":
                return await self._get_updates(int(values.get("offset", 0) or 0), float(values.get("timeout", 0) or 0))
            case "setwebhook":
                self.webhook, self.secret = values["url"], values.get("secret_token", "")
                return True
            case "deletewebhook":
                self.webhook = ""
                return True
            case "getwebhookinfo":
                return {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": 0}
            case "sendmessage":
                return await self._keep(values)
            case "editmessagetext" | "editmessagereplymarkup":
                return await self._edit(values)
            case "deletemessages":
                numbers = values["message_ids"]
                assert 1 <= len(numbers) <= 100, "the Bot API takes 1 to 100 numbers"
                self.deleted[int(values["chat_id"])] |= self._there[int(values["chat_id"])].intersection(numbers)
            case "getfile":
                data = self.files.get(values["file_id"], b"")
                size = {"file_size": len(data)}
                return {"file_id": values["file_id"], "file_unique_id": "u", "file_path": values["file_id"], **size}
        return True

    async def _keep(self, values: dict[str, Any]) -> dict[str, Any]:
        chat, number = int(values["chat_id"]), next(self._ids)
        self._there[chat].add(number)
        async with self._news:
            self.sent[chat].append({"reply_markup": None, **values, "message_id": number})
            self.talk[chat].append(self.sent[chat][-1])
            self._news.notify_all()
        return {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, "text": values["text"]}

    async def _edit(self, values: dict[str, Any]) -> dict[str, Any]:
        shown = self._shown(values)
        assert shown
        changed = {"text": values["text"], "entities": values.get("entities")} if "text" in values else {}
        async with self._news:
            shown |= {**changed, "reply_markup": values.get("reply_markup")}
            self._news.notify_all()
        chat = {"id": int(values["chat_id"]), "type": "private"}
        return {"message_id": shown["message_id"], "date": 1, "chat": chat, "text": shown["text"]}

    async def _get_updates(self, offset: int, timeout: float) -> list[dict[str, Any]]:
        self.confirmed = offset
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(timeout, LONGEST_POLL)), self._news:
                await self._news.wait_for(lambda: any(it["update_id"] >= offset for it in self.updates))
        return [it for it in self.updates if it["update_id"] >= offset]


def wrong_text(text: str, entities: list[dict[str, Any]]) -> str:
    """Why the Bot API would not take a text; or nothing. Lengths and offsets are in UTF-16 units."""
    units = text.encode("utf-16-le")
    if not text.strip():
        return "message text is empty"
    if len(units) > 2 * LONGEST_TEXT:
        return "message is too long"
    for it in entities:
        try:
            part = units[2 * it["offset"] : 2 * (it["offset"] + it["length"])].decode("utf-16-le")
        except UnicodeDecodeError:
            return "entity inside a character"
        if 2 * (it["offset"] + it["length"]) > len(units) or part != part.strip():
            return "entity beyond its words"
    return ""


def wrong_buttons(markup: dict[str, Any]) -> str:
    """Why the Bot API would not take buttons; or nothing."""
    for button in (it for row in markup.get("inline_keyboard", []) for it in row):
        data, url = button.get("callback_data"), button.get("url")
        copied = button.get("copy_text", {}).get("text")
        if sum(it is not None for it in (data, url, copied)) != 1 or not button["text"]:
            return "a button does one thing"
        if not 1 <= len((data or copied or "-").encode()) <= (LONGEST_DATA if data else LONGEST_COPY):
            return "BUTTON_DATA_INVALID"
        if url and "." not in (urlsplit(url).hostname or ""):
            return "BUTTON_URL_INVALID"
    return ""


async def _values(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        found: dict[str, Any] = await request.json()
        return found
    async with request.form() as form:
        return {name: _plain(name, str(value)) for name, value in (*request.query_params.items(), *form.items())}


def _plain(name: str, value: str) -> Any:
    """A value of a form as JSON has it, where the Bot API takes one."""
    return json.loads(value) if name in JSON_FIELDS and value else value


@contextlib.asynccontextmanager
async def serving(port: int = 0, first: int = 1, kind: type[Api] = BotApi) -> AsyncIterator[Api]:  # type: ignore[assignment]
    """At a free port, or at this one; its numbers begin with `first`, as those of one that was there before go on."""
    port = port or loopback.free_port()
    api = kind(f"http://127.0.0.1:{port}", _ids=itertools.count(first))
    routes = [
        Route(f"/bot{TOKEN}/{{method}}", api.door, methods=["GET", "POST"]),
        Route(f"/file/bot{TOKEN}/{{path:path}}", api.file),
    ]
    async with loopback.serving(Starlette(routes=routes), port):
        yield api


async def connected(product: Product, seconds: float = 20) -> None:
    """Until every channel of a product has had its first answer: they connect while everything else is open."""
    async with asyncio.timeout(seconds):
        while not all(messenger.is_up for messenger in product.health.messengers):
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def connected_citizens_bot(home: Home, api: BotApi, *, webhook: bool) -> AsyncIterator[str]:
    """The citizens' bot as `tinbao serve` would run it; the address of the web app."""
    port = loopback.free_port()
    own = replace(
        home.settings,
        telegram_token=TOKEN,
        telegram_api=api.url,
        telegram_webhook=webhook,
        processes=home.settings.processes if webhook else 1,  # nobody else polls
        public_url=f"http://127.0.0.1:{port}",
    )
    product = replace(home.product, settings=own)
    async with (
        serving_.citizens_bot(product) as door,
        loopback.serving(web.build(product, frozenset({"intake"}), door.routes), port),
    ):
        await connected(product)
        yield own.public_url


@dataclass(frozen=True)
class OfficersBot:
    """The officers' bot, which looks for what waits when the test says so."""

    teller: officers_bot.Teller

    async def looks(self) -> int:
        return await self.teller.tell_waiting()

    async def digests(self) -> int:
        return await self.teller.tell_digest()


@contextlib.asynccontextmanager
async def connected_officers_bot(product: Product, every: float = 3600) -> AsyncIterator[OfficersBot]:
    """The officers' bot, connected."""
    notifications, statistics = product.officer_notifications, product.store.statistics
    async with officers_bot.running(
        product.settings, notifications, statistics, product.archive, product.health, product.now, every
    ) as teller:
        await connected(product)
        yield OfficersBot(teller)

"""Runs the citizens' Telegram bot: by long polling, or by a webhook of the one web app."""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramAPIError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import (
    AnswerCallbackQuery,
    EditMessageReplyMarkup,
    EditMessageText,
    SendDocument,
    SendMessage,
    SendPhoto,
    TelegramMethod,
)
from aiogram.methods.base import Response as Response_
from aiogram.methods.base import TelegramType
from aiogram.types import BotCommand, MenuButtonCommands, Update
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import locales
from bot import key_files
from bot.serve import messengers, polling
from bot.serve.health import Health
from bot.serve.messengers import Door, Messenger
from bot.settings import Settings
from handlers.delivery import Undelivered
from handlers.telegram import CHANNEL, Telegram, delivery
from tips import errors
from tips.intake.reception import Reception

PATH: Final = "/telegram"
SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 (the header's name)
LARGEST_UPDATE: Final = 1024 * 1024  # bytes
# In the menu's order; what is typed is `command.KEY.name` of a catalogue, what explains it `command.KEY`.
COMMANDS: Final = ("start", "code", "cancel", "erase", "silence", "who_reads", "about", "language", "help")
PATIENCE: Final = 10  # seconds for each call that introduces the bot
POLL: Final = 10  # seconds that Telegram may hold a question for updates
HEARD: Final = ["message", "edited_message", "callback_query", "my_chat_member"]
log = logging.getLogger(__name__)
# No way to Telegram, a token that it does not know, or somebody else who answers in its place.
OUT_OF_REACH: Final = (
    ClientDecodeError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramServerError,
    TelegramUnauthorizedError,
)


# What calls are answered with. pydantic forgets a generic's model that nobody holds, and aiogram would have it made
# anew for each answer: as much work as to read it.
ANSWERS: Final = tuple(
    Response_[it.__returning__]  # type: ignore[name-defined]
    for it in (SendMessage, SendPhoto, SendDocument, EditMessageText, EditMessageReplyMarkup, AnswerCallbackQuery)
)


@contextlib.asynccontextmanager
async def running(settings: Settings, reception: Reception, health: Health) -> AsyncIterator[Door]:
    """The bot, listening."""
    messenger = health.messenger(CHANNEL, webhook=settings.telegram_webhook)
    bot = Bot(settings.telegram_token, session=AiohttpSession(api=TelegramAPIServer.from_base(settings.telegram_api)))
    bot.session.middleware(Watch(messenger))
    handler = Telegram(reception, alone=not settings.telegram_webhook and settings.processes == 1)
    dispatcher = handler.dispatcher()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(bot.session.close)
        routes = await stack.enter_async_context(
            _listening(settings, bot, dispatcher, messenger, reception.conversation.web)
        )
        yield Door(CHANNEL, messenger, routes, partial(handler.tell, bot))


@contextlib.asynccontextmanager
async def _listening(
    settings: Settings, bot: Bot, dispatcher: Dispatcher, messenger: Messenger, web: str
) -> AsyncIterator[list[Route]]:
    """By the webhook, which is set again for ever, or by polling."""
    if settings.telegram_webhook:
        secret = key_files.webhook_secret(settings.secrets, CHANNEL)

        async def named() -> None:
            await bot.set_webhook(f"{settings.public_url}{PATH}", secret_token=secret, allowed_updates=HEARD)
            await introduce(bot, web)

        async with messengers.kept(messenger, named):
            yield [Route(PATH, Webhook(bot, dispatcher, secret).receive, methods=["POST"])]
        return
    async with messengers.kept(messenger, lambda: _poll(bot, dispatcher, web)):
        yield []


class Watch(BaseRequestMiddleware):
    """Sees of every call whether it was the Bot API that answered."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger

    async def __call__(
        self, make_request: NextRequestMiddlewareType[TelegramType], bot: Bot, method: TelegramMethod[TelegramType]
    ) -> Response_[TelegramType]:
        """Call, and remember how that went."""
        try:
            answer = await make_request(bot, method)
        except OUT_OF_REACH as error:
            self._messenger.failed(type(error).__name__)
            raise
        except TelegramAPIError:
            self._messenger.answered()
            raise
        self._messenger.answered()
        return answer


async def introduce(bot: Bot, web: str) -> None:
    """Set what Telegram shows of the bot: in its menu, and before anybody writes. How that goes stops nothing.

    Args:
        web: the web chat's address.
    """
    with contextlib.suppress(AiogramError):
        await bot.set_chat_menu_button(menu_button=MenuButtonCommands(), request_timeout=PATIENCE)
        for lang in locales.LANGUAGES:
            await _introduce_in(bot, lang, web)


async def _introduce_in(bot: Bot, lang: str, web: str) -> None:
    """In a language; the source's words are for everybody whose language we do not speak."""
    for_whom = None if lang == locales.SOURCE else lang
    commands = [
        BotCommand(command=locales.say(lang, f"command.{key}.name"), description=locales.say(lang, f"command.{key}"))
        for key in COMMANDS
    ]
    words = f"{locales.say(lang, 'telegram.description')}\n\n{locales.say(lang, 'warn.messenger', address=web)}"
    await bot.set_my_commands(commands, language_code=for_whom, request_timeout=PATIENCE)
    await bot.set_my_description(words, language_code=for_whom, request_timeout=PATIENCE)
    in_short = locales.say(lang, "telegram.short_description")
    await bot.set_my_short_description(in_short, language_code=for_whom, request_timeout=PATIENCE)


async def _poll(bot: Bot, dispatcher: Dispatcher, web: str) -> None:
    await bot.delete_webhook()
    await introduce(bot, web)
    poller = polling.Poller(partial(_heard, bot, dispatcher))
    try:
        while True:
            asked = RawUpdates(offset=poller.offset, timeout=POLL, allowed_updates=HEARD)
            await poller.take(await bot(asked, request_timeout=POLL + PATIENCE))
    finally:
        await poller.end()


class RawUpdates(TelegramMethod[Sequence[dict[str, Any]]]):
    """`getUpdates`, each update as it came: one that the library cannot read hides no other."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int
    timeout: int
    allowed_updates: list[str]


async def _heard(bot: Bot, dispatcher: Dispatcher, raw: Mapping[str, Any]) -> None:
    """Answer an update, the courtesy at its end as well."""
    if courtesy := await _hear(bot, dispatcher, raw):
        await delivery.asked(bot, courtesy)


async def _hear(bot: Bot, dispatcher: Dispatcher, raw: Mapping[str, Any]) -> TelegramMethod[Any] | None:
    """Answer an update of a kind that was asked for; any other, or one that nobody can read, is passed over.

    Returns:
        What is still to be called; it may get lost.
    """
    if set(HEARD).isdisjoint(raw):
        return None
    try:
        update = Update.model_validate(raw, context={"bot": bot})
    except ValueError:
        log.warning("an update could not be read")
        return None
    left = await dispatcher.feed_update(bot, update)
    return left if isinstance(left, TelegramMethod) else None


class Webhook:
    """The endpoint that Telegram calls."""

    def __init__(self, bot: Bot, dispatcher: Dispatcher, secret: str) -> None:
        self._bot, self._dispatcher, self._secret = bot, dispatcher, secret

    async def receive(self, request: Request) -> Response:
        """One update; 401 for whoever lacks the secret or sends no update, before anything of it is read."""
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return Response(status_code=401)
        raw = await _update(request)
        if raw is None:
            return Response(status_code=401)
        try:
            courtesy = await _hear(self._bot, self._dispatcher, raw)
        except (Undelivered, errors.Pending, errors.Outdated):
            return Response(status_code=503)  # Telegram brings the update again; what is owed is shown then
        return _carrying(courtesy) if courtesy else Response()


def _carrying(method: TelegramMethod[Any]) -> Response:
    """An answer to a webhook that calls a method as well: a call less, of which nobody learns what became of it."""
    return JSONResponse({"method": method.__api_method__, **method.model_dump(exclude_none=True)})


async def _update(request: Request) -> Mapping[str, Any] | None:
    if int(request.headers.get("content-length", "0") or 0) > LARGEST_UPDATE:
        return None
    try:
        raw = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) and "update_id" in raw else None

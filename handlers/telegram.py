"""Telegram, through aiogram: what people send becomes an `Inbound`, what is said becomes messages with buttons.

Chat ids stay here. A receipt counts as delivered only when Telegram accepted the message that holds it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import BinaryIO, Final, cast

from aiogram import Bot, Dispatcher, F
from aiogram.enums import ChatType
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import SendMessage
from aiogram.types import (
    Audio,
    CallbackQuery,
    Document,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    PhotoSize,
    Video,
    VideoNote,
    Voice,
)

import locales
from handlers import speech
from handlers.channel import Channel
from handlers.uploads import MemoryFile, memory_file
from tips.evidence import limits
from tips.intake import phrases
from tips.intake.reception import Outcome, Reception
from tips.intake.turns import Inbound, ReplyKind

CHANNEL: Final = "telegram"
TRIES: Final = 5  # how often a message is offered to Telegram
LONGEST_WAIT: Final = 20.0  # seconds between two tries
MOST_TEXT: Final = 4096  # characters of one message
ERASE: Final = "erase"
BURN: Final = "burn:"
PRESSED: Final = "@"  # in a pressed button's reference: before it the press, after it the number of the message
BURNING: Final = ("10", "60")  # minutes after which a receipt's message deletes itself
DELETED_AT_ONCE: Final = 100  # messages in one call, as the Bot API has it
FOLLOWING: Final = 99  # our answer's number is not kept; numbers run through all of a bot's chats, so it is near

log = logging.getLogger(__name__)
Wait = Callable[[float], Awaitable[None]]
Attached = PhotoSize | Document | Video | Voice | Audio | VideoNote


class Undelivered(TelegramAPIError):
    """Telegram did not take a message, however often it was offered."""


class Telegram:
    """The citizens' bot.

    It remembers no chat: the numbers of the last messages stand as references in the sealed draft, or its stub.
    """

    def __init__(self, reception: Reception, wait: Wait = asyncio.sleep) -> None:
        self._channel, self._wait = Channel(CHANNEL, reception, messenger=True), wait
        self._burning: set[asyncio.Task[None]] = set()

    def dispatcher(self) -> Dispatcher:
        """Private chats only: in a group everybody would read along."""
        dispatcher = Dispatcher(disable_fsm=True)
        dispatcher.message.register(self.message, F.chat.type == ChatType.PRIVATE)
        dispatcher.edited_message.register(self.edited, F.chat.type == ChatType.PRIVATE)
        dispatcher.callback_query.register(self.button)
        return dispatcher

    async def message(self, message: Message, bot: Bot) -> SendMessage | None:
        """A message of any kind."""
        lang = locales.nearest((message.from_user and message.from_user.language_code) or "")
        if phrases.command((message.text or "").partition("@")[0]) == ERASE:
            return await self._erase(bot, message.chat.id, message.message_id, lang)
        attached = _attached(message)
        if attached is None:
            return await self._turn(bot, message.chat.id, heard_from(message), lang)
        with memory_file() as file:
            problem = await self._fetch(bot, attached, file)
            ref = str(message.message_id)
            heard = Inbound("file", text=message.caption or "", problem=problem, upload=file, ref=ref)
            return await self._turn(bot, message.chat.id, heard if not problem else replace(heard, upload=None), lang)

    async def _fetch(self, bot: Bot, attached: Attached, file: MemoryFile) -> str:
        """Bring a file's bytes from Telegram; why that cannot be, or nothing."""
        if (attached.file_size or 0) > limits.LARGEST:
            return "too_large"
        try:
            await bot.download(attached, destination=cast(BinaryIO, file), seek=False)
        except TelegramBadRequest:
            return "too_large"  # what a bot may not download; Telegram leaves the size out of some messages
        except (TelegramAPIError, OSError, TimeoutError):
            log.warning("a file could not be fetched from Telegram")
            return "busy"
        return ""

    async def edited(self, message: Message, bot: Bot) -> SendMessage | None:
        """A message that was changed after it was sent."""
        heard = Inbound("edited", text=message.text or message.caption or "", ref=str(message.message_id))
        return await self._turn(bot, message.chat.id, heard, "vi")

    async def button(self, query: CallbackQuery, bot: Bot) -> SendMessage | None:
        """A pressed button; the little clock on it is stopped first."""
        try:
            await bot.answer_callback_query(query.id)
        except TelegramAPIError:
            log.debug("a button was too old to be confirmed")
        if query.message is None:
            return None
        chat, data = query.message.chat.id, query.data or ""
        number = query.message.message_id
        if data == ERASE:
            return await self._erase(bot, chat, number, "vi")
        if data.startswith(BURN):
            return self._burn(bot, chat, number, data.removeprefix(BURN))
        return await self._turn(bot, chat, Inbound("choose", choice=data, ref=f"{query.id}{PRESSED}{number}"), "vi")

    async def _turn(self, bot: Bot, chat: int, heard: Inbound, lang: str) -> SendMessage | None:
        """Take a turn; the last message is returned, so that a webhook's answer can carry it, but never a receipt."""

        async def show(outcome: Outcome) -> SendMessage | None:
            messages = as_messages(chat, outcome)
            last = messages.pop() if messages and not outcome.receipt else None
            await self._deliver(bot, messages)
            return last

        sender = self._channel.sender(str(chat))
        return await self._channel.exchange(sender, heard, show, lang)

    async def _deliver(self, bot: Bot, messages: list[SendMessage]) -> None:
        for message in messages:
            await self.send(bot, message)

    # --- leaving no trace -------------------------------------------------------------------------------------------

    async def _erase(self, bot: Bot, chat: int, number: int, lang: str) -> SendMessage:
        """Delete both sides' messages as far as Telegram lets a bot, drop the draft, and say what stays."""
        sender, reception = self._channel.sender(str(chat)), self._channel.reception
        known = {number, *_numbers(await reception.references(sender))}
        await reception.forget(sender)
        around = sorted({at + step for at in known for step in range(FOLLOWING + 1)})
        for at in range(0, len(around), DELETED_AT_ONCE):
            await self._delete(bot, chat, around[at : at + DELETED_AT_ONCE])
        return SendMessage(chat_id=chat, text=locales.say(lang, "erased"))

    def _burn(self, bot: Bot, chat: int, number: int, minutes: str) -> SendMessage:
        """Delete the message that shows a receipt, and this button, after a while."""
        if minutes not in BURNING:
            return SendMessage(chat_id=chat, text=locales.say("vi", "burn.late"))
        task = asyncio.create_task(self._delete_later(bot, chat, [number], float(minutes) * 60))
        self._burning.add(task)
        task.add_done_callback(self._burning.discard)
        return SendMessage(chat_id=chat, text=locales.say("vi", "burn.set", minutes=minutes))

    async def _delete_later(self, bot: Bot, chat: int, numbers: list[int], seconds: float) -> None:
        await self._wait(seconds)
        await self._delete(bot, chat, numbers)

    async def _delete(self, bot: Bot, chat: int, numbers: list[int]) -> None:
        """Delete a chat's messages among these numbers; Telegram passes over those of other chats."""
        for _ in range(TRIES):
            try:
                await bot.delete_messages(chat, numbers)
            except TelegramRetryAfter as error:
                await self._wait(min(float(error.retry_after), LONGEST_WAIT))
            except TelegramAPIError:  # older than 48 hours, or gone already
                return
            else:
                return

    # --- telling -----------------------------------------------------------------------------------------------------

    async def tell(self, bot: Bot, chat: str, lang: str) -> bool:
        """Say that something waits, in words that a lock screen may show; False: the chat is out of reach."""
        try:
            await self.send(bot, SendMessage(chat_id=chat, text=locales.say(lang, "notify.waiting")))
        except Undelivered:
            return False
        return True

    async def send(self, bot: Bot, message: SendMessage) -> None:
        """Offer a message until Telegram takes it.

        Raises:
            Undelivered: it never did; a receipt in it stays due.
        """
        pause = 0.5
        for _ in range(TRIES):
            try:
                await bot(message)
            except TelegramRetryAfter as error:
                pause = float(error.retry_after)
            except (TelegramServerError, TelegramNetworkError):
                pause *= 2
            except (TelegramForbiddenError, TelegramBadRequest) as error:
                raise Undelivered(message, "the chat cannot be reached") from error
            else:
                return
            await self._wait(min(pause, LONGEST_WAIT))
        raise Undelivered(message, "Telegram did not take the message")


def _numbers(references: tuple[str, ...]) -> set[int]:
    """The numbers of the messages that references name."""
    named = (reference.rpartition(PRESSED)[2] for reference in references)
    return {int(number) for number in named if number.isdecimal()}


def heard_from(message: Message) -> Inbound:
    """What a message says, whatever kind it is."""
    ref = str(message.message_id)
    if message.text is not None:
        if message.text.split("@")[0].strip() == "/start":
            return Inbound("start", ref=ref)
        return Inbound("text", text=message.text, ref=ref)
    if message.location is not None:
        return Inbound("location", lat=message.location.latitude, lon=message.location.longitude, ref=ref)
    return Inbound("unsupported", ref=ref)


def _attached(message: Message) -> Attached | None:
    """The file of a message; of a photo's sizes the largest."""
    if message.photo:
        return message.photo[-1]
    return message.document or message.video or message.voice or message.audio or message.video_note


def as_messages(chat: int, outcome: Outcome) -> list[SendMessage]:
    """An outcome as Telegram's messages: one for each reply, cut where Telegram would refuse the length."""
    made = []
    for reply in outcome.replies:
        spoken = speech.spoken(reply, outcome.lang)
        rows = [[InlineKeyboardButton(text=it.label, callback_data=it.id)] for it in spoken.choices]
        if reply.kind is ReplyKind.RECEIPT:
            rows += _traceless(outcome.lang)
        *first, last = _pieces(spoken.text)
        made += [SendMessage(chat_id=chat, text=piece) for piece in first]
        keyboard = InlineKeyboardMarkup(inline_keyboard=rows) if rows else None
        made.append(SendMessage(chat_id=chat, text=last, reply_markup=keyboard))
    return made


def _traceless(lang: str) -> list[list[InlineKeyboardButton]]:
    """Under a receipt: when its message deletes itself, and erasing everything now."""
    times = [
        InlineKeyboardButton(text=locales.say(lang, "burn.after", minutes=minutes), callback_data=f"{BURN}{minutes}")
        for minutes in BURNING
    ]
    return [times, [InlineKeyboardButton(text=locales.say(lang, "option.erase"), callback_data=ERASE)]]


def _pieces(text: str) -> list[str]:
    return [text[at : at + MOST_TEXT] for at in range(0, len(text), MOST_TEXT)] or [""]

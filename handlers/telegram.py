"""Telegram, through aiogram: what people send becomes an `Inbound`, what is said becomes messages with buttons.

Chat ids stay here. A receipt counts as delivered only when Telegram accepted the message that holds it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
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
from handlers.uploads import MemoryFile, memory_file
from tips import errors, evidence, phrases
from tips.conversation import Inbound
from tips.reception import Outcome, Reception, Sender

CHANNEL: Final = "telegram"
TRIES: Final = 5  # how often a message is offered to Telegram
LONGEST_WAIT: Final = 20.0  # seconds between two tries
MOST_TEXT: Final = 4096  # characters of one message
ERASE: Final = "erase"
BURN: Final = "burn:"
BURNING: Final = ("10", "60")  # minutes after which a receipt's message deletes itself
DELETED_AT_ONCE: Final = 100  # messages in one call, as the Bot API has it
FOLLOWING: Final = 99  # a webhook's answer tells no number; numbers run through all of a bot's chats, so ours is near
NUMBERS_KEPT: Final = 200  # of one chat
CHATS_KEPT: Final = 5_000

log = logging.getLogger(__name__)
Wait = Callable[[float], Awaitable[None]]
Attached = PhotoSize | Document | Video | Voice | Audio | VideoNote


class Undelivered(TelegramAPIError):
    """Telegram did not take a message, however often it was offered."""


class Telegram:
    """The citizens' bot.

    What it needs to delete messages (their numbers, by chat) is in memory only, and goes when the process ends.
    """

    def __init__(self, reception: Reception, wait: Wait = asyncio.sleep) -> None:
        self._reception, self._wait = reception, wait
        self._numbers: OrderedDict[int, list[int]] = OrderedDict()
        self._receipts: OrderedDict[int, list[int]] = OrderedDict()
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
        lang = "en" if ((message.from_user and message.from_user.language_code) or "").startswith("en") else "vi"
        self._note(self._numbers, message.chat.id, message.message_id)
        if phrases.command((message.text or "").partition("@")[0]) == ERASE:
            return await self._erase(bot, message.chat.id, lang)
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
        if (attached.file_size or 0) > evidence.LARGEST:
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
        self._note(self._numbers, chat, query.message.message_id)
        if data == ERASE:
            return await self._erase(bot, chat, "vi")
        if data.startswith(BURN):
            return self._burn(bot, chat, data.removeprefix(BURN))
        heard = Inbound("choose", choice=query.data or "", ref=f"b{query.id}")
        return await self._turn(bot, query.message.chat.id, heard, "vi")

    async def _turn(self, bot: Bot, chat: int, heard: Inbound, lang: str) -> SendMessage | None:
        """Take a turn; the last message is returned, so that a webhook's answer can carry it."""
        sender = Sender(CHANNEL, str(chat))
        try:
            outcome = await self._reception.turn(sender, replace(heard, messenger=True), lang)
        except errors.TinBaoError as error:
            outcome = self._reception.excuse(error, lang)
        messages = as_messages(chat, outcome)
        if outcome.repeated and not outcome.receipt:
            return None
        if outcome.receipt:
            messages[-1] = _with_burning(messages[-1], outcome.lang)
            for sent in await self._deliver(bot, messages):
                self._note(self._receipts, chat, sent)
            await self._reception.delivered(sender)
            return None
        await self._deliver(bot, messages[:-1])
        return messages[-1] if messages else None

    async def _deliver(self, bot: Bot, messages: list[SendMessage]) -> list[int]:
        return [await self.send(bot, message) for message in messages]

    # --- leaving no trace -------------------------------------------------------------------------------------------

    async def _erase(self, bot: Bot, chat: int, lang: str) -> SendMessage:
        """Delete both sides' messages as far as Telegram lets a bot, drop the draft, and say what stays."""
        await self._reception.forget(Sender(CHANNEL, str(chat)))
        known = self._numbers.pop(chat, [])
        self._receipts.pop(chat, None)
        around = sorted({number + step for number in known for step in range(FOLLOWING + 1)})
        for at in range(0, len(around), DELETED_AT_ONCE):
            await self._delete(bot, chat, around[at : at + DELETED_AT_ONCE])
        return SendMessage(chat_id=chat, text=locales.say(lang, "erased"))

    def _burn(self, bot: Bot, chat: int, minutes: str) -> SendMessage:
        """Delete the messages that show a receipt after a while."""
        numbers = self._receipts.pop(chat, [])
        if not numbers or minutes not in BURNING:
            return SendMessage(chat_id=chat, text=locales.say("vi", "burn.late"))
        task = asyncio.create_task(self._delete_later(bot, chat, numbers, float(minutes) * 60))
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

    @staticmethod
    def _note(memory: OrderedDict[int, list[int]], chat: int, number: int) -> None:
        memory[chat] = [*memory.pop(chat, []), number][-NUMBERS_KEPT:]
        if len(memory) > CHATS_KEPT:
            memory.popitem(last=False)

    # --- telling -----------------------------------------------------------------------------------------------------

    async def tell(self, bot: Bot, chat: str, lang: str) -> bool:
        """Say that something waits, in words that a lock screen may show; False: the chat is out of reach."""
        try:
            await self.send(bot, SendMessage(chat_id=chat, text=locales.say(lang, "news.waiting")))
        except Undelivered:
            return False
        return True

    async def send(self, bot: Bot, message: SendMessage) -> int:
        """Offer a message until Telegram takes it; its number.

        Raises:
            Undelivered: it never did; a receipt in it stays due.
        """
        pause = 0.5
        for _ in range(TRIES):
            try:
                sent = await bot(message)
            except TelegramRetryAfter as error:
                pause = float(error.retry_after)
            except (TelegramServerError, TelegramNetworkError):
                pause *= 2
            except (TelegramForbiddenError, TelegramBadRequest) as error:
                raise Undelivered(message, "the chat cannot be reached") from error
            else:
                self._note(self._numbers, int(message.chat_id), sent.message_id)
                return sent.message_id
            await self._wait(min(pause, LONGEST_WAIT))
        raise Undelivered(message, "Telegram did not take the message")


def _with_burning(message: SendMessage, lang: str) -> SendMessage:
    """The message that shows a receipt, with a choice of when it deletes itself, and of erasing everything now."""
    times = [
        InlineKeyboardButton(text=locales.say(lang, "burn.after", minutes=minutes), callback_data=f"{BURN}{minutes}")
        for minutes in BURNING
    ]
    rows = message.reply_markup.inline_keyboard if isinstance(message.reply_markup, InlineKeyboardMarkup) else []
    erase = [InlineKeyboardButton(text=locales.say(lang, "option.erase"), callback_data=ERASE)]
    return message.model_copy(update={"reply_markup": InlineKeyboardMarkup(inline_keyboard=[*rows, times, erase])})


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
        *first, last = _pieces(spoken.text)
        made += [SendMessage(chat_id=chat, text=piece) for piece in first]
        made.append(SendMessage(chat_id=chat, text=last, reply_markup=_keyboard(spoken)))
    return made


def _pieces(text: str) -> list[str]:
    return [text[at : at + MOST_TEXT] for at in range(0, len(text), MOST_TEXT)] or [""]


def _keyboard(message: speech.Message) -> InlineKeyboardMarkup | None:
    if not message.choices:
        return None
    rows = [[InlineKeyboardButton(text=it.label, callback_data=it.id)] for it in message.choices]
    return InlineKeyboardMarkup(inline_keyboard=rows)

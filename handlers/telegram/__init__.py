"""Telegram, through aiogram: what people send becomes an `Inbound`, what is said becomes messages with buttons.

`messages` and `buttons` say how it looks, `delivery` how it gets there. Chat ids stay here. A receipt counts as
delivered only when Telegram accepted the message that holds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from typing import BinaryIO, Final, cast

from aiogram import Bot, Dispatcher, F
from aiogram.enums import ChatType
from aiogram.exceptions import (
    AiogramError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
)
from aiogram.methods import AnswerCallbackQuery, SendMessage
from aiogram.types import (
    Audio,
    CallbackQuery,
    Document,
    Message,
    PhotoSize,
    User,
    Video,
    VideoNote,
    Voice,
)

import locales
from handlers import bot_api
from handlers.channel import Channel
from handlers.telegram import buttons, delivery, messages
from handlers.telegram.buttons import BURN, BURNING, ERASE
from handlers.telegram.delivery import Wait
from handlers.uploads import MemoryFile, memory_file
from tips import errors
from tips.cases import outbox
from tips.cases.outbox import Told
from tips.evidence import limits
from tips.intake import phrases
from tips.intake.reception import Outcome, Reception
from tips.intake.stages import Stage
from tips.intake.turns import Inbound, Reply, ReplyKind

CHANNEL: Final = "telegram"
PRESSED: Final = "@"  # in a pressed button's reference: before it the press, after it the number of the message
TELLING: Final = 20  # seconds for a notice: whoever claimed it must know well before another may
FOLLOWING: Final = 99  # our answer's number is not kept; numbers run through all of a bot's chats, so it is near
_START: Final = re.compile(r"/start(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_PAYLOAD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # of a link t.me/BOT?start=…, as Telegram has it

log = logging.getLogger(__name__)
Attached = PhotoSize | Document | Video | Voice | Audio | VideoNote


class Telegram:
    """The citizens' bot.

    It remembers no chat: the numbers of the last messages stand as references in the sealed draft, or its stub.
    """

    def __init__(self, reception: Reception, wait: Wait = asyncio.sleep) -> None:
        self._channel, self._wait = Channel(CHANNEL, reception, messenger=True), wait
        self._web = buttons.linkable(reception.conversation.web)
        self._burning: set[asyncio.Task[None]] = set()

    def dispatcher(self) -> Dispatcher:
        """Private chats only: in a group everybody would read along."""
        dispatcher = Dispatcher(disable_fsm=True)
        dispatcher.message.register(self.message, F.chat.type == ChatType.PRIVATE)
        dispatcher.edited_message.register(self.edited, F.chat.type == ChatType.PRIVATE)
        dispatcher.callback_query.register(self.button, F.message.chat.type == ChatType.PRIVATE)
        return dispatcher

    async def message(self, message: Message, bot: Bot) -> SendMessage | None:
        """A message of any kind."""
        if phrases.command((message.text or "").partition("@")[0]) == ERASE:
            return await self._erase(bot, message.chat.id, message.message_id, message.from_user)
        lang, attached = _lang(message.from_user), _attached(message)
        if attached is None:
            return await self._turn(bot, message.chat.id, heard_from(message), lang)
        async with delivery.busy(bot, message.chat.id):
            return await self._file(bot, message, attached, lang)

    async def _file(self, bot: Bot, message: Message, attached: Attached, lang: str) -> SendMessage | None:
        with memory_file() as file:
            problem = await self._fetch(bot, attached, file)
            upload = None if problem else file
            words, ref = message.caption or "", str(message.message_id)
            heard = Inbound("file", text=words, problem=problem, upload=upload, ref=ref)
            return await self._turn(bot, message.chat.id, heard, lang)

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
        return await self._turn(bot, message.chat.id, heard, _lang(message.from_user))

    async def button(self, query: CallbackQuery, bot: Bot) -> SendMessage | None:
        """A pressed button; the little clock on it is stopped first."""
        await delivery.asked(bot, AnswerCallbackQuery(callback_query_id=query.id))
        if query.message is None:
            return None
        chat, number, data = query.message.chat.id, query.message.message_id, query.data or ""
        if data == ERASE:
            return await self._erase(bot, chat, number, query.from_user)
        pressed = query.message if isinstance(query.message, Message) else None
        kind, _, minutes = data.partition(":")
        if kind == BURN:
            return await self._burn(bot, chat, number, minutes, pressed, query.from_user)
        heard = Inbound("choose", choice=data, ref=f"{query.id}{PRESSED}{number}")
        return await self._turn(bot, chat, heard, _lang(query.from_user), pressed)

    # --- answering ----------------------------------------------------------------------------------------------------

    async def _turn(
        self, bot: Bot, chat: int, heard: Inbound, lang: str, pressed: Message | None = None
    ) -> SendMessage | None:
        """Take a turn; the last message is returned, so that a webhook's answer can carry it, but never a receipt.

        Args:
            pressed: the message whose button was pressed, if it can be changed.
        """

        async def show(outcome: Outcome) -> tuple[SendMessage | None, bool]:
            stands = await self._in_place(bot, pressed, outcome) if pressed else None
            others = [it for it in outcome.replies if it is not stands]
            due = [it for reply in others for it in messages.of_reply(chat, reply, outcome.lang, self._web)]
            last = due.pop() if due and not outcome.receipt else None
            for message in due:
                await delivery.send(bot, message, self._wait)
            return last, not stands and _went_on(outcome)

        shown = await self._channel.exchange(self._channel.sender(str(chat)), heard, show, lang)
        last, over = shown or (None, False)
        if pressed and over:
            await self._settle(bot, pressed, heard.choice)
        return last

    async def _in_place(self, bot: Bot, pressed: Message, outcome: Outcome) -> Reply | None:
        """The summary that now stands where one was whose button was pressed; None: there is none."""
        summary = next((it for it in outcome.replies if it.kind is ReplyKind.SUMMARY), None)
        if summary is None or not buttons.is_summary(pressed):
            return None
        made = messages.of_reply(pressed.chat.id, summary, outcome.lang, self._web)
        return summary if len(made) == 1 and await delivery.edited(bot, pressed, made[0]) else None

    async def _settle(self, bot: Bot, pressed: Message, choice: str) -> None:
        """Let the message whose button was pressed show what was chosen, and nothing that is over."""
        if method := buttons.after(pressed, choice, messages.MOST_TEXT):
            await delivery.asked(bot, method)

    async def _spoken_in(self, chat: int, user: User | None) -> str:
        """The language of what is begun in a chat; where nothing is, that of the person's app."""
        with contextlib.suppress(errors.StoreUnavailable):
            if begun := await self._channel.reception.current(self._channel.sender(str(chat))):
                return begun.lang
        return _lang(user)

    # --- leaving no trace ---------------------------------------------------------------------------------------------

    async def _erase(self, bot: Bot, chat: int, number: int, user: User | None) -> SendMessage:
        """Delete both sides' messages as far as Telegram lets a bot, drop the draft, and say what stays."""
        sender, reception = self._channel.sender(str(chat)), self._channel.reception
        lang = await self._spoken_in(chat, user)
        known = {number, *_numbers(await reception.references(sender))}
        await reception.forget(sender)
        around = sorted({at + step for at in known for step in range(FOLLOWING + 1)})
        await delivery.delete(bot, chat, around, self._wait)
        return messages.plain(chat, locales.say(lang, "erased"))

    async def _burn(
        self, bot: Bot, chat: int, number: int, minutes: str, pressed: Message | None, user: User
    ) -> SendMessage:
        """Delete the message that shows a receipt, and this button, after a while."""
        lang = await self._spoken_in(chat, user)
        if minutes not in BURNING:
            return messages.plain(chat, locales.say(lang, "burn.late"))
        task = asyncio.create_task(self._delete_later(bot, chat, number, float(minutes) * 60))
        self._burning.add(task)
        task.add_done_callback(self._burning.discard)
        if pressed:
            await self._settle(bot, pressed, f"{BURN}:{minutes}")
        return messages.plain(chat, locales.say(lang, "burn.set", minutes=minutes))

    async def _delete_later(self, bot: Bot, chat: int, number: int, seconds: float) -> None:
        await self._wait(seconds)
        await delivery.delete(bot, chat, [number], self._wait)

    # --- telling ------------------------------------------------------------------------------------------------------

    async def tell(self, bot: Bot, chat: str, lang: str) -> Told:
        """Say once that something waits, in words that a lock screen may show; what became of it."""
        try:
            await bot(messages.plain(chat, locales.say(lang, "notify.waiting")), request_timeout=TELLING)
        except TelegramForbiddenError:
            return outbox.GONE
        except TelegramRetryAfter as error:
            return outbox.later(float(error.retry_after))
        except (TelegramBadRequest, TelegramNotFound) as error:
            return outbox.GONE if bot_api.is_gone(error.message) else outbox.REFUSED
        except AiogramError:
            return outbox.later()
        return outbox.DELIVERED


def _lang(user: User | None) -> str:
    """The language of a person's app, if we speak it."""
    return locales.nearest((user and user.language_code) or "")


def _went_on(outcome: Outcome) -> bool:
    """Whether a choice led somewhere; where it did not, its button has to stay, so that it can be pressed again."""
    offers = any(reply.options for reply in outcome.replies)
    return offers or outcome.receipt is not None or outcome.state == Stage.IDLE


def _numbers(references: tuple[str, ...]) -> set[int]:
    """The numbers of the messages that references name."""
    named = (reference.rpartition(PRESSED)[2] for reference in references)
    return {int(number) for number in named if number.isdecimal()}


def heard_from(message: Message) -> Inbound:
    """What a message says, whatever kind it is."""
    ref = str(message.message_id)
    if message.text is not None:
        if begins := _START.fullmatch(message.text.strip()):
            payload = begins[1] or ""
            return Inbound("start", text=payload if _PAYLOAD.fullmatch(payload) else "", ref=ref)
        return Inbound("text", text=message.text, ref=ref)
    if message.location is not None:
        return Inbound("location", lat=message.location.latitude, lon=message.location.longitude, ref=ref)
    return Inbound("unsupported", ref=ref)


def _attached(message: Message) -> Attached | None:
    """The file of a message; of a photo's sizes the largest."""
    if message.photo:
        return message.photo[-1]
    return message.document or message.video or message.voice or message.audio or message.video_note

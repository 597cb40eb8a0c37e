"""Telegram, through aiogram: what people send becomes an `Inbound`, what is said becomes messages with buttons.

`messages` and `buttons` say how it looks, `delivery` how it gets there. Chat ids stay here. A receipt counts as
delivered only when Telegram accepted the message that holds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import BinaryIO, Final, cast

from aiogram import Bot, Dispatcher, F
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from aiogram.methods import AnswerCallbackQuery, LeaveChat
from aiogram.types import (
    Audio,
    CallbackQuery,
    ChatMemberUpdated,
    Document,
    InaccessibleMessage,
    Message,
    PhotoSize,
    User,
    Video,
    VideoNote,
    Voice,
)

import locales
from handlers import bot_api
from handlers.channel import PATIENCE, Abilities, Channel
from handlers.delivery import Undelivered, Wait, endured
from handlers.telegram import buttons, delivery, messages
from handlers.telegram.buttons import BURN, BURNING, ERASE
from handlers.typed import typed
from handlers.uploads import MemoryFile, memory_file
from tips import errors
from tips.cases.outbox import Told
from tips.evidence import limits
from tips.intake import phrases
from tips.intake.reception import Outcome, Reception, Sender
from tips.intake.stages import Stage
from tips.intake.turns import EDIT, Inbound, Reply, ReplyKind

CHANNEL: Final = "telegram"
CAN: Final = Abilities(
    overhears=True,
    tells=True,
    edits=True,
    deletes=True,
    places=True,
    copies=True,
    longest=messages.BOX.most,
    push=True,
)
PRESSED: Final = "@"  # in a pressed button's reference: before it the press, after it the number of the message
GROUPS: Final = {ChatType.GROUP, ChatType.SUPERGROUP, ChatType.CHANNEL}
THERE: Final = {ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.RESTRICTED}
TELLING: Final = 20  # seconds for a notice: whoever claimed it must know well before another may
FOLLOWING: Final = 99  # our answer's number is not kept; numbers run through all of a bot's chats, so it is near

log = logging.getLogger(__name__)
Attached = PhotoSize | Document | Video | Voice | Audio | VideoNote


class Telegram:
    """The citizens' bot.

    It remembers no chat: the numbers of the last messages stand as references in the sealed draft, or its stub.
    """

    def __init__(
        self, reception: Reception, wait: Wait = asyncio.sleep, *, alone: bool = False, patience: float = PATIENCE
    ) -> None:
        self._channel, self._wait = Channel(CHANNEL, reception, CAN, patience, alone=alone, wait=wait), wait
        self._web = bot_api.linkable(reception.conversation.web)
        self._burning: set[asyncio.Task[None]] = set()

    def dispatcher(self) -> Dispatcher:
        """Private chats with people only: in a group everybody would read along, so it is left."""
        dispatcher = Dispatcher(disable_fsm=True)
        dispatcher.my_chat_member.register(self.added, F.chat.type.in_(GROUPS))
        dispatcher.message.register(self.in_group, F.chat.type.in_(GROUPS))
        dispatcher.message.register(ignored, F.from_user.is_bot)
        dispatcher.message.register(self.message, F.chat.type == ChatType.PRIVATE)
        dispatcher.edited_message.register(self.edited, F.chat.type == ChatType.PRIVATE)
        dispatcher.callback_query.register(self.button, F.message.chat.type == ChatType.PRIVATE)
        return dispatcher

    async def message(self, message: Message, bot: Bot) -> None:
        """A message of any kind."""
        ref, chat = str(message.message_id), message.chat.id
        if phrases.command((message.text or "").partition("@")[0]) == ERASE:
            await self._erase(bot, chat, message.message_id, ref, message.from_user)
            return
        lang, attached = _lang(message.from_user), _attached(message)
        if attached is None:
            await self._turn(bot, chat, heard_from(message), lang)
            return
        async with delivery.busy(bot, chat):
            await self._file(bot, message, attached, lang)

    async def added(self, change: ChatMemberUpdated, bot: Bot) -> None:
        """Somebody put the bot into a group."""
        if change.new_chat_member.status in THERE:
            await self._leave(bot, change.chat.id, change.from_user)

    async def in_group(self, message: Message, bot: Bot) -> None:
        """A message in a group that the bot is still in, unless it tells of its own going."""
        if message.left_chat_member is None:
            await self._leave(bot, message.chat.id, message.from_user)

    async def _leave(self, bot: Bot, chat: int, user: User | None) -> None:
        """Out of a group, with a word where to write; what was written there is not even looked at."""
        words = messages.plain(chat, locales.say(_lang(user), "group.leaving"))
        await delivery.asked(bot, words)
        await delivery.asked(bot, LeaveChat(chat_id=chat))

    async def _file(self, bot: Bot, message: Message, attached: Attached, lang: str) -> None:
        with memory_file() as file:
            problem = await self._fetch(bot, attached, file)
            upload = None if problem else file
            words, ref = message.caption or "", str(message.message_id)
            heard = Inbound("file", text=words, problem=problem, upload=upload, ref=ref)
            await self._turn(bot, message.chat.id, heard, lang)

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

    async def edited(self, message: Message, bot: Bot) -> None:
        """A message that was changed after it was sent."""
        ref = f"{message.message_id}{EDIT}{message.edit_date or 0}"
        heard = Inbound("edited", text=message.text or message.caption or "", ref=ref)
        await self._turn(bot, message.chat.id, heard, _lang(message.from_user))

    async def button(self, query: CallbackQuery, bot: Bot) -> AnswerCallbackQuery:
        """A pressed button; what it gives back stops the little clock on it, and a webhook's answer carries that."""
        if query.message:
            await self._pressed(query, query.message, bot)
        return AnswerCallbackQuery(callback_query_id=query.id)

    async def _pressed(self, query: CallbackQuery, under: Message | InaccessibleMessage, bot: Bot) -> None:
        chat, number, data = under.chat.id, under.message_id, query.data or ""
        ref = f"{query.id}{PRESSED}{number}"
        pressed = under if isinstance(under, Message) else None
        kind, _, minutes = data.partition(":")
        if data == ERASE:
            await self._erase(bot, chat, number, ref, query.from_user)
        elif kind == BURN:
            await self._burn(bot, query, chat, ref, minutes, pressed)
        else:
            await self._turn(bot, chat, Inbound("choose", choice=data, ref=ref), _lang(query.from_user), pressed)

    # --- answering ----------------------------------------------------------------------------------------------------

    async def _turn(self, bot: Bot, chat: int, heard: Inbound, lang: str, pressed: Message | None = None) -> None:
        """Take a turn; every message of its answer is a call, for of what a webhook's answer carries nobody learns.

        Args:
            pressed: the message whose button was pressed, if it can be changed.
        """

        async def show(outcome: Outcome) -> bool:
            stands = await self._in_place(bot, pressed, outcome) if pressed else None
            others = [it for it in outcome.replies if it is not stands]
            for message in (it for reply in others for it in messages.of_reply(chat, reply, outcome.lang, self._web)):
                await delivery.send(bot, message, self._wait)
            return not stands and _went_on(outcome)

        over = False
        with endured():
            over = bool(await self._channel.exchange(self._sender(chat), heard, show, lang))
        if pressed and over:
            await self._settle(bot, pressed, heard.choice)

    def _sender(self, chat: int) -> Sender:
        return self._channel.sender(str(chat))

    async def _in_place(self, bot: Bot, pressed: Message, outcome: Outcome) -> Reply | None:
        """The summary that now stands where one was whose button was pressed; None: there is none."""
        summary = next((it for it in outcome.replies if it.kind is ReplyKind.SUMMARY), None)
        if summary is None or not buttons.is_summary(pressed):
            return None
        made = messages.of_reply(pressed.chat.id, summary, outcome.lang, self._web)
        return summary if len(made) == 1 and await delivery.edited(bot, pressed, made[0]) else None

    async def _settle(self, bot: Bot, pressed: Message, choice: str) -> None:
        """Let the message whose button was pressed show what was chosen, and nothing that is over."""
        if method := buttons.after(pressed, choice, messages.BOX.most):
            await delivery.asked(bot, method)

    async def _spoken_in(self, chat: int, user: User | None) -> str:
        """The language of what is begun in a chat; where nothing is, that of the person's app."""
        with contextlib.suppress(errors.StoreUnavailable):
            if begun := await self._channel.reception.current(self._sender(chat)):
                return begun.lang
        return _lang(user)

    # --- leaving no trace ---------------------------------------------------------------------------------------------

    async def _erase(self, bot: Bot, chat: int, number: int, ref: str, user: User | None) -> None:
        """Delete both sides' messages as far as Telegram lets a bot, drop the draft, and say what stays."""
        sender, reception = self._sender(chat), self._channel.reception
        seen, lang = await reception.references(sender), await self._spoken_in(chat, user)
        if not await reception.takes(sender, ref, alone=self._channel.alone, forgetting=True):
            return
        around = sorted({at + step for at in {number, *_numbers(seen)} for step in range(FOLLOWING + 1)})
        async with self._owed(sender, ref):
            await delivery.delete(bot, chat, around, self._wait)
            await self._say(bot, chat, lang, "erased")

    @contextlib.asynccontextmanager
    async def _owed(self, sender: Sender, ref: str) -> AsyncIterator[None]:
        """What is done here is an answer that is owed: if it fails, it is done when the message comes again."""
        reception = self._channel.reception
        try:
            yield
        except Exception:
            await reception.undelivered(sender, ref)
            raise
        await reception.delivered(sender, ref, receipt=False)

    async def _burn(
        self, bot: Bot, query: CallbackQuery, chat: int, ref: str, minutes: str, pressed: Message | None
    ) -> None:
        """Delete the message that shows a receipt, and this button, after a while."""
        sender = self._sender(chat)
        if query.message is None or not await self._channel.reception.takes(sender, ref, alone=self._channel.alone):
            return
        lang = await self._spoken_in(chat, query.from_user)
        if minutes not in BURNING:
            async with self._owed(sender, ref):
                await self._say(bot, chat, lang, "burn.late")
            return
        task = asyncio.create_task(self._delete_later(bot, chat, query.message.message_id, float(minutes) * 60))
        self._burning.add(task)
        task.add_done_callback(self._burning.discard)
        if pressed:
            await self._settle(bot, pressed, f"{BURN}:{minutes}")
        async with self._owed(sender, ref):
            await self._say(bot, chat, lang, "burn.set", minutes=minutes)

    async def _say(self, bot: Bot, chat: int, lang: str, key: str, **values: str) -> None:
        """Say something that is no turn's answer."""
        with endured():
            await delivery.send(bot, messages.plain(chat, locales.say(lang, key, **values)), self._wait)

    async def _delete_later(self, bot: Bot, chat: int, number: int, seconds: float) -> None:
        await self._wait(seconds)
        with contextlib.suppress(
            Undelivered
        ):  # Telegram is away, and nobody waits for an answer: `/xoa` still deletes it
            await delivery.delete(bot, chat, [number], self._wait)

    # --- telling ------------------------------------------------------------------------------------------------------

    async def tell(self, bot: Bot, chat: str, lang: str) -> Told:
        """Say once that something waits, in words that a lock screen may show; what became of it."""
        words = messages.plain(chat, locales.say(lang, "notify.waiting"))
        return await delivery.offer(bot, words, TELLING)


async def ignored(message: Message) -> None:
    """Another bot's words: nobody answers, or two bots would talk for ever."""


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
        return typed(message.text, ref)
    if message.location is not None:
        return Inbound("location", lat=message.location.latitude, lon=message.location.longitude, ref=ref)
    return Inbound("unsupported", ref=ref)


def _attached(message: Message) -> Attached | None:
    """The file of a message; of a photo's sizes the largest."""
    if message.photo:
        return message.photo[-1]
    return message.document or message.video or message.voice or message.audio or message.video_note

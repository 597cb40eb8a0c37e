"""Pushes to officers, as messages of their bot: that something waits, and of which case, by its code and nothing else.

Where Telegram has topics in private chats, each case has one of its own in each chat. A due time is told in the city's
time, as an entity that a telephone shows in its own.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Final

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

import locales
from handlers import bot_api
from tips.cases import case, deadlines
from tips.cases.outbox import DELIVERED, GONE, REFUSED, Told, later
from tips.cases.pings import Push
from tips.ports.desk import OfficerChats

LANG: Final = locales.SOURCE
SHOWN: Final = "wdt"  # of a due time: the day of the week, the short date, the short time


class OfficerPushes:
    """Sends pushes, each to its chat."""

    def __init__(self, bot: Bot, chats: OfficerChats, desk: str) -> None:
        """`desk`: the desk's address, without a slash at its end."""
        self._bot, self._chats, self._desk = bot, chats, desk

    async def deliver(self, push: Push) -> Told:
        """Send a push once; what became of it."""
        try:
            await self._send(push)
        except Forbidden:
            return GONE
        except RetryAfter as error:
            return later(_seconds(error.retry_after))
        except BadRequest as error:
            return GONE if bot_api.is_gone(error.message) else REFUSED
        except TelegramError:
            return later()
        return DELIVERED

    async def _send(self, push: Push) -> None:
        topic = await self._topic(push)
        try:
            await self._say(push, topic)
        except BadRequest as error:
            if push.case is None or topic is None or not bot_api.is_without_topic(error.message):
                raise
            await self._chats.forget_topic(push.chat, push.case, topic)  # the officer deleted it
            await self._say(push, await self._topic(push))

    async def _say(self, push: Push, topic: int | None) -> None:
        text, entities = self._words(push)
        await self._bot.send_message(
            push.chat, text, entities=entities, message_thread_id=topic, reply_markup=self._buttons(push)
        )

    def _words(self, push: Push) -> tuple[str, list[MessageEntity]]:
        """What is said, and where in it the due time stands."""
        lines = [locales.say(LANG, f"ping.{push.kind}")]
        if push.case is not None:
            lines.append(locales.say(LANG, "officers.case", code=case.code_of(push.case)))
            if not self._buttons(push):
                lines.append(self._address(push.case))
        if push.due is None:
            return "\n".join(lines), []
        at = deadlines.moment(push.due)
        before, _, rest = locales.say(LANG, "officers.due", at="\0").partition("\0")
        before = "\n".join([*lines, before])
        entity = MessageEntity(
            MessageEntity.DATE_TIME, _units(before), _units(at), date_time_format=SHOWN, unix_time=push.due
        )
        return before + at + rest, [entity]

    def _buttons(self, push: Push) -> InlineKeyboardMarkup | None:
        """The way to the case at the desk, where Telegram takes the desk's address."""
        address = push.case is not None and bot_api.linkable(self._address(push.case))
        if not address:
            return None
        return InlineKeyboardMarkup([[InlineKeyboardButton(locales.say(LANG, "officers.open"), url=address)]])

    def _address(self, id_: bytes) -> str:
        return f"{self._desk}/case/{id_.hex()}"

    # --- topics -------------------------------------------------------------------------------------------------------

    async def _topic(self, push: Push) -> int | None:
        """The case's topic in this chat, made if there is none; None: there are no topics here."""
        if push.case is None or not self._bot.bot.has_topics_enabled:
            return None
        known = await self._chats.topic(push.chat, push.case)
        return known or await self._new_topic(push.chat, push.case)

    async def _new_topic(self, chat: str, id_: bytes) -> int | None:
        try:
            made = await self._bot.create_forum_topic(chat, case.code_of(id_))
        except BadRequest as error:
            if bot_api.is_gone(error.message):
                raise
            return None  # this chat has none
        kept = await self._chats.keep_topic(chat, id_, made.message_thread_id)
        if kept != made.message_thread_id:  # another process was first
            with contextlib.suppress(TelegramError):
                await self._bot.delete_forum_topic(chat, made.message_thread_id)
        return kept


def _units(text: str) -> int:
    """The length of a text as Telegram counts, in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)

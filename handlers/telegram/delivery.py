"""What is asked of Telegram, and how patiently: a message is offered again and again, whatever may fail only once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, Final

from aiogram import Bot
from aiogram.enums import ChatAction
from aiogram.exceptions import (
    AiogramError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
)
from aiogram.methods import EditMessageText, SendMessage, TelegramMethod
from aiogram.types import Message

from handlers import bot_api
from handlers.delivery import Wait, offered
from tips.cases.outbox import DELIVERED, GONE, REFUSED, Told, later

PATIENCE: Final = 5  # seconds for what may fail
DELETED_AT_ONCE: Final = 100  # messages in one call, as the Bot API has it
SHOWN_BUSY: Final = 4.0  # seconds: Telegram lets "is typing" end after five
MOST_BUSY: Final = 45  # how often it is said


async def send(bot: Bot, message: SendMessage, wait: Wait) -> None:
    """Offer a message until Telegram takes it.

    Raises:
        Undelivered: it never did; a receipt in it stays due.
    """
    await offered(partial(offer, bot, message), wait)


async def offer(bot: Bot, message: SendMessage, patience: int | None = None) -> Told:
    """Offer a message once.

    Args:
        patience: seconds; None: the library's.
    """
    try:
        await bot(message, request_timeout=patience)
    except TelegramRetryAfter as error:
        return later(float(error.retry_after))
    except TelegramForbiddenError:  # the person blocked the bot, or is no more
        return GONE
    except (TelegramBadRequest, TelegramNotFound) as error:
        return GONE if bot_api.is_gone(error.message) else REFUSED
    except AiogramError:
        return later()
    return DELIVERED


async def delete(bot: Bot, chat: int, numbers: Sequence[int], wait: Wait) -> None:
    """Delete a chat's messages among these numbers; Telegram passes over those of other chats.

    Raises:
        Undelivered: Telegram is away; those that are there still are.
    """
    for at in range(0, len(numbers), DELETED_AT_ONCE):
        await _delete(bot, chat, list(numbers[at : at + DELETED_AT_ONCE]), wait)


async def _delete(bot: Bot, chat: int, numbers: list[int], wait: Wait) -> None:
    async def once() -> Told:
        try:
            await bot.delete_messages(chat, numbers)
        except TelegramRetryAfter as error:
            return later(float(error.retry_after))
        except (TelegramBadRequest, TelegramForbiddenError, TelegramNotFound):  # older than 48 hours, or gone already
            return DELIVERED
        except AiogramError:
            return later()
        return DELIVERED

    await offered(once, wait)


async def edited(bot: Bot, shown: Message, message: SendMessage) -> bool:
    """Put a message in the place of one that is shown; False: Telegram did not take it there."""
    edit = EditMessageText(
        chat_id=shown.chat.id,
        message_id=shown.message_id,
        text=message.text,
        entities=message.entities,
        link_preview_options=message.link_preview_options,
        reply_markup=message.reply_markup,  # type: ignore[arg-type]
    )
    try:
        await bot(edit, request_timeout=PATIENCE)
    except TelegramBadRequest as error:
        return "message is not modified" in error.message
    except AiogramError:
        return False
    return True


async def asked(bot: Bot, method: TelegramMethod[Any]) -> None:
    """Ask once for what is only a courtesy: whatever becomes of it, the turn stands."""
    with contextlib.suppress(AiogramError):
        await bot(method, request_timeout=PATIENCE)


@contextlib.asynccontextmanager
async def busy(bot: Bot, chat: int) -> AsyncIterator[None]:
    """Show that something is done, for as long as the block lasts; the block never waits for it."""
    showing = asyncio.create_task(_show_busy(bot, chat))
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def _show_busy(bot: Bot, chat: int) -> None:
    for _ in range(MOST_BUSY):
        with contextlib.suppress(AiogramError):
            await bot.send_chat_action(chat, ChatAction.TYPING, request_timeout=PATIENCE)
        await asyncio.sleep(SHOWN_BUSY)

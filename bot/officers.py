"""Runs the officers' bot: commands by long polling, notices and digests by its JobQueue.

Slots come from the same table as the clock's, so that of several processes one sends.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any, Final

from telegram.error import TelegramError
from telegram.ext import Application, CallbackContext

import locales
from bot.wiring import Product
from handlers.officers import LANG, Officers
from tips import clocks, errors, life
from tips.notices import Notice

EVERY: Final = 10.0  # seconds between looks at the outbox
JOB: Final = "notices"

log = logging.getLogger(__name__)
App = Application[Any, Any, Any, Any, Any, Any]


@contextlib.asynccontextmanager
async def running(product: Product, every: float = EVERY) -> AsyncIterator[App]:
    """The bot, listening and telling."""
    own = product.settings
    application: App = (
        Application.builder()
        .token(own.officers_token)
        .base_url(f"{own.telegram_api}/bot")
        .base_file_url(f"{own.telegram_api}/file/bot")
        .build()
    )
    Officers(product.notices, product.store.statistics, product.now).register(application)
    _schedule(application, product, every)
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(allowed_updates=["message"])
        try:
            yield application
        finally:
            await application.updater.stop()
            await application.stop()


def _schedule(application: App, product: Product, every: float) -> None:
    async def look(context: CallbackContext[Any, Any, Any, Any]) -> None:
        await tell_waiting(application, product, every)
        if product.now().astimezone(clocks.CITY).hour in life.policy()["digest_hours"]:
            await tell_digest(application, product)

    assert application.job_queue is not None
    application.job_queue.run_repeating(look, every, first=0, name=JOB)


async def tell_waiting(application: App, product: Product, every: float) -> int:
    """Send the notices that are due; how many were sent. A ping is done once its chats were tried."""
    seconds = max(int(every), 1)
    now = product.now()
    slot = now.replace(second=now.second // seconds * seconds if seconds < 60 else 0, microsecond=0)
    try:
        async with product.leases.turn(JOB, slot) as mine:
            if not mine:
                return 0
            notices, done = await product.notices.waiting()
            sent = sum([await _send(application, notice) for notice in notices])
            if done:
                await product.store.outbox.done(done)
    except errors.StoreUnavailable:
        log.warning("the store is away: notices wait")
        return 0
    return sent


async def tell_digest(application: App, product: Product) -> int:
    """Send the digest of this hour, once; the same words whether something is new or not. The hour is the product's."""
    try:
        async with product.leases.turn("digest", clocks.hour(product.now())) as mine:
            return await _send(application, await product.notices.digest()) if mine else 0
    except errors.StoreUnavailable:
        log.warning("the store is away: the digest waits")
        return 0


async def _send(application: App, notice: Notice) -> int:
    sent = 0
    for chat in notice.chats:
        try:
            await application.bot.send_message(chat, locales.say(LANG, notice.key))
            sent += 1
        except TelegramError as error:
            log.warning("a notice was not taken: %s", type(error).__name__)
    return sent

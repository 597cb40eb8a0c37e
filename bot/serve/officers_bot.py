"""Runs the officers' bot: commands by long polling, notices and digests by its JobQueue.

Slots come from the same table as the clock's, so that of several processes one sends.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telegram.error import TelegramError
from telegram.ext import Application, CallbackContext
from telegram.request import HTTPXRequest

import locales
from bot.serve import messengers
from bot.serve.health import Health
from bot.serve.messengers import Messenger
from bot.settings import Settings
from handlers.officers import LANG, Officers
from tips import errors
from tips.cases import deadlines, policy
from tips.clock.leases import Leases
from tips.desk.officer_notifications import Notification, OfficerNotifications
from tips.ports.desk import Statistics

EVERY: Final = 10.0  # seconds between looks at the outbox
JOB: Final = "notices"
POLL: Final = 10  # seconds that Telegram may hold a question for updates
REFUSED: Final = (401, 404)  # a token that nobody knows there

log = logging.getLogger(__name__)
App = Application[Any, Any, Any, Any, Any, Any]


@contextlib.asynccontextmanager
async def running(
    settings: Settings, announcer: Announcer, statistics: Statistics, health: Health, every: float = EVERY
) -> AsyncIterator[App]:
    """The bot, listening and telling."""
    messenger = health.messenger("officers")
    application: App = (
        Application.builder()
        .token(settings.officers_token)
        .base_url(f"{settings.telegram_api}/bot")
        .base_file_url(f"{settings.telegram_api}/file/bot")
        .request(Watched(messenger))
        .get_updates_request(Watched(messenger))
        .updater(None)
        .build()
    )
    Officers(announcer.notifications, statistics, announcer.now).register(application)
    hearing = Hearing(application)

    async def listen() -> None:
        async with application:
            _schedule(application, announcer, messenger, every)
            await application.start()
            try:
                await hearing.until_trouble()
            finally:
                await application.stop()

    async with messengers.kept(messenger, listen):
        yield application


@dataclass(slots=True)
class Hearing:
    """Long polling. The library's own begins only where Telegram answers, and ends for good at an odd answer."""

    application: App
    _next: int = 0  # the number of the update that is asked for

    async def until_trouble(self) -> None:
        """Hear what people write; an update is confirmed by asking for the one behind it, once it was answered."""
        await self.application.bot.delete_webhook()
        while True:
            heard = await self.application.bot.get_updates(offset=self._next, timeout=POLL, allowed_updates=["message"])
            for update in heard:
                await self.application.process_update(update)
                self._next = update.update_id + 1


class Watched(HTTPXRequest):
    """Sees of every call whether it was the Bot API that answered."""

    def __init__(self, messenger: Messenger) -> None:
        super().__init__(connection_pool_size=8)
        self._messenger = messenger

    async def do_request(self, *args: Any, **named: Any) -> tuple[int, bytes]:
        """Call, and remember how that went."""
        try:
            status, payload = await super().do_request(*args, **named)
            self.parse_json_payload(payload)
        except TelegramError as error:
            self._messenger.failed(type(error).__name__)
            raise
        if status in REFUSED or status >= 500:
            self._messenger.failed(str(status))
        else:
            self._messenger.answered()
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """What the Bot API answered; an error where it was somebody else."""
        found = HTTPXRequest.parse_json_payload(payload)
        if not isinstance(found, dict) or not ("result" in found if found.get("ok") else found.get("ok") is False):
            raise TelegramError("not an answer of the Bot API")
        return found


def _schedule(application: App, announcer: Announcer, messenger: Messenger, every: float) -> None:
    async def look(context: CallbackContext[Any, Any, Any, Any]) -> None:
        if not messenger.is_up:  # notices wait: what cannot be sent would count as tried
            return
        await announcer.announce_waiting(application, every)
        if announcer.now().astimezone(deadlines.CITY).hour in policy.digest_hours():
            await announcer.announce_digest(application)

    assert application.job_queue is not None
    application.job_queue.run_repeating(look, every, first=0, name=JOB)


@dataclass(frozen=True, slots=True)
class Announcer:
    """Tells officers that something waits; each slot once, whoever runs."""

    notifications: OfficerNotifications
    leases: Leases
    now: Callable[[], datetime]

    async def announce_waiting(self, application: App, every: float) -> int:
        """Send the notifications that are due; how many were sent. A ping is done once its chats were tried."""
        try:
            async with self.leases.turn(JOB, self._slot(max(int(every), 1))) as mine:
                if not mine:
                    return 0
                waiting, done = await self.notifications.waiting()
                sent = sum([await _send(application, it) for it in waiting])
                await self.notifications.done(done)
        except errors.StoreUnavailable:
            log.warning("the store is away: notices wait")
            return 0
        return sent

    async def announce_digest(self, application: App) -> int:
        """Send the digest of this hour, once; the same words whether something is new or not."""
        try:
            async with self.leases.turn("digest", deadlines.hour(self.now())) as mine:
                return await _send(application, await self.notifications.digest()) if mine else 0
        except errors.StoreUnavailable:
            log.warning("the store is away: the digest waits")
            return 0

    def _slot(self, seconds: int) -> datetime:
        now = self.now()
        return now.replace(second=now.second // seconds * seconds if seconds < 60 else 0, microsecond=0)


async def _send(application: App, notice: Notification) -> int:
    sent = 0
    for chat in notice.chats:
        try:
            await application.bot.send_message(chat, locales.say(LANG, notice.key))
            sent += 1
        except TelegramError as error:
            log.warning("a notice was not taken: %s", type(error).__name__)
    return sent

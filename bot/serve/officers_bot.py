"""Runs the officers' bot: commands by long polling, pushes and digests by its JobQueue.

Pushes are claimed in the store, so that of several processes one sends each of them. Telegram lets one process poll;
where several serve, the others hear that it is taken, and go on sending.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from telegram import LinkPreviewOptions, Update
from telegram.error import Conflict, TelegramError
from telegram.ext import Application, Defaults
from telegram.request import HTTPXRequest

from bot.serve import background, messengers
from bot.serve.announcing import IN_TIME, new_pace
from bot.serve.health import Health
from bot.serve.messengers import Messenger
from bot.settings import Settings
from handlers.officer_pushes import OfficerPushes
from handlers.officers import Officers
from tips import errors
from tips.cases import deadlines, policy
from tips.cases.outbox import Fate, Pace
from tips.cases.pings import Push
from tips.desk.officer_notifications import OfficerNotifications
from tips.ports.desk import Statistics
from tips.statistics.archive import Archive

EVERY: Final = 10.0  # seconds between looks at the outbox
JOB: Final = "notices"
BATCH: Final = 20  # pushes that are claimed at once: they are sent well within a claim's time
PATIENCE: Final = 10  # seconds beyond that
POLL: Final = 10  # seconds that Telegram may hold a question for updates
REFUSED: Final = (401, 404)  # a token that nobody knows there

log = logging.getLogger(__name__)
App = Application[Any, Any, Any, Any, Any, Any]


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    notifications: OfficerNotifications,
    statistics: Statistics,
    archive: Archive,
    health: Health,
    now: Callable[[], datetime],
    every: float = EVERY,
) -> AsyncIterator[Teller]:
    """The bot, listening and telling."""
    messenger = health.messenger("officers")
    application: App = (
        Application.builder()
        .token(settings.officers_token)
        .base_url(f"{settings.telegram_api}/bot")
        .base_file_url(f"{settings.telegram_api}/file/bot")
        .defaults(Defaults(protect_content=True, link_preview_options=LinkPreviewOptions(is_disabled=True)))
        .request(Watched(messenger))
        .get_updates_request(Watched(messenger))
        .updater(None)
        .build()
    )
    Officers(notifications, statistics, archive, now).register(application)
    pushes = OfficerPushes(application.bot, notifications.officer_chats, f"{settings.public_url}/desk")
    teller = Teller(notifications, pushes, messenger, now)
    hearing = Hearing(application)

    async def listen() -> None:
        async with application:
            assert application.job_queue is not None
            application.job_queue.run_repeating(teller.look, every, first=0, name=JOB)
            await application.start()
            try:
                await hearing.until_trouble()
            finally:
                await application.stop()

    async with messengers.kept(messenger, listen):
        yield teller


@dataclass(slots=True)
class Hearing:
    """Long polling. The library's own begins only where Telegram answers, and ends for good at an odd answer."""

    application: App
    _next: int = 0  # the number of the update that is asked for

    async def until_trouble(self) -> None:
        """Hear what people write; an update is confirmed by asking for the one behind it, once it was answered.

        What a dead process had answered and not yet confirmed comes again: commands do the same when they come twice.
        """
        await self.application.bot.delete_webhook()
        while True:
            for raw in await self._heard():
                if update := self._read(raw):
                    await self.application.process_update(update)
                self._next = raw["update_id"] + 1

    async def _heard(self) -> Sequence[dict[str, Any]]:
        """The updates as they came: one that the library cannot read hides no other."""
        asked = {"offset": self._next, "timeout": POLL, "allowed_updates": ["message"]}
        try:
            heard = await self.application.bot.do_api_request("getUpdates", asked, read_timeout=POLL + PATIENCE)
        except Conflict:  # another process of ours polls
            await asyncio.sleep(POLL)
            return ()
        return [it for it in heard if isinstance(it, dict) and isinstance(it.get("update_id"), int)]

    def _read(self, raw: dict[str, Any]) -> Update | None:
        try:
            return Update.de_json(raw, self.application.bot)
        except (TypeError, KeyError, ValueError, AttributeError):
            log.warning("an update could not be read")
            return None


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


@dataclass(slots=True)
class Teller:
    """Tells officers that something waits; each push once, whoever runs."""

    notifications: OfficerNotifications
    pushes: OfficerPushes
    messenger: Messenger
    now: Callable[[], datetime]
    pace: Pace = field(default_factory=new_pace)
    _digested: datetime | None = None  # the hour whose digest this process has put

    async def look(self, _: object = None) -> None:
        """What is done every few seconds; while Telegram is away everything waits."""
        if not self.messenger.is_up:
            return
        try:
            await self.tell_waiting()
            if self.now().astimezone(deadlines.CITY).hour in policy.digest_hours():
                await self.tell_digest()
        except errors.StoreUnavailable:
            log.warning("the store is away: notices wait")

    async def tell_waiting(self) -> int:
        """Send what is due; how many pushes were sent."""
        while await self.notifications.gather():
            pass
        return await self._send()

    async def tell_digest(self) -> int:
        """Put the digest of this hour, if this process has not yet, and send what is due; how many were sent."""
        hour = deadlines.hour(self.now())
        if hour != self._digested:
            await self.notifications.gather_digest()
            self._digested = hour
        return await self._send()

    async def _send(self) -> int:
        """Send one after the other; once something had to be given back, the next look goes on."""
        sent = 0
        while claimed := await self.notifications.outbox.claim(self.now(), BATCH):
            until = time.monotonic() + IN_TIME
            became = [await self._send_one(push, until) for push in claimed]
            sent += became.count(Fate.DELIVERED)
            if None in became:
                break
        return sent

    async def _send_one(self, push: Push, until: float) -> Fate | None:
        """What became of a claimed push; None: it was given back untried."""
        if not self.messenger.is_up or time.monotonic() > until:
            await self.notifications.outbox.give_back(push)
            return None
        if not await self.notifications.may_go(push):
            await self.notifications.outbox.done(push)
            return Fate.GONE
        await self.pace.turn(push.chat)
        return await background.finished(self._deliver(push))

    async def _deliver(self, push: Push) -> Fate:
        told = await self.pushes.deliver(push)
        await self.notifications.settle(push, told)
        return told.fate

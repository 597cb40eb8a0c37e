"""The officers' bot, through python-telegram-bot: linking a chat, and nothing that could tell of a tip."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes, MessageHandler, filters

import locales
from handlers.statistics import shown
from tips import errors
from tips.desk.officer_notifications import OfficerNotifications
from tips.organisation.roster import Person
from tips.ports.desk import Statistics
from tips.statistics.archive import Archive
from tips.statistics.figures import TOTAL
from tips.statistics.periods import is_month

LANG: Final = locales.SOURCE
MONTHS: Final = 6  # months that `/thongke` shows

log = logging.getLogger(__name__)


class Officers:
    """The commands of the officers' bot."""

    def __init__(
        self, notices: OfficerNotifications, counts: Statistics, archive: Archive, now: Callable[[], datetime]
    ) -> None:
        self._notifications, self._statistics, self._archive, self._now = notices, counts, archive, now

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Put the commands on an application."""
        application.add_handler(CommandHandler("start", self.start))
        application.add_handler(CommandHandler("lienket", self.link))
        application.add_handler(CommandHandler("huylienket", self.unlink))
        application.add_handler(CommandHandler("hangdoi", self.queue))
        application.add_handler(CommandHandler("tamnghi", self.quiet))
        application.add_handler(CommandHandler("thongke", self.counts))
        application.add_handler(MessageHandler(filters.TEXT, self.start))  # whatever else: how it is used
        application.add_error_handler(_note_error)

    async def start(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """How to link."""
        await _say(update, "officers.start")

    async def link(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/lienket CODE`: the code is shown at the desk for ten minutes."""
        if update.effective_chat is None or update.effective_chat.type != "private":
            return
        try:
            await self._notifications.link(" ".join(context.args or ()), str(update.effective_chat.id))
        except errors.NotFound:
            await _say(update, "officers.code_unknown")
        else:
            await _say(update, "officers.linked")

    async def unlink(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/huylienket`: no more notices here."""
        if update.effective_chat is not None:
            await self._notifications.officer_chats.unlink(str(update.effective_chat.id))
            await _say(update, "officers.unlinked")

    async def queue(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/hangdoi`: how much waits, in numbers; cases with an exclusion are not among them."""
        person = await self._person(update)
        if person is None:
            return
        if not person.role.holds_seed:
            await _say(update, "officers.no_queue")
            return
        work = await self._statistics.workload([person.unit], person.name, self._now())
        await _say(update, "officers.queue", **{name: str(count) for name, count in asdict(work).items()})

    async def quiet(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/tamnghi 22-6`: between these hours only what is urgent; `/tamnghi tắt` ends it."""
        if await self._person(update) is None or update.effective_chat is None:
            return
        try:
            quiet = await self._notifications.keep_quiet(str(update.effective_chat.id), " ".join(context.args or ()))
        except errors.Refused as refused:
            await _say(update, refused.key)
            return
        await _say(update, "officers.quiet" if quiet else "officers.quiet.none", hours=quiet)

    async def counts(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/thongke`: the city's tips by closed month; for who may see the desk's statistics."""
        person = await self._person(update)
        if person is None:
            return
        if not person.role.sees_counts:
            await _say(update, "officers.no_counts")
            return
        months = (it for it in await self._archive.figures() if is_month(it.period))
        closed = sorted(months, key=lambda it: it.period)[-MONTHS:]
        table = "\n".join(f"{it.period}: {shown.count(it, TOTAL, LANG).text}" for it in closed) or "–"
        await _say(update, "officers.counts", table=table)

    async def _person(self, update: Update) -> Person | None:
        """Who asks, in a chat of their own; somebody unknown is told how to link."""
        if update.effective_chat is None or update.effective_chat.type != "private":
            return None
        try:
            return await self._notifications.person(str(update.effective_chat.id))
        except errors.NotFound:
            await _say(update, "officers.start")
        return None


async def _say(update: Update, key: str, **values: str) -> None:
    if update.effective_chat is not None:
        await update.effective_chat.send_message(locales.say(LANG, key, **values))


async def _note_error(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Of an error only its type is logged: an update holds who wrote. A store that is away is said to them."""
    log.error("the officers' bot met %s", type(context.error).__name__)
    if isinstance(context.error, errors.StoreUnavailable) and isinstance(update, Update):
        await _say(update, context.error.key)

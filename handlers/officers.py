"""The officers' bot, through python-telegram-bot: linking a chat, and nothing that could tell of a tip."""

from __future__ import annotations

import logging
from typing import Any, Final

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

import locales
from tips import errors
from tips.notices import Notices

LANG: Final = "vi"

log = logging.getLogger(__name__)


class Officers:
    """The commands of the officers' bot."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Put the commands on an application."""
        application.add_handler(CommandHandler("start", self.start))
        application.add_handler(CommandHandler("lienket", self.link))
        application.add_handler(CommandHandler("huylienket", self.unlink))
        application.add_error_handler(_trouble)

    async def start(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """How to link."""
        await _say(update, "officers.start")

    async def link(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/lienket CODE`: the code is shown at the desk for ten minutes."""
        if update.effective_chat is None or update.effective_chat.type != "private":
            return
        try:
            await self._notices.link(" ".join(context.args or ()), str(update.effective_chat.id))
        except errors.NotFound:
            await _say(update, "officers.code_unknown")
        except errors.StoreUnavailable as error:
            await _say(update, error.key)
        else:
            await _say(update, "officers.linked")

    async def unlink(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/huylienket`: no more notices here."""
        if update.effective_chat is not None:
            await self._notices.links.unlink(str(update.effective_chat.id))
            await _say(update, "officers.unlinked")


async def _say(update: Update, key: str) -> None:
    if update.effective_chat is not None:
        await update.effective_chat.send_message(locales.say(LANG, key))


async def _trouble(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Of an error only its type is logged: an update holds who wrote."""
    log.error("the officers' bot met %s", type(context.error).__name__)

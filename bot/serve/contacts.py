"""Notes when each messenger answered last, by the hour, so that the desk's process can say how another one's is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.serve.health import Health
from tips import errors
from tips.cases import deadlines
from tips.ports.desk import Contact, Contacts

EVERY: Final = 30.0  # seconds


async def noting(health: Health, contacts: Contacts, now: Callable[[], datetime]) -> None:
    """Write down what changed, again and again."""
    known: dict[str, Contact] = {}
    while True:
        with contextlib.suppress(errors.StoreUnavailable):
            await note(health, contacts, now(), known)
        await asyncio.sleep(EVERY)


async def note(health: Health, contacts: Contacts, now: datetime, known: dict[str, Contact]) -> None:
    """Write down what is not `known`; a messenger in trouble keeps the hour of its last answer."""
    for it in health.messengers:
        before = known.get(it.name)
        at = deadlines.hour(now) if it.is_up else before.at if before else None
        contact = Contact(it.name, it.way, it.state, it.error, at)
        if contact != before:
            await contacts.note(contact)
            known[it.name] = contact

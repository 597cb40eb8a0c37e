"""Notices to officers: that something waits, never what. A chat is linked by a one-time code from the desk.

A ping about a case with an exclusion would betray when it came; such cases are told of by digests alone, which go to
everybody at fixed hours, whether there is something new or not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tips import errors, keys
from tips.ports import Links, Outbox
from tips.roster import Roster
from tips.sealing import Random

CODE_LIFE: Final = timedelta(minutes=10)
BATCH: Final = 200  # pings taken in one look
CODE_BYTES: Final = 8  # signs of a code: 40 bits for ten minutes


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be sent: one text key to some chats."""

    key: str
    chats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notices:
    """Links chats, and turns waiting pings into notices."""

    links: Links
    outbox: Outbox
    roster: Callable[[], Roster]
    now: Callable[[], datetime]
    random: Random

    async def code(self, name: str) -> str:
        """A code by which a person links a chat of theirs within ten minutes."""
        code = keys.signs(CODE_BYTES, self.random)
        await self.links.offer(_hashed(code), name, self.now() + CODE_LIFE)
        return code

    async def link(self, code: str, chat: str) -> str:
        """Link a chat by a code.

        Raises:
            NotFound: unknown, used or expired.
        """
        return await self.links.take(_hashed(code), chat, self.now())

    async def waiting(self) -> tuple[list[Notice], list[bytes]]:
        """The notices that are due, and the pings that are done once they were sent."""
        pings = await self.outbox.due(self.now(), BATCH)
        units = dict.fromkeys((ping.unit, ping.kind) for ping in pings if ping.kind != "digest")
        notices = [Notice(f"ping.{kind}", await self._chats(unit)) for unit, kind in units]
        return [notice for notice in notices if notice.chats], [ping.id for ping in pings]

    async def digest(self) -> Notice:
        """What everybody gets at the fixed hours."""
        names = [person.name for person in self.roster().people if person.role in keys.UNIT_ROLES]
        return Notice("ping.digest", tuple(await self.links.chats(names)))

    async def _chats(self, unit: str) -> tuple[str, ...]:
        names = [person.name for person in self.roster().members(unit)]
        return tuple(await self.links.chats(names))


def _hashed(code: str) -> bytes:
    typed = "".join(sign for sign in code.upper() if sign.isalnum())
    if len(typed) != CODE_BYTES:
        raise errors.NotFound
    return hashlib.sha256(b"tinbao link" + typed.encode()).digest()

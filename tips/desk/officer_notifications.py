"""Notifications of officers: that something waits, never what. A chat is linked by a one-time code from the desk.

A ping about a case with an exclusion would betray when it came; such cases are told of by digests alone, which go to
everybody at fixed hours, whether there is something new or not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tips import errors
from tips.cases import deadlines
from tips.cases.pings import PingKind
from tips.crypto import keys
from tips.crypto.sealing import Random
from tips.organisation.roster import Person, Roster
from tips.ports.desk import OfficerChats, Outbox

CODE_LIFE: Final = timedelta(minutes=10)
BATCH: Final = 200  # pings taken in one look
KINDS: Final = frozenset(PingKind) - {PingKind.DIGEST}  # each has words of its own
NO_QUIET: Final = frozenset({"tắt", "tat", "off", "0"})
_HOURS: Final = re.compile(r"(\d{1,2})(?:h|g|:00)? *(?:-|–|đến|den|to| ) *(\d{1,2})(?:h|g|:00)?")
CODE_BYTES: Final = 8  # signs of a code: 40 bits for ten minutes


@dataclass(frozen=True, slots=True)
class Notification:
    """What is to be sent: one text key to some chats."""

    key: str
    chats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfficerNotifications:
    """Links chats, and turns waiting pings into notifications."""

    officer_chats: OfficerChats
    outbox: Outbox
    roster: Callable[[], Roster]
    now: Callable[[], datetime]
    random: Random

    async def code(self, name: str) -> str:
        """A code by which a person links a chat of theirs within ten minutes."""
        code = keys.random_code(CODE_BYTES, self.random)
        await self.officer_chats.offer(_hashed(code), name, self.now() + CODE_LIFE)
        return code

    async def link(self, code: str, chat: str) -> str:
        """Link a chat by a code.

        Raises:
            NotFound: unknown, used or expired.
        """
        return await self.officer_chats.take(_hashed(code), chat, self.now())

    async def waiting(self) -> tuple[list[Notification], list[bytes]]:
        """The notifications that are due, and the pings that are done once they were sent."""
        pings = await self.outbox.due(self.now(), BATCH)
        words = dict.fromkeys((ping.unit, ping.kind, ping.spared) for ping in pings if ping.kind != PingKind.DIGEST)
        notifications = [
            Notification(f"ping.{kind}", await self._chats(unit, kind, spared))
            for unit, kind, spared in words
            if kind in KINDS  # a row that somebody slipped in says nothing, and holds nothing up
        ]
        return [notification for notification in notifications if notification.chats], [ping.id for ping in pings]

    async def done(self, pings: Sequence[bytes]) -> None:
        """These pings were sent, or tried."""
        if pings:
            await self.outbox.done(pings)

    async def digest(self) -> Notification:
        """What everybody gets at the fixed hours."""
        names = [person.name for person in self.roster().people if person.role.holds_seed]
        return Notification("ping.digest", tuple(it.id for it in await self.officer_chats.chats(names)))

    async def _chats(self, unit: str, kind: str, spared: Collection[str]) -> tuple[str, ...]:
        """The chats of a unit's people that may be disturbed now; where somebody is in danger, all of them."""
        names = [it.name for it in self.roster().members(unit) if it.name not in spared]
        chats = await self.officer_chats.chats(names)
        return tuple(it.id for it in chats if kind == PingKind.URGENT or not quiet_at(it.quiet, self.now()))

    async def person(self, chat: str) -> Person:
        """Who a chat is linked to, as the roster has them now.

        Raises:
            NotFound: nobody, or somebody who left.
        """
        person = self.roster().person((await self.officer_chats.chat(chat)).name)
        if person is None:
            raise errors.NotFound
        return person

    async def keep_quiet(self, chat: str, words: str) -> str:
        """Set a chat's quiet hours as somebody wrote them; what they are now, empty for none.

        Raises:
            NotFound: the chat is linked to nobody.
            Refused: no two hours, and no word for none.
        """
        await self.person(chat)
        quiet = parse_quiet(words)
        await self.officer_chats.keep_quiet(chat, quiet)
        return quiet


def parse_quiet(words: str) -> str:
    """Quiet hours in one form, "22-6": `22h-6h`, `22 6`, `22:00 - 06:00`; `tắt` and `off` mean none.

    Raises:
        Refused: anything else.
    """
    if words.strip().casefold() in NO_QUIET:
        return ""
    found = _HOURS.fullmatch(words.strip().casefold())
    hours = [int(it) for it in found.groups()] if found else []
    if not hours or max(hours) > 23 or hours[0] == hours[1]:
        raise errors.Refused("officers.quiet.how")
    return f"{hours[0]}-{hours[1]}"


def quiet_at(quiet: str, now: datetime) -> bool:
    """Whether the city's hour lies within quiet hours; they may go over midnight."""
    if not quiet:
        return False
    first, last = map(int, quiet.split("-"))
    hour = now.astimezone(deadlines.CITY).hour
    return first <= hour < last if first < last else hour >= first or hour < last


def _hashed(code: str) -> bytes:
    typed = "".join(sign for sign in code.upper() if sign.isalnum())
    if len(typed) != CODE_BYTES:
        raise errors.NotFound
    return hashlib.sha256(b"tinbao link" + typed.encode()).digest()

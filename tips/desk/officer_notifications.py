"""Notifications of officers: that something waits, never what. A chat is linked by a one-time code from the desk.

A ping about a case with an exclusion would betray when it came; such cases are told of by digests alone, which go to
everybody at fixed hours, whether there is something new or not.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tips import errors
from tips.cases import deadlines
from tips.cases.outbox import DEAD_FOR, Fate, Told, Trouble, next_try
from tips.cases.pings import Ping, PingKind, Push, push
from tips.crypto import keys
from tips.crypto.sealing import Random
from tips.organisation.roster import Person, Roster
from tips.ports.desk import Chat, OfficerChats, Outbox

CODE_LIFE: Final = timedelta(minutes=10)
BATCH: Final = 200  # pings taken in one look
MOST_APART: Final = 5  # cases that are told of one by one; of more there is one word for all
KINDS: Final = frozenset(PingKind) - {PingKind.DIGEST}  # each has words of its own
NO_QUIET: Final = frozenset({"tắt", "tat", "off", "0"})
_HOURS: Final = re.compile(r"(\d{1,2})(?:h|g|:00)? *(?:-|–|đến|den|to| ) *(\d{1,2})(?:h|g|:00)?")
CODE_BYTES: Final = 8  # signs of a code: 40 bits for ten minutes


@dataclass(frozen=True, slots=True)
class OfficerNotifications:
    """Links chats, turns pings into pushes to chats, and says what becomes of these."""

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

    async def gather(self) -> int:
        """Turn the pings that are due into pushes; how many pings that were."""
        return await self.outbox.fan_out(self.now(), BATCH, self._pushes)

    async def gather_digest(self) -> None:
        """What everybody gets at the fixed hours: the same words whether something is new or not, once an hour.

        Dead letters for which nobody decided go with it, or a chat that takes nothing would collect them for ever.
        """
        hour = deadlines.hour(self.now())
        await self.outbox.expire(hour - DEAD_FOR)
        names = [person.name for person in self.roster().people if person.role.holds_seed]
        digest = Ping(b"", "", PingKind.DIGEST, hour)
        chats = await self.officer_chats.chats(names)
        await self.outbox.put_digest([push(b"digest %d" % hour.timestamp(), it.id, digest) for it in chats])

    def _pushes(self, pings: Sequence[Ping], chats: Sequence[Chat]) -> list[Push]:
        """Each ping for each chat that may be disturbed now."""
        return [
            push(told.id, chat.id, told)
            for told in _told(pings)
            for chat in chats
            if chat.name in self._names(told) and self._is_awake(chat, told.kind)
        ]

    def _names(self, told: Ping) -> set[str]:
        return {it.name for it in self.roster().members(told.unit)} - set(told.spared)

    def _is_awake(self, chat: Chat, kind: str) -> bool:
        """Whether a chat may be disturbed now; where somebody is in danger, and at the fixed hours, all may."""
        return kind in {PingKind.URGENT, PingKind.DIGEST} or not quiet_at(chat.quiet, self.now())

    async def may_go(self, waiting: Push) -> bool:
        """Whether a push may be sent now: it may have waited, and its chat be nobody's, or quiet, by now.

        Of a kind that nobody knows, because a hand was in the row, nothing is sent.
        """
        if waiting.kind not in set(PingKind):
            return False
        try:
            chat = await self.officer_chats.chat(waiting.chat)
        except errors.NotFound:
            return False
        return self.roster().person(chat.name) is not None and self._is_awake(chat, waiting.kind)

    async def settle(self, sent: Push, told: Told) -> None:
        """What follows from what became of a claimed push."""
        if told.fate is Fate.DELIVERED:
            await self.outbox.done(sent)
        elif told.fate is Fate.GONE:
            await self.officer_chats.unlink(sent.chat)
        elif after := next_try(sent.tries, told, self.now(), self.random):
            await self.outbox.put_off(sent, after)
        else:
            await self.outbox.bury(sent, told.trouble or Trouble.REFUSED)

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


def _told(pings: Sequence[Ping]) -> list[Ping]:
    """What is told of pings: each case once for one kind of news, and many together without a name.

    A row that somebody slipped in says nothing, and holds nothing up.
    """
    alike: dict[tuple[object, ...], dict[bytes | None, Ping]] = defaultdict(dict)
    for it in pings:
        if it.kind in KINDS:
            alike[it.unit, it.kind, it.spared].setdefault(it.case, it)
    return [told for group in alike.values() for told in _together(list(group.values()))]


def _together(group: list[Ping]) -> list[Ping]:
    return group if len(group) <= MOST_APART else [replace(group[0], case=None, due=None)]


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

"""Dead letters: what could not be told to somebody, for those who look after the machine. Nobody's chat is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tips import errors
from tips.cases.outbox import Trouble
from tips.cases.pings import Push
from tips.ports.desk import OfficerChats, Outbox
from tips.ports.intake import Addresses


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A word to an officer that was given up."""

    id: bytes
    kind: str  # a `PingKind`
    name: str  # whose chat it is
    since: datetime
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Lists dead letters; each is begun anew or dropped."""

    outbox: Outbox
    officer_chats: OfficerChats
    addresses: Addresses
    now: Callable[[], datetime]

    async def letters(self) -> list[DeadLetter]:
        """Those to officers, oldest first."""
        return [await self._letter(it) for it in await self.outbox.dead()]

    async def _letter(self, push: Push) -> DeadLetter:
        try:
            name = (await self.officer_chats.chat(push.chat)).name
        except errors.NotFound:
            name = ""
        return DeadLetter(push.id, push.kind, name, push.since, _known(push.trouble))

    async def reporters(self) -> int:
        """How many reporters could not be told: no more is known of them. The next news try again."""
        return await self.addresses.dead()

    async def send_again(self, id: bytes) -> None:
        """Begin a dead letter anew. Raises `NotFound`: it is none, or none any more."""
        await self.outbox.send_again(id, self.now())

    async def drop(self, id: bytes) -> None:
        """Let a dead letter go. Raises `NotFound`: it is none, or none any more."""
        await self.outbox.drop(id)


def _known(trouble: str | None) -> Trouble:
    """The kind of an error; what a hand wrote into the row counts as one that nothing is known of."""
    return next((it for it in Trouble if it == trouble), Trouble.REFUSED)

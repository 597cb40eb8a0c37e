"""Notifications of reporters: who asks for it is told in their messenger that something waits, and never what.

This is the one place where a way back to a person is kept, and only because they asked. The address is sealed under
the relay key, which is on no disk: a seized machine that was switched off gives nothing, one that runs gives the
addresses of those who asked and of nobody else. STOP destroys it; the case lives on, and the receipt opens it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases.outbox import Fate, Told, Trouble, next_try
from tips.crypto import sealing
from tips.crypto.sealing import Random
from tips.ports.intake import KEY_ID_BYTES, Addresses, ClaimedAddress
from tips.ports.process import RunSecrets

BATCH: Final = 20  # addresses that are claimed at once: they are told well within a claim's time
_PADDED: Final = 128  # bytes: the length tells no channel and no id


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody wants to be told."""

    channel: str
    id: str = field(repr=False)
    lang: str

    def to_bytes(self) -> bytes:
        """As it is sealed: a list of three, in this order; it has no version."""
        return json.dumps([self.channel, self.id, self.lang]).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Address:
        """The inverse of `to_bytes`."""
        return cls(*json.loads(data))


@dataclass(frozen=True, slots=True)
class News:
    """Somebody to tell that something waits, as this process claimed it."""

    claim: ClaimedAddress
    address: Address | None  # None: a hand was in the row


@dataclass(frozen=True, slots=True)
class ReporterNotifications:
    """Keeps addresses while people want it."""

    addresses: Addresses
    secrets: RunSecrets
    now: Callable[[], datetime]
    random: Random

    async def ask(self, case: bytes, address: Address) -> None:
        """Tell this address when something waits in a case's mailbox; a case has one address."""
        padded = sealing.pad(address.to_bytes(), _PADDED)
        key = self.secrets.relay_key()
        await self.addresses.put(case, relay_id(key) + sealing.lock(key, padded, _bound(case), self.random))

    async def forget(self, channel: str, id: str) -> int:
        """Destroy every address of a chat; how many. No index leads from a chat to a case: each one is opened."""
        stored = await self.addresses.every()
        mine = [
            case for case, sealed in stored if (it := self._open(case, sealed)) and (it.channel, it.id) == (channel, id)
        ]
        await self.addresses.drop(mine)
        return len(mine)

    async def claim(self, after: bytes = b"") -> list[News]:
        """Whom to tell now, by case, from behind the case `after`: what is claimed is this process's for a minute.

        An address under another key may be another process's to tell: it stays until its case ends, or until a cold
        start has said that its key is gone.
        """
        await self.addresses.lost(self.secrets.lost_relays())
        mine = relay_id(self.secrets.relay_key())
        claimed = await self.addresses.claim(mine, self.now(), BATCH, after)
        return [News(it, self._open(it.case, it.sealed)) for it in claimed]

    async def settle(self, news: News, told: Told) -> None:
        """What follows from what became of claimed news. A dead letter keeps its address: the next news count again."""
        claim = news.claim
        if told.fate is Fate.DELIVERED:
            await self.addresses.told(claim)
        elif told.fate is Fate.GONE:
            await self.addresses.gone(claim)
        elif after := next_try(claim.tries, told, self.now(), self.random):
            await self.addresses.put_off(claim, after)
        else:
            await self.addresses.bury(claim, told.trouble or Trouble.REFUSED)

    async def give_back(self, news: News) -> None:
        """Nobody tried to tell these: they wait on."""
        await self.addresses.give_back(news.claim)

    def button(self, conversation: bytes, case: bytes) -> str:
        """The option under a receipt that asks to be told: it alone remembers which tip it is about.

        That is sealed, for the conversation of this key only.
        """
        bound = sealing.binding("news button", key=conversation)
        sealed = sealing.lock(self.secrets.relay_key(), case, bound, self.random)
        return f"notify:{base64.b85encode(sealed).decode()}"

    def case_of_button(self, conversation: bytes, value: str) -> bytes | None:
        """The case that such an option's value is about; None: another conversation's, or its key is gone."""
        try:
            sealed = base64.b85decode(value.encode())
            bound = sealing.binding("news button", key=conversation)
            return sealing.unlock(self.secrets.relay_key(), sealed, bound)
        except (ValueError, binascii.Error, errors.NotOpened):
            return None

    def _open(self, case: bytes, sealed: bytes) -> Address | None:
        try:
            padded = sealing.unlock(self.secrets.relay_key(), sealed[KEY_ID_BYTES:], _bound(case))
        except errors.NotOpened:  # sealed by a process with other keys, or before a power cut
            return None
        return Address.from_bytes(sealing.unpad(padded))


def relay_id(key: bytes) -> bytes:
    """The 8 bytes that tell which relay key an address was sealed under; they do not lead back to it."""
    return sealing.derive(key, sealing.binding("relay key id"), KEY_ID_BYTES)


def _bound(case: bytes) -> bytes:
    return sealing.binding("address", case=case)

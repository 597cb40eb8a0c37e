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
from tips.cases import deadlines
from tips.crypto import sealing
from tips.crypto.sealing import Random
from tips.ports.intake import Addresses
from tips.ports.process import RunSecrets

BATCH: Final = 200  # addresses that are read at once
ID_BYTES: Final = 8
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

    async def waiting(self, channel: str) -> list[tuple[bytes, Address]]:
        """Whom a channel has to tell now, by case.

        An address that this process cannot open may be another's to tell: it stays until its case ends, or until a
        cold start has said that its key is gone.
        """
        found: list[tuple[bytes, Address]] = []
        lost: list[bytes] = []
        after = b""
        while due := await self.addresses.due(deadlines.hour(self.now()), BATCH, after):
            after = due[-1][0]
            lost += [case for case, sealed in due if sealed[:ID_BYTES] in self.secrets.lost_relays()]
            opened = [(case, self._open(case, sealed)) for case, sealed in due]
            found += [(case, address) for case, address in opened if address and address.channel == channel]
        await self.addresses.drop(lost)
        return found

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

    async def notified(self, case: bytes) -> None:
        """They were told, or cannot be reached; the next news counts again."""
        await self.addresses.notified(case)

    def _open(self, case: bytes, sealed: bytes) -> Address | None:
        try:
            padded = sealing.unlock(self.secrets.relay_key(), sealed[ID_BYTES:], _bound(case))
        except errors.NotOpened:  # sealed by a process with other keys, or before a power cut
            return None
        return Address.from_bytes(sealing.unpad(padded))


def relay_id(key: bytes) -> bytes:
    """The 8 bytes that tell which relay key an address was sealed under; they do not lead back to it."""
    return sealing.derive(key, sealing.binding("relay key id"), ID_BYTES)


def _bound(case: bytes) -> bytes:
    return sealing.binding("address", case=case)

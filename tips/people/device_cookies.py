"""Devices from which somebody has logged in before: their own cookie keeps others' wrong guesses from locking them out.

A wrong passphrase counts against the name only where it comes from a device that nobody knows. One that has logged in
as this person is counted by itself. So whoever guesses at a name can make strangers wait, and never its owner at their
own desk. (The scheme is known as device cookies.)
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from tips.crypto import sealing
from tips.crypto.sealing import Random
from tips.ports.process import RunSecrets

NONCE_BYTES: Final = 16
TRIES: Final = 10  # wrong passphrases of one known device, until it is a stranger again
REMEMBERED: Final = 10_000  # devices with wrong tries


@dataclass(frozen=True, slots=True)
class Devices:
    """Makes and recognises a device's cookie; nothing of it is stored, and a power cut makes all of them strangers."""

    secrets: RunSecrets
    random: Random
    _failures: OrderedDict[bytes, int] = field(default_factory=OrderedDict)

    def cookie(self, name: str) -> bytes:
        """What a device keeps after somebody logged in from it."""
        nonce = self.random(NONCE_BYTES)
        return nonce + self._tag(name, nonce)

    def known(self, name: str, cookie: bytes) -> bool:
        """Whether this person has logged in from the device, and it has not guessed too often since."""
        nonce, tag = cookie[:NONCE_BYTES], cookie[NONCE_BYTES:]
        true = hmac.compare_digest(tag, self._tag(name, nonce))
        return true and self._failures.get(nonce, 0) < TRIES

    def failed(self, cookie: bytes) -> None:
        """A known device tried a wrong passphrase."""
        nonce = cookie[:NONCE_BYTES]
        self._failures[nonce] = self._failures.pop(nonce, 0) + 1
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def _tag(self, name: str, nonce: bytes) -> bytes:
        return sealing.derive(self.secrets.device_key(), sealing.binding("device", name=name, nonce=nonce))

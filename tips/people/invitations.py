"""Invitations: people make their own keys at the desk, and nobody else ever sees their passphrase.

An administrator hands a code over. Whoever has it takes it up once, within two days, and sees a passphrase, the secret
of their one-time codes, and the digits that stand for their new keys. Nothing of it counts before signers have named
these keys in the roster, and a signer names only keys whose digits they heard from the person: so neither who takes up
another one's code nor a desk that puts other keys in their place gets anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tips import errors
from tips.crypto import keys, sealing
from tips.crypto.keys import Cost
from tips.crypto.sealing import Random
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation
from tips.people import enrolment, founding
from tips.people.enrolment import Newcomer
from tips.people.proposals import Enrolled
from tips.ports import people
from tips.ports.people import Invitation

VALID: Final = timedelta(hours=48)
WAITS: Final = timedelta(days=30)  # for signers to name the keys
CODE_SIGNS: Final = 16  # of 32: 80 bits
_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Invitations:
    """Asks people to join, and lets them take it up."""

    stored: people.Invitations
    roster: Callable[[], Roster]
    knowing: Callable[[str], Organisation]  # the organisation that has a unit
    now: Callable[[], datetime]
    random: Random
    cost: Cost

    async def invite(self, newcomer: Newcomer) -> str:
        """Ask somebody to join, or who works there already to make new keys; the code is shown once.

        Raises:
            Refused: the name is taken or none, or there is no such unit, or it receives nothing; or somebody made keys
                under this name, which wait for signers.
        """
        enrolment.check(self.roster(), self.knowing(newcomer.unit), newcomer, renews=True)
        code, now = keys.new_code(CODE_SIGNS, self.random), self.now()
        it = newcomer
        if not await self.stored.put(Invitation(_id(code), it.name, it.unit, it.role, now + VALID), now):
            raise errors.Refused("error.invited_already", it.name)
        return code

    async def take_back(self, name: str) -> None:
        """Ask somebody no more, be it that keys that they made wait.

        Raises:
            Refused: nobody of that name is asked.
        """
        if not await self.stored.drop([name]):
            raise errors.Refused("error.not_invited", name)

    async def take_up(self, code: str) -> Enrolled:
        """Make keys for whom a code invites; passphrase and TOTP secret are shown once.

        Raises:
            NotFound: no code invites so, or it did, or it is over: which of them is not told.
        """
        found, now = await self.stored.get(_id(code)), self.now()
        if found.account or found.expires_at <= now:
            raise errors.NotFound
        identity, passphrase = keys.new_identity(found.name, self.random), keys.new_passphrase(self.random)
        account = founding.new_account(identity, passphrase, self.cost, self.random)
        taken = replace(found, expires_at=now + WAITS, account=account, public=identity.public, verify=identity.verify)
        if not await self.stored.take_up(taken, now):
            raise errors.NotFound
        return Enrolled(identity, passphrase)

    async def all(self) -> Sequence[Invitation]:
        """Whoever is asked to join, whether they took it up or not."""
        return [it for it in await self.stored.all() if it.expires_at > self.now()]

    async def taken_up(self) -> Sequence[Invitation]:
        """Those whose keys wait for signers."""
        return [it for it in await self.all() if it.account]


def _id(code: str) -> bytes:
    """What a code is known by, however it was typed."""
    typed = "".join(sign for sign in code.lower() if sign.isalnum())
    return sealing.derive(typed.encode("utf-8", "replace"), b"tinbao invitation", _ID_BYTES)

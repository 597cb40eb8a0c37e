"""Logging in: a passphrase opens a person's keys, a one-time code guards the door.

A session keeps the keys closed under a secret that only the person's cookie holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from tips import enrolment, errors, keys, sealing
from tips.keys import Identity
from tips.ports import Accounts, Keyring, StoredSession
from tips.review import Session
from tips.roster import Person, Roster
from tips.sealing import Random, binding

IDLE: Final = timedelta(minutes=20)
LONGEST: Final = timedelta(hours=12)
TOKEN_BYTES: Final = 32
FREE_TRIES: Final = 5  # wrong logins before waiting
WAIT: Final = timedelta(seconds=30)  # after that, doubled each time up to `LONGEST_WAIT`
LONGEST_WAIT: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Logins:
    """Logins and sessions of the desk and of the command line."""

    accounts: Accounts
    keyring: Keyring
    roster: Callable[[], Roster]
    now: Callable[[], datetime]
    random: Random

    async def unlock(self, name: str, passphrase: str) -> Identity:
        """A person's keys by their passphrase alone, for the command line on the machine itself.

        Raises:
            WrongPassphrase: wrong, unknown, or tried too often just now: one answer for all.
        """
        try:
            account = await self.accounts.get(name)
        except errors.NotFound as error:
            raise errors.WrongPassphrase from error
        if account.blocked_until and account.blocked_until > self.now():
            raise errors.WrongPassphrase("too many tries: wait a little")
        try:
            identity = keys.unlock_identity(account.locked, passphrase)
        except errors.WrongPassphrase:
            failures = account.failures + 1
            await self.accounts.put(replace(account, failures=failures, blocked_until=self._blocked_until(failures)))
            raise
        if account.failures:
            await self.accounts.put(replace(account, failures=0, blocked_until=None))
        return identity

    def _blocked_until(self, failures: int) -> datetime | None:
        if failures < FREE_TRIES:
            return None
        doublings: int = min(failures - FREE_TRIES, 10)
        return self.now() + min(WAIT * (1 << doublings), LONGEST_WAIT)

    async def log_in(self, name: str, passphrase: str, code: str) -> tuple[bytes, Session]:
        """Open a session; the 32 bytes returned are the cookie's and are kept nowhere else.

        Raises:
            WrongPassphrase: passphrase or one-time code wrong, or the code was used before.
        """
        identity = await self.unlock(name, passphrase)
        account = await self.accounts.get(name)
        step = keys.totp_step(identity.totp, code, self.now(), account.totp_step)
        if not await self.accounts.spend_code(name, step):
            raise errors.WrongPassphrase
        session = await self.session_of(identity)
        token = self.random(TOKEN_BYTES)
        await self._keep(token, session)
        return token, session

    async def session_of(self, identity: Identity) -> Session:
        """What an unlocked identity may do now; seeds its unit's members still lack are given to them on the way.

        Raises:
            WrongPassphrase: the roster no longer names this person.
        """
        person = self.roster().person(identity.name)
        if person is None or person.verify != identity.verify:
            raise errors.WrongPassphrase
        held = enrolment.open_seeds(identity, await self.keyring.seeds(identity.name))
        for unit, seeds in held.items():
            await self._admit(unit, seeds)
        return _session(person, identity, held)

    async def _admit(self, unit: str, seeds: dict[int, bytes]) -> None:
        waiting = enrolment.admit(self.roster(), unit, seeds, await self.keyring.seed_holders(unit))
        if waiting:
            await self.keyring.add_seeds(waiting)

    async def _keep(self, token: bytes, session: Session) -> None:
        plain = {
            "unit": session.unit,
            "role": session.role,
            "generation": self.roster().generation(session.unit),
            "signing": session.signing.hex(),
            "seeds": {unit: [seed.hex() for seed in seeds] for unit, seeds in session.seeds.items()},
        }
        info = binding("session", name=session.name)
        sealed = sealing.lock(_session_key(token), json.dumps(plain).encode(), info, self.random)
        now = self.now()
        await self.accounts.open_session(StoredSession(_session_id(token), session.name, sealed, now, now + LONGEST))

    async def resume(self, token: bytes) -> Session:
        """The session of a cookie.

        Raises:
            NotFound: none, idle for too long, ended, or its person left, changed place, or got new keys.
        """
        stored = await self.accounts.session(_session_id(token))
        now = self.now()
        if stored.expires_at <= now or stored.seen_at + IDLE <= now:
            await self.log_out(token)
            raise errors.NotFound
        try:
            plain = json.loads(sealing.unlock(_session_key(token), stored.sealed, binding("session", name=stored.name)))
        except errors.NotOpened as error:
            raise errors.NotFound from error
        person = self.roster().person(stored.name)
        if person is None or not self._still(person, plain):
            await self.log_out(token)
            raise errors.NotFound
        if now - stored.seen_at > timedelta(minutes=1):
            await self.accounts.touch_session(stored.id, now)
        seeds = {unit: tuple(map(bytes.fromhex, seeds)) for unit, seeds in plain["seeds"].items()}
        return Session(stored.name, person.unit, person.role, bytes.fromhex(plain["signing"]), seeds)

    def _still(self, person: Person, plain: Mapping[str, Any]) -> bool:
        """Whether a session is what it was: a person with other keys, or a unit with a newer one, logs in anew."""
        signing = keys.verify_key(bytes.fromhex(plain["signing"]))
        now = (person.unit, person.role, person.verify, self.roster().generation(person.unit))
        return now == (plain["unit"], plain["role"], signing, plain["generation"])

    async def log_out(self, token: bytes) -> None:
        """Forget a session and with it the keys that it held."""
        await self.accounts.close_sessions(id=_session_id(token), idle_before=None)

    async def forget_idle(self) -> int:
        """Forget every session that was idle for too long; how many."""
        return await self.accounts.close_sessions(id=None, idle_before=self.now() - IDLE)


def _session(person: Person, identity: Identity, held: dict[str, dict[int, bytes]]) -> Session:
    seeds = {
        unit: tuple(seed for _, seed in sorted(by_generation.items(), reverse=True))
        for unit, by_generation in held.items()
        if unit == person.unit
    }
    return Session(identity.name, person.unit, person.role, identity.signing, seeds)


def _session_id(token: bytes) -> bytes:
    return sealing.derive(token, b"tinbao session id", 16)


def _session_key(token: bytes) -> bytes:
    return sealing.derive(token, b"tinbao session key")

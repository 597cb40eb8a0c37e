"""Logging in: a passphrase opens a person's keys, a one-time code guards the door.

A session keeps the keys closed under a secret that only the person's cookie holds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from tips import enrolment, errors, keys, sealing
from tips.devices import Devices
from tips.keys import Identity
from tips.ports import Accounts, Keyring, StoredSession
from tips.review import Session
from tips.roster import Person, Roster
from tips.sealing import Random, binding

IDLE: Final = timedelta(minutes=20)
LONGEST: Final = timedelta(hours=12)
TOKEN_BYTES: Final = 32
FREE_TRIES: Final = 5  # wrong logins from strange devices before these wait
WAIT: Final = timedelta(seconds=30)  # after that, doubled each time up to `LONGEST_WAIT`
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGIVEN: Final = timedelta(hours=12)  # after which wrong tries count from the beginning


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session, as its person sees it in a list."""

    id: bytes
    since: datetime
    seen: datetime
    mine: bool  # the one that asks


@dataclass(frozen=True, slots=True)
class Logins:
    """Logins and sessions of the desk and of the command line."""

    accounts: Accounts
    keyring: Keyring
    roster: Callable[[], Roster]
    devices: Devices
    now: Callable[[], datetime]
    random: Random
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def unlock(self, name: str, passphrase: str) -> Identity:
        """A person's keys by their passphrase alone, for the command line on the machine itself.

        Raises:
            WrongPassphrase: wrong or unknown: one answer for both, after the same work.
        """
        try:
            locked = (await self.accounts.get(name)).locked
        except errors.NotFound:
            locked = keys.nobody(self.random)
        return await asyncio.to_thread(keys.unlock_identity, locked, passphrase)

    async def log_in(self, name: str, passphrase: str, code: str, device: bytes = b"") -> tuple[bytes, Session]:
        """Open a session; the 32 bytes returned are the cookie's and are kept nowhere else.

        Args:
            name: as the roster has it.
            passphrase: as it was printed; signs between letters do not count.
            code: the six digits of now.
            device: what `Devices.cookie` gave to the device before.

        Raises:
            WrongPassphrase: passphrase or one-time code wrong, the code was used before, or too many wrong tries came
                from strange devices just now.
        """
        known = self.devices.known(name, device)
        if not known:
            await self._refuse_strangers(name)
        async with self._one_at_a_time:  # each costs 64 MB and 0.2 s, on purpose
            try:
                identity = await self.unlock(name, passphrase)
            except errors.WrongPassphrase:
                await self._failed(name, device if known else b"")
                raise
        account = await self.accounts.get(name)
        step = keys.totp_step(identity.totp, code, self.now(), account.totp_step)
        if not await self.accounts.spend_code(name, step):
            raise errors.WrongPassphrase
        session = await self.session_of(identity)
        token = self.random(TOKEN_BYTES)
        await self._keep(token, session)
        return token, session

    async def _refuse_strangers(self, name: str) -> None:
        with suppress(errors.NotFound):
            blocked = (await self.accounts.get(name)).blocked_until
            if blocked and blocked > self.now():
                raise errors.WrongPassphrase("too many tries: wait a little")

    async def _failed(self, name: str, device: bytes) -> None:
        if device:
            self.devices.failed(device)
            return
        with suppress(errors.NotFound):
            account = await self.accounts.get(name)
            recent = account.blocked_until is None or account.blocked_until + FORGIVEN > self.now()
            failures = account.failures + 1 if recent else 1
            await self.accounts.note_failure(name, failures, self._blocked_until(failures))

    def _blocked_until(self, failures: int) -> datetime:
        if failures < FREE_TRIES:
            return self.now()
        doublings: int = min(failures - FREE_TRIES, 10)
        return self.now() + min(WAIT * (1 << doublings), LONGEST_WAIT)

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

    async def resume(self, token: bytes, *, touch: bool = True) -> Session:
        """The session of a cookie; `touch` False: by a page that refreshes itself, which is nobody's work.

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
        if touch and now - stored.seen_at > timedelta(minutes=1):
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

    async def sessions(self, session: Session, token: bytes) -> list[OpenSession]:
        """This person's sessions, the newest first."""
        own = _session_id(token)
        return [
            OpenSession(it.id, it.expires_at - LONGEST, it.seen_at, it.id == own)
            for it in await self.accounts.sessions(session.name)
        ]

    async def end(self, session: Session, wanted: Collection[bytes]) -> int:
        """End sessions of this person; how many. Another's id ends nothing."""
        own = [it.id for it in await self.accounts.sessions(session.name) if it.id in wanted]
        return sum([await self.accounts.close_sessions(id=it, idle_before=None) for it in own])

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

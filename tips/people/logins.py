"""Logging in: a passphrase opens a person's keys, a one-time code guards the login.

A session keeps the keys closed under a secret that only the person's cookie holds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from tips import errors
from tips.crypto import keys, sealing
from tips.crypto.keys import Cost, Identity
from tips.crypto.sealing import Random, binding
from tips.organisation.roster import Person, Roster
from tips.people import key_rotation
from tips.people.device_cookies import Devices
from tips.people.proposals import Enrolled
from tips.people.session import IDLE, LONGEST, Session
from tips.ports.people import Account, Accounts, Keyring, StoredSession

TOKEN_BYTES: Final = 32
FREE_TRIES: Final = 5  # wrong logins from strange devices before these wait
WAIT: Final = timedelta(seconds=30)  # after that, doubled each time up to `LONGEST_WAIT`
LONGEST_WAIT: Final = timedelta(minutes=15)
LONGEST_CODE_WAIT: Final = timedelta(hours=12)  # of who knows the passphrase and guesses at codes: two a day
NOBODY: Final = ""  # no person has this name
STRANGERS_PLACES: Final = 8  # tries that wait at once, 0.2 s each: two seconds at most
KNOWN_PLACES: Final = 64
FORGIVEN: Final = timedelta(hours=12)  # after which wrong tries count from the beginning


class Secret(StrEnum):
    """What somebody logs in with, beside their name."""

    PASSPHRASE = "passphrase"  # noqa: S105 (a word, not one of them)
    TOTP = "totp"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session, as its person sees it in a list."""

    id: bytes
    since: datetime
    seen: datetime
    mine: bool  # the one that asks


@dataclass(slots=True)
class Lane:
    """Where tries are made one after the other, since each costs 64 MB and 0.2 s on purpose."""

    places: int
    _taken: int = 0
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """One's turn.

        Raises:
            Busy: no place is free.
        """
        if self._taken >= self.places:
            raise errors.Busy
        self._taken += 1
        try:
            async with self._one_at_a_time:
                yield
        finally:
            self._taken -= 1


@dataclass(frozen=True, slots=True)
class Logins:
    """Logins and sessions of the desk and of the command line."""

    accounts: Accounts
    keyring: Keyring
    roster: Callable[[], Roster]
    devices: Devices
    now: Callable[[], datetime]
    random: Random
    cost: Cost = keys.FULL_COST
    _known: Lane = field(default_factory=lambda: Lane(KNOWN_PLACES))
    _strangers: Lane = field(default_factory=lambda: Lane(STRANGERS_PLACES))

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
            Busy: too many strangers wait already.
        """
        if self.devices.known(name, device):
            async with self._known.place():
                if self.devices.known(name, device):  # still
                    return await self._tried(name, passphrase, code, device)
        async with self._strangers.place():
            return await self._tried(name, passphrase, code, b"")

    async def _tried(self, name: str, passphrase: str, code: str, device: bytes) -> tuple[bytes, Session]:
        """One try, of a known `device` or (empty) of a stranger; a refused one costs the same time as a wrong one."""
        identity = await self._proven(name, passphrase, code, device)
        session = await self.session_of(identity)
        token = self.random(TOKEN_BYTES)
        await self._keep(token, session)
        return token, session

    async def _proven(self, name: str, passphrase: str, code: str, device: bytes) -> Identity:
        refused = not device and await self._refused(name)
        try:
            identity = await self.unlock(NOBODY if refused else name, passphrase)
        except errors.WrongPassphrase:
            if not refused:
                await self._failed(name, device)
            raise
        await self._check_code(identity, code, device)
        return identity

    async def _refused(self, name: str) -> bool:
        with suppress(errors.NotFound):
            return _holds((await self.accounts.get(name)).blocked_until, self.now(), LONGEST_WAIT)
        return False

    async def _check_code(self, identity: Identity, code: str, device: bytes) -> None:
        """A code counts once, and wrong ones are not tried without end even by who knows the passphrase.

        Strangers' misses count for the name until a stranger's code is right: nobody without the passphrase can add
        to them, and the person's own devices do not wait.
        """
        account, now = await self.accounts.get(identity.name), self.now()
        if not device and _holds(account.code_blocked_until, now, LONGEST_CODE_WAIT):
            raise errors.WrongPassphrase
        try:
            step = keys.totp_step(identity.totp, code, now, account.totp_step)
        except errors.WrongPassphrase:
            await self._missed(account, device)
            raise
        if not await self.accounts.spend_code(identity.name, step, keys.latest_step(now)):
            raise errors.WrongPassphrase
        if not device and account.code_misses:
            await self.accounts.note_code_misses(identity.name, 0, None)

    async def _missed(self, account: Account, device: bytes) -> None:
        if device:
            self.devices.failed(device)
            return
        misses = account.code_misses + 1
        until = self.now() + _wait(misses, LONGEST_CODE_WAIT)
        await self.accounts.note_code_misses(account.locked.name, misses, until)

    async def _failed(self, name: str, device: bytes) -> None:
        if device:
            self.devices.failed(device)
            return
        with suppress(errors.NotFound):
            account = await self.accounts.get(name)
            recent = account.blocked_until is None or account.blocked_until + FORGIVEN > self.now()
            failures = account.failures + 1 if recent else 1
            await self.accounts.note_failure(name, failures, self.now() + _wait(failures, LONGEST_WAIT))

    async def renew(self, session: Session, token: bytes, passphrase: str, code: str, secret: Secret) -> Enrolled:
        """A new passphrase or a new one-time-code secret, for who proves the ones of today; their keys stay.

        Their other sessions end.

        Args:
            session: whose.
            token: of the session that asks, which goes on.
            passphrase: today's.
            code: of now.
            secret: which of the two is made anew.

        Raises:
            WrongPassphrase: one of them is wrong, or too many were just now.
            Busy: too many wait already.
        """
        async with self._strangers.place():
            identity = await self._proven(session.name, passphrase, code, b"")
        if secret is Secret.TOTP:
            identity = replace(identity, totp=self.random(keys.TOTP_BYTES))
        else:
            passphrase = keys.new_passphrase(self.random)
        locked = await asyncio.to_thread(keys.lock_identity, identity, passphrase, self.cost, self.random)
        await self.accounts.put(replace(await self.accounts.get(session.name), locked=locked))
        others = [it.id for it in await self.sessions(session, token) if not it.mine]
        await self.end(session, others)
        return Enrolled(identity, passphrase)

    async def session_of(self, identity: Identity) -> Session:
        """What an unlocked identity may do now; seeds its unit's members still lack are given to them on the way.

        A copy that does not open to them makes way, so that a colleague's session gives them another.

        Raises:
            WrongPassphrase: the roster no longer names this person.
        """
        person = self.roster().person(identity.name)
        if person is None or person.verify != identity.verify:
            raise errors.WrongPassphrase
        sealed = await self.keyring.seeds(identity.name)
        held = key_rotation.open_seeds(identity, sealed)
        if spoilt := key_rotation.unopened(sealed, held):
            with suppress(errors.NotPermitted):  # a role of before may not: nobody is kept out for that
                await self.keyring.drop_seeds(spoilt)
        for unit, seeds in held.items():
            await self._admit(unit, seeds)
        return _session(person, identity, held)

    async def _admit(self, unit: str, seeds: dict[int, bytes]) -> None:
        waiting = key_rotation.admit(self.roster(), unit, seeds, await self.keyring.seed_holders(unit))
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


def _wait(failures: int, longest: timedelta) -> timedelta:
    """How long strangers wait after so many wrong tries."""
    if failures < FREE_TRIES:
        return timedelta()
    return min(WAIT * (1 << min(failures - FREE_TRIES, 16)), longest)


def _holds(until: datetime | None, now: datetime, longest: timedelta) -> bool:
    """Whether a wait is on; one that is longer than any was set by a clock that ran ahead."""
    return until is not None and now < until <= now + longest


def _session(person: Person, identity: Identity, held: dict[str, dict[int, bytes]]) -> Session:
    seeds = {
        unit: tuple(seed for _, seed in sorted(by_generation.items(), reverse=True))
        for unit, by_generation in held.items()
        if unit == person.unit and person.role.holds_seed
    }
    return Session(identity.name, person.unit, person.role, identity.signing, seeds)


def _session_id(token: bytes) -> bytes:
    return sealing.derive(token, b"tinbao session id", 16)


def _session_key(token: bytes) -> bytes:
    return sealing.derive(token, b"tinbao session key")

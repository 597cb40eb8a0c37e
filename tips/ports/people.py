"""What is asked of who keeps logins, sessions, the roster and sealed seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tips.cases.ledger import SignedEvent
from tips.crypto.keys import LockedIdentity, SealedSeed
from tips.organisation.roles import Role
from tips.organisation.roster import SignedRoster


@dataclass(frozen=True, slots=True)
class Account:
    """A person's login, as it is stored; who they are and what they may stands in the roster."""

    locked: LockedIdentity
    totp_step: int  # the time step last used: a code counts once
    failures: int  # wrong passphrases from strange devices
    blocked_until: datetime | None
    code_misses: int = 0  # wrong one-time codes from strange devices, with the right passphrase
    code_blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A login, as it is stored: its content opens only with the cookie."""

    id: bytes
    name: str
    sealed: bytes
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who is asked to join, or to take new keys, as it is stored."""

    id: bytes  # what a code is known by; the code itself is kept nowhere
    name: str
    unit: str
    role: Role
    expires_at: datetime
    account: Account | None = None  # once they took it up: their login, and the keys that signers are asked to name
    public: bytes = b""
    verify: bytes = b""


class Invitations(Protocol):
    """Who is asked to join, until signers have named them."""

    async def put(self, invitation: Invitation, now: datetime) -> bool:
        """Store one; an earlier one of the same name counts no more.

        False: that one was taken up and is not over, and stays; nothing was stored.

        Raises:
            Stale: somebody else stored one of this name just now.
        """
        ...

    async def get(self, id: bytes) -> Invitation:
        """One. Raises `NotFound`."""
        ...

    async def take_up(self, invitation: Invitation, now: datetime) -> bool:
        """Store what somebody took up; False: it was taken up already, is over, or is gone."""
        ...

    async def all(self) -> list[Invitation]:
        """Every one, by name."""
        ...

    async def drop(self, names: Sequence[str]) -> int:
        """Forget those of these names, whatever a hand made of them; how many."""
        ...

    async def expire(self, now: datetime) -> int:
        """Forget what is over; how many."""
        ...


class Accounts(Protocol):
    """Logins and sessions."""

    async def get(self, name: str) -> Account:
        """A login. Raises `NotFound`."""
        ...

    async def put(self, account: Account) -> None:
        """Store a login."""
        ...

    async def note_failure(self, name: str, failures: int, blocked_until: datetime | None) -> None:
        """Wrong passphrases were tried for a name, so many by now."""
        ...

    async def note_code_misses(self, name: str, misses: int, blocked_until: datetime | None) -> None:
        """Wrong one-time codes were tried with the right passphrase, so many by now."""
        ...

    async def spend_code(self, name: str, step: int, latest: int) -> bool:
        """Mark a time step as used; False: it, or a later one, was used already.

        A step beyond `latest` was used by a clock that ran ahead, and counts for nothing.
        """
        ...

    async def open_session(self, session: StoredSession) -> None:
        """Store a session."""
        ...

    async def session(self, id: bytes) -> StoredSession:
        """A session. Raises `NotFound`."""
        ...

    async def touch_session(self, id: bytes, now: datetime) -> None:
        """It was used now."""
        ...

    async def sessions(self, name: str) -> list[StoredSession]:
        """A person's sessions, newest first."""
        ...

    async def close_sessions(self, *, id: bytes | None, idle_before: datetime | None) -> int:
        """Forget one session, or all that nobody used since; how many."""
        ...


class Keyring(Protocol):
    """The roster's versions, the organisations that they name, units' sealed seeds, and the sealed recovery seed."""

    async def rosters(self) -> list[SignedRoster]:
        """Every version, oldest first."""
        ...

    async def newest_roster(self) -> SignedRoster | None:
        """The newest version."""
        ...

    async def add_roster(
        self,
        roster: SignedRoster,
        accounts: Sequence[Account],
        seeds: Sequence[SealedSeed],
        events: Sequence[SignedEvent],
        gone: Sequence[str] = (),
        pieces: Mapping[str, bytes] | None = None,
        moved: Sequence[str] = (),
    ) -> None:
        """A new version with the logins and seeds it names; invitations of these names are done with.

        Args:
            gone: whose logins, sessions, linked chats and copies of seeds go first, in the same transaction.
            pieces: what only the quorum opens from now on, instead of all such pieces; None: it stays as it is.
            moved: whose sessions and copies of seeds go first; they themselves stay.

        Raises:
            Stale: the version exists already.
        """
        ...

    async def organisation(self, digest: str) -> bytes:
        """The document that is kept under a digest, whatever a hand made of it. Raises `NotFound`."""
        ...

    async def keep_organisation(self, digest: str, document: bytes) -> None:
        """Keep a document under its digest; one that lies there already gives way."""
        ...

    async def forget_roster(self, version: int, document: bytes) -> None:
        """Forget a version that nobody believes, if it is still this one: its number is wanted."""
        ...

    async def seeds(self, holder: str) -> list[SealedSeed]:
        """What is sealed to a holder."""
        ...

    async def seed_holders(self, unit: str) -> list[SealedSeed]:
        """Every sealed copy of a unit's seeds."""
        ...

    async def holders(self) -> list[tuple[str, int, str]]:
        """Whom each unit's seeds are sealed to: unit, generation, holder; in no order."""
        ...

    async def add_seeds(self, seeds: Sequence[SealedSeed]) -> None:
        """Further copies; one that is there already stays."""
        ...

    async def drop_seeds(self, seeds: Sequence[SealedSeed]) -> None:
        """Forget copies that are still these: another one in the place of one stays."""
        ...

    async def keep(self, name: str, value: bytes) -> None:
        """Keep a named sealed piece (the recovery seed's shares, the release seed's copy), in place of one before."""
        ...

    async def kept(self, name: str) -> bytes:
        """A named sealed piece. Raises `NotFound`."""
        ...

    async def all_kept(self, prefix: str) -> Mapping[str, bytes]:
        """Every sealed piece whose name begins so; by the rest of its name."""
        ...

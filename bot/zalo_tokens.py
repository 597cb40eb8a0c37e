"""The tokens of an Official Account: each refresh token renews once, and the one after it must not be lost.

They are kept in the secrets folder, sealed under a key beside them. What Zalo gives is on the disk before the access
token in it is used. The processes of one machine, or of machines that share the folder and its locks, take turns by a
file lock, and whoever comes later uses what the first was given. Without a shared folder one process alone may serve
the account.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

import httpx

from bot import key_files
from bot.settings import ZaloAccount
from handlers.zalo import calls
from handlers.zalo.calls import Unreachable
from tips import errors
from tips.crypto import sealing

KEY: Final = "zalo-oa.key"
KEPT: Final = "zalo-oa.tokens"
LOCK: Final = "zalo-oa.lock"
EARLY: Final = 300  # seconds before its end at which a token is renewed
USUAL: Final = 3600  # seconds that a token is good, where Zalo does not say
PATIENCE: Final = 90.0  # seconds for another process that renews
ANSWER: Final = 75.0  # seconds for a renewal: the old token is used up, whether its answer arrives or not
LOOK: Final = 0.05  # seconds between looks at its lock
REMEDY: Final = (
    "Zalo does not take the refresh token of the Official Account: get a new one at developers.zalo.me and start again"
    " with it in TINBAO_ZALO_OA_REFRESH"
)

log = logging.getLogger(__name__)


class TokenLost(Unreachable):
    """The refresh token renews nothing any more; only a person can get another."""

    def __init__(self) -> None:
        super().__init__("TokenLost")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of the account's tokens."""

    refresh: str = field(repr=False)
    first: str  # a digest of the setting that they began with: another one begins anew
    access: str = field(default="", repr=False)
    until: int = 0  # seconds since the epoch: from then on it is renewed
    lost: bool = False


@dataclass(slots=True)
class AccountTokens:
    """See `handlers.zalo.official_account.Tokens`."""

    folder: Path
    account: ZaloAccount
    http: httpx.AsyncClient
    time: Callable[[], float] = time.time
    _kept: Kept | None = None
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def access(self, refused: str = "") -> str:
        """A token to send with, renewed where it is about to end or was refused.

        Raises:
            TokenLost: only a person can help; the remedy is logged.
            Unreachable: Zalo gives none now.
        """
        if self._kept and self._is_good(self._kept, refused):
            return self._kept.access
        async with self._alone, self._turn():
            self._kept = read(self.folder, self.account)
            if not self._is_good(self._kept, refused):
                self._kept = await self._renewed(self._kept)
        return self._kept.access

    def _is_good(self, kept: Kept, refused: str) -> bool:
        return bool(kept.access) and kept.access != refused and self.time() < kept.until

    async def _renewed(self, kept: Kept) -> Kept:
        """Use a refresh token up; the next one is on the disk when this returns."""
        if kept.lost:
            raise TokenLost
        form = {"refresh_token": kept.refresh, "app_id": self.account.app_id, "grant_type": "refresh_token"}
        headers = {"secret_key": self.account.app_secret}
        address = f"{self.account.oauth}/v4/oa/access_token"
        answer = await calls.post(self.http, address, seconds=ANSWER, data=form, headers=headers)
        access, refresh = (answer.body.get(it) for it in ("access_token", "refresh_token"))
        if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
            self._not_renewed(kept, answer)
        new = replace(kept, refresh=str(refresh), access=str(access), until=int(self.time()) + _seconds(answer))
        write(self.folder, new)
        return new

    def _not_renewed(self, kept: Kept, answer: calls.Answer) -> None:
        said = " ".join(str(answer.body.get(it, "")) for it in ("error_name", "error_description", "message")).lower()
        if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR or "refresh" not in said:
            raise Unreachable("NoToken")
        write(self.folder, replace(kept, lost=True))
        log.error(REMEDY)
        raise TokenLost

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """While no other process renews."""
        handle = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            for _ in range(int(PATIENCE / LOOK)):
                if _locked(handle):
                    break
                await asyncio.sleep(LOOK)
            else:
                raise Unreachable("TokenBusy")
            yield
        finally:
            os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _seconds(answer: calls.Answer) -> int:
    """How long an access token is used, a little less than it is good; Zalo writes the number as a text."""
    said = str(answer.body.get("expires_in", ""))
    good = int(said) if said.isdecimal() else USUAL
    return max(good - EARLY, good // 2)


def read(folder: Path, account: ZaloAccount) -> Kept:
    """What is kept; where nothing is, or a person gave another first token, that one."""
    first = hashlib.sha256(account.refresh.encode()).hexdigest()
    try:
        sealed = (folder / KEPT).read_bytes()
        kept = Kept(**json.loads(sealing.unlock(_key(folder), sealed, sealing.binding("zalo tokens"))))
    except (FileNotFoundError, errors.NotOpened):
        return Kept(account.refresh, first)
    return kept if kept.first == first else Kept(account.refresh, first)


def write(folder: Path, kept: Kept) -> None:
    """Keep it, in the place of what was."""
    plain = json.dumps(asdict(kept)).encode()
    key_files.replace_secret(
        folder / KEPT, sealing.lock(_key(folder), plain, sealing.binding("zalo tokens"), os.urandom)
    )


def _key(folder: Path) -> bytes:
    return key_files.read_or_make(folder / KEY)

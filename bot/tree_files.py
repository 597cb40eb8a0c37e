"""What of the ledger's tree is kept outside the database: the newest head, and the tallies of a machine's processes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot import key_files
from tips import errors
from tips.crypto import keys
from tips.crypto.sealing import Random
from tips.merkle import multiset, tallies
from tips.merkle.tallies import INSTANCE, SignedTally, Tally
from tips.organisation.roster import Roster
from tips.ports.tree import Known
from tips.transparency import heads

HEAD: Final = "head.json"  # a file in the secrets folder
SLOTS: Final = 256  # processes of one machine that count side by side


@dataclass(frozen=True, slots=True)
class HeadFile:
    """See `tips.ports.tree.KnownHead`."""

    secrets: Path

    def load(self) -> Known | None:
        """The newest head that was believed.

        Raises:
            BadSetting: others can read it, or it is spoilt.
        """
        if not (self.secrets / HEAD).exists():
            return None
        try:
            plain = json.loads(key_files.secret(self.secrets / HEAD))
            peaks = {(level, at): bytes.fromhex(it) for level, at, it in plain["peaks"]}
            taken = {
                bytes.fromhex(instance): multiset.restored(count, bytes.fromhex(state))
                for instance, count, state in plain["taken"]
            }
            return Known(plain["note"].encode(), peaks, taken, plain["taken_at"], plain["catching_up"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise errors.BadSetting(f"{HEAD} in TINBAO_SECRETS is spoilt: bring it back from a copy") from error

    def keep(self, known: Known) -> None:
        """Keep it, in place of the one before; who looked at an older one meanwhile does not take it back."""
        peaks = [[*node, it.hex()] for node, it in known.peaks.items()]
        taken = [[instance.hex(), it.count, it.state().hex()] for instance, it in known.taken.items()]
        plain = {
            "note": known.note.decode(),
            "peaks": peaks,
            "taken": taken,
            "taken_at": known.taken_at,
            "catching_up": known.catching_up,
        }
        with _alone(self.secrets / "head.lock"):
            if not heads.is_older(known, self.load()):
                key_files.replace_secret(self.secrets / HEAD, json.dumps(plain).encode())


@dataclass(slots=True)
class HeadInMemory:
    """See `tips.ports.tree.KnownHead`: for who looks at a tree once, and kept no head of it."""

    known: Known | None = None

    def load(self) -> Known | None:
        """The newest that was looked at."""
        return self.known

    def keep(self, known: Known) -> None:
        """Until the end of this process."""
        self.known = known


@dataclass(frozen=True, slots=True)
class TallyFiles:
    """See `tips.ports.tree.TallyBook`. Whatever process comes next on this machine goes on from its files."""

    folder: Path  # on tmpfs
    slot: int  # which process of this machine's
    process: str
    signing: bytes = field(repr=False)
    roster: Callable[[], Roster]
    random: Random = field(repr=False)

    def load(self, lane: str) -> Tally:
        """As the process before in this slot kept it."""
        path = self._path(lane)
        try:
            instance, count, state = json.loads(path.read_bytes())
            return Tally(bytes.fromhex(instance), multiset.restored(count, bytes.fromhex(state)))
        except (OSError, ValueError, TypeError, errors.NotVerified):
            return Tally(self.random(INSTANCE))

    def keep(self, lane: str, tally: Tally) -> None:
        """Put it in the place of the one before."""
        leaves = tally.leaves
        plain = [tally.instance.hex(), leaves.count, leaves.state().hex()]
        path = self._path(lane)
        new = path.with_suffix(".new")
        key_files.write_secret(new, json.dumps(plain).encode())
        new.replace(path)

    def sign(self, tally: Tally) -> SignedTally:
        """By the process's key."""
        return tallies.sign(tally, self.process, self.signing)

    def verified(self, stored: SignedTally) -> Tally | None:
        """What one of the process's keys signed."""
        try:
            return tallies.verify(stored, self.roster().processes.get(self.process, ()))
        except errors.NotVerified:
            return None

    def _path(self, lane: str) -> Path:
        """A home that came back from a backup has other keys, and goes on from none of these."""
        home = keys.verify_key(self.signing)[:8].hex()
        return self.folder / f"tally-{home}-{self.slot}-{lane}.json"


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def slot(folder: Path) -> Iterator[int]:
    """The first number that no other process of this machine has, for as long as this lasts.

    Raises:
        BadSetting: there are too many processes.
    """
    number, handle = _free_slot(folder)
    try:
        yield number
    finally:
        os.close(handle)


def _free_slot(folder: Path) -> tuple[int, int]:
    for number in range(SLOTS):
        handle = os.open(folder / f"tally-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
        else:
            return number, handle
    raise errors.BadSetting(f"more than {SLOTS} processes of one TINBAO_RUN")

"""What of the ledger is kept outside the database: the newest head of its tree, where cases ended, and tallies."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot import key_files
from tips import errors
from tips.cases.chain_ends import ChainEnd, Circle
from tips.crypto import keys
from tips.crypto.sealing import Random
from tips.merkle import multiset, tallies
from tips.merkle.tallies import INSTANCE, SignedTally, Tally
from tips.organisation.roster import Roster
from tips.ports.tree import Known
from tips.transparency import heads

HEAD: Final = "head.json"  # a file in the secrets folder
ENDS: Final = "ends.bin"  # another
_MARK: Final = b"tinbao chain ends 1\n"
_RECORD: Final = struct.Struct(">16s32sIII?")  # case, and of its `ChainEnd` all but the circle, which is numbered
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


class ChainEndsFile:
    """See `tips.ports.clock.ChainEnds`: a record of 61 bytes a case, of which one file holds all.

    A mark and SHA-256 of the rest, in front; a line of JSON with every circle that cases have; the records.
    """

    def __init__(self, secrets: Path) -> None:
        self._path = secrets / ENDS
        self._lock = secrets / "ends.lock"
        self._read: tuple[tuple[int, int, int], Mapping[bytes, ChainEnd] | None] | None = None  # and which file it was

    def load(self) -> Mapping[bytes, ChainEnd]:
        """What was kept last, by whichever process of this machine."""
        return self._seen() or {}

    def is_spoilt(self) -> bool:
        """Whether there is a file that is not as it was written."""
        return self._seen() is None

    def keep(self, found: Mapping[bytes, ChainEnd]) -> None:
        """Put a file with these in the place of the one before."""
        if not found:
            return
        with _alone(self._lock):
            known = self._seen()
            if known is not None:
                newer = {case: it for case, it in found.items() if case not in known or known[case].place <= it.place}
                key_files.replace_secret(self._path, _of_ends({**known, **newer}))

    def _seen(self) -> Mapping[bytes, ChainEnd] | None:
        """What the file holds, which is read again only once it is another; None: it is spoilt."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return {}
        which = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if self._read is None or self._read[0] != which:
            self._read = (which, _to_ends(self._path.read_bytes()))
        return self._read[1]

    def forget(self) -> None:
        """The file goes."""
        with _alone(self._lock):
            self._path.unlink(missing_ok=True)


def _of_ends(ends: Mapping[bytes, ChainEnd]) -> bytes:
    circles = {it: at for at, it in enumerate(dict.fromkeys(end.circle for end in ends.values()))}
    listed = json.dumps([[sorted(it.awake), sorted(it.shut), it.above] for it in circles])
    records = (
        _RECORD.pack(case, it.leaf, it.beginnings, it.length, circles[it.circle], it.missed)
        for case, it in ends.items()
    )
    rest = b"".join([listed.encode(), b"\n", *records])
    return _MARK + hashlib.sha256(rest).digest() + rest


def _to_ends(data: bytes) -> dict[bytes, ChainEnd] | None:
    """The inverse of `_of_ends`; None: it is spoilt."""
    begin = len(_MARK) + hashlib.sha256().digest_size
    rest = data[begin:]
    if data[:begin] != _MARK + hashlib.sha256(rest).digest():
        return None
    listed, _, records = rest.partition(b"\n")
    circles = [Circle(frozenset(awake), frozenset(shut), above) for awake, shut, above in json.loads(listed)]
    return {
        case: ChainEnd(leaf, beginnings, length, circles[at], missed)
        for case, leaf, beginnings, length, at, missed in _RECORD.iter_unpack(records)
    }


@dataclass(slots=True)
class ChainEndsInMemory:
    """See `tips.ports.clock.ChainEnds`: for who looks at a home once, and kept nothing of it."""

    known: dict[bytes, ChainEnd] = field(default_factory=dict)

    def load(self) -> Mapping[bytes, ChainEnd]:
        """What was kept so far."""
        return self.known

    def keep(self, found: Mapping[bytes, ChainEnd]) -> None:
        """Until the end of this process."""
        self.known |= found

    def is_spoilt(self) -> bool:
        """Nothing is."""
        return False

    def forget(self) -> None:
        """All of it."""
        self.known.clear()


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

"""Backups as files: written whole or not at all, each night into a folder, and deleted when their days are over."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from handlers.version import program_version
from storage import backup
from tips import errors
from tips.cases import ledger
from tips.cases.ledger import Kind
from tips.clock import backup_rotation
from tips.crypto.keys import Recovery
from tips.organisation.roster import CLOCK, Roster
from tips.people import recovery
from tips.people.recovery import Custody

PART: Final = ".part"  # what follows the name of a file that is not whole yet
STAMP: Final = "tinbao-%Y%m%dT%H%M%SZ.age"
NAMES: Final = re.compile(r"tinbao-\d{8}T\d{6}Z\.age")
BUFFER: Final = 1 << 20  # bytes; a disk takes fewer and larger pieces faster
AHEAD: Final = 16  # pieces of 64 KiB that are made at once
LOCK: Final = ".lock"  # held by the process that is at it, and let go by its end, whatever that is

log = logging.getLogger(__name__)


def pieces(url: str, public: bytes, sealed: Recovery, at: datetime) -> Iterator[bytes]:
    """A backup of a database, as it is written.

    Args:
        url: the database.
        public: the recovery key's public bytes.
        sealed: the recovery seed as the home keeps it.
        at: the present.
    """
    rows = backup.dump(url, program_version(), at)
    return _ahead(recovery.seal(public, sealed, rows, os.urandom))


def _ahead(made: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, the next ones made by a thread while these are written."""

    def some() -> list[bytes]:
        return list(itertools.islice(made, AHEAD))

    with ThreadPoolExecutor(1) as maker:
        making = maker.submit(some)
        while now := making.result():
            making = maker.submit(some)
            yield from now


@contextlib.contextmanager
def whole(file: Path) -> Iterator[BinaryIO]:
    """A file that is written beside its place, and put there once it is whole and on disk; else nothing is left of it.

    Raises:
        BadSetting: it cannot be written there.
    """
    waiting = file.with_name(f"{file.name}{PART}")
    try:
        with waiting.open("wb", BUFFER) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        waiting.replace(file)
        _keep_name(file.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            waiting.unlink()
        if isinstance(error, OSError):
            raise errors.BadSetting(f"{file.name} cannot be written there ({error.strerror})") from error
        raise


def _keep_name(folder: Path) -> None:
    """A name that was given survives a power cut once its folder is on disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def made(folder: Path) -> dict[datetime, Path]:
    """The nightly backups of a folder that are whole, by when they were made; other files are none of ours."""
    return {
        datetime.strptime(it.name, STAMP).replace(tzinfo=UTC): it
        for it in (folder.iterdir() if folder.is_dir() else ())
        if NAMES.fullmatch(it.name)
    }


@dataclass(frozen=True, slots=True)
class Nightly:
    """Makes a backup each night and deletes what is too old, in the name of the clock."""

    folder: Path
    url: str = field(repr=False)  # the database's
    custody: Custody
    roster: Callable[[], Roster]
    signing: bytes = field(repr=False)  # the clock's
    now: Callable[[], datetime]

    async def tick(self) -> int:
        """Make tonight's backup if it is still to be made; how many were made. One that fails is tried in an hour."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._alone() as alone:
                return await self._turn() if alone else 0
        except OSError as error:
            log.error("the folder of backups cannot be used: %s", error.strerror)
            return 0

    async def _turn(self) -> int:
        for left in self.folder.glob(f"tinbao-*.age{PART}"):  # of a process that was killed
            left.unlink()
        try:
            return await self._back_up() if backup_rotation.due(made(self.folder), self.now()) else 0
        except (errors.StoreUnavailable, errors.BadSetting) as error:
            log.error("tonight's backup failed, it is tried again: %s", error)
            return 0
        finally:
            await self._rotate()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process is at it: a large backup takes longer than a lease lasts."""
        with (self.folder / LOCK).open("wb") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    async def _back_up(self) -> int:
        sealed, now = await self.custody.kept(), self.now()
        with whole(self.folder / now.astimezone(UTC).strftime(STAMP)) as out:
            await self.custody.record(Kind.BACKED_UP, CLOCK, self.signing)
            await _in_thread(pieces(self.url, self.roster().recovery, sealed, now), out)
        return 1

    async def _rotate(self) -> None:
        kept, now = made(self.folder), self.now()
        old = backup_rotation.old(kept, now)
        if old and old == set(kept) and not backup_rotation.overdue(max(old), now, await self._destroyed()):
            old.discard(max(old))  # nothing was made since: it is the last one
        for moment in old:
            kept[moment].unlink(missing_ok=True)

    async def _destroyed(self) -> list[datetime]:
        """The hours in which something was destroyed, as the clock signed them."""
        (wanted,) = ledger.mentions(kind=Kind.SHREDDED.value)
        rows = [it for it in await self.custody.ledger.waiting() if wanted in it.body]
        signed = []
        for row in rows:
            with contextlib.suppress(errors.NotVerified):
                signed.append(ledger.verify(row, self.roster().verifiers).at)
        return signed


async def _in_thread(data: Iterable[bytes], out: BinaryIO) -> None:
    """Write while everything else goes on; whoever is cancelled ends the writing too."""
    ended = threading.Event()

    def write() -> None:
        for piece in data:
            if ended.is_set():
                return
            out.write(piece)

    writing = asyncio.create_task(asyncio.to_thread(write))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        ended.set()
        await writing
        raise

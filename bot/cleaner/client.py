"""Cleaning, from outside: a child process of its own for each file, and what it says is not believed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
from asyncio import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from tips.evidence import limits
from tips.evidence.kinds import KINDS, REASONS, TurnedDown
from tips.evidence.limits import LARGEST, LARGEST_CLEAN

PATIENCE: Final = 1.5  # seconds by the clock for each of the processor that a file is worth
_OUT_OF_TIME: Final = frozenset({-signal.SIGXCPU, -signal.SIGKILL})  # how the system ends a child that worked too long
AT_ONCE: Final = 2  # children
PIECE: Final = 64 * 1024  # bytes that are in this process at once


@dataclass(frozen=True, slots=True)
class CleanCopy:
    """See `tips.ports.evidence.Cleaned`."""

    fd: int
    kind: str
    mime: str
    size: int
    original: str
    clean: str

    def chunks(self) -> Iterator[bytes]:
        """Its bytes."""
        return _pieces(self.fd, self.size)

    def close(self) -> None:
        """Give the memory back."""
        os.close(self.fd)


class Cleaning:
    """See `tips.ports.evidence.Cleaner`."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._children = asyncio.Semaphore(AT_ONCE)

    async def clean(self, fd: int, size: int) -> CleanCopy:
        """A clean copy of a file."""
        if not 0 < size <= LARGEST:
            raise TurnedDown("too_large" if size else "empty")
        if not hasattr(os, "memfd_create"):
            raise TurnedDown("busy")  # there is no place for it but a folder
        copy = os.memfd_create("clean", os.MFD_CLOEXEC)
        try:
            async with self._children:
                mime = _believed(await self._said(fd, copy, self._patience * limits.work(size)))
            length = os.fstat(copy).st_size
            if not 0 < length <= LARGEST_CLEAN:
                raise TurnedDown("broken")
            original, clean = await asyncio.to_thread(lambda: (_digest(fd, size), _digest(copy, length)))
        except BaseException:
            os.close(copy)
            raise
        return CleanCopy(copy, KINDS[mime], mime, length, original, clean)

    async def _said(self, fd: int, copy: int, patience: float) -> bytes:
        """What a child says of a file; nothing, where it died."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", "bot.cleaner", str(fd), str(copy)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(fd, copy),
            env={"MALLOC_ARENA_MAX": "1", "LC_ALL": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        )
        try:
            said, _ = await asyncio.wait_for(child.communicate(), patience)
        except TimeoutError as error:
            raise TurnedDown("too_heavy") from error
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
        if child.returncode in _OUT_OF_TIME:
            raise TurnedDown("too_heavy")
        return said if child.returncode == 0 else b""


def _believed(said: bytes) -> str:
    """The MIME type of a copy: a child that was taken over can at most name another kind of the list."""
    try:
        report: dict[str, Any] = json.loads(said)
        reason, mime = report.get("reason"), report.get("mime")
    except (ValueError, AttributeError) as error:
        raise TurnedDown("broken") from error
    if mime not in KINDS:
        raise TurnedDown(reason if reason in REASONS else "broken")
    return str(mime)


def _digest(fd: int, size: int) -> str:
    found = hashlib.sha256()
    for piece in _pieces(fd, size):
        found.update(piece)
    return found.hexdigest()


def _pieces(fd: int, size: int) -> Iterator[bytes]:
    for at in range(0, size, PIECE):
        yield os.pread(fd, min(PIECE, size - at), at)

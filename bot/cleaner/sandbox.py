"""What the cleaning process gives away before it looks at a file, and what it needs no administrator for."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from typing import BinaryIO, Final

from tips.evidence import limits

MEMORY: Final = 512 * 1024 * 1024  # bytes of address space
LAST_FILE: Final = 4  # the highest file number in use: 0 to 2 are the standard ones
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000


def alone(source: int, target: int) -> tuple[BinaryIO, BinaryIO]:
    """The two files under the lowest numbers, so that no number below theirs is free."""
    for number, kept in zip((os.dup(source), os.dup(target)), (LAST_FILE - 1, LAST_FILE), strict=True):
        os.dup2(number, kept)
    os.closerange(LAST_FILE + 1, 1024)
    return os.fdopen(LAST_FILE - 1, "rb"), os.fdopen(LAST_FILE, "r+b")


def confine(size: int) -> None:
    """Limits that need no help of the system's administrator; what a kernel does not know is left out.

    Args:
        size: of the file, in bytes: a longer one may be worked at for longer.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_PDEATHSIG, signal.SIGKILL), (_PR_SET_NO_NEW_PRIVS, 1), (_PR_SET_DUMPABLE, 0)):
        libc.prctl(option, value, 0, 0, 0)
    if libc.unshare(_CLONE_NEWNET) != 0:  # root may; everybody else needs a user namespace, where these are allowed
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, limits.work(size))
    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_FSIZE, limits.LARGEST_CLEAN)


def close() -> None:
    """From here on no file and no socket can be opened: there is no number left for it."""
    _limit(resource.RLIMIT_NOFILE, LAST_FILE + 1)


def _limit(what: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # a stricter one is in force
        resource.setrlimit(what, (value, value))

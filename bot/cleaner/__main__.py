"""Clean one file: what it is, by its first bytes; its copy; what is said of it."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from bot.cleaner import sandbox
from tips.evidence import kinds
from tips.evidence.kinds import TurnedDown

Clean = Callable[[BinaryIO, BinaryIO], str]  # gives the copy's MIME type


def main() -> None:
    """Clean one file."""
    source, target = sandbox.alone(int(sys.argv[1]), int(sys.argv[2]))
    sandbox.confine(os.fstat(source.fileno()).st_size)
    try:
        said: dict[str, Any] = {"mime": clean(source, target)}
        target.flush()
    except TurnedDown as turned_down:
        said = {"reason": turned_down.reason}
    except MemoryError:
        said = {"reason": "too_heavy"}
    except Exception as error:  # whatever a parser makes of a damaged file
        said = {"reason": "too_heavy" if outgrown(error) else "broken"}
    sys.stdout.write(json.dumps(said))


def outgrown(error: Exception) -> bool:
    """Whether a limit of ours stopped the work, in the words of whoever met it."""
    return getattr(error, "errno", None) in {errno.ENOMEM, errno.EFBIG} or "emory allocation" in str(error)


def clean(source: BinaryIO, target: BinaryIO) -> str:
    """Write a clean copy; its MIME type.

    Raises:
        TurnedDown: the file cannot be taken.
    """
    ready = made_ready(family_of(source))
    sandbox.close()
    source.seek(0)
    return ready(source, target)


def made_ready(family: str) -> Clean:
    """What cleans a family, with all that it will ever load: later nothing can be opened."""
    if family in {"image", "pages"}:
        from bot.cleaner import images

        return images.ready(pages=family == "pages")
    if family == "pdf":
        from bot.cleaner import documents

        return documents.ready()
    from bot.cleaner import recordings

    return recordings.ready(family)


def family_of(source: BinaryIO) -> str:
    """The family by the first bytes, behind a title block (ID3) where there is one."""
    at = 0
    while behind := kinds.titles(head := os.pread(source.fileno(), kinds.HEAD, at)):
        at += behind
    try:
        return kinds.family(head)
    except TurnedDown:
        if at:
            return "mp3"  # titles stand before nothing else; whether there are frames is seen
        raise


if __name__ == "__main__":
    main()

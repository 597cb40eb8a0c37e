"""Limits: how large and how long evidence may be, and how much work a file may make."""

from __future__ import annotations

from typing import Final

MEGABYTES: Final = 20  # of a file at most: what a bot may download; people are told this number
LARGEST: Final = MEGABYTES * 1024 * 1024  # bytes
LARGEST_CLEAN: Final = 32 * 1024 * 1024  # bytes of a clean copy: a picture may grow when it is written anew
MOST_PIXELS: Final = 40_000_000
MOST_FRAMES: Final = 200  # of a moving picture
MOST_PAGES: Final = 300
MOST_PAGE_PIXELS: Final = 400_000_000  # of all pages of a scan together
LONGEST: Final = 30 * 60  # seconds
_SECONDS, _SECONDS_A_MEGABYTE = 30, 4.5  # of the processor, to clean a file and to look at the copy


def work(size: int) -> int:
    """Seconds of the processor that a file of so many bytes is worth: what is longer takes longer to look at."""
    return round(_SECONDS + _SECONDS_A_MEGABYTE * size / (1024 * 1024))

"""Evidence: what is said about a file. This version takes none; it tells at once why, and what to do instead.

The kind is judged by a file's first bytes, never by its name.
"""

from __future__ import annotations

from typing import Final

LARGEST: Final = 20 * 1024 * 1024  # bytes: what a bot may download
_KNOWN: Final = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"RIFF",  # WEBP, WAV
    b"OggS",
    b"ID3",
    b"\xff\xf1",  # ADTS AAC
    b"\xff\xfb",  # MP3
    b"%PDF-",
    b"PK\x03\x04",  # office files
)


def problem(size: int, head: bytes) -> str:
    """Why a file is turned down: `empty`, `too_large`, `unknown`, or `later` for a kind that will be taken one day.

    Args:
        size: bytes.
        head: the first bytes, 12 or more where there are as many.
    """
    if size == 0:
        return "empty"
    if size > LARGEST:
        return "too_large"
    known = head.startswith(_KNOWN) or head[4:8] == b"ftyp"  # MP4, HEIC, AVIF
    return "later" if known else "unknown"

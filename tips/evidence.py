"""Evidence: which files are taken, and why others are not. A file's first bytes tell what it is, never its name.

What a kind is cleaned to, and how, is the matter of whoever implements `ports.Cleaner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tips import errors

LARGEST: Final = 20 * 1024 * 1024  # bytes: what a bot may download
LARGEST_CLEAN: Final = 32 * 1024 * 1024  # bytes of a clean copy: a picture may grow when it is written anew
MOST_PIXELS: Final = 40_000_000
MOST_FRAMES: Final = 200  # of a moving picture
MOST_PAGES: Final = 300
LONGEST: Final = 30 * 60  # seconds
HEAD: Final = 64  # bytes that tell the kind

REASONS: Final = frozenset(
    {
        "empty",
        "too_large",
        "unknown",
        "office",
        "broken",
        "encrypted",
        "too_many_pixels",
        "too_long",
        "too_heavy",
        "too_many",
        "busy",
    }
)

KINDS: Final[Mapping[str, str]] = {  # what a clean copy may be
    "image/jpeg": "image",
    "image/png": "image",
    "image/gif": "image",
    "video/mp4": "video",
    "video/webm": "video",
    "video/x-matroska": "video",
    "audio/mp4": "audio",
    "audio/mpeg": "audio",
    "audio/ogg": "audio",
    "audio/aac": "audio",
    "audio/wav": "audio",
    "audio/amr": "audio",
    "application/pdf": "document",
}

_STARTS: Final = (
    (b"\xff\xd8\xff", "image"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),  # TIFF
    (b"MM\x00*", "image"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
    (b"\xff\xf2", "mp3"),
    (b"\xff\xf1", "aac"),  # ADTS
    (b"\xff\xf9", "aac"),
    (b"#!AMR", "amr"),
    (b"\x1a\x45\xdf\xa3", "matroska"),  # and WebM
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "office"),  # and any other archive
    (b"\xd0\xcf\x11\xe0", "office"),
)
_PICTURE_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})


class TurnedDown(errors.TinBaoError):
    """A file cannot be taken; `reason` says why, in a word of `REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def family(head: bytes) -> str:
    """What a file is by its first bytes: image, mp4, matroska, ogg, mp3, aac, amr, wav or pdf.

    Raises:
        TurnedDown: none of these.
    """
    found = next((name for start, name in _STARTS if head.startswith(start)), "")
    if head[4:8] == b"ftyp":
        found = "image" if head[8:12] in _PICTURE_BRANDS else "mp4"
    if head[:4] == b"RIFF":
        found = {b"WEBP": "image", b"WAVE": "wav"}.get(head[8:12], "")
    if found in {"", "office"}:
        raise TurnedDown(found or "unknown")
    return found

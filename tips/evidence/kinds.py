"""Evidence: which files are taken, and why others are not. A file's first bytes tell what it is, never its name.

What a kind is cleaned to, and how, is the matter of whoever implements `tips.ports.evidence.Cleaner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tips import errors

HEAD: Final = 64  # bytes that tell the kind

REASONS: Final = frozenset(
    {
        "empty",
        "too_large",
        "unknown",
        "office",
        "broken",
        "changed",
        "encrypted",
        "too_many_pixels",
        "too_long",
        "too_heavy",
        "too_many",
        "busy",
        "expired",
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
    "audio/flac": "audio",
    "application/pdf": "document",
}

_STARTS: Final = (
    (b"\xff\xd8\xff", "image"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"BM", "image"),
    (b"II*\x00", "pages"),  # TIFF
    (b"MM\x00*", "pages"),
    (b"II+\x00", "pages"),  # BigTIFF
    (b"MM\x00+", "pages"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    *((bytes((0xFF, second)), "mp3") for second in (0xFA, 0xFB, 0xF2, 0xF3, 0xE2, 0xE3)),  # layer III
    *((bytes((0xFF, second)), "mp3") for second in (0xFC, 0xFD, 0xF4, 0xF5)),  # layer II
    *((bytes((0xFF, second)), "aac") for second in (0xF0, 0xF1, 0xF8, 0xF9)),  # ADTS
    (b"#!AMR", "amr"),
    (b"\x1a\x45\xdf\xa3", "matroska"),  # and WebM
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),  # WMV, WMA
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "office"),  # and any other archive
    (b"\xd0\xcf\x11\xe0", "office"),
)
_RIFFS: Final = {b"WEBP": "image", b"WAVE": "wav", b"AVI ": "avi"}
_BOXES: Final = frozenset(
    {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
)  # what an old QuickTime film starts with
_PICTURE_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})


class TurnedDown(errors.TinBaoError):
    """A file cannot be taken; `reason` says why, in a word of `REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def titles(head: bytes) -> int:
    """The bytes of the block of titles that stands before a recording (ID3v2.4, 3.1); 0 where there is none."""
    if head[:3] != b"ID3" or len(head) < 10 or max(head[6:10]) > 0x7F:
        return 0
    length = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + length + (10 if head[5] & 0x10 else 0)


def family(head: bytes) -> str:
    """What a file is by its first bytes: image, pages, mp4, matroska, ogg, flac, mp3, aac, amr, wav, avi, asf or pdf.

    Raises:
        TurnedDown: none of these.
    """
    found = next((name for start, name in _STARTS if head.startswith(start)), "")
    if head[4:8] == b"ftyp":
        found = "image" if head[8:12] in _PICTURE_BRANDS else "mp4"
    elif head[4:8] in _BOXES:
        found = "mp4"
    if head[:4] == b"RIFF":
        found = _RIFFS.get(head[8:12], "")
    if found in {"", "office"}:
        raise TurnedDown(found or "unknown")
    return found

"""JPEG as it lies inside other files."""

from __future__ import annotations


def jpeg_without_words(data: bytes) -> bytes:
    """A JPEG without application segments and comments, but for the colour transform (ITU-T T.81, B.2.4.6).

    Between scans as before the first one, and nothing behind the end of the picture.
    """
    kept, at = [data[:2]], 2
    while data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] != b"\xd9":
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        after = at + 2 + max(2, length)
        if marker == 0xEE:
            kept.append(data[at : at + 2] + b"\0\x0e" + data[at + 4 : at + 16])
        elif not (0xE0 <= marker <= 0xEF or marker in {0xFE, 0xFF}):
            kept.append(data[at:after])
        if marker == 0xFF:  # a byte that only fills
            after = at + 1
        if marker == 0xDA:
            start, after = after, _scan_end(data, after)
            kept.append(data[start:after])
        at = after
    return b"".join((*kept, b"\xff\xd9"))


def _scan_end(data: bytes, at: int) -> int:
    """Where coded data ends: at a marker that is neither a stuffed byte nor a restart."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    return len(data)

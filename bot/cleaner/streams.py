"""Streams of a recording: how they are opened, read and decoded, by all who look at one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import av

from tips.evidence import limits
from tips.evidence.kinds import TurnedDown

THUMBNAIL: Final = 16  # pixels a side
_READERS: Final = {"mp4": "mov"}  # family -> what the only reader that may look at it is called, where it differs
_NAMES: Final = {"mp3float": "mp3", "libdav1d": "av1", "libvpx": "vp8", "libvpx-vp9": "vp9"}


@dataclass
class Track:
    """One stream on its way: how it goes over, and what the copy must turn out to be."""

    index: int  # in the old file
    kind: str  # video or audio
    copied: bool
    payload: Any = field(default_factory=hashlib.sha256)  # of all packets, if copied
    times: list[tuple[float, bool]] = field(default_factory=list)  # seconds, and whether it is a key, if copied
    thumbnails: list[bytes] = field(default_factory=list)  # of every picture, if coded anew
    seconds: float = 0.0  # of sound, if coded anew


def opened(file: BinaryIO, family: str) -> Any:
    """A recording, by the one reader that fits what its first bytes are, and no other."""
    file.seek(0)
    return av.open(file, "r", format=_READERS.get(family, family), metadata_errors="ignore")


def demuxed(file: Any, tracks: list[Track]) -> Iterator[tuple[Track, Any]]:
    """Its packets in order; an empty one at each stream's end."""
    by_index = {it.index: it for it in tracks}
    for packet in file.demux([file.streams[it.index] for it in tracks]):
        if packet.dts is not None and packet.dts * packet.time_base > limits.LONGEST:
            raise TurnedDown("too_long")
        yield by_index[packet.stream.index], packet


def decoded(packet: Any) -> Iterator[Any]:
    """Its pictures or sounds; none where it is damaged, as every player does."""
    try:
        yield from packet.decode()
    except MemoryError:
        raise
    except av.error.FFmpegError:
        return


def codec(stream: Any) -> str:
    """A coding's own name, whoever decodes it."""
    name = str(stream.codec_context.codec.canonical_name)
    return _NAMES.get(name, name)


def thumbnail(frame: Any) -> bytes:
    """A picture as 256 greys."""
    plane = frame.reformat(THUMBNAIL, THUMBNAIL, "gray").planes[0]
    data = bytes(plane)
    return b"".join(data[row * plane.line_size :][:THUMBNAIL] for row in range(THUMBNAIL))

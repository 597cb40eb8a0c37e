"""Whether a copy is one: what was written is read again, here, before anybody is thanked for it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from bot.cleaner.streams import Track, codec, decoded, opened, thumbnail
from tips.evidence.kinds import TurnedDown

WHOLE: Final = 500_000_000  # pixels: up to here every picture of a film is compared, beyond only keys and the end
LAST: Final = 1.0  # seconds at the end
_DRIFT: Final = 0.012  # seconds by which a container may round a packet's time
_SLACK: Final = 0.15  # seconds of sound that a coder may add or take at both ends
_SILENCE: Final = 0.5  # seconds before and behind the sound of an MP3 that only its coder's notes tell from sound
_GREYS: Final = 24  # of 255, on average, by which coding may change a thumbnail
_TIMED: Final = frozenset({"mp4", "matroska", "webm"})  # containers that keep each packet and its time


class Differs(Exception):
    """The copy does not show or sound what the original does."""


def check(source: BinaryIO, target: BinaryIO, family: str, container: str, tracks: list[Track]) -> None:
    """Compare a copy with its original.

    Raises:
        Differs: they are not alike.
        TurnedDown: the original has no picture or sound to compare.
    """
    with opened(source, family) as old, opened(target, container) as new:
        _streams(old, new, container, tracks)
    _packets(target, container, [(number, it) for number, it in enumerate(tracks) if it.copied])
    for number, track in enumerate(tracks):
        if track.kind == "audio":
            wanted = _heard(source, family, track.index) if track.copied else track.seconds
            _lasts(wanted, _heard(target, container, number))
        elif track.copied:
            _same_pictures(source, family, target, container, track.index, number)
        else:
            _like_thumbnails(track.thumbnails, target, container, number)


def check_frames(source: BinaryIO, target: BinaryIO, family: str) -> None:
    """Compare a row of frames of sound with its original.

    Raises:
        TurnedDown: they are not alike, or there is nothing to hear.
    """
    wanted = _heard(source, family, 0)
    try:
        _lasts(wanted, _heard(target, family, 0), _SILENCE)
    except Differs as error:
        raise TurnedDown("changed") from error


def _streams(old: Any, new: Any, container: str, tracks: list[Track]) -> None:
    _same(len(new.streams), len(tracks), "streams")
    for track, copy in zip(tracks, new.streams, strict=True):
        stream = old.streams[track.index]
        _same(copy.type, track.kind, "kind")
        if track.copied:
            _same(codec(copy), codec(stream), "codec")
            names = ("width", "height") if track.kind == "video" else ("sample_rate", "channels")
            for name in names:
                _same(getattr(copy.codec_context, name), getattr(stream.codec_context, name), name)


def _packets(target: BinaryIO, container: str, tracks: list[tuple[int, Track]]) -> None:
    """Packet by packet: the same bytes, at the same times, with the same keys."""
    found: dict[int, tuple[Any, list[tuple[float, bool]]]] = {it: (hashlib.sha256(), []) for it, _ in tracks}
    with opened(target, container) as new:
        for packet in new.demux():
            if packet.size and packet.stream.index in found:
                payload, times = found[packet.stream.index]
                payload.update(bytes(packet))
                times.append((float((packet.pts or 0) * packet.time_base), packet.is_keyframe))
    for number, track in tracks:
        payload, times = found[number]
        _same(payload.digest(), track.payload.digest(), "payload")
        if container in _TIMED:
            _same([key for _, key in times], [key for _, key in track.times], "keys")
            _same_times(times, track.times, found[tracks[0][0]][1][0][0] - tracks[0][1].times[0][0])


def _same_times(times: list[tuple[float, bool]], wanted: list[tuple[float, bool]], shift: float) -> None:
    drift = max(abs(one - two - shift) for (one, _), (two, _) in zip(times, wanted, strict=True))
    if drift > _DRIFT:
        raise Differs("times")


def _heard(file: BinaryIO, family: str, index: int) -> float:
    """Seconds of sound that a stream decodes to."""
    seconds = float(sum(it.samples / it.sample_rate for it in _decoded(file, family, index)))
    if not seconds:
        raise TurnedDown("broken")
    return seconds


def _lasts(wanted: float, found: float, slack: float = _SLACK) -> None:
    if abs(found - wanted) > max(slack, wanted / 100):
        raise Differs("seconds")


def _same_pictures(source: BinaryIO, family: str, target: BinaryIO, container: str, index: int, number: int) -> None:
    """All pictures of a short film; the keys and the end of a long one."""
    with opened(source, family) as old:
        stream = old.streams[index]
        pixels = stream.codec_context.width * stream.codec_context.height
        count = stream.frames or round(float(old.duration or 0) / 1e6 * float(stream.average_rate or 30))
    sights: list[Callable[[Any, Any], None]] = [_everything]
    if not 0 < count * pixels <= WHOLE:
        sights = [_only_keys, _only_end]
    for sight in sights:
        wanted = [(it.time or 0.0, digest(it)) for it in _decoded(source, family, index, sight)]
        if not wanted:
            raise TurnedDown("broken")
        found = [digest(it) for it in _decoded(target, container, number, sight)]
        if sight is _only_end:
            wanted = [it for it in wanted if it[0] >= wanted[-1][0] - LAST]
            found = found[-len(wanted) :]
        _same(found, [it for _, it in wanted], "pictures")


def _everything(file: Any, stream: Any) -> None:
    """Nothing is left out."""


def _only_keys(file: Any, stream: Any) -> None:
    stream.codec_context.skip_frame = "NONKEY"


def _only_end(file: Any, stream: Any) -> None:
    if file.duration:
        file.seek(max(0, int(file.duration - LAST * 1_000_000)) + (file.start_time or 0))


def _decoded(file: BinaryIO, family: str, index: int, sight: Callable[[Any, Any], None] = _everything) -> Iterator[Any]:
    with opened(file, family) as container:
        stream = container.streams[index]
        stream.codec_context.thread_count = 1
        sight(container, stream)
        for packet in container.demux(stream):
            yield from decoded(packet)


def digest(frame: Any) -> tuple[int, int, int, int]:
    """What a picture is: its size, how it is turned, and a check sum of what is seen of its planes."""
    found = 0
    for plane in frame.planes:
        data, width = memoryview(plane), plane.width * (1 + (frame.format.components[0].bits > 8))
        for row in range(plane.height):
            found = zlib.crc32(data[row * plane.line_size :][:width], found)
    return frame.width, frame.height, frame.rotation, found


def _like_thumbnails(wanted: list[bytes], target: BinaryIO, container: str, number: int) -> None:
    """As many pictures as there were, each like the one it was made from."""
    if not wanted:
        raise TurnedDown("broken")
    found = [thumbnail(it) for it in _decoded(target, container, number)]
    _same(len(found), len(wanted), "pictures")
    for one, two in zip(found, wanted, strict=True):
        if sum(abs(a - b) for a, b in zip(one, two, strict=True)) > _GREYS * len(one):
            raise Differs("picture")


def _same(found: object, wanted: object, name: str) -> None:
    if found != wanted:
        raise Differs(name)

"""Recordings: the coded sound and picture in a new container; what cannot be copied is coded anew.

What a copied packet may hold stands in `bitstreams`, how the rest is coded in `transcoding`; `comparison` looks at
every copy before it is believed. One that it does not believe is made again, from pictures and samples; one that fails
then is no copy.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from typing import Any, BinaryIO, Final

import av
from av.stream import Disposition

from bot.cleaner import bitstreams, comparison, transcoding
from bot.cleaner.streams import Track, codec, demuxed, opened
from tips.evidence import limits
from tips.evidence.kinds import TurnedDown

_RAW: Final = {"mp3": (bitstreams.mpeg_frame, "audio/mpeg"), "aac": (bitstreams.aac_frame, "audio/aac")}
_WEBM: Final = frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})
_COPIED: Final = {  # container -> the codecs that it takes as they are; a family that is not here is coded anew
    "mp4": frozenset({"h264", "hevc", "av1", "mpeg4", "vp9", "aac", "mp3", "opus", "flac", "alac"}),
    "matroska": _WEBM | {"h264", "hevc", "mpeg4", "aac", "mp3", "flac"},
    "webm": _WEBM,
    "ogg": frozenset({"opus", "vorbis", "flac"}),
    "flac": frozenset(),  # its last frame may have anything behind it; coded anew it is the same to the last bit
    "wav": frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"}),
}
_MIMES: Final = {  # container -> with and without moving pictures
    "mp4": ("video/mp4", "audio/mp4"),
    "matroska": ("video/x-matroska", "video/x-matroska"),
    "webm": ("video/webm", "video/webm"),
    "ogg": ("", "audio/ogg"),
    "flac": ("", "audio/flac"),
    "wav": ("", "audio/wav"),
}
_PLAIN: Final = {"fflags": "+bitexact"}  # no date, no name of the library's version
_TAGS: Final = frozenset({"avc1", "avc3", "hvc1", "hev1"})  # whether parameter sets stand in the packets as well
_SIDE: Final = "skip_samples"  # the only thing beside a packet that goes with it: numbers


def ready(family: str) -> Callable[[BinaryIO, BinaryIO], str]:
    """Load all that is needed for a recording of a family."""
    for module in pkgutil.walk_packages(av.__path__, "av."):  # it imports some only when they are met: too late
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    av.logging.set_level(None)

    def work(source: BinaryIO, target: BinaryIO) -> str:
        if family in _RAW:
            _frames(source, target, family)
            comparison.check_frames(source, target, family)
            return _RAW[family][1]
        try:
            return attempt(source, target, *_plan(source, family))
        except MemoryError:
            raise
        except (comparison.Differs, av.error.FFmpegError, ValueError):
            target.seek(0)
            target.truncate()
        try:
            return attempt(source, target, *_plan(source, family, copying=False))
        except comparison.Differs as error:
            raise TurnedDown("changed") from error

    def attempt(source: BinaryIO, target: BinaryIO, container: str, tracks: list[Track]) -> str:
        _write(source, target, family, container, tracks)
        comparison.check(source, target, family, container, tracks)
        return _MIMES[container][0 if any(it.kind == "video" for it in tracks) else 1]

    return work


def _plan(source: BinaryIO, family: str, copying: bool = True) -> tuple[str, list[Track]]:
    """The new container, and how each stream goes into it."""
    with opened(source, family) as old:
        if old.duration and old.duration / 1_000_000 > limits.LONGEST:
            raise TurnedDown("too_long")
        wanted = [it for it in old.streams if it.type in {"audio", "video"}]
        streams = [it for it in wanted if not it.disposition & Disposition.attached_pic]
        if not streams:
            raise TurnedDown("broken")
        if any(it.codec_context is None for it in streams):
            raise TurnedDown("unknown")
        codecs = {it.index: codec(it) for it in streams}
        container = _container(family if copying else "", [(it.type, codecs[it.index]) for it in streams])
        takes = _COPIED[container] if copying and family in _COPIED else frozenset()
        return container, [Track(it.index, it.type, codecs[it.index] in takes) for it in streams]


def _container(family: str, streams: list[tuple[str, str]]) -> str:
    takes = _COPIED.get(family, frozenset())
    if any(kind == "video" for kind, _ in streams):
        if family == "ogg" or not all(name in takes for kind, name in streams if kind == "video"):
            return "webm"
    elif family not in {"mp4", "flac"} and not all(name in takes for _, name in streams):
        return "ogg"
    return "webm" if family == "matroska" and {name for _, name in streams} <= _WEBM else family


# --- copying ---------------------------------------------------------------------------------------------------------


def _write(source: BinaryIO, target: BinaryIO, family: str, container: str, tracks: list[Track]) -> None:
    clocks = _survey(source, family, [it for it in tracks if it.copied])
    firsts = {it.index: transcoding.first(source, family, it) for it in tracks if not it.copied}
    tracks[:] = [it for it in tracks if clocks.get(it.index) or firsts.get(it.index)]  # an empty one is none
    if not tracks:
        raise TurnedDown("broken")
    with opened(source, family) as old, av.open(target, "w", format=container, options=_PLAIN) as new:
        ways: dict[int, Callable[[Any], None]] = {}
        for track in tracks:
            stream = old.streams[track.index]
            if track.copied:
                ways[track.index] = _copier(stream, new, track, clocks[track.index])
            else:
                found = firsts[track.index]
                assert found is not None
                ways[track.index] = transcoding.coder(stream, new, track, container, found)
        new.metadata.clear()
        for track, packet in demuxed(old, tracks):
            ways[track.index](packet)
    if container == "mp4":
        _forget_profiles(target)


def _forget_profiles(target: BinaryIO) -> None:
    """Colour profiles hold words, and the library hands them on: what it wrote becomes free space."""
    target.flush()
    at = 0
    while len(head := os.pread(target.fileno(), 16, at)) == 16:
        length = int.from_bytes(head[8:] if head[:4] == b"\0\0\0\x01" else head[:4], "big")
        body = os.pread(target.fileno(), length, at) if head[4:8] == b"moov" else b""
        for found in re.finditer(b"(....)colrprof", body, re.DOTALL):
            size = int.from_bytes(found[1], "big")
            os.pwrite(target.fileno(), b"free" + bytes(size - 8), at + found.start(1) + 4)
        at += max(8, length)


def _copier(stream: Any, new: Any, track: Track, clock: list[tuple[int, int] | None]) -> Callable[[Any], None]:
    """Takes a stream's packets, one after the other, into its copy; `clock` has a time for each that goes over."""
    copy = new.add_stream_from_template(stream, opaque=True)
    copy.metadata.clear()
    coding = bitstreams.without_words(codec(stream), stream.codec_context.extradata)
    copy.codec_context.extradata = coding.header
    if stream.codec_context.codec_tag in _TAGS and new.format.name == "mp4":
        copy.codec_context.codec_tag = stream.codec_context.codec_tag
    times = iter(clock)

    def take(packet: Any) -> None:
        if not packet.size:
            return
        time = next(times)
        if time is None:
            return
        fresh = av.Packet(coding.packet(bytes(packet)))
        fresh.pts, fresh.dts = time
        fresh.duration, fresh.time_base, fresh.is_keyframe = packet.duration, packet.time_base, packet.is_keyframe
        if packet.has_sidedata(_SIDE):
            fresh.set_sidedata(packet.get_sidedata(_SIDE))
        track.payload.update(bytes(fresh))
        track.times.append((float(time[0] * packet.time_base), packet.is_keyframe))
        fresh.stream = copy
        new.mux(fresh)

    return take


def _survey(source: BinaryIO, family: str, tracks: list[Track]) -> dict[int, list[tuple[int, int] | None]]:
    """When each packet of each stream is shown and decoded; None for one that nobody is meant to see or hear.

    Raises:
        ValueError: a packet has no time to be shown.
    """
    if not tracks:
        return {}
    found: dict[int, list[tuple[int | None, int | None, bool]]] = {it.index: [] for it in tracks}
    with opened(source, family) as old:
        for track, packet in demuxed(old, tracks):
            if packet.size:
                found[track.index].append((packet.pts, packet.dts, packet.is_discard))
    return {it.index: _times(found[it.index], it.kind) for it in tracks if found[it.index]}


def _times(packets: list[tuple[int | None, int | None, bool]], kind: str) -> list[tuple[int, int] | None]:
    seen = [number for number, it in enumerate(packets) if not it[2]]
    if not seen:
        raise ValueError("nothing to be seen or heard")
    first, end = seen[0] - 1 if kind == "audio" else 0, seen[-1] + 1  # the sound before the cut warms its decoder up
    kept = packets[max(0, first) : end]
    shown = [pts for pts, _, _ in kept if pts is not None]
    if len(shown) < len(kept):
        raise ValueError("a packet without a time")
    decoded = [dts for _, dts, _ in kept if dts is not None]
    if len(decoded) < len(kept) or any(one >= two for one, two in pairwise(decoded)):
        decoded = decode_times(shown)
    times: list[tuple[int, int] | None] = [None] * len(packets)
    times[max(0, first) : end] = zip(shown, decoded, strict=True)
    return times


def decode_times(shown: list[int]) -> list[int]:
    """When pictures are decoded that come in this order and are shown at these times: no picture later than shown."""
    ordered = sorted(shown)
    delay = max(number - bisect_left(ordered, pts) for number, pts in enumerate(shown))
    step = min((two - one for one, two in pairwise(ordered) if two > one), default=1)
    return [ordered[0] - (delay - number) * step for number in range(delay)] + ordered[: len(shown) - delay]


# --- sound that is a row of frames ---------------------------------------------------------------------------------


def _frames(source: BinaryIO, target: BinaryIO, family: str) -> None:
    """Only the frames of the coding, without what stands before, between and behind them."""
    source.seek(0)
    count = 0
    for count, frame in enumerate(bitstreams.frames(source.read(), _RAW[family][0]), 1):
        if count > 1 or family != "mp3" or not bitstreams.tells_of_its_coder(frame):
            target.write(frame)
    if not count:
        raise TurnedDown("broken")
    target.flush()

"""Coding anew: VP8 and Opus (or AAC, beside a picture that was copied into an MP4), without anybody's notes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, BinaryIO, Final, NamedTuple

import av
from av.filter import Graph

from bot.cleaner.streams import Track, decoded, demuxed, opened, thumbnail
from tips.evidence import limits
from tips.evidence.kinds import TurnedDown

TURNS: Final = {90: ("transpose", "cclock"), -90: ("transpose", "clock"), 180: ("hflip,vflip", "")}
_MILLISECONDS: Final = Fraction(1, 1000)
_FAST: Final = {"deadline": "realtime", "cpu-used": "8", "crf": "8", "threads": "1", "auto-alt-ref": "0"}
_ROOM: Final = limits.LARGEST_CLEAN * 8 * 3 // 4  # bits of all pictures together


class First(NamedTuple):
    """What the first picture or sound of a stream says of the others."""

    width: int
    height: int
    turn: int  # degrees against the clock, as PyAV has it
    rate: int
    channels: int
    layout: str = ""


def first(source: BinaryIO, family: str, track: Track) -> First | None:
    """Decode until there is something; None where there is nothing."""
    with opened(source, family) as old:
        for _, packet in demuxed(old, [track]):
            for frame in decoded(packet):
                if track.kind == "audio":
                    return First(0, 0, 0, frame.sample_rate, frame.layout.nb_channels, frame.layout.name)
                return First(frame.width, frame.height, frame.rotation, 0, 0)
    return None


def coder(stream: Any, new: Any, track: Track, container: str, found: First) -> Callable[[Any], None]:
    """Takes a stream's packets, one after the other, and muxes them anew."""
    stream.codec_context.thread_count = 1
    if track.kind == "video":
        return _pictures(stream, new, track, found)
    return _sound(stream, new, track, container, found)


def _pictures(stream: Any, new: Any, track: Track, found: First) -> Callable[[Any], None]:
    upright = abs(found.turn) != 90
    width, height = (found.width, found.height) if upright else (found.height, found.width)
    if width * height > limits.MOST_PIXELS:
        raise TurnedDown("too_many_pixels")
    copy = new.add_stream("libvpx", rate=stream.average_rate or 25, options=_FAST)
    copy.width, copy.height, copy.pix_fmt = width, height, "yuv420p"
    copy.codec_context.time_base = _MILLISECONDS
    seconds = max(1, float((stream.duration or 0) * (stream.time_base or 0)), (stream.container.duration or 0) / 1e6)
    copy.bit_rate = int(min(max(600_000, width * height * 10), _ROOM / seconds))
    turn = _turner(stream, found)
    last = -1_000_000_000

    def take(packet: Any) -> None:
        nonlocal last
        for frame in decoded(packet):
            at = frame.time if frame.time is not None else len(track.thumbnails) / float(stream.average_rate or 25)
            turned = turn(frame.reformat(found.width, found.height, "yuv420p"))
            last = max(last + 1, round(at * 1000))
            turned.pts, turned.time_base, turned.pict_type = last, _MILLISECONDS, 0
            track.thumbnails.append(thumbnail(turned))
            new.mux(copy.encode(turned))
        if not packet.size:
            new.mux(copy.encode(None))

    return take


def _turner(stream: Any, found: First) -> Callable[[Any], Any]:
    """Turns pictures as they are meant to be seen."""
    if found.turn not in TURNS and abs(found.turn) != 180:
        return lambda frame: frame
    name, way = TURNS[found.turn if found.turn in TURNS else 180]
    graph = Graph()
    nodes = [
        graph.add_buffer(
            width=found.width, height=found.height, format=av.VideoFormat("yuv420p"), time_base=_MILLISECONDS
        )
    ]
    nodes += [graph.add(one, way) if way else graph.add(one) for one in name.split(",")]
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()

    def turn(frame: Any) -> Any:
        frame.pts, frame.time_base = 0, _MILLISECONDS
        graph.push(frame)
        return graph.pull()

    return turn


def _sound(stream: Any, new: Any, track: Track, container: str, found: First) -> Callable[[Any], None]:
    if container == "flac":
        codec, rate, layout = "flac", found.rate, found.layout
    else:
        codec, rate = ("aac", max(8000, min(found.rate, 48_000))) if container == "mp4" else ("libopus", 48_000)
        layout = "mono" if found.channels == 1 else "stereo"
    copy = new.add_stream(codec, rate=rate)
    copy.layout = layout
    if container == "flac":
        copy.format = stream.codec_context.format.name
    else:
        copy.bit_rate = 64_000 if found.channels == 1 else 128_000
    copy.codec_context.time_base = Fraction(1, rate)
    copy.codec_context.open()
    resampler = av.AudioResampler(copy.format.name, layout, rate, copy.codec_context.frame_size)
    end: int | None = None  # in samples: no piece begins before the last one ended

    def put(pieces: list[Any]) -> None:
        nonlocal end
        for piece in pieces:
            if piece.pts is None or (end is not None and piece.pts < end):
                piece.pts = end or 0
            end = piece.pts + piece.samples
            new.mux(copy.encode(piece))

    def take(packet: Any) -> None:
        for frame in decoded(packet):
            track.seconds += frame.samples / frame.sample_rate
            put(resampler.resample(frame))
        if not packet.size:
            put(resampler.resample(None))
            new.mux(copy.encode(None))

    return take

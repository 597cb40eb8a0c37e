"""Coded pictures and sound without free text: what may stay is listed, by coding; everything else goes.

Pure functions on bytes. Each raises ValueError where the bytes are not what the coding says: then the recording is
decoded and coded anew instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

_SLICES_264: Final = frozenset({1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 15, 19, 20})  # ITU-T H.264, table 7-1
_SLICES_265: Final = frozenset({*range(10), *range(16, 22), *range(32, 38)})  # ITU-T H.265, table 7-1
_SEI: Final = {6: range(1, 9), 137: range(24, 25), 144: range(4, 5), 147: range(1, 2)}  # type -> lengths that it has
# 6 is the recovery point, without which a film may begin grey; 137, 144 and 147 how bright the picture is meant. All
# are numbers. Words stand in 4 and 5, clocks in 1 and 136.
_OBUS: Final = frozenset({1, 3, 4, 6, 7})  # AV1 6.2.2: sequence header, frame headers, tiles, frames
_USER_DATA: Final = re.compile(rb"\x00\x00\x01\xb2.*?(?=\x00\x00\x01|\Z)", re.DOTALL)  # ISO/IEC 14496-2, 6.2.2
_NO_COMMENTS: Final = b"\x03vorbis" + bytes(8) + b"\x01"  # Vorbis I, 5.2.1: nobody's name, no entries


class Coding(NamedTuple):
    """What one recording's coding needs: the header that its container keeps, and what to do with each packet."""

    header: bytes | None
    packet: Callable[[bytes], bytes]


def without_words(codec: str, header: bytes | None) -> Coding:
    """How packets of a codec lose their words; `header` as the old container had it.

    Raises:
        ValueError: this coding is not known well enough to be copied.
    """
    data = header or b""
    if codec in {"h264", "hevc"}:
        clean, size = (_avc if codec == "h264" else _hvc)(data)
        return Coding(clean, lambda packet: _units(packet, size, codec == "hevc"))
    if codec == "av1":
        return Coding(data[:4] + _obus(data[4:], frozenset({1})), lambda packet: _obus(packet, _OBUS))
    if codec == "mpeg4":
        return Coding(_USER_DATA.sub(b"", data) or None, lambda packet: _USER_DATA.sub(b"", packet))
    if codec == "vorbis":
        return Coding(_vorbis(data), bytes)
    if codec in _HEADERS or codec.startswith("pcm_"):
        return Coding(data[: _HEADERS.get(codec, 0)] or None, bytes)
    raise ValueError(codec)


_HEADERS: Final = {  # codecs whose packets hold no words, and how long a header of theirs is at most
    "vp8": 0,
    "vp9": 0,
    "aac": 64,
    "mp3": 0,
    "opus": 19 + 2 + 255,
    "flac": 34,
    "alac": 36,
}


def _avc(data: bytes) -> tuple[bytes, int]:
    """AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) with parameter sets only; bytes of a length."""
    if len(data) < 7 or data[0] != 1:
        raise ValueError("no lengths before the units")
    kept, at = [data[:5]], 5
    for kind, flag in ((7, 0xE0), (8, 0)):
        units, at = _array(data, at + 1, data[at] & (0x1F if flag else 0xFF))
        fit = [it for it in units if it and it[0] & 0x1F == kind]
        kept += [bytes([flag | len(fit)]), *map(_short, fit)]
    if data[1] in {100, 110, 122, 144} and len(data) >= at + 4:  # colour depth; no further units
        kept.append(data[at : at + 3] + b"\0")
    return b"".join(kept), (data[4] & 3) + 1


def _hvc(data: bytes) -> tuple[bytes, int]:
    """HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1) with parameter sets only; bytes of a length."""
    if len(data) < 23 or data[0] != 1:
        raise ValueError("no lengths before the units")
    kept, at = [], 23
    for _ in range(data[22]):
        kind, many = data[at] & 0x3F, int.from_bytes(data[at + 1 : at + 3], "big")
        start, (units, at) = at, _array(data, at + 3, many)
        if kind in {32, 33, 34}:
            kept.append(data[start : start + 3] + b"".join(map(_short, units)))
    return data[:22] + bytes([len(kept)]) + b"".join(kept), (data[21] & 3) + 1


def _array(data: bytes, at: int, many: int) -> tuple[list[bytes], int]:
    units = []
    for _ in range(many):
        length = int.from_bytes(data[at : at + 2], "big")
        units.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    if at > len(data):
        raise ValueError("cut off")
    return units, at


def _short(unit: bytes) -> bytes:
    return len(unit).to_bytes(2, "big") + unit


def _units(packet: bytes, size: int, hevc: bool) -> bytes:
    """A packet of units with lengths before them (never start codes), without those that hold words."""
    kept, at = [], 0
    while at < len(packet):
        length = int.from_bytes(packet[at : at + size], "big")
        unit, at = packet[at + size : at + size + length], at + size + length
        if at > len(packet):
            raise ValueError("a unit is longer than its packet")
        if unit and (clean := _unit(unit, hevc)):
            kept.append(len(clean).to_bytes(size, "big") + clean)
    return b"".join(kept)


def _unit(unit: bytes, hevc: bool) -> bytes:
    kind = unit[0] >> 1 & 0x3F if hevc else unit[0] & 0x1F
    if kind in {39, 40} if hevc else kind == 6:
        return _messages(unit, 2 if hevc else 1)
    return unit if kind in (_SLICES_265 if hevc else _SLICES_264) else b""


def _messages(unit: bytes, header: int) -> bytes:
    """Supplemental enhancement information: the messages that the picture needs (H.264 7.3.2.3, H.265 7.3.5)."""
    plain, kept, at = unit[header:].replace(b"\0\0\x03", b"\0\0"), [], 0
    while at + 2 < len(plain):
        start = at
        kind, at = _number(plain, at)
        length, at = _number(plain, at)
        if length in _SEI.get(kind, ()) and at + length < len(plain):
            kept.append(plain[start : at + length])
        at += length
    if not kept:
        return b""
    return unit[:header] + re.sub(rb"\0\0(?=[\0-\x03])", b"\0\0\x03", b"".join(kept) + b"\x80")


def _number(data: bytes, at: int) -> tuple[int, int]:
    found = 0
    while data[at : at + 1] == b"\xff":
        found, at = found + 255, at + 1
    return found + (data[at] if at < len(data) else 0), at + 1


def _obus(data: bytes, wanted: frozenset[int]) -> bytes:
    """AV1 (5.3): the units that are pictures, without metadata and padding."""
    kept, at = [], 0
    while at < len(data):
        start, head = at, data[at]
        at += 2 if head & 4 else 1
        if not head & 2:
            raise ValueError("a unit without its length")
        length, at = _leb128(data, at)
        at += length
        if at > len(data):
            raise ValueError("a unit is longer than its packet")
        if head >> 3 & 0xF in wanted:
            kept.append(data[start:at])
    return b"".join(kept)


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    found = 0
    for place in range(8):
        found |= (data[at + place] & 0x7F) << 7 * place
        if not data[at + place] & 0x80:
            return found, at + place + 1
    raise ValueError("no length")


def _vorbis(data: bytes) -> bytes:
    """The three headers (Vorbis I, 4.2) in Xiph's lacing, the second without its comments."""
    if data[:1] == b"\x02":
        first, at = _number(data, 1)
        second, at = _number(data, at)
        headers = [data[at : at + first], data[at + first + second :]]
    else:
        found, at = _array(data, 0, 3)
        headers = [found[0], found[2]]
    if not (headers[0][:7] == b"\x01vorbis" and headers[1][:7] == b"\x05vorbis" and len(headers[0]) < 255):
        raise ValueError("not the headers of Vorbis")
    return bytes([2, len(headers[0]), len(_NO_COMMENTS)]) + headers[0] + _NO_COMMENTS + headers[1]


# --- sound that is a row of frames, and nothing else -----------------------------------------------------------------

_BITRATES: Final = {  # (MPEG-1, layer) -> kbit/s by index (ISO/IEC 11172-3, 2.4.2.3; 13818-3, 2.4.2.3)
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version


class Frame(NamedTuple):
    """One frame of sound: what all frames of its recording have in common, and its length."""

    kind: tuple[int, ...]
    length: int


def mpeg_frame(data: bytes, at: int) -> Frame | None:
    """The frame of MPEG audio, layer II or III, that starts here (ISO/IEC 11172-3, 2.4.1.3; 2.5 beside it)."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version not in _RATES or layer not in {2, 3} or bitrate in {0, 15} or rate == 3:
        return None
    slots = 72 if version != 3 and layer == 3 else 144
    kbits = _BITRATES[version == 3, layer][bitrate]
    return Frame((version, layer, rate), slots * kbits * 1000 // _RATES[version][rate] + (head[2] >> 1 & 1))


def aac_frame(data: bytes, at: int) -> Frame | None:
    """The ADTS frame that starts here (ISO/IEC 13818-7, 6.2)."""
    head = data[at : at + 7]
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 0xF > 12:
        return None
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return Frame((head[1] & 8, head[2] & 0xFC), length) if length > 7 else None


_TITLES: Final = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3")


def frames(data: bytes, measure: Callable[[bytes, int], Frame | None]) -> Iterator[bytes]:
    """The frames of a recording, in order, and none of the bytes before, between and behind them.

    A frame counts where another of its kind follows, or where it is the last of a row and the file or a block of
    titles begins behind it: text that looks like a frame by chance is followed by nothing that does, and a frame that
    was cut off would take text with it.
    """
    at, last = 0, None
    while at >= 0:
        found = measure(data, at)
        if found and at + found.length <= len(data):
            after = at + found.length
            follows = measure(data, after)
            ends = found.kind == last and (after == len(data) or data.startswith(_TITLES, after))
            if ends or (follows and follows.kind == found.kind):
                yield data[at:after]
                at, last = after, found.kind
                continue
        at, last = data.find(b"\xff", at + 1), None


def tells_of_its_coder(frame: bytes) -> bool:
    """Whether a frame of MPEG audio is silence with notes of the coder in it (Xing, LAME, VBRI)."""
    return any(frame[at : at + 4] in {b"Xing", b"Info", b"VBRI"} for at in (13, 15, 21, 23, 36, 38))

"""The cleaner: a program of its own that reads a file nobody can trust and writes a clean copy of it.

`python -m bot.cleaner IN OUT`: two open file numbers, both of anonymous memory; one line of JSON on the standard
output says what the copy is, or why there is none. Before it looks at the file this process gives away what it does
not need: memory beyond 512 MB, time beyond 30 s of work, the network, and the right to open anything at all.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from tips import evidence
from tips.evidence import TurnedDown

MEMORY: Final = 512 * 1024 * 1024  # bytes of address space
WORK: Final = 30  # seconds of the processor
LAST_FILE: Final = 4  # the highest file number in use: 0 to 2 are the standard ones
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000

Clean = Callable[[BinaryIO, BinaryIO], str]  # gives the copy's MIME type


def main() -> None:
    """Clean one file."""
    source, target = _alone(int(sys.argv[1]), int(sys.argv[2]))
    confine()
    try:
        said: dict[str, Any] = {"mime": clean(source, target)}
        target.flush()
    except TurnedDown as turned_down:
        said = {"reason": turned_down.reason}
    except MemoryError:
        said = {"reason": "too_heavy"}
    except Exception:  # whatever a parser makes of a damaged file
        said = {"reason": "broken"}
    sys.stdout.write(json.dumps(said))


def _alone(source: int, target: int) -> tuple[BinaryIO, BinaryIO]:
    """The two files under the lowest numbers, so that no number below theirs is free."""
    for number, kept in zip((os.dup(source), os.dup(target)), (LAST_FILE - 1, LAST_FILE), strict=True):
        os.dup2(number, kept)
    os.closerange(LAST_FILE + 1, 1024)
    return os.fdopen(LAST_FILE - 1, "rb"), os.fdopen(LAST_FILE, "r+b")


def clean(source: BinaryIO, target: BinaryIO) -> str:
    """Write a clean copy; its MIME type.

    Raises:
        TurnedDown: the file cannot be taken.
    """
    family = evidence.family(os.pread(source.fileno(), evidence.HEAD, 0))
    ready = {"image": _images, "pdf": _documents}.get(family, lambda: _recordings(family))()
    close_doors()
    source.seek(0)
    return ready(source, target)


# --- what this process gives away ----------------------------------------------------------------------------------


def confine() -> None:
    """Limits that need no help of the system's administrator; what a kernel does not know is left out."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_PDEATHSIG, signal.SIGKILL), (_PR_SET_NO_NEW_PRIVS, 1), (_PR_SET_DUMPABLE, 0)):
        libc.prctl(option, value, 0, 0, 0)
    if libc.unshare(_CLONE_NEWNET) != 0:  # root may; everybody else needs a user namespace, where these are allowed
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, WORK)
    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_FSIZE, evidence.LARGEST_CLEAN)


def close_doors() -> None:
    """From here on no file and no socket can be opened: there is no number left for it."""
    _limit(resource.RLIMIT_NOFILE, LAST_FILE + 1)


def _limit(what: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # a stricter one is in force
        resource.setrlimit(what, (value, value))


# --- pictures: only the pixels go into the copy -----------------------------------------------------------------------


def _images() -> Clean:
    import warnings

    import pillow_heif
    from PIL import Image, ImageFile, ImageOps

    pillow_heif.register_heif_opener(thumbnails=False)
    Image.init()
    Image.MAX_IMAGE_PIXELS = evidence.MOST_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("error", Image.DecompressionBombWarning)

    def copied(picture: Any, mode: str) -> Any:
        fresh = Image.new(mode, picture.size)
        fresh.paste(picture if picture.mode == mode else picture.convert(mode))
        return fresh

    def work(source: BinaryIO, target: BinaryIO) -> str:
        try:
            picture: Any = Image.open(source)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise TurnedDown("too_many_pixels") from error
        if picture.width * picture.height > evidence.MOST_PIXELS:
            raise TurnedDown("too_many_pixels")
        frames = getattr(picture, "n_frames", 1)
        if frames > 1 and picture.format == "TIFF":
            raise TurnedDown("unknown")  # pages; a PDF holds them
        if frames > 1 and picture.format in {"GIF", "WEBP", "PNG"}:
            return _moving(picture, frames, copied, target)
        picture = ImageOps.exif_transpose(picture)
        if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
            copied(picture, "RGBA").save(target, "PNG")
            return "image/png"
        copied(picture, "RGB").save(target, "JPEG", quality=90)
        return "image/jpeg"

    return work


def _moving(picture: Any, frames: int, copied: Callable[[Any, str], Any], target: BinaryIO) -> str:
    """A moving picture, frame by frame, at the speed it had."""
    if frames > evidence.MOST_FRAMES or frames * picture.width * picture.height > evidence.MOST_PIXELS:
        raise TurnedDown("too_long")
    fresh, pauses = [], []
    for number in range(frames):
        picture.seek(number)
        pauses.append(int(picture.info.get("duration", 100)))
        fresh.append(copied(picture, "RGB"))
    fresh[0].save(target, "GIF", save_all=True, append_images=fresh[1:], duration=pauses, loop=0)
    return "image/gif"


# --- recordings: the coded sound and picture, in a new container -----------------------------------------------------

_CONTAINERS: Final = {  # family -> what PyAV calls the new container, with and without moving pictures
    "mp4": ("mp4", "video/mp4", "audio/mp4"),
    "matroska": ("matroska", "video/x-matroska", "video/x-matroska"),
    "ogg": ("ogg", "", "audio/ogg"),
    "mp3": ("mp3", "", "audio/mpeg"),
    "aac": ("adts", "", "audio/aac"),
    "amr": ("amr", "", "audio/amr"),
    "wav": ("wav", "", "audio/wav"),
}
_WEBM: Final = frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})
_NO_WORDS: Final = {  # the units of a coded picture that hold free text (H.264 7.3.2.3, H.265 7.3.2.4)
    "h264": "filter_units=remove_types=6",
    "hevc": "filter_units=remove_types=39|40",
}
_NO_TAGS: Final = {"id3v2_version": "0", "write_id3v1": "0", "write_xing": "0"}


def _recordings(family: str) -> Clean:
    import av
    from av.bitstream import BitStreamFilterContext

    for module in pkgutil.walk_packages(av.__path__, "av."):  # it imports some only when they are met: too late
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    av.logging.set_level(None)
    name, moving, still = _CONTAINERS[family]

    def work(source: BinaryIO, target: BinaryIO) -> str:
        with av.open(source, "r", metadata_errors="ignore") as old:
            if old.duration and old.duration / av.time_base > evidence.LONGEST:
                raise TurnedDown("too_long")
            wanted = [it for it in old.streams if it.type == "audio" or (it.type == "video" and moving)]
            streams = [it for it in wanted if not it.disposition & av.stream.Disposition.attached_pic]
            if not streams:
                raise TurnedDown("broken")
            webm = name == "matroska" and {it.codec_context.name for it in streams} <= _WEBM
            pictures = any(it.type == "video" for it in streams)
            options = {"fflags": "+bitexact", **(_NO_TAGS if name == "mp3" else {})}
            with av.open(target, "w", format="webm" if webm else name, options=options) as new:
                _remux(old, new, streams, BitStreamFilterContext)
        if webm:
            return "video/webm"
        return moving if pictures else still

    return work


def _remux(old: Any, new: Any, streams: list[Any], units: Any) -> None:
    copies, filters = {}, {}
    for stream in streams:
        copies[stream.index] = copy = new.add_stream_from_template(stream)
        copy.metadata.clear()
        wanted = _NO_WORDS.get(stream.codec_context.name)
        filters[stream.index] = units(wanted, stream, copy) if wanted else None
        if stream.codec_context.name == "hevc" and stream.codec_context.extradata:
            copy.codec_context.extradata = hevc_without_words(stream.codec_context.extradata)
    new.metadata.clear()
    count = 0
    for packet in old.demux(streams):
        if packet.dts is None:
            continue
        index, chosen = packet.stream.index, filters[packet.stream.index]
        if packet.dts * packet.time_base > evidence.LONGEST:
            raise TurnedDown("too_long")
        for ready in chosen.filter(packet) if chosen else (packet,):
            ready.stream = copies[index]
            new.mux(ready)
            count += 1
    if not count:
        raise TurnedDown("broken")


def hevc_without_words(header: bytes) -> bytes:
    """The decoder's configuration in an MP4 (ISO/IEC 14496-15, 8.3.3.1) without its units of free text."""
    if header[:1] != b"\x01" or len(header) < 23:
        return header
    kept, at = [], 23
    for _ in range(header[22]):
        start, at = at, at + 3
        for _ in range(int.from_bytes(header[start + 1 : start + 3], "big")):
            at += 2 + int.from_bytes(header[at : at + 2], "big")
        if header[start] & 0x3F not in {39, 40}:
            kept.append(header[start:at])
    return header[:22] + bytes([len(kept)]) + b"".join(kept)


# --- documents: the pages, without what hangs on them ----------------------------------------------------------------

_FORGOTTEN: Final = (
    "/Metadata",
    "/PieceInfo",
    "/LastModified",
    "/AA",
    "/A",
    "/Annots",
    "/Thumb",
    "/StructParents",
    "/OC",
)


def _documents() -> Clean:
    import pikepdf

    def work(source: BinaryIO, target: BinaryIO) -> str:
        try:
            old = pikepdf.open(source)
        except pikepdf.PasswordError as error:
            raise TurnedDown("encrypted") from error
        if not 0 < len(old.pages) <= evidence.MOST_PAGES:
            raise TurnedDown("too_long" if len(old.pages) else "broken")
        new = pikepdf.new()
        for page in old.pages:
            for key in _FORGOTTEN:
                if key in page.obj:
                    del page.obj[key]
            new.pages.append(page)
        for it in new.objects:
            if isinstance(it, (pikepdf.Dictionary, pikepdf.Stream)):
                _strip(it)
        new.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return "application/pdf"

    return work


def _strip(it: Any) -> None:
    """Take out of one object of a PDF what tells of its making."""
    for key in _FORGOTTEN[:5]:
        if key in it:
            del it[key]
    coding = str(it.get("/Filter", "")) if hasattr(it, "read_raw_bytes") else ""
    if "/JPXDecode" in coding:
        raise TurnedDown("unknown")  # JPEG 2000 has boxes of free text, and no phone makes it
    if coding == "/DCTDecode":
        it.write(jpeg_without_words(it.read_raw_bytes()), filter=it["/Filter"], decode_parms=it.get("/DecodeParms"))
    elif "/DCTDecode" in coding:
        raise TurnedDown("unknown")


def jpeg_without_words(data: bytes) -> bytes:
    """A JPEG without application segments and comments, but for the colour transform (ITU-T T.81, B.2.4.6)."""
    kept, at = [data[:2]], 2
    while data[at : at + 1] == b"\xff" and data[at + 1] != 0xDA:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xEE or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(data[at : at + 2 + length])
        at += 2 + max(2, length)
    return b"".join((*kept, data[at:]))


if __name__ == "__main__":
    main()

"""Pictures: only the pixels go into the copy, and the copy is looked at."""

from __future__ import annotations

import importlib
import io
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import pi_heif
from PIL import Image, ImageChops, ImageFile, ImageOps, ImageStat

from tips.evidence import limits
from tips.evidence.kinds import TurnedDown

_DEPTHS: Final = (8, 10, 12, 14, 16, 32)  # bits of a grey
_UNLIKE: Final = 20  # of 255, on average, by which coding may change a small copy
_SMALL: Final = (32, 32)  # pixels
_TINY: Final = 4096  # pixels: JPEG would blur a sign of this size
_CLEAR: Final = frozenset({"RGBA", "LA", "PA"})


def ready(pages: bool) -> Callable[[BinaryIO, BinaryIO], str]:
    """Load all that is needed for a picture; `pdf_pages` where it is a TIFF, which may be a scan of several."""
    pi_heif.register_heif_opener(thumbnails=False)
    Image.init()
    importlib.import_module("PIL.ImageCms")  # it would be loaded when the first picture in Lab is met: too late
    Image.MAX_IMAGE_PIXELS = limits.MOST_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    if pages:
        from bot.cleaner import documents

        bound = documents.ready()

    def work(source: BinaryIO, target: BinaryIO) -> str:
        try:
            picture: Any = Image.open(source)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise TurnedDown("too_many_pixels") from error
        _fits(picture)
        frames = getattr(picture, "n_frames", 1)
        if pages and frames > 1:
            return bound(documents.of_pages(_pages(picture)), target)
        if frames > 1 and picture.format in {"GIF", "WEBP", "PNG", "AVIF"}:
            return _moving(picture, frames, target)
        return _still(picture, target)

    return work


def _pages(picture: Any) -> list[tuple[bytes, int, int]]:
    """Each page as a JPEG, with its width and height."""
    if picture.n_frames > limits.MOST_PAGES:
        raise TurnedDown("too_long")
    found, pixels = [], 0
    for number in range(picture.n_frames):
        picture.seek(number)
        _fits(picture)
        pixels += picture.width * picture.height
        if pixels > limits.MOST_PAGE_PIXELS:
            raise TurnedDown("too_heavy")
        data, page = io.BytesIO(), _flat(picture)
        page.save(data, "JPEG", quality=85)
        found.append((data.getvalue(), page.width, page.height))
    return found


def _fits(picture: Any) -> None:
    if picture.width * picture.height > limits.MOST_PIXELS:
        raise TurnedDown("too_many_pixels")


def _still(picture: Any, target: BinaryIO) -> str:
    flat = _flat(picture)
    lossless = flat.mode == "RGBA" or flat.width * flat.height <= _TINY
    if lossless:
        flat.save(target, "PNG")
    else:
        flat.save(target, "JPEG", quality=90)
    if not _same([flat], target):
        raise TurnedDown("changed")
    return "image/png" if lossless else "image/jpeg"


def _moving(picture: Any, frames: int, target: BinaryIO) -> str:
    """A moving picture, frame by frame, at the speed it had."""
    if frames > limits.MOST_FRAMES or frames * picture.width * picture.height > limits.MOST_PIXELS:
        raise TurnedDown("too_long")
    fresh, pauses = [], []
    for number in range(frames):
        picture.seek(number)
        pauses.append(int(picture.info.get("duration", 100)))
        fresh.append(_pasted(picture, "RGB"))
    for kind in ("GIF", "PNG"):  # the second where 256 colours are too few, or frames were taken for alike
        target.seek(0)
        target.truncate()
        fresh[0].save(target, kind, save_all=True, append_images=fresh[1:], duration=pauses, loop=0)
        if _same(fresh, target, sum(pauses)):
            return f"image/{kind.lower()}"
    raise TurnedDown("changed")


def _flat(picture: Any) -> Any:
    """The pixels upright, in eight bits a colour, with nothing else."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode == "F" or upright.mode.startswith("I"):
        upright = _eight_bits(upright)
    clear = upright.mode in _CLEAR or (upright.mode in {"1", "L", "RGB", "P"} and "transparency" in upright.info)
    return _pasted(upright, "RGBA" if clear else "RGB")


def _pasted(picture: Any, mode: str) -> Any:
    fresh = Image.new(mode, picture.size)
    try:
        fresh.paste(picture if picture.mode == mode else picture.convert(mode))
    except ValueError as error:  # colours that are not turned into these
        raise TurnedDown("unknown") from error
    return fresh


def _eight_bits(picture: Any) -> Any:
    """A grey of 10 to 32 bits in eight: a cut-off at 255 would leave white.

    How many bits count is told by the brightest pixel: cameras put 10 and 12 bits into files that say 16.
    """
    exact = picture.convert("F" if picture.mode == "F" else "I")
    low, high = exact.getextrema()
    if picture.mode != "F" and low >= 0:
        low, high = 0, 2 ** next(bits for bits in _DEPTHS if high < 2**bits) - 1
    scale = 255 / (high - low) if high > low else 1
    return exact.point(lambda value: value * scale + -low * scale).convert("L")


def _same(wanted: list[Any], target: BinaryIO, pause: int = 0) -> bool:
    """Look at the copy: whether it is as large, as long, and alike at its beginning and end."""
    target.seek(0)
    seen: Any = Image.open(target)
    shown, last = 0, getattr(seen, "n_frames", 1) - 1
    ends = {0: wanted[0], last: wanted[-1]}
    same = seen.size == wanted[0].size
    for number in range(last + 1):
        seen.seek(number)
        seen.load()
        shown += int(seen.info.get("duration", 0))
        same = same and (number not in ends or _alike(seen, ends[number]))
    target.seek(0, io.SEEK_END)
    return same and abs(shown - pause) <= 20 * len(wanted)


def _alike(one: Any, two: Any) -> bool:
    small = [it.convert("RGB").resize(_SMALL) for it in (one, two)]
    return max(ImageStat.Stat(ImageChops.difference(*small)).mean) <= _UNLIKE

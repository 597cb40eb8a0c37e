"""The fonts of what is printed: which has a sign, and how wide words are. A sign that none has is an error, no box.

Slow to import.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFace

from tips import errors

FOLDER: Final = Path(__file__).parent / "fonts"
FAMILIES: Final = ("sans", "cjk")  # in the order in which they are asked for a sign
POINT: Final = 25.4 / 72  # mm
_ONE_AT_A_TIME: Final = threading.Lock()


def name(family: str, *, bold: bool) -> str:
    """A face's name, which is its file's."""
    return f"{family}-{'bold' if bold else 'regular'}"


@functools.cache
def face(named: str) -> TTFontFace:
    """A face, as it measures."""
    return TTFontFace(str(FOLDER / f"{named}.ttf"))


@contextmanager
def known() -> Iterator[None]:
    """All faces are known to reportlab by their names, for one document at a time: it has one set of them a process."""
    with _ONE_AT_A_TIME:
        _register()
        yield


@functools.cache
def _register() -> None:
    """Each document embeds of them what it uses."""
    for family in FAMILIES:
        for bold in (False, True):
            named = name(family, bold=bold)
            pdfmetrics.registerFont(TTFont(named, str(FOLDER / f"{named}.ttf")))


def pieces(said: str, *, bold: bool) -> Iterator[tuple[str, str]]:
    """Words as pieces of one face each, with the face's name.

    Raises:
        BadSetting: no face has a sign of them.
    """
    begun, kept = "", ""
    for sign in said:
        named = with_sign(sign, bold)
        if named is None:
            raise errors.BadSetting(
                f"no font of ours has “{sign}” (U+{ord(sign):04X}): write it otherwise, or make fonts"
            )
        if kept and named != begun:
            yield begun, kept
            kept = ""
        begun, kept = named, kept + sign
    if kept:
        yield begun, kept


def has(sign: str, *, bold: bool) -> bool:
    """Whether a face has a sign."""
    return with_sign(sign, bold) is not None


def width(said: str, size: float, *, bold: bool = False) -> float:
    """How wide words are, in mm, at a size in points."""
    wide = sum(_width(named, sign) for named, piece in pieces(said, bold=bold) for sign in piece)
    return wide / 1000 * size * POINT


def _width(named: str, sign: str) -> float:
    found = face(named)
    return float(found.charWidths.get(ord(sign), found.defaultWidth))


@functools.cache
def with_sign(sign: str, bold: bool) -> str | None:
    """The name of the first face that has a sign; None: none has."""
    for family in FAMILIES:
        named = name(family, bold=bold)
        if ord(sign) in face(named).charToGlyph:
            return named
    return None

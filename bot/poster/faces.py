"""The fonts of posters: which has a sign, and how wide words are. A sign that none has is an error, never a box."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reportlab.pdfbase.ttfonts import TTFont, TTFontFace

from tips import errors

FOLDER: Final = Path(__file__).parent / "fonts"
FAMILIES: Final = ("sans", "cjk")  # in the order in which they are asked for a sign
POINT: Final = 25.4 / 72  # mm


def name(family: str, *, bold: bool) -> str:
    """A face's name, which is its file's."""
    return f"{family}-{'bold' if bold else 'regular'}"


@functools.cache
def face(named: str) -> TTFontFace:
    """A face, as it measures."""
    return TTFontFace(str(FOLDER / f"{named}.ttf"))


def embedded(named: str) -> TTFont:
    """A face for one document, which embeds of it what it uses."""
    return TTFont(named, str(FOLDER / f"{named}.ttf"))


def pieces(said: str, *, bold: bool) -> Iterator[tuple[str, str]]:
    """Words as pieces of one face each, with the face's name.

    Raises:
        BadSetting: no face has a sign of them.
    """
    begun, kept = "", ""
    for sign in said:
        named = _with(sign, bold)
        if kept and named != begun:
            yield begun, kept
            kept = ""
        begun, kept = named, kept + sign
    if kept:
        yield begun, kept


def width(said: str, size: float, *, bold: bool = False) -> float:
    """How wide words are, in mm, at a size in points."""
    wide = sum(_width(named, sign) for named, piece in pieces(said, bold=bold) for sign in piece)
    return wide / 1000 * size * POINT


def _width(named: str, sign: str) -> float:
    found = face(named)
    return float(found.charWidths.get(ord(sign), found.defaultWidth))


@functools.cache
def _with(sign: str, bold: bool) -> str:
    for family in FAMILIES:
        named = name(family, bold=bold)
        if ord(sign) in face(named).charToGlyph:
            return named
    raise errors.BadSetting(
        f"no font of the posters has “{sign}” (U+{ord(sign):04X}): write it otherwise, or make fonts"
    )

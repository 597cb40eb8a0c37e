"""A sheet as SVG, by itself: the fonts are inside, as data, and nothing is fetched."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from bot.poster.drawing import HEIGHT, WIDTH, Box, Code, Rule, Shape, Sheet, Words
from handlers import faces

_STYLE: Final = "text{white-space:pre;font-kerning:none;font-variant-ligatures:none}"


def written(sheet: Sheet) -> str:
    """One page, as large as it is printed."""
    used = sorted(
        {named for it in sheet.shapes if isinstance(it, Words) for named, _ in faces.pieces(it.said, bold=it.bold)}
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang={quoteattr(sheet.lang)} width="{WIDTH:g}mm" '
            f'height="{HEIGHT:g}mm" viewBox="0 0 {WIDTH:g} {HEIGHT:g}">',
            f"<title>{escape(sheet.title)}</title>",
            f"<style>{''.join(map(_face, used))}{_STYLE}</style>",
            f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#fff"/>',
            *(line for shape in sheet.shapes for line in _DRAWN[type(shape)](shape)),
            "</svg>\n",
        )
    )


def _face(named: str) -> str:
    data = base64.b64encode((faces.FOLDER / f"{named}.ttf").read_bytes()).decode()
    return f"@font-face{{font-family:{named};src:url(data:font/ttf;base64,{data})}}"


def _words(it: Words) -> Iterator[str]:
    x = it.x
    for named, piece in faces.pieces(it.said, bold=it.bold):
        size = f'font-family="{named}" font-size="{it.size * faces.POINT:.4g}"'
        yield f'<text x="{x:.3f}" y="{it.y:.3f}" {size} fill="{it.colour}">{escape(piece)}</text>'
        x += faces.width(piece, it.size, bold=it.bold)


def _rule(it: Rule) -> Iterator[str]:
    dashes = ' stroke-dasharray="1.5"' if it.dashed else ""
    ends = f'x1="{it.x:g}" y1="{it.y:g}" x2="{it.to_x:g}" y2="{it.to_y:g}"'
    yield f'<line {ends} stroke="{it.colour}" stroke-width="{it.thick:g}"{dashes}/>'


def _box(it: Box) -> Iterator[str]:
    look = f'fill="none" stroke="{it.colour}" stroke-width="{it.thick:g}"' if it.thick else f'fill="{it.colour}"'
    yield f'<rect x="{it.x:g}" y="{it.y:g}" width="{it.wide:g}" height="{it.high:g}" {look}/>'


def _code(it: Code) -> Iterator[str]:
    drawn = "".join(f"M{x:.3f} {y:.3f}h{wide:.3f}v{high:.3f}h{-wide:.3f}z" for x, y, wide, high in it.dark())
    yield f'<path role="img" d="{drawn}" shape-rendering="crispEdges"><title>{escape(it.said)}</title></path>'


_DRAWN: Final[Mapping[type[Shape], Callable[[Any], Iterator[str]]]] = {
    Words: _words,
    Rule: _rule,
    Box: _box,
    Code: _code,
}

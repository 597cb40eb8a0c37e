"""Sheets as a PDF, with what they use of the fonts inside; the same sheets make the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from bot.poster.drawing import HEIGHT, WIDTH, Box, Code, Rule, Shape, Sheet, Words
from handlers import faces


def written(sheets: Sequence[Sheet]) -> bytes:
    """One page a sheet."""
    out = io.BytesIO()
    with faces.known():
        canvas = Canvas(
            out, pagesize=(WIDTH * mm, HEIGHT * mm), invariant=True, pageCompression=True, lang=sheets[0].lang
        )
        canvas.setTitle(sheets[0].title)
        canvas.setAuthor("Tin Báo")
        for sheet in sheets:
            for shape in sheet.shapes:
                _DRAWN[type(shape)](canvas, shape)
            canvas.showPage()
        canvas.save()
    return out.getvalue()


def _up(y: float) -> float:
    """PDF counts from below."""
    return float((HEIGHT - y) * mm)


def _words(canvas: Canvas, it: Words) -> None:
    canvas.setFillColor(HexColor(it.colour))
    x = it.x
    for named, piece in faces.pieces(it.said, bold=it.bold):
        canvas.setFont(named, it.size)
        canvas.drawString(x * mm, _up(it.y), piece)
        x += faces.width(piece, it.size, bold=it.bold)


def _rule(canvas: Canvas, it: Rule) -> None:
    canvas.setStrokeColor(HexColor(it.colour))
    canvas.setLineWidth(it.thick * mm)
    canvas.setDash([1.5 * mm, 1.5 * mm] if it.dashed else [])
    canvas.line(it.x * mm, _up(it.y), it.to_x * mm, _up(it.to_y))


def _box(canvas: Canvas, it: Box) -> None:
    canvas.setDash([])
    canvas.setLineWidth(it.thick * mm)
    canvas.setStrokeColor(HexColor(it.colour))
    canvas.setFillColor(HexColor(it.colour))
    filled = not it.thick
    canvas.rect(it.x * mm, _up(it.y + it.high), it.wide * mm, it.high * mm, stroke=int(not filled), fill=int(filled))


def _code(canvas: Canvas, it: Code) -> None:
    """As one path: lines between the modules' edges would show in some viewers."""
    canvas.setFillColor(HexColor("#000000"))
    path = canvas.beginPath()
    for x, y, wide, high in it.dark():
        path.rect(x * mm, _up(y + high), wide * mm, high * mm)
    canvas.drawPath(path, stroke=0, fill=1)


_DRAWN: Final[Mapping[type[Shape], Callable[[Canvas, Any], None]]] = {
    Words: _words,
    Rule: _rule,
    Box: _box,
    Code: _code,
}

"""A report as a PDF on A4, with what it uses of the fonts inside."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm, mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)  # fmt: skip

from handlers import faces
from handlers.exports import report
from handlers.exports.report import Report

LEFT, RIGHT, EDGE = 3 * cm, 1.5 * cm, 2 * cm  # margins by Decree 30/2020/NĐ-CP, annex I; the last: above and below
INSIDE: Final = A4[0] - LEFT - RIGHT
_FIGURE: Final = 2.3 * cm  # how wide a column of figures is
_SMALL: Final = 9  # points, in tables
_NUMBER: Final = 1.5 * cm  # how wide the page's number is, at most
_MARK: Final = 8 * mm  # how high a mark at the foot is, at most: two lines
_FACE: Final = faces.name("sans", bold=False)
_INK: Final = "#111111"
_LINES: Final = (
    ("GRID", (0, 0), (-1, -1), 0.5, HexColor("#777777")), ("BACKGROUND", (0, 0), (-1, 0), HexColor("#eef2ef")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ("LEFTPADDING", (0, 0), (-1, -1), 4), ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("FONT", (0, 0), (-1, -1), _FACE, _SMALL, _SMALL * 1.35), ("TEXTCOLOR", (0, 0), (-1, -1), HexColor(_INK)),
)  # fmt: skip
_SIDE_BY_SIDE: Final = TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                                   ("RIGHTPADDING", (0, 0), (-1, -1), 0)])  # fmt: skip


def pdf(it: Report) -> bytes:
    """The report; every page says who took it, and which of how many pages it is."""
    out = io.BytesIO()
    page = Frame(LEFT, EDGE, INSIDE, A4[1] - 2 * EDGE, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    made = BaseDocTemplate(
        out, pagesize=A4, pageTemplates=[PageTemplate(frames=[page])], title=it.full_title, lang=it.lang,
        author=" · ".join(it.agency), subject=it.about, creator="Tin Báo", invariant=True,
    )  # fmt: skip

    def canvas(*args: Any, **named: Any) -> _Numbered:
        return _Numbered(it, *args, **named)

    with faces.known():
        tables = [one for at, table in enumerate(it.tables, 1) for one in _table(at, table)]
        made.build([*_head(it), *tables, *_foot(it)], canvasmaker=canvas)
    return out.getvalue()


class _Numbered(Canvas):  # type: ignore[misc]
    """A canvas that knows how many pages there are when it writes the first one's number."""

    def __init__(self, it: Report, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._marks = [words for words in (it.notice, it.mark) if words]
        self._pages: list[dict[str, Any]] = []
        self.setDateFormatter(lambda *_: f"D:{it.taken:%Y%m%d%H%M%SZ}")  # by our clock, not the machine's

    def showPage(self) -> None:  # noqa: N802 (reportlab's name)
        """Keep the page for later."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page, with its foot."""
        for at, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self._foot(f"{at}/{len(self._pages)}")
            super().showPage()
        super().save()

    def _foot(self, number: str) -> None:
        """Each mark begins a line, and ends left of the number; a name goes on below, and one without end is cut."""
        self.setFillColor(HexColor(_INK))
        self.setFont(_FACE, 9)
        self.drawRightString(A4[0] - RIGHT, EDGE / 2, number)
        wide, y = INSIDE - _NUMBER, EDGE - 2 * mm
        for mark in self._marks:
            kept = _words(mark, 8).split(wide, _MARK)[0]
            y -= kept.wrap(wide, _MARK)[1]
            kept.drawOn(self, LEFT, y)


def _head(it: Report) -> Iterator[Flowable]:
    """Whose report it is beside the state's name and motto, each with its line below; then what it is."""
    *above, own = it.agency
    left: list[Flowable] = [_words(one.upper(), 10, align=TA_CENTER) for one in above]
    left += [_words(own.upper(), 10, bold=True, align=TA_CENTER), _Rule(0.35), _words(it.number, 10, align=TA_CENTER)]
    right = [_words(it.nation, 10.5, bold=True, align=TA_CENTER), _words(it.motto, 11, bold=True, align=TA_CENTER)]
    right += [_Rule(0.55), _words(it.dated, 10, align=TA_CENTER)]
    yield Table([[left, right]], [INSIDE * 0.4, INSIDE * 0.6], style=_SIDE_BY_SIDE)
    yield Spacer(1, 8 * mm)
    yield _words(it.title.upper(), 14, bold=True, align=TA_CENTER)
    yield _words(it.about, 12, bold=True, align=TA_CENTER)
    if it.beside:
        yield _words(it.beside, 11, align=TA_CENTER)
    if it.notice:
        yield _words(it.notice, 11, bold=True, align=TA_CENTER, before=6)
    yield Spacer(1, 4 * mm)


def _table(at: int, it: report.Table) -> Iterator[Flowable]:
    """A table under its title; its head comes again on every page that it goes on to."""
    yield CondPageBreak(3 * cm)  # a title does not stay behind alone
    yield _words(f"{at}. {it.title}", 11, bold=True, before=8)
    figures = len(it.heads) - it.named
    wide = [(INSIDE - figures * _FIGURE) / it.named] * it.named + [_FIGURE] * figures
    rows = [[_cell(one, wide[at], at >= it.named, bold=not number) for at, one in enumerate(row)]
            for number, row in enumerate((it.heads, *it.rows))]  # fmt: skip
    look = [*_LINES, ("ALIGN", (it.named, 0), (-1, -1), "RIGHT")]
    yield Table(rows, wide, repeatRows=1, style=look, spaceBefore=2)


def _cell(said: str, wide: float, figure: bool, *, bold: bool = False) -> Paragraph | str:
    """Words as they are where they fit in one line of one face: a paragraph takes twenty times as long."""
    found = dict(_pieces(said, bold=bold))
    if not bold and found.keys() <= {_FACE} and faces.width(said, _SMALL) * mm < wide - 8:
        return said
    return _words(said, _SMALL, bold=bold, align=TA_RIGHT if figure else 0)


def _foot(it: Report) -> Iterator[Flowable]:
    """How the figures came about, who gets the report, and who signs it."""
    yield KeepTogether([_words(it.method, 11, bold=True, before=8), _words(it.words[0], 10)])
    for words in it.words[1:]:
        yield KeepTogether([_words(words, 10)])
    yield Spacer(1, 6 * mm)
    left = [_words(one, 9.5, bold=not at) for at, one in enumerate(it.receivers)]
    right = [_words(one, 11, bold=not at, align=TA_CENTER) for at, one in enumerate(it.signed)]
    yield KeepTogether(Table([[left, [*right, Spacer(1, 2.5 * cm)]]], [INSIDE / 2] * 2, style=_SIDE_BY_SIDE))


class _Rule(Flowable):  # type: ignore[misc]
    """A line below what stands above it, in the middle, so much of its width."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share, self.height = share, 5

    def wrap(self, wide: float, high: float) -> tuple[float, float]:
        """How much room it takes."""
        self.width = wide
        return wide, self.height

    def draw(self) -> None:
        """Draw it."""
        half = self.width * self._share / 2
        self.canv.setLineWidth(0.7)
        self.canv.line(self.width / 2 - half, 3, self.width / 2 + half, 3)


def _words(said: str, size: float, *, bold: bool = False, align: int = 0, before: float = 0) -> Paragraph:
    """Words, each sign in a face that has it."""
    marked = "".join(f'<font name="{named}">{escape(piece)}</font>' for named, piece in _pieces(said, bold=bold))
    look = ParagraphStyle(
        "words", fontName=faces.name("sans", bold=bold), fontSize=size, leading=size * 1.35, alignment=align,
        textColor=HexColor(_INK), spaceBefore=before, spaceAfter=2,
    )  # fmt: skip
    return Paragraph(marked, look)


def _pieces(said: str, *, bold: bool) -> Iterator[tuple[str, str]]:
    """Words as pieces of one face each; a person's name may have a sign that no face has."""
    return faces.pieces("".join(it if faces.has(it, bold=bold) else "?" for it in said), bold=bold)

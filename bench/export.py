"""Exports: a year of months by district as a workbook and a quarter's report as a PDF, beside their libraries alone.

The bare side writes the same cells, and the same tables with lines around them: no dates, widths, charts, head or foot.
"""

from __future__ import annotations

import io
import os
from dataclasses import astuple
from datetime import UTC, datetime
from typing import Any, Final

import xlsxwriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from bench.measure import Figure, at_most, paired, seconds
from handlers import faces
from handlers.exports import paper, report, workbook
from handlers.exports.labels import named
from handlers.exports.report import Report
from handlers.statistics.words import Words
from tests.fakes import published
from tips.desk.exports import Exports, Line, Query
from tips.organisation import units
from tips.organisation.roles import Role
from tips.people.session import Session

ROUNDS: Final = 15
ORGANISATION: Final = units.load("hcmc-districts")


class _Ledger:
    async def append(self, event: object) -> None:
        """What is stored is measured elsewhere."""


async def export() -> Figure:
    """What an export takes once it is on record."""
    shelf: Any = published.Shelf(*published.MONTHS, "2026-Q2", "2026-Q3")
    ledger: Any = _Ledger()
    exports = Exports(shelf, ledger, lambda: ORGANISATION.areas, lambda: datetime(2026, 11, 9, tzinfo=UTC), os.urandom)
    session = Session("kiem", "vks-tp", Role.OVERSEER, os.urandom(32), {})
    months = await exports.take(session, Query(("month", "district")), "xlsx")
    quarter = await exports.report(session, Query(("quarter",)), "pdf")
    words = Words("vi", ORGANISATION.areas)
    lines = [named(it, words, months.query.table) for it in months.lines]
    content = report.of(quarter, ORGANISATION, "vi", "report.pdf")

    def files() -> None:
        assert workbook.xlsx(months, lines, "vi")
        assert paper.pdf(report.of(quarter, ORGANISATION, "vi", "report.pdf"))

    def plainly() -> None:
        _cells(lines)
        _tables(content)

    async def ours() -> float:
        return seconds(files) * 1000

    async def bare() -> float:
        return seconds(plainly) * 1000

    value, ceiling = await paired(ours, bare, ROUNDS)
    how = (
        f"{len(lines)} lines as XLSX and a quarter's report as PDF, median of {ROUNDS}; ceiling: xlsxwriter, reportlab"
    )
    return at_most(value, ceiling, "ms", how)


def _cells(lines: list[Line]) -> None:
    with xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, astuple(line))


def _tables(content: Report) -> None:
    """Every table of the report with its lines, in the same font, and the words below them; nothing else."""
    with faces.known():
        look = [("GRID", (0, 0), (-1, -1), 0.5, "black"), ("FONT", (0, 0), (-1, -1), "sans-regular", 9)]
        tables = [Table([it.heads, *it.rows], repeatRows=1, style=look) for it in content.tables]
        style = ParagraphStyle("words", fontName="sans-regular", fontSize=10)
        SimpleDocTemplate(io.BytesIO(), pagesize=A4).build([*tables, *(Paragraph(it, style) for it in content.words)])

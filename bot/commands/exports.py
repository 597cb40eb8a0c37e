"""Writing counts to files: CSV, XLSX, JSON. A cell that a spreadsheet would take for a formula is made plain."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Final

from tips.desk.statistics import Line

HEAD: Final = tuple(field.name for field in fields(Line))
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write(out: Path, form: str, lines: Sequence[Line]) -> None:
    """Write an export in one of the formats."""
    {"csv": _csv, "xlsx": _xlsx, "json": _json}[form](out, lines)


def _csv(out: Path, lines: Sequence[Line]) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows([_plain(cell) for cell in astuple(line)] for line in lines)


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _json(out: Path, lines: Sequence[Line]) -> None:
    out.write_text(json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=1), "utf-8")


def _xlsx(out: Path, lines: Sequence[Line]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(out), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Tin Báo")
        sheet.write_row(0, 0, HEAD, book.add_format({"bold": True}))
        for at, line in enumerate(lines, start=1):
            *words, count = astuple(line)
            sheet.write_row(at, 0, words)
            if count.isdecimal():
                sheet.write_number(at, len(words), int(count))
            else:
                sheet.write_string(at, len(words), count)

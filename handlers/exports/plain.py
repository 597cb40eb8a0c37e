"""Figures as CSV and as JSON. A cell that a spreadsheet would take for a formula is made plain."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

import locales
from handlers.statistics import periods
from handlers.version import program_version
from tips.cases.deadlines import CITY
from tips.desk.exports import Export, Line
from tips.statistics.figures import Figures

NAMES: Final = tuple(field.name for field in fields(Line))
_ALWAYS: Final = ("period", "district", "ward", "category", "count")  # columns that every file has
_OF_TIPS: Final = (*_ALWAYS, "urgency")  # what a table of tips can have
SCHEMA: Final = "tinbao-figures-2"  # `figures.schema.json` beside this file
_FORMULA: Final = re.compile(r"[\t\r\n]|\s*[=+@＝＋－＠-]")  # as spreadsheets read it, which skip spaces


def csv_file(lines: Sequence[Line], headings: str) -> bytes:
    """With a mark of its encoding, without which spreadsheets read another one."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    kept = columns(lines)
    writer.writerow(heads(kept, headings))
    writer.writerows([_plain(getattr(line, it)) for it in kept] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    return f"'{cell}" if len(cell) > 1 and _FORMULA.match(cell) else cell


def json_file(export: Export, lines: Sequence[Line]) -> bytes:
    """The lines, and what they are."""
    rows = [{it: getattr(line, it) for it in columns(lines)} for line in lines]
    plain = {"schema": SCHEMA, "about": about(export), "rows": rows}
    return json.dumps(plain, ensure_ascii=False, indent=1).encode()


def columns(lines: Sequence[Line]) -> list[str]:
    """The columns of a file: those that every one has, then what else a line of it fills."""
    return [*_ALWAYS, *(it for it in NAMES if it not in _ALWAYS and any(getattr(line, it) for line in lines))]


def heads(names: Iterable[str], lang: str) -> list[str]:
    """The header of columns in a language; "": their names. A count is of tips, or of how often something was."""
    kept = list(names)
    said = {"count": "count" if {*kept} <= {*_OF_TIPS} else "often"}
    return [locales.say(lang, f"statistics.heading.{said.get(it, it)}") if lang else it for it in kept]


def about(export: Export) -> dict[str, Any]:
    """What an export is: what was asked for, by whom, when, of which program; and how each period was frozen."""
    return {
        "by": ",".join((export.query.length, *export.query.table)),
        "from": export.query.first,
        "to": export.query.last,
        "made": export.at.astimezone(CITY).isoformat(timespec="minutes"),
        "officer": export.officer,
        "version": program_version(),
        "periods": [_period(it, {one.period for one in export.closed}) for it in export.figures],
    }


def _period(it: Figures, closed: Container[str]) -> dict[str, Any]:
    """How a period was frozen; of one that has not all of its months, which it has."""
    period = periods.parse(it.period)
    months = [month.code for month in periods.some_months(period, closed)] if period else []
    frozen = {"period": it.period, "closed": it.closed.isoformat(), "least": it.least}
    return frozen | ({"months": months} if months else {})

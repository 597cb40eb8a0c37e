"""Figures as a workbook: dates and numbers that a spreadsheet reckons with, a chart, and what the figures are."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date
from typing import Any, Final

import xlsxwriter

import locales
from handlers.exports.plain import about, columns, heads
from handlers.statistics import periods
from handlers.statistics.periods import MONTH, QUARTER
from tips.cases.deadlines import CITY
from tips.desk.exports import Export, Line

A4: Final = 9  # as the format numbers paper
MOST: Final = 20  # bars of a chart
_WIDEST: Final = 60  # characters of a column


def xlsx(export: Export, lines: Sequence[Line], lang: str) -> bytes:
    """Three sheets: figures, a chart of them, how they came about."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:  # no temporary file has any of it
        book.set_properties({
            "title": f"Tin Báo: {locales.say(lang, 'statistics.heading')}", "author": export.officer,
            "created": export.at.astimezone(UTC).replace(tzinfo=None),
        })  # fmt: skip
        sheets = _Sheets(book, export, lang)
        sheets.figures(lines)
        if lines:
            sheets.chart(lines)
        sheets.about()
    return out.getvalue()


class _Sheets:
    """Writes the sheets of one book."""

    def __init__(self, book: Any, export: Export, lang: str) -> None:
        self._book, self._export, self._lang = book, export, lang
        self._bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self._mark = book.add_format({"align": "right"})
        self._number = book.add_format({"num_format": "#,##0"})
        self._dates: dict[str, Any] = {}

    def figures(self, lines: Sequence[Line]) -> None:
        """All lines; a column that none of them fills is left out."""
        kept = [it for it in columns(lines) if it in {"period", "count"} or any(getattr(line, it) for line in lines)]
        named = dict(zip(kept, heads(kept, self._lang), strict=True))
        sheet = self._sheet("figures", [named[it] for it in kept])
        sheet.autofilter(0, 0, max(len(lines), 1), len(kept) - 1)
        for at, line in enumerate(lines, start=1):
            for column, it in enumerate(kept):
                self._cell(sheet, at, column, it, getattr(line, it))
        for column, it in enumerate(kept):
            sheet.set_column(column, column, _wide([named[it], *(getattr(line, it) for line in lines)]))

    def chart(self, lines: Sequence[Line]) -> None:
        """One figure through the periods; or the largest of the newest one."""
        newest = [it for it in lines if it.period == lines[-1].period]
        if len(newest) == 1:
            title = locales.say(self._lang, "statistics.part.trend")
            head, points = self._head("period"), [(it.period, it.count) for it in lines]
        else:
            period = periods.parse(lines[-1].period)
            largest = sorted(newest, key=_size, reverse=True)[:MOST]
            title = self._say("chart.most", period=period.name(self._lang) if period else "", most=str(len(largest)))
            head, points = locales.say(self._lang, "statistics.column.what"), [(_label(it), it.count) for it in largest]
        sheet = self._sheet("chart", [head, heads(columns(lines), self._lang)[columns(lines).index("count")]])
        for at, (label, count) in enumerate(points, start=1):
            sheet.write_string(at, 0, label)
            self._cell(sheet, at, 1, "count", count)
        sheet.set_column(0, 0, _wide([label for label, _ in points], least=24))
        sheet.set_column(1, 1, 12)
        self._draw(sheet, title, len(points), across=len(newest) > 1)

    def about(self) -> None:
        """What was asked for, by whom, when; how each period was frozen; and how the figures are made."""
        plain = about(self._export)
        frozen = plain.pop("periods")
        sheet = self._sheet("about", [self._say("sheet.about"), "", ""], frozen=False)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 3, 24)
        at = 1
        for at, (name, value) in enumerate((plain | self._asked()).items(), start=1):
            sheet.write_string(at, 0, self._say(f"about.{name}"))
            sheet.write_string(at, 1, value)
        at += 2
        named = [
            self._head("period"),
            self._say("about.closed"),
            self._say("about.least"),
            *([self._say("about.months")] if any("months" in it for it in frozen) else []),
        ]
        sheet.write_row(at, 0, named, self._bold)
        for at, it in enumerate(frozen, start=at + 1):  # noqa: B020 (goes on below what was written)
            self._cell(sheet, at, 0, "period", it["period"])
            sheet.write_datetime(at, 1, date.fromisoformat(it["closed"]), self._date("yyyy-mm-dd"))
            sheet.write_number(at, 2, it["least"])
            sheet.write_string(at, 3, ", ".join(it.get("months", ())))
        for words in self._method({it["least"] for it in frozen}):
            at += 2
            sheet.merge_range(at, 0, at, 2, words, self._wrapped)
            sheet.set_row(at, 15 * (len(words) // 70 + 1))

    def _asked(self) -> dict[str, str]:
        """What was asked for, in words."""
        query = self._export.query
        dimensions = [locales.say(self._lang, f"statistics.heading.{it}") for it in query.table]
        by = " · ".join(dimensions) or self._say("table.total")
        span = {name: it or self._say("no_end") for name, it in (("from", query.first), ("to", query.last))}
        return {"by": f"{by} · {self._say(f'length.{query.length}')}", **span}

    def _method(self, least: set[int]) -> list[str]:
        """How hidden figures are shown, for each k that was in force; and how all are made."""
        said = [self._say("marks", least=str(k)) for k in sorted(least)]
        return [*said, locales.say(self._lang, "statistics.method.text")]

    def _sheet(self, name: str, head: Sequence[str], *, frozen: bool = True) -> Any:
        """A sheet with its head, ready to be printed."""
        sheet = self._book.add_worksheet(self._say(f"sheet.{name}"))
        sheet.write_row(0, 0, head, self._bold)
        sheet.set_row(0, 20)
        if frozen:
            sheet.freeze_panes(1, 0)
            sheet.repeat_rows(0)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.8, right=0.6, top=0.8, bottom=0.8)
        made = self._export.at.astimezone(CITY).strftime("%H:%M %d/%m/%Y")
        sheet.set_footer(f"&L&8{self._export.officer.replace('&', '&&')} · {made}&R&8&P/&N")
        return sheet

    def _cell(self, sheet: Any, row: int, column: int, name: str, value: str) -> None:
        """A value as what it is: a period is its first day, shown as its name; a mark stays a text."""
        period = periods.parse(value) if name == "period" else None
        if period:
            quarter = f'yyyy"-Q{period.part}"' if period.months == QUARTER else "yyyy"
            shown = "yyyy-mm" if period.months == MONTH else quarter
            sheet.write_datetime(row, column, period.first, self._date(shown))
        elif name == "count" and value.isdecimal():
            sheet.write_number(row, column, int(value), self._number)
        else:
            sheet.write_string(row, column, value, self._mark if name == "count" else None)

    def _draw(self, sheet: Any, title: str, points: int, *, across: bool) -> None:
        chart = self._book.add_chart({"type": "bar" if across else "column"})
        name = sheet.get_name()
        chart.add_series({
            "categories": [name, 1, 0, points, 0], "values": [name, 1, 1, points, 1], "fill": {"color": "#14532d"},
            "gap": 60, "data_labels": {"value": True},
        })  # fmt: skip
        chart.set_title({"name": title, "name_font": {"size": 12}, "overlay": False})
        chart.set_legend({"none": True})
        grows = {"y_axis": {"reverse": True}, "x_axis": {"min": 0}} if across else {"x_axis": {}, "y_axis": {"min": 0}}
        chart.set_x_axis(grows["x_axis"])
        chart.set_y_axis(grows["y_axis"])
        chart.set_size({"width": 620, "height": max(320, 26 * points + 90) if across else 340})
        sheet.insert_chart(0, 3, chart, {"description": f"{title}. {self._say('chart.alt')}"})
        sheet.set_landscape()

    def _date(self, shown: str) -> Any:
        if shown not in self._dates:
            self._dates[shown] = self._book.add_format({"num_format": shown, "align": "left"})
        return self._dates[shown]

    def _head(self, name: str) -> str:
        return heads((name,), self._lang)[0]

    def _say(self, key: str, **values: str) -> str:
        return locales.say(self._lang, f"export.{key}", **values)


def _label(line: Line) -> str:
    """What a bar stands for."""
    return " · ".join(it for name, it in asdict(line).items() if it and name not in {"period", "count"})


def _size(line: Line) -> int:
    """A hidden count is smaller than any that is shown."""
    return int(line.count) if line.count.isdecimal() else -1


def _wide(cells: Sequence[str], least: int = 12) -> int:
    return min(_WIDEST, max(least, *(len(it) + 2 for it in cells)))

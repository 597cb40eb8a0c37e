"""A report of one closed period, the one before beside it: its content, once, as plain values for whoever draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from babel.numbers import format_decimal

import locales
from handlers.desk import view_models
from handlers.exports import labels
from handlers.exports.plain import NAMES
from handlers.statistics import asked, shown
from handlers.statistics.asked import Asked, Chosen, Links
from handlers.statistics.boards import Board, Boards
from handlers.statistics.parts import Bar, Bars, Grid, Part, Tiles, Times, Trend
from handlers.statistics.shown import NOTHING
from handlers.statistics.words import Words
from tips.cases.deadlines import CITY
from tips.desk.exports import Export, Line, lines_of
from tips.organisation.units import Organisation

MOST: Final = 5  # columns of figures that a page of A4 has room for
WHAT: Final = tuple(it for it in NAMES if it not in {"period", "count"})  # what a line is about


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a report; the first cell of a row names it."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    named: int = 1  # how many cells of a row are words; the others are figures


@dataclass(frozen=True, slots=True)
class Report:
    """A report, in the order of a page of the state's offices (Decree 30/2020/NĐ-CP, annex I)."""

    lang: str
    name: str  # of its file
    agency: tuple[str, ...]  # whose report it is; what is above it first
    number: str  # where its number is written in
    nation: str
    motto: str
    dated: str
    title: str
    about: str  # what it is about, and of which period
    beside: str  # the period before; "": none is closed
    notice: str  # that it is no document, on each page too; "": it is one
    tables: tuple[Table, ...]
    method: str  # its heading
    words: tuple[str, ...]  # how the figures came about
    receivers: tuple[str, ...]
    signed: tuple[str, ...]  # who signs, and how
    taken: datetime
    mark: str  # who took it, and when: at the foot of each page

    @property
    def full_title(self) -> str:
        """As a list of documents has it."""
        return f"{self.title}: {self.about}"


def of(export: Export, organisation: Organisation, lang: str, name: str, *, trial: bool = False) -> Report:
    """The report of the one period of an export, or of one of its tables."""
    (now,) = export.figures
    boards = Boards(organisation.areas, lang, Links(), drills=False)
    chosen = asked.choose(export.closed, Asked(period=now.period), organisation.areas, export.at.date())
    assert isinstance(chosen, Chosen)
    work = boards.desk(replace(chosen, asked=replace(chosen.asked, view=asked.WORK)), export.closed)
    mark = locales.say(
        lang,
        "desk.mark",
        name=export.officer,
        unit=organisation.unit_name(export.unit),
        when=view_models.moment(export.at),
    )
    notice = locales.say(lang, "report.trial") if trial else ""
    board, when = boards.desk(chosen, export.closed), export.at.astimezone(CITY)
    table = export.query.table
    return Report(
        lang=lang,
        name=name,
        agency=_agency(organisation, export.unit),
        number=locales.say(lang, "report.number"),
        nation=locales.say(lang, "report.nation"),
        motto=locales.say(lang, "report.motto"),
        dated=_dated(when.date(), lang),
        title=locales.say(lang, "report.title"),
        about=locales.say(lang, "report.about", period=board.title),
        beside=locales.say(lang, "statistics.card.before", period=board.before) if board.before else "",
        notice=notice,
        tables=(_lines(export, chosen, lang, organisation),) if table else _tables(board, work, lang),
        method=locales.say(lang, "statistics.method"),
        words=_words(board, lang),
        receivers=tuple(locales.say(lang, "report.receivers").splitlines()),
        signed=tuple(locales.say(lang, "report.signed").splitlines()),
        taken=export.at,
        mark=mark,
    )


def _agency(organisation: Organisation, code: str) -> tuple[str, ...]:
    """The unit, below the one that it answers to."""
    parent = organisation.units[code].parent if code in organisation.units else None
    return (*([organisation.unit_name(parent)] if parent else ()), organisation.unit_name(code))


def _dated(day: date, lang: str) -> str:
    """Place and date; a day below ten and the first two months with a zero (annex I, II.4)."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return locales.say(lang, "report.dated", day=f"{day.day:02}", month=month, year=str(day.year))


def _words(board: Board, lang: str) -> tuple[str, ...]:
    """How the figures came about, and what stands in the place of those that are hidden."""
    return (
        locales.say(lang, "statistics.closed", date=board.closed),
        locales.say(lang, "statistics.hidden", hidden=board.hidden, least=board.least),
        locales.say(lang, "statistics.method.text"),
        locales.say(lang, "report.recorded"),
    )


# --- all of a period -------------------------------------------------------------------------------------------------


def _tables(board: Board, work: Board, lang: str) -> tuple[Table, ...]:
    """A table for each part of the pages that show the whole city and its work; what is wider than A4 is left out."""
    cards = dict.fromkeys((f"{it.label}. {it.note}" if it.note else it.label, it.text) for it in board.cards)
    whole = Table(locales.say(lang, "statistics.city"), _heads(lang, "what", "now"), tuple(cards))
    drawn = {part.id: part for part in (*board.parts, *work.parts) if part.told}
    found = (DRAWN[type(it)](it, board, lang) for it in drawn.values() if type(it) in DRAWN and not _is_wide(it))
    return (whole, *found)


def _is_wide(part: Part) -> bool:
    return isinstance(part, Grid) and len(part.heads) > MOST


def _heads(lang: str, *columns: str) -> tuple[str, ...]:
    return tuple(locales.say(lang, f"statistics.column.{it}") for it in columns)


def _bars(part: Bars, board: Board, lang: str) -> Table:
    return _compared(locales.say(lang, f"statistics.part.{part.id}"), part.bars, board, lang)


def _tiles(part: Tiles, board: Board, lang: str) -> Table:
    return _compared(locales.say(lang, f"statistics.heading.{part.id}"), part.table, board, lang)


def _compared(title: str, bars: Sequence[Bar], board: Board, lang: str) -> Table:
    """Counts, those of the period before beside them, by how much they changed, and how much of the whole they are."""
    before, shares = bool(board.before), any(it.note for it in bars)
    kept = ("what", "now", *(("before", "change") if before else ()), *(("share",) if shares else ()))
    rows = []
    for it in bars:
        beside = (it.before.text, _changed(it, lang)) if before else ()
        rows.append((it.label, it.now.text, *beside, *((it.note or NOTHING,) if shares else ())))
    return Table(title, _heads(lang, *kept), tuple(rows))


def _changed(bar: Bar, lang: str) -> str:
    """By how much; of a percentage that would be a percentage of one, which nobody reads rightly."""
    return NOTHING if "%" in bar.now.text else shown.change(bar.now, bar.before, lang) or NOTHING


def _trend(part: Trend, board: Board, lang: str) -> Table:
    rows = tuple((it.name, it.figure.text) for it in part.columns if it.figure.there)
    return Table(locales.say(lang, "statistics.part.trend"), _heads(lang, "period", "total"), rows)


def _times(part: Times, board: Board, lang: str) -> Table:
    heads = (*_heads(lang, "what"), *(locales.say(lang, f"statistics.times.{it}") for it in ("half", "most")))
    rows = tuple((it.label, it.median, it.most) for it in part.rows)
    return Table(locales.say(lang, "statistics.part.times"), heads, rows)


def _grid(part: Grid, board: Board, lang: str) -> Table:
    rows = tuple((it.label, *(cell.text for cell in it.cells)) for it in part.rows)
    return Table(locales.say(lang, f"statistics.part.{part.id}"), (*_heads(lang, "what"), *part.heads), rows)


DRAWN: Final[Mapping[type[Part], Callable[[Any, Board, str], Table]]] = {
    Bars: _bars,
    Tiles: _tiles,
    Trend: _trend,
    Times: _times,
    Grid: _grid,
}  # a heat table is wider than a page: it is exported by itself


# --- one table of a period -------------------------------------------------------------------------------------------


def _lines(export: Export, chosen: Chosen, lang: str, organisation: Organisation) -> Table:
    """The lines of a data file of this period, with those of the period before."""
    words, table = Words.of_home(organisation, lang), export.query.table
    earlier = lines_of(chosen.before, table, organisation.areas) if chosen.before else ()
    then = {_what(it): it.count for it in earlier}
    filled = [at for at, name in enumerate(WHAT) if any(getattr(it, name) for it in export.lines)]
    rows = []
    for line in export.lines:
        said = _what(labels.named(line, words, table))
        beside = (_read(then.get(_what(line), ""), lang),) if then else ()
        rows.append((*(said[at] for at in filled), _read(line.count, lang), *beside))
    heads = tuple(locales.say(lang, f"statistics.heading.{WHAT[at]}") for at in filled)
    columns = _heads(lang, "now", *(("before",) if then else ()))
    return Table(" · ".join(heads), (*heads, *columns), tuple(rows), len(filled))


def _what(line: Line) -> tuple[str, ...]:
    return tuple(getattr(line, name) for name in WHAT)


def _read(count: str, lang: str) -> str:
    """A count of a file, as pages have it."""
    if count.isdecimal():
        return format_decimal(int(count), locale=lang)
    return NOTHING if not count else "…" if count == "-" else count.replace(">=", "≥")

"""Which kinds of files there are, what each is called, and how one is made: on record first, then written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from tips.desk.exports import Export, Exports, Query
from tips.organisation.units import Organisation
from tips.people.session import Session

if TYPE_CHECKING:
    from handlers.exports.report import Report

TYPES: Final[Mapping[str, str]] = {  # of each form, as a browser is told
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
REPORTS: Final = ("html", "pdf")  # of one period, to be read; the others are data of several, to be reckoned with


class File(NamedTuple):
    """A file, ready to be kept."""

    name: str  # ASCII
    type: str
    content: bytes
    empty: bool = False  # nothing of what is asked for is closed: a header, and no figures


@dataclass(frozen=True, slots=True)
class ExportFiles:
    """Makes files of figures, each in somebody's name. What takes long is done beside the event loop."""

    exports: Exports
    organisation: Callable[[], Organisation]
    trial: bool = False  # of a home for trying out: a report says on each page that it is no document

    async def make(self, session: Session, query: Query, form: str, lang: str, headings: str = "") -> File:
        """A file of what is asked for.

        Args:
            session: whose act it is.
            query: what is asked for; a report is of the newest such period.
            form: one of `TYPES`.
            lang: the language of names, of a workbook and of a report.
            headings: the language of the header of a plain file; "": the names of the fields.

        Raises:
            Refused: as `Exports` says.
        """
        if form in REPORTS:
            return await self._drawn(await self.report(session, query, form, lang), form)
        export = await self.exports.take(session, query, form)
        content = await asyncio.to_thread(self._data, export, lang, headings)
        return File(name(export, export.query.table or ("total",)), TYPES[form], content, not export.lines)

    async def report(self, session: Session, query: Query, form: str, lang: str) -> Report:
        """The content of a report, on record as whatever it is going to be drawn as."""
        from handlers.exports import report

        export = await self.exports.report(session, query, form)
        called = name(export, export.query.table or ("report",))
        return report.of(export, self.organisation(), lang, called, trial=self.trial)

    async def _drawn(self, report: Report, form: str) -> File:
        if form == "pdf":
            from handlers.exports import paper

            return File(report.name, TYPES[form], await asyncio.to_thread(paper.pdf, report))
        from handlers.exports import page

        return File(report.name, TYPES[form], page.standing_alone(report))

    def _data(self, export: Export, lang: str, headings: str) -> bytes:
        from handlers.exports import labels, plain, workbook
        from handlers.statistics.words import Words

        words = Words.of_home(self.organisation(), lang)
        lines = [labels.named(it, words, export.query.table) for it in export.lines]
        if export.form == "xlsx":
            return workbook.xlsx(export, lines, lang)
        return plain.csv_file(lines, headings) if export.form == "csv" else plain.json_file(export, lines)


def name(export: Export, what: tuple[str, ...]) -> str:
    """The name of a file: of which periods, of what, and of which kind."""
    codes = [it.period for it in export.figures]
    return f"tinbao-{'_'.join([*dict.fromkeys([*codes[:1], *codes[-1:]]), '-'.join(what)])}.{export.form}"

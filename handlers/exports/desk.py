"""The desk's page of exports: a form, and the file that it asks for; or why there is none, the form as it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

import locales
from handlers.desk import forms
from handlers.desk.frame import Frame
from handlers.exports.files import TYPES, ExportFiles, File
from handlers.statistics import periods
from handlers.statistics.answers import Provider
from tips import errors
from tips.cases.deadlines import CITY
from tips.desk.exports import LENGTHS, TABLES, Query, length_of
from tips.people.session import Session
from tips.statistics.periods import is_month, months

PAGE: Final = "html"  # opens in the browser; every other form is kept as a file


@dataclass(frozen=True, slots=True)
class Wanted:
    """The form, as somebody filled it in."""

    table: str  # the dimensions, with commas
    length: str
    first: str
    last: str
    form: str

    @property
    def query(self) -> Query:
        """The same, asked."""
        return Query((self.length, *(it for it in self.table.split(",") if it)), self.first, self.last)


@dataclass(frozen=True, slots=True)
class ExportViews:
    """The page and the files; whose they are not, is told that there is no such page."""

    frame: Frame
    figures: Provider
    files: ExportFiles

    async def page(self, request: Request, session: Session) -> Response:
        """The form, filled in for the period that the address names, or for the newest."""
        _check_role(session)
        closed = [it.period for it in await self.figures()]
        asked = request.query_params.get("period", "")
        newest = max((it for it in closed if is_month(it)), default="")
        period = asked if asked in closed else newest
        of = months(period) if period else ("",)
        wanted = Wanted("", length_of(period) if period else LENGTHS[0], of[0], of[-1], "xlsx")
        return self._page(request, session, closed, wanted, period)

    async def export(self, request: Request, session: Session) -> Response:
        """The file that the form asks for, on record before any of it leaves."""
        _check_role(session)
        form = await forms.form(request)
        self.frame.check_form(request, form)
        wanted, lang = _wanted(form), forms.language(request)
        try:
            if wanted.form not in TYPES:
                raise errors.Refused("error.no_such_form")
            if wanted.form == PAGE:
                report = await self.files.report(session, wanted.query, PAGE, lang)
                return self.frame.pages.respond("report.html", lang=lang, report=report, style="")
            return _kept(await self.files.make(session, wanted.query, wanted.form, lang))
        except errors.Refused as error:
            closed = [it.period for it in await self.figures()]
            detail = str(error) if str(error) != error.key else ""
            problem = f"{locales.say(lang, error.key)} {detail}".rstrip()
            return self._page(request, session, closed, wanted, forms.text(form, "period"), problem)

    def _page(
        self, request: Request, session: Session, closed: list[str], wanted: Wanted, period: str, problem: str = ""
    ) -> Response:
        lang = forms.language(request)
        found = periods.parse(period) if period in closed else None
        first = periods.month_of(self.frame.now().astimezone(CITY).date()).name(lang)
        of = months(period) if found else ()
        return self.frame.page(
            request,
            session,
            "desk_export.html",
            status=409 if problem else 200,
            problem=problem,
            none_yet="" if closed else locales.say(lang, "statistics.bad.none_yet", first=first),
            wanted=wanted,
            period=period if found else "",
            report=replace(wanted, table="", length=length_of(period), first=of[0], last=of[-1]) if found else None,
            name=periods.name_of(found, periods.some_months(found, closed), lang) if found else "",
            tables=[(",".join(it), _named(it, lang)) for it in TABLES],
            lengths=[(it, locales.say(lang, f"export.length.{it}")) for it in LENGTHS],
            months=sorted((it for it in closed if is_month(it)), reverse=True),
            forms=[(it, locales.say(lang, f"export.form.{it}")) for it in TYPES],
        )


def _check_role(session: Session) -> None:
    if not session.role.sees_counts:
        raise errors.NotFound


def _wanted(form: FormData) -> Wanted:
    return Wanted(*(forms.text(form, it) for it in ("table", "length", "from", "to", "form")))


def _named(table: tuple[str, ...], lang: str) -> str:
    """What a table is called: by its dimensions."""
    heads = [locales.say(lang, f"statistics.heading.{it}") for it in table]
    return " · ".join(heads) or locales.say(lang, "export.table.total")


def _kept(file: File) -> Response:
    """A file to keep.

    Raises:
        Refused: there is nothing in it.
    """
    if file.empty:
        raise errors.Refused("error.nothing_to_export")
    kept = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, media_type=file.type, headers=kept)

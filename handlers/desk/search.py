"""Search at the desk: a code leads to its case, words to a list. What is looked for stands in no address and no log."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import locales
from handlers.desk import forms, view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.cases.case import CODE_SIGNS, Case
from tips.crypto.receipt import plain_code
from tips.desk.search import LONGEST, SHOWN, Found, Search
from tips.people.session import Session

COLUMNS: Final = ("urgency", "case", "category", "area", "state", "age")  # as in the queue


@dataclass(frozen=True, slots=True)
class SearchViews:
    """The page that finds."""

    frame: Frame
    search: Search

    async def form(self, request: Request, session: Session) -> Response:
        """The box alone."""
        _check(session)
        return self._page(request, session)

    async def find(self, request: Request, session: Session) -> Response:
        """A whole code leads to its case; else the cases whose code begins so, and those with these words."""
        _check(session)
        form = await forms.form(request)
        self.frame.check_form(request, form)
        typed = forms.text(form, "words").strip()
        named = await self.search.by_code(session, typed) if len(typed) <= LONGEST else []
        if len(named) == 1 and len(plain_code(typed)) == CODE_SIGNS:  # fewer may be a word
            return RedirectResponse(f"/desk/case/{named[0].id.hex()}", status_code=303)
        try:
            found = await self.search.by_words(session, forms.findable(typed))
        except errors.Refused as refused:
            return self._page(request, session, typed=typed[:LONGEST], problem=refused.key, status=400)
        return self._page(request, session, typed=typed, named=named, found=found)

    def _page(
        self,
        request: Request,
        session: Session,
        named: list[Case] | None = None,
        found: Found | None = None,
        **more: Any,
    ) -> Response:
        speak = functools.partial(locales.say, forms.language(request))

        def line(row: Case) -> view_models.Line:
            return view_models.line(row, self.frame.organisation, self.frame.now(), speak)

        values = {"typed": "", "problem": "", **more}
        return self.frame.page(
            request,
            session,
            "desk_search.html",
            columns=COLUMNS,
            longest=LONGEST,
            most=SHOWN,
            named=[line(row) for row in named or ()],
            found=found,
            hits=[(line(hit.case), hit.excerpt) for hit in found.hits] if found else [],
            **values,
        )


def _check(session: Session) -> None:
    """Who holds no key has nothing to search in."""
    if not session.seeds:
        raise errors.NotFound

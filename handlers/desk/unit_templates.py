"""The page on which a head keeps the unit's own words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import locales
from handlers.desk import forms
from handlers.desk.frame import Frame
from tips import errors
from tips.cases.unit_words import LONGEST, USES
from tips.desk.unit_templates import UnitTemplates
from tips.organisation.roles import Page
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class UnitTemplateViews:
    """For heads; to others there is no such page."""

    frame: Frame
    templates: UnitTemplates

    async def page(self, request: Request, session: Session) -> Response:
        """The words that the unit keeps, each to be changed or removed, and a form for more."""
        _check(session)
        return self.frame.page(
            request,
            session,
            "desk_unit_words.html",
            kept=self.templates.of(session.unit),
            uses=USES,
            longest=LONGEST,
            spoken=locales.LANGUAGES,
        )

    async def add(self, request: Request, session: Session) -> Response:
        """Keep further words."""

        async def added(form: FormData) -> None:
            use = next((it for it in USES if it == forms.text(form, "use")), None)
            lang = forms.text(form, "lang")
            if use is None or lang not in locales.LANGUAGES:
                raise errors.NotFound
            await self.templates.add(session, use, lang, forms.text(form, "text"))

        return await self._done(request, session, added)

    async def change(self, request: Request, session: Session) -> Response:
        """Change some, or remove them."""

        async def changed(form: FormData) -> None:
            if "remove" in form:
                await self.templates.remove(session, forms.text(form, "words"))
            else:
                await self.templates.change(session, forms.text(form, "words"), forms.text(form, "text"))

        return await self._done(request, session, changed)

    async def _done(self, request: Request, session: Session, do: Callable[[FormData], Awaitable[None]]) -> Response:
        _check(session)
        form = await forms.form(request)
        self.frame.check_form(request, form)
        await do(form)
        return RedirectResponse("/desk/words", status_code=303)


def _check(session: Session) -> None:
    if not session.role.may_see(Page.WORDS):
        raise errors.NotFound

"""The page of the home's own texts: what people are told of who runs it, and for a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import locales
from handlers.desk import forms
from handlers.desk.frame import Frame
from tips import errors
from tips.cases import home_texts, standing
from tips.cases.deadlines import CITY
from tips.cases.home_texts import TextName
from tips.cases.ledger import Kind
from tips.desk.own_texts import OwnTexts
from tips.organisation.roles import Page
from tips.people.session import Session

ADDRESS: Final = "/desk/texts"


@dataclass(frozen=True, slots=True)
class OwnTextViews:
    """For admins, overseers and auditors; whose page it is not, is told that there is none."""

    frame: Frame
    texts: OwnTexts

    async def page(self, request: Request, session: Session) -> Response:
        """Each text, as it is in force and as it is offered; who may, is offered to write another."""
        if not session.role.may_see(Page.TEXTS):
            raise errors.NotFound
        known, today = self.texts.known(), self.frame.now().astimezone(CITY).date()
        return self.frame.page(
            request,
            session,
            "desk_texts.html",
            listed=[(it, known.in_force.get(it), known.offered.get(it), home_texts.LONGEST[it]) for it in TextName],
            agrees=lambda it: self.texts.laying.may_agree(session, it),
            may=session.role in standing.ROLES[Kind.HOME_TEXT],
            today=today,
            last=today + home_texts.SHOWN_FOR,
        )

    async def offer(self, request: Request, session: Session) -> Response:
        """Offer one."""

        async def offered(form: FormData) -> None:
            words = {lang: forms.text(form, lang) for lang in locales.LANGUAGES}
            await self.texts.offer(session, _name(form), words, _until(forms.text(form, "until")))

        return await self._done(request, session, offered)

    async def agree(self, request: Request, session: Session) -> Response:
        """Agree to one that somebody else offered."""
        return await self._done(
            request, session, lambda form: self.texts.agree(session, _name(form), forms.text(form, "digest"))
        )

    async def _done(self, request: Request, session: Session, do: Callable[[FormData], Awaitable[None]]) -> Response:
        if not session.role.may_see(Page.TEXTS):
            raise errors.NotFound
        form = await forms.form(request)
        self.frame.check_form(request, form)
        await do(form)
        return RedirectResponse(ADDRESS, status_code=303)


def _name(form: FormData) -> TextName:
    found = next((it for it in TextName if it == forms.text(form, "name")), None)
    if found is None:
        raise errors.NotFound
    return found


def _until(written: str) -> date | None:
    """A notice's last day; None: none is written.

    Raises:
        Refused: it is no day.
    """
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise errors.Refused("error.text_until") from error

"""The page of dead letters: what could not be told, why, and what helps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.desk import forms, view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.desk.officer_notifications import KINDS
from tips.desk.undelivered import Undelivered
from tips.organisation.roles import Page
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class UndeliveredViews:
    """For those who look after the machine; whose page it is not, is told that there is none."""

    frame: Frame
    undelivered: Undelivered

    async def letters(self, request: Request, session: Session) -> Response:
        """Each word to an officer with its error and remedy; of reporters only how many."""
        _check(session)
        letters = [
            (it.id.hex(), it.kind if it.kind in KINDS else "digest", it.name, view_models.moment(it.since), it.trouble)
            for it in await self.undelivered.letters()
        ]
        reporters = await self.undelivered.reporters()
        return self.frame.page(request, session, "desk_undelivered.html", letters=letters, reporters=reporters)

    async def send_again(self, request: Request, session: Session) -> Response:
        """Begin one anew."""
        return await self._decided(request, session, self.undelivered.send_again)

    async def drop(self, request: Request, session: Session) -> Response:
        """Let one go."""
        return await self._decided(request, session, self.undelivered.drop)

    async def _decided(
        self, request: Request, session: Session, decide: Callable[[bytes], Awaitable[None]]
    ) -> Response:
        _check(session)
        form = await forms.form(request)
        self.frame.check_form(request, form)
        await decide(forms.octets(forms.text(form, "letter")))
        return RedirectResponse("/desk/undelivered", status_code=303)


def _check(session: Session) -> None:
    if not session.role.may_see(Page.UNDELIVERED):
        raise errors.NotFound

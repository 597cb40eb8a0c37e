"""The page of incidents: what went wrong with the home, said by who looks after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.desk import forms, view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.cases import deadlines, standing
from tips.cases.incidents import LONGEST, Incident, IncidentKind
from tips.cases.ledger import Kind
from tips.desk.incidents import Incidents
from tips.organisation.roles import Page
from tips.people.session import Session

ADDRESS = "/desk/incidents"


@dataclass(frozen=True, slots=True)
class IncidentViews:
    """For admins, overseers and auditors; whose page it is not, is told that there is none."""

    frame: Frame
    incidents: Incidents

    async def page(self, request: Request, session: Session) -> Response:
        """Every incident; who may, is offered to say more."""
        if not session.role.may_see(Page.INCIDENTS):
            raise errors.NotFound
        now = self.frame.now().astimezone(deadlines.CITY)
        return self.frame.page(
            request,
            session,
            "desk_incidents.html",
            listed=[(it, *_shown(it)) for it in self.incidents.listed()],
            kinds=list(IncidentKind),
            may=session.role in standing.ROLES[Kind.INCIDENT],
            longest=LONGEST,
            hour=now.strftime("%Y-%m-%dT%H:00"),
            agrees=lambda it: self.incidents.laying.may_agree(session, it),
            moment=view_models.moment,
        )

    async def begin(self, request: Request, session: Session) -> Response:
        """Open one."""

        async def opened(form: FormData) -> None:
            kind = next((it for it in IncidentKind if it == forms.text(form, "kind")), None)
            if kind is None:
                raise errors.NotFound
            await self.incidents.begin(session, kind, _since(forms.text(form, "since")), forms.text(form, "text"))

        return await self._done(request, session, opened)

    async def add(self, request: Request, session: Session) -> Response:
        """Say more of one."""
        return await self._said(request, session, self.incidents.add)

    async def close(self, request: Request, session: Session) -> Response:
        """Say how it ended."""
        return await self._said(request, session, self.incidents.close)

    async def offer(self, request: Request, session: Session) -> Response:
        """Offer words for everybody."""
        return await self._said(request, session, self.incidents.offer)

    async def agree(self, request: Request, session: Session) -> Response:
        """Agree to words that somebody else offered."""
        return await self._said(request, session, self.incidents.agree, "digest")

    async def _said(
        self, request: Request, session: Session, say: Callable[[Session, str, str], Awaitable[None]], of: str = "text"
    ) -> Response:
        return await self._done(
            request, session, lambda form: say(session, forms.text(form, "incident"), forms.text(form, of))
        )

    async def _done(self, request: Request, session: Session, do: Callable[[FormData], Awaitable[None]]) -> Response:
        if not session.role.may_see(Page.INCIDENTS):
            raise errors.NotFound
        form = await forms.form(request)
        self.frame.check_form(request, form)
        await do(form)
        return RedirectResponse(ADDRESS, status_code=303)


def _shown(it: Incident) -> tuple[str, str]:
    """Since when, and until when; "": nobody closed it."""
    return view_models.moment(it.since), view_models.moment(it.closed) if it.closed else ""


def _since(written: str) -> datetime:
    """An hour of the city's, as a form writes it.

    Raises:
        Refused: it is none.
    """
    try:
        at = datetime.fromisoformat(written)
        return at if at.tzinfo else at.replace(tzinfo=deadlines.CITY)
    except ValueError as error:
        raise errors.Refused("error.incident_since") from error

"""The desk's addresses: which view answers which, and who may come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

import locales
from handlers.desk import forms
from handlers.desk.case import CaseViews
from handlers.desk.frame import Frame
from handlers.desk.login import DemoLogin, LoginViews
from handlers.desk.queue import QueueViews
from handlers.desk.reports import ReportViews
from handlers.desk.undelivered import UndeliveredViews
from handlers.pages import Pages
from tips import errors
from tips.clock.early_signs import EarlySigns
from tips.desk.audit import Report
from tips.desk.casework import Casework
from tips.desk.officer_notifications import OfficerNotifications
from tips.desk.review import Review
from tips.desk.undelivered import Undelivered
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation
from tips.people.logins import Logins
from tips.people.session import Session
from tips.ports.clock import Clockwork
from tips.ports.desk import Statistics

View = Callable[[Request, Session], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Desk:
    """The officers' pages."""

    review: Review
    casework: Casework
    organisation: Organisation
    roster: Callable[[], Roster]
    logins: Logins
    statistics: Statistics
    early_signs: EarlySigns
    audit: Callable[[], Awaitable[Report]]
    clockwork: Clockwork
    undelivered: Undelivered
    pages: Pages
    now: Callable[[], datetime]
    https: bool
    officer_notifications: OfficerNotifications | None = None  # None: no officers' bot runs here
    demo_logins: Callable[[], Awaitable[list[DemoLogin]]] | None = None

    def routes(self) -> list[Route]:
        """Every address below `/desk`."""
        frame = Frame(self.pages, self.organisation, self.now, self.https)
        login = LoginViews(frame, self.logins, self.officer_notifications, self.demo_logins)
        queue = QueueViews(frame, self.review, self.casework, self.early_signs)
        case = CaseViews(frame, self.review, self.casework)
        reports = ReportViews(frame, self.roster, self.statistics, self.audit, self.clockwork)
        undelivered = UndeliveredViews(frame, self.undelivered)
        inside: list[tuple[str, str, View]] = [
            ("/", "GET", queue.queue),
            ("/claim", "POST", queue.claim),
            ("/account", "GET", login.account),
            ("/account", "POST", login.end_sessions),
            ("/case/{id}", "GET", case.case),
            ("/case/{id}/alike", "GET", case.alike),
            ("/case/{id}/conclusion/{result}", "GET", case.conclusion),
            ("/case/{id}/file/{file}", "GET", case.file),
            ("/case/{id}/{act}", "POST", case.act),
            ("/statistics", "GET", reports.counts),
            ("/ledger", "GET", reports.ledger),
            ("/people", "GET", reports.people),
            ("/undelivered", "GET", undelivered.letters),
            ("/undelivered/again", "POST", undelivered.send_again),
            ("/undelivered/drop", "POST", undelivered.drop),
            ("/link", "POST", login.link),
            ("/logout", "POST", login.log_out),
        ]
        return [
            Route("/login", login.login_page, methods=["GET"]),
            Route("/login", login.log_in, methods=["POST"]),
            Route("/rows", self._inside(frame, queue.rows, touch=False), methods=["GET"]),
            *(Route(path, self._inside(frame, view), methods=[method]) for path, method, view in inside),
        ]

    def _inside(self, frame: Frame, view: View, *, touch: bool = True) -> Callable[[Request], Awaitable[Response]]:
        """A view that only an open session sees; every foreseen error becomes its page.

        What a page fetches by itself does not `touch` the session: a screen that nobody looks at locks in time.
        """

        async def endpoint(request: Request) -> Response:
            try:
                session = await self.logins.resume(forms.token(request), touch=touch)
            except errors.NotFound:
                return RedirectResponse("/desk/login", status_code=303)
            except errors.StoreUnavailable as error:
                return frame.error_page(request, error.key, 503)
            if request.method == "GET" and request.query_params.get("lang") in locales.LANGUAGES:
                return frame.in_language(request)
            return await _answer(frame, view, request, session)

        return endpoint


async def _answer(frame: Frame, view: View, request: Request, session: Session) -> Response:
    try:
        return await view(request, session)
    except errors.NotFound as error:
        return frame.error_page(request, error.key, 404)
    except (errors.Refused, errors.Stale) as error:
        return frame.error_page(request, error.key, 409)
    except errors.TinBaoError as error:
        return frame.error_page(request, error.key, 503)

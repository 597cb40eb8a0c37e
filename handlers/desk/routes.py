"""The desk's addresses: which view answers which, and who may come in."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

import locales
from handlers.desk import forms, neighbours
from handlers.desk.acting import ActionViews
from handlers.desk.case import CaseViews
from handlers.desk.condition import ConditionViews
from handlers.desk.frame import Frame
from handlers.desk.holidays import HolidayViews
from handlers.desk.incidents import IncidentViews
from handlers.desk.joining import JoiningViews
from handlers.desk.login import DemoLogin, LoginViews
from handlers.desk.organisation import OrganisationViews
from handlers.desk.own_texts import OwnTextViews
from handlers.desk.people import PeopleViews
from handlers.desk.queue import QueueViews
from handlers.desk.reports import ReportViews
from handlers.desk.search import SearchViews
from handlers.desk.undelivered import UndeliveredViews
from handlers.desk.unit_templates import UnitTemplateViews
from handlers.exports.desk import ExportViews
from handlers.exports.files import ExportFiles
from handlers.pages import Pages
from handlers.statistics.answers import Provider
from handlers.statistics.desk import StatisticsViews
from tips import errors
from tips.clock.early_signs import EarlySigns
from tips.desk.audit import Report
from tips.desk.casework import Casework
from tips.desk.condition import Condition
from tips.desk.holidays import Holidays
from tips.desk.incidents import Incidents
from tips.desk.moves import Moves
from tips.desk.officer_notifications import OfficerNotifications
from tips.desk.own_texts import OwnTexts
from tips.desk.reorganisation import Reorganisation
from tips.desk.review import Review
from tips.desk.search import Search
from tips.desk.undelivered import Undelivered
from tips.desk.unit_templates import UnitTemplates
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation, Unit
from tips.people.invitations import Invitations
from tips.people.logins import Logins
from tips.people.proposals import Proposal
from tips.people.session import Session
from tips.ports.clock import Clockwork

View = Callable[[Request, Session], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Desk:
    """The officers' pages."""

    review: Review
    search: Search
    casework: Casework
    organisation: Callable[[], Organisation]
    receiving: Callable[[], Iterable[Unit]]  # where people can join
    roster: Callable[[], Roster]
    logins: Logins
    invitations: Invitations
    moves: Moves
    own_texts: OwnTexts
    figures: Provider
    export_files: ExportFiles
    early_signs: EarlySigns
    audit: Callable[[], Awaitable[Report]]
    clockwork: Clockwork
    undelivered: Undelivered
    holidays: Holidays
    condition: Callable[[], Awaitable[Condition]]
    reorganisation: Reorganisation
    incidents: Incidents
    unit_templates: UnitTemplates
    travelling: Callable[[Proposal], bytes]  # a request for signers, as a file
    pages: Pages
    now: Callable[[], datetime]
    https: bool
    officer_notifications: OfficerNotifications | None = None  # None: no officers' bot runs here
    demo_logins: Callable[[], Awaitable[list[DemoLogin]]] | None = None

    def routes(self) -> list[Route]:
        """Every address below `/desk`."""
        frame = Frame(self.pages, self.organisation, self.now, self.https)
        login = LoginViews(frame, self.logins, self.officer_notifications, self.demo_logins)
        queue = QueueViews(frame, self.review, self.casework, self.early_signs, self.roster)
        search = SearchViews(frame, self.search)
        own = self.unit_templates.offered
        case = CaseViews(frame, self.review, self.search, self.casework, own)
        acting = ActionViews(frame, self.casework, own)
        words = UnitTemplateViews(frame, self.unit_templates)
        joining = JoiningViews(frame, self.invitations, self.logins, self.receiving)
        people = PeopleViews(frame, self.roster, self.moves, self.receiving, self.travelling)
        reports = ReportViews(frame, self.audit, self.clockwork)
        statistics = StatisticsViews(frame, self.figures)
        exports = ExportViews(frame, self.figures, self.export_files)
        undelivered = UndeliveredViews(frame, self.undelivered)
        condition = ConditionViews(frame, self.condition, self.now)
        organisation = OrganisationViews(frame, self.roster, self.reorganisation, self.travelling)
        texts = OwnTextViews(frame, self.own_texts)
        incidents = IncidentViews(frame, self.incidents)
        holidays = HolidayViews(frame, self.holidays)
        read = functools.partial(self._read_first, frame)
        inside: list[tuple[str, str, View]] = [
            ("/", "GET", queue.queue),
            ("/claim", "POST", queue.claim),
            ("/assign", "POST", queue.assign),
            ("/search", "GET", search.form),
            ("/search", "POST", search.find),
            ("/account", "GET", login.account),
            ("/account", "POST", login.end_sessions),
            ("/account/renew", "POST", joining.renew),
            ("/shared", "GET", case.shared),
            ("/case/{id}", "GET", case.case),
            ("/case/{id}/alike", "GET", read(case.alike)),
            ("/case/{id}/ask", "GET", read(acting.ask)),
            ("/case/{id}/conclusion", "GET", read(acting.conclusion)),
            ("/case/{id}/conclusion/{result}", "GET", read(acting.conclusion)),
            ("/case/{id}/file/{file}", "GET", case.file),
            ("/case/{id}/{act}", "GET", read(acting.unit)),
            ("/case/{id}/dossier", "POST", read(acting.dossier)),
            ("/case/{id}/{act}", "POST", read(acting.act)),
            ("/statistics", "GET", statistics.page),
            ("/statistics/export", "GET", exports.page),
            ("/statistics/export", "POST", exports.export),
            ("/ledger", "GET", reports.ledger),
            ("/people", "GET", people.page),
            ("/people/leave", "POST", people.leave),
            ("/people/move", "GET", people.form),
            ("/people/move", "POST", people.move),
            ("/people/invite", "GET", joining.form),
            ("/people/invite", "POST", joining.invite),
            ("/undelivered", "GET", undelivered.letters),
            ("/undelivered/again", "POST", undelivered.send_again),
            ("/undelivered/drop", "POST", undelivered.drop),
            ("/organisation", "GET", organisation.page),
            ("/organisation/look", "POST", organisation.look),
            ("/organisation/request", "POST", organisation.make),
            ("/words", "GET", words.page),
            ("/words", "POST", words.add),
            ("/words/change", "POST", words.change),
            ("/incidents", "GET", incidents.page),
            ("/incidents", "POST", incidents.begin),
            ("/incidents/add", "POST", incidents.add),
            ("/incidents/close", "POST", incidents.close),
            ("/incidents/offer", "POST", incidents.offer),
            ("/incidents/agree", "POST", incidents.agree),
            ("/texts", "GET", texts.page),
            ("/texts", "POST", texts.offer),
            ("/texts/agree", "POST", texts.agree),
            ("/condition", "GET", condition.page),
            ("/holidays", "GET", holidays.page),
            ("/holidays", "POST", holidays.give),
            ("/holidays/back", "POST", holidays.take_back),
            ("/link", "POST", login.link),
            ("/logout", "POST", login.log_out),
        ]
        return [
            Route("/login", login.login_page, methods=["GET"]),
            Route("/login", login.log_in, methods=["POST"]),
            Route("/activate", joining.activation, methods=["GET"]),
            Route("/activate", joining.activate, methods=["POST"]),
            Route("/rows", self._inside(frame, queue.rows, touch=False), methods=["GET"]),
            *(Route(path, self._inside(frame, view), methods=[method]) for path, method, view in inside),
        ]

    def _read_first(self, frame: Frame, view: View) -> View:
        """A view that tells of a case; who has no reading of it on record is led to its page, which puts one there.

        For a page that is asked for by its address it has to be a reading of all that others added. A form is let
        through, so that no typed word is lost: where something new came, its page says so.
        """

        async def led(request: Request, session: Session) -> Response:
            id_ = forms.case_id(request.path_params["id"])
            if await self.review.was_read(session, id_, whole=request.method == "GET"):
                return await view(request, session)
            if request.method == "POST":
                frame.check_form(request, await forms.form(request))
            return RedirectResponse(neighbours.case(id_, request.query_params.get("list", "")), status_code=303)

        return led

    def _inside(self, frame: Frame, view: View, *, touch: bool = True) -> Callable[[Request], Awaitable[Response]]:
        """A view that only an open session sees; every foreseen error becomes its page.

        What a page fetches by itself does not `touch` the session: a screen that nobody looks at locks in time.
        """

        async def endpoint(request: Request) -> Response:
            try:
                session = await self.logins.resume(forms.token(request), touch=touch)
            except errors.NotFound:
                return await _locked(frame, request)
            except errors.StoreUnavailable as error:
                return await frame.error_page(request, error.key, 503)
            if request.method == "GET" and request.query_params.get("lang") in locales.LANGUAGES:
                return frame.in_language(request)
            return await _answer(frame, view, request, session)

        return endpoint


async def _locked(frame: Frame, request: Request) -> Response:
    """On to the login; words that were typed while the screen locked are shown first, to whoever sent them."""
    if forms.text(await forms.kept(request), "text") and frame.pages.same_site(request):
        return await frame.error_page(request, "error.locked", 401)
    return RedirectResponse("/desk/login", status_code=303)


async def _answer(frame: Frame, view: View, request: Request, session: Session) -> Response:
    try:
        return await view(request, session)
    except errors.NotFound as error:
        return await frame.error_page(request, error.key, 404)
    except (errors.Refused, errors.Stale) as error:
        return await frame.error_page(request, error.key, 409)
    except errors.TinBaoError as error:
        return await frame.error_page(request, error.key, 503)

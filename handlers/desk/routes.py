"""The desk's doors: who may come in, and which page answers which address."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

import locales
from handlers.desk import filters, forms, view_models
from handlers.pages import Pages
from tips import errors
from tips.cases import case, lifecycle
from tips.cases.case import State
from tips.clock.early_signs import EarlySigns
from tips.desk import statistics
from tips.desk.assignment import Assignment
from tips.desk.audit import Report
from tips.desk.officer_notifications import OfficerNotifications
from tips.desk.progress import Progress
from tips.desk.review import OpenCase, Review
from tips.organisation.roles import Page, Role
from tips.organisation.taxonomy import Urgency, categories
from tips.people.logins import Logins
from tips.people.session import Session
from tips.ports.clock import Clockwork
from tips.ports.desk import Statistics

DEVICE_COOKIE: Final = "k"  # that somebody has logged in from here before
DEVICE_SECONDS: Final = 180 * 24 * 3600
PAGE: Final = 50  # cases on one page of a queue

_LEAVING: Final = frozenset({"handover", "bounce", "recuse"})  # acts after which the case is not this person's to see

Handler = Callable[["Desk", Request, Session], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A login that a demo shows on its own page."""

    name: str
    passphrase: str
    code: str


@dataclass(frozen=True, slots=True)
class Desk:
    """The officers' pages."""

    review: Review
    progress: Progress
    assignment: Assignment
    logins: Logins
    statistics: Statistics
    early_signs: EarlySigns
    audit: Callable[[], Awaitable[Report]]
    clockwork: Clockwork
    pages: Pages
    now: Callable[[], datetime]
    https: bool
    officer_notifications: OfficerNotifications | None = field(default=None)  # None: no officers' bot runs here
    demo_logins: Callable[[], Awaitable[list[DemoLogin]]] | None = field(default=None)

    def routes(self) -> list[Route]:
        """Every address below `/desk`."""
        inside: list[tuple[str, str, Handler]] = [
            ("/", "GET", Desk.queue),
            ("/claim", "POST", Desk.claim),
            ("/account", "GET", Desk.account),
            ("/account", "POST", Desk.end_sessions),
            ("/case/{id}", "GET", Desk.case),
            ("/case/{id}/alike", "GET", Desk.alike),
            ("/case/{id}/conclusion/{result}", "GET", Desk.conclusion),
            ("/case/{id}/file/{file}", "GET", Desk.file),
            ("/case/{id}/{act}", "POST", Desk.act),
            ("/statistics", "GET", Desk.counts),
            ("/ledger", "GET", Desk.ledger),
            ("/people", "GET", Desk.people),
            ("/link", "POST", Desk.link),
            ("/logout", "POST", Desk.log_out),
        ]
        return [
            Route("/login", self.login_page, methods=["GET"]),
            Route("/login", self.log_in, methods=["POST"]),
            Route("/rows", self._inside(Desk.rows, touch=False), methods=["GET"]),
            *(Route(path, self._inside(door), methods=[method]) for path, method, door in inside),
        ]

    def _inside(self, door: Handler, *, touch: bool = True) -> Callable[[Request], Awaitable[Response]]:
        """A door that only an open session passes; every foreseen error becomes its page.

        What a page fetches by itself does not `touch` the session: a screen that nobody looks at locks in time.
        """

        async def answer(request: Request) -> Response:
            try:
                session = await self.logins.resume(forms.token(request), touch=touch)
            except errors.NotFound:
                return RedirectResponse("/desk/login", status_code=303)
            except errors.StoreUnavailable as error:
                return self._trouble(request, error.key, 503)
            if request.method == "GET" and request.query_params.get("lang") in locales.LANGUAGES:
                return self._in_language(request)
            try:
                return await door(self, request, session)
            except errors.NotFound as error:
                return self._trouble(request, error.key, 404)
            except (errors.Refused, errors.Stale) as error:
                return self._trouble(request, error.key, 409)
            except errors.TinBaoError as error:
                return self._trouble(request, error.key, 503)

        return answer

    def _in_language(self, request: Request) -> Response:
        """The same page, in the language that its switch asks for; it is remembered."""
        rest = request.url.remove_query_params("lang")
        response = RedirectResponse(f"{rest.path}?{rest.query}".rstrip("?"), status_code=303)
        self._remember(response, request.query_params["lang"])
        return response

    def _remember(self, response: Response, lang: str) -> None:
        response.set_cookie(forms.LANGUAGE_COOKIE, lang, path="/desk", **self._strict())

    def _strict(self) -> dict[str, Any]:
        """How every cookie is set: out of reach of scripts and of other sites."""
        return {"httponly": True, "samesite": "strict", "secure": self.https}

    def _trouble(self, request: Request, key: str, status: int) -> Response:
        lang = forms.language(request)
        return self.pages.respond("desk_trouble.html", lang=lang, status=status, key=key, session=None, csrf="")

    # --- coming in -------------------------------------------------------------------------------------------------

    async def login_page(self, request: Request) -> Response:
        """The login; its language is chosen by `?lang=`."""
        return await self._login(request, 200)

    async def _login(self, request: Request, status: int, problem: str = "") -> Response:
        logins = await self.demo_logins() if self.demo_logins else []
        lang = forms.language(request)
        response = self.pages.respond(
            "desk_login.html",
            lang=lang,
            status=status,
            problem=problem,
            demo_logins=logins,
            session=None,
        )
        if request.query_params.get("lang") in locales.LANGUAGES:
            self._remember(response, lang)
        return response

    async def log_in(self, request: Request) -> Response:
        """Passphrase and one-time code; wrong, unknown and blocked get one answer."""
        if not self.pages.same_site(request):
            return self._trouble(request, "error.not_found", 403)
        form = await forms.form(request)
        try:
            name = forms.text(form, "name").strip()
            device = forms.octets(request.cookies.get(DEVICE_COOKIE, ""))
            token, session = await self.logins.log_in(
                name, forms.text(form, "passphrase"), forms.text(form, "code"), device
            )
        except errors.WrongPassphrase as error:
            return await self._login(request, 401, error.key)
        except errors.Busy as error:
            return await self._login(request, 503, error.key)
        except errors.StoreUnavailable as error:
            return self._trouble(request, error.key, 503)
        response = RedirectResponse("/desk/", status_code=303)
        response.set_cookie(forms.COOKIE, token.hex(), path="/desk", **self._strict())
        known = self.logins.devices.cookie(session.name).hex()
        response.set_cookie(DEVICE_COOKIE, known, max_age=DEVICE_SECONDS, path="/desk/login", **self._strict())
        return response

    async def log_out(self, request: Request, session: Session) -> Response:
        """The session ends, and the keys that it held."""
        self._check_form(request, await forms.form(request))
        await self.logins.log_out(forms.token(request))
        response = RedirectResponse("/desk/login", status_code=303)
        response.delete_cookie(forms.COOKIE, path="/desk")
        return response

    # --- pages -----------------------------------------------------------------------------------------------------

    async def queue(self, request: Request, session: Session) -> Response:
        """The open cases of the session's units; people without one are shown what they may see."""
        if not session.seeds and session.role.holds_seed:
            return self._page(request, session, "desk_waiting.html")
        if not session.seeds:
            place = f"/desk/{session.role.landing}"
            return RedirectResponse(place, status_code=303)
        asked = filters.chosen(request.query_params)
        first = not asked and "after" not in request.query_params
        speak = functools.partial(locales.say, forms.language(request))
        others = await self.review.consulted(session) if first else []
        signs = await self.early_signs.seen_by(session.units) if first else []
        return self._page(
            request,
            session,
            "desk_queue.html",
            **await self._rows(request, session),
            asked={name: asked.get(name, "") for name in filters.NAMES},
            filtered=bool(asked),
            urgencies=[(it, it) for it in Urgency],
            states=[(it, speak(f"state.{it}")) for it in State],
            categories=[(it, speak(f"category.{it}")) for it in (case.RESTRICTED_CATEGORY, *categories())],
            districts=self._districts(),
            ages=[(it, speak("desk.older", n=it)) for it in filters.AGES],
            claimed=forms.count(request, "claimed"),
            missed=forms.count(request, "missed"),
            others=[view_models.line(row, self.review.organisation, self.now(), speak) for row in others],
            can_link=bool(self.officer_notifications),
            signs=view_models.signs(signs, self.review.organisation),
        )

    async def rows(self, request: Request, session: Session) -> Response:
        """The rows of a page of the queue, for the page that refreshes itself."""
        return self._page(request, session, "desk_rows.html", **await self._rows(request, session))

    async def _rows(self, request: Request, session: Session) -> dict[str, Any]:
        asked = filters.chosen(request.query_params)
        wanted = filters.wanted(asked, session.name, self.now())
        after = filters.read(request.query_params.get("after", ""))
        rows = await self.review.queue(session, wanted, PAGE + 1, after)
        speak = functools.partial(locales.say, forms.language(request))
        return {
            "lines": [view_models.line(row, self.review.organisation, self.now(), speak) for row in rows[:PAGE]],
            "here": filters.address(asked, after),
            "more": filters.address(asked, rows[PAGE - 1].position) if len(rows) > PAGE else None,
        }

    async def claim(self, request: Request, session: Session) -> Response:
        """Take several cases at once; those that a colleague took first stay theirs, and that is said."""
        form = await forms.form(request)
        self._check_form(request, form)
        claimed = missed = 0
        for id_ in list(dict.fromkeys(str(it) for it in form.getlist("case")))[:PAGE]:
            try:
                await self.review.claim(session, forms.case_id(id_))
                claimed += 1
            except (errors.Refused, errors.Stale, errors.NotFound):
                missed += 1
        kept = filters.address(filters.chosen({name: forms.text(form, name) for name in filters.NAMES}))
        return RedirectResponse(f"/desk/?claimed={claimed}&missed={missed}&{kept}".rstrip("&"), status_code=303)

    def _districts(self) -> list[tuple[str, str]]:
        return [(it.code, it.name) for it in self.review.organisation.areas.districts.values()]

    async def account(self, request: Request, session: Session) -> Response:
        """Where this person is logged in, and how to end that."""
        listed = await self.logins.sessions(session, forms.token(request))
        sessions = [(it.id.hex(), view_models.moment(it.since), view_models.moment(it.seen), it.mine) for it in listed]
        return self._page(
            request, session, "desk_account.html", sessions=sessions, can_link=bool(self.officer_notifications)
        )

    async def end_sessions(self, request: Request, session: Session) -> Response:
        """End one session of this person's, or all but this one."""
        form = await forms.form(request)
        self._check_form(request, form)
        others = [it.id for it in await self.logins.sessions(session, forms.token(request)) if not it.mine]
        one = forms.octets(forms.text(form, "session"))
        await self.logins.end(session, [one] if one else others)
        return RedirectResponse("/desk/account", status_code=303)

    async def case(self, request: Request, session: Session) -> Response:
        """One case, opened; reading it is on record before it is shown."""
        opened = await self.review.open(session, forms.case_id(request.path_params["id"]))
        speak = functools.partial(locales.say, forms.language(request))
        return self._page(
            request,
            session,
            "desk_case.html",
            line=view_models.line(opened.case, self.review.organisation, self.now(), speak),
            view=view_models.case(opened, self.review.organisation, speak),
            may=self.progress.may(session, opened),
            results=lifecycle.results(),
            oversight_units=self._oversight_units(opened),
            colleagues=self._colleagues(session),
            able=[(name, name) for name in self.assignment.able(opened)],
            to_clear=[(code, self._name(code)) for code in sorted(opened.excluded)],
            targets=[(code, self._name(code)) for code in self.review.targets(opened)],
            districts=self._districts(),
            categories=list(categories()),
            units=[
                (it.code, it.name)
                for it in self.review.organisation.units.values()
                if it.kind != "held" and it.code not in opened.excluded
            ],
        )

    def _name(self, code: str) -> str:
        return self.review.organisation.unit(code).name

    def _oversight_units(self, opened: OpenCase) -> list[tuple[str, str]]:
        """The overseers that may still be asked to read a case along."""
        known = self.review.organisation.oversight - opened.excluded - set(opened.readers)
        return [(code, self._name(code)) for code in sorted(known) if self.review.roster().reader(code)]

    def _colleagues(self, session: Session) -> list[str]:
        """Whom this session may keep away from a case: itself, and a head everybody of the unit."""
        members = self.review.roster().members(session.unit) if session.role is Role.HEAD else []
        return [session.name, *sorted(it.name for it in members if it.name != session.name)]

    async def conclusion(self, request: Request, session: Session) -> Response:
        """The words for a result, in the reporter's language, to be changed before they are sent."""
        id_, result = forms.case_id(request.path_params["id"]), request.path_params["result"]
        opened = await self.review.opened_for(session, id_, "conclude")
        if result not in lifecycle.results():
            raise errors.NotFound
        words = locales.say(opened.tip.facts.get("lang", locales.SOURCE), f"template.{result}")
        values = {"id": id_.hex(), "code": case.code_of(id_), "result": result, "words": words}
        return self._page(request, session, "desk_conclusion.html", **values)

    async def alike(self, request: Request, session: Session) -> Response:
        """Cases of this queue that may tell of the same event, with a button that links."""
        id_ = forms.case_id(request.path_params["id"])
        speak = functools.partial(locales.say, forms.language(request))
        found = [
            (view_models.line(row, self.review.organisation, self.now(), speak), f"{likeness:.0%}")
            for row, likeness in await self.review.alike(session, id_)
        ]
        return self._page(request, session, "desk_alike.html", id=id_.hex(), code=case.code_of(id_), found=found)

    async def file(self, request: Request, session: Session) -> Response:
        """A file of a case, from memory, whole or the range that a player asks for; reading it is on record first."""
        id_ = forms.case_id(request.path_params["id"])
        file = await self.review.file(session, id_, forms.case_id(request.path_params["file"]))
        first, last = forms.byte_range(request.headers.get("range", ""), file.size)
        headers = {
            "content-disposition": f'inline; filename="{case.code_of(id_)}.{file.mime.rpartition("/")[2]}"',
            "content-length": str(last - first + 1),
            "accept-ranges": "bytes",
        }
        if "range" in request.headers:
            headers["content-range"] = f"bytes {first}-{last}/{file.size}"
        return StreamingResponse(
            self.review.files.read(id_, file, first, last),
            status_code=206 if "range" in request.headers else 200,
            media_type=file.mime,
            headers=headers,
        )

    async def act(self, request: Request, session: Session) -> Response:
        """One act on a case; then the case is shown again."""
        form = await forms.form(request)
        self._check_form(request, form)
        id_ = forms.case_id(request.path_params["id"])
        act, words = request.path_params["act"], forms.text(form, "text")
        review, progress = self.review, self.progress
        acts: dict[str, Callable[[], Awaitable[Any]]] = {
            "claim": lambda: review.claim(session, id_),
            "hand_back": lambda: self.assignment.hand_back(session, id_),
            "assign": lambda: self.assignment.assign(session, id_, forms.text(form, "who")),
            "ask": lambda: review.ask(session, id_, words),
            "answer": lambda: review.answer(session, id_, words),
            "note": lambda: review.note(session, id_, words),
            "accept": lambda: progress.accept(session, id_),
            "bounce": lambda: progress.bounce(session, id_, words),
            "verify": lambda: progress.verify(session, id_),
            "extend": lambda: progress.extend(session, id_, words),
            "suspend": lambda: progress.suspend(session, id_, words),
            "resume": lambda: progress.resume(session, id_),
            "conclude": lambda: progress.conclude(session, id_, forms.text(form, "result"), words),
            "endorse": lambda: progress.endorse(session, id_),
            "close": lambda: progress.close(session, id_),
            "consult": lambda: progress.consult(session, id_, forms.text(form, "unit")),
            "recuse": lambda: progress.recuse(session, id_, forms.text(form, "who")),
            "clear": lambda: review.clear(session, id_, forms.text(form, "unit")),
            "handover": lambda: review.hand_over(session, id_, forms.text(form, "unit")),
            "correct": lambda: review.correct(session, id_, forms.corrections(form)),
            "link": lambda: review.link(session, id_, forms.case_id(forms.text(form, "other"))),
        }
        if act not in acts:
            raise errors.NotFound
        await acts[act]()
        place = "/desk/" if act in _LEAVING else f"/desk/case/{id_.hex()}"
        return RedirectResponse(place, status_code=303)

    async def link(self, request: Request, session: Session) -> Response:
        """A one-time code by which the person links a chat of theirs to the officers' bot."""
        self._check_form(request, await forms.form(request))
        if self.officer_notifications is None:
            raise errors.NotFound
        return self._page(request, session, "desk_link.html", code=await self.officer_notifications.code(session.name))

    async def counts(self, request: Request, session: Session) -> Response:
        """Counts by month, district and category, small cells hidden."""
        if not session.role.sees_counts:
            raise errors.NotFound
        rows = view_models.named(await self.statistics.counts(None, None), self.review.organisation)
        lines = await asyncio.to_thread(statistics.table, rows, ("month", "district", "category"))
        return self._page(request, session, "desk_statistics.html", lines=lines)

    async def ledger(self, request: Request, session: Session) -> Response:
        """What the ledger holds, whether it holds, and what the clock could not do; no text."""
        if not session.role.may_see(Page.LEDGER):
            raise errors.NotFound
        stuck = [
            (it.job, case.code_of(it.case), view_models.moment(it.since))
            for it in await self.clockwork.stuck()
            if it.case
        ]
        return self._page(request, session, "desk_ledger.html", report=await self.audit(), stuck=stuck)

    async def people(self, request: Request, session: Session) -> Response:
        """Who works where, by the signed roster in force; changing it takes two admins at the command line."""
        if not session.role.may_see(Page.PEOPLE):
            raise errors.NotFound
        roster, organisation = self.review.roster(), self.review.organisation
        people = sorted(roster.people, key=lambda it: (it.unit, it.name))
        alone = [unit.name for unit in organisation.units.values() if unit.receives and not roster.reader(unit.code)]
        return self._page(
            request,
            session,
            "desk_people.html",
            version=roster.version,
            people=[(it.name, it.role, organisation.unit(it.unit).name) for it in people],
            signers=[(it.name, self._name(it.office)) for it in roster.signers],
            alone=alone,
        )

    def _page(self, request: Request, session: Session, template: str, **values: Any) -> Response:
        unit, lang = self.review.organisation.unit(session.unit).name, forms.language(request)
        mark = locales.say(lang, "desk.mark", name=session.name, unit=unit, when=view_models.moment(self.now()))
        return self.pages.respond(
            template, lang=lang, session=session, unit=unit, mark=mark, csrf=forms.csrf(request), **values
        )

    def _check_form(self, request: Request, form: FormData) -> None:
        """A form counts only from our own page of this very session."""
        if not self.pages.same_site(request) or forms.text(form, "csrf") != forms.csrf(request):
            raise errors.Refused("error.form")

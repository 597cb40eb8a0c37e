"""Coming in and going: the login, and where a person is logged in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import locales
from handlers.desk import forms, view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.desk.officer_notifications import OfficerNotifications
from tips.people.logins import Logins
from tips.people.session import Session

DEVICE_COOKIE: Final = "k"  # that somebody has logged in from here before
DEVICE_SECONDS: Final = 180 * 24 * 3600


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A login that a demo shows on its own page."""

    name: str
    passphrase: str
    code: str


@dataclass(frozen=True, slots=True)
class LoginViews:
    """The login and the account page."""

    frame: Frame
    logins: Logins
    officer_notifications: OfficerNotifications | None  # None: no officers' bot runs here
    demo_logins: Callable[[], Awaitable[list[DemoLogin]]] | None

    async def login_page(self, request: Request) -> Response:
        """The login; its language is chosen by `?lang=`."""
        return await self._login(request, 200)

    async def _login(self, request: Request, status: int, problem: str = "", name: str = "") -> Response:
        shown = await self.demo_logins() if self.demo_logins else []
        lang = forms.language(request)
        response = self.frame.pages.respond(
            "desk_login.html", lang=lang, status=status, problem=problem, name=name, demo_logins=shown, session=None
        )
        if request.query_params.get("lang") in locales.LANGUAGES:
            self.frame.remember(response, lang)
        return response

    async def log_in(self, request: Request) -> Response:
        """Passphrase and one-time code; wrong, unknown and blocked get one answer."""
        if not self.frame.pages.same_site(request):
            return await self.frame.error_page(request, "error.not_found", 403)
        form = await forms.kept(request)
        name = forms.findable(forms.text(form, "name").strip())
        try:
            device = forms.octets(request.cookies.get(DEVICE_COOKIE, ""))
            token, session = await self.logins.log_in(
                name, forms.text(form, "passphrase"), forms.text(form, "code"), device
            )
        except errors.WrongPassphrase as error:
            return await self._login(request, 401, error.key, name)
        except errors.Busy as error:
            return await self._login(request, 503, error.key, name)
        except errors.StoreUnavailable as error:
            return await self.frame.error_page(request, error.key, 503)
        return self._welcome(token, session)

    def _welcome(self, token: bytes, session: Session) -> Response:
        response = RedirectResponse("/desk/", status_code=303)
        response.set_cookie(forms.COOKIE, token.hex(), path="/desk", **self.frame.strict())
        known = self.logins.devices.cookie(session.name).hex()
        response.set_cookie(DEVICE_COOKIE, known, max_age=DEVICE_SECONDS, path="/desk/login", **self.frame.strict())
        return response

    async def log_out(self, request: Request, session: Session) -> Response:
        """The session ends, and the keys that it held."""
        self.frame.check_form(request, await forms.form(request))
        await self.logins.log_out(forms.token(request))
        response = RedirectResponse("/desk/login", status_code=303)
        response.delete_cookie(forms.COOKIE, path="/desk")
        return response

    async def account(self, request: Request, session: Session) -> Response:
        """Where this person is logged in, and how to end that."""
        listed = await self.logins.sessions(session, forms.token(request))
        sessions = [(it.id.hex(), view_models.moment(it.since), view_models.moment(it.seen), it.mine) for it in listed]
        can_link = bool(self.officer_notifications)
        return self.frame.page(request, session, "desk_account.html", sessions=sessions, can_link=can_link)

    async def end_sessions(self, request: Request, session: Session) -> Response:
        """End one session of this person's, or all but this one."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        others = [it.id for it in await self.logins.sessions(session, forms.token(request)) if not it.mine]
        one = forms.octets(forms.text(form, "session"))
        await self.logins.end(session, [one] if one else others)
        return RedirectResponse("/desk/account", status_code=303)

    async def link(self, request: Request, session: Session) -> Response:
        """A one-time code by which the person links a chat of theirs to the officers' bot."""
        self.frame.check_form(request, await forms.form(request))
        if self.officer_notifications is None:
            raise errors.NotFound
        code = await self.officer_notifications.code(session.name)
        return self.frame.page(request, session, "desk_link.html", code=code)

"""What every page of the desk has: its frame and mark, its error page, its cookies, and the check of its forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import locales
from handlers.desk import forms, view_models
from handlers.pages import Pages
from tips import errors
from tips.organisation.units import Organisation, UnitKind
from tips.people.proposals import Proposal
from tips.people.session import Session

_AT_DESK: Final = {  # what somebody who writes a tip is told, as an officer needs it
    "error.try_again": "error.desk_try_again",
    "error.unsure": "error.desk_unsure",
}
# Of a form that is sent again: said anew, or not at all.
_ANEW: Final = ("csrf", "text", "sure", "add", "look", "passphrase", "code")


@dataclass(frozen=True, slots=True)
class Frame:
    """Renders the desk's pages."""

    pages: Pages
    home: Callable[[], Organisation]
    now: Callable[[], datetime]
    https: bool

    @property
    def organisation(self) -> Organisation:
        """The one in force."""
        return self.home()

    def page(self, request: Request, session: Session, template: str, **values: Any) -> Response:
        """A page for somebody who is logged in, marked with who opened it and when; it says what was done before."""
        lang, done = forms.language(request), forms.done(request)
        words = locales.say(lang, f"desk.done.{done[0]}", code=done[1]) if done else ""
        values |= {
            "posted": request.method == "POST"
        }  # its address has no page that another language could be asked for
        values |= {"session": session, "unit": self.unit_name(session.unit), "mark": self.mark(request, session)}
        response = self.pages.respond(template, lang=lang, csrf=forms.csrf(request), done=words, **values)
        if done:
            response.delete_cookie(forms.DONE_COOKIE, path="/desk", **self.strict())
        return response

    def mark(self, request: Request, session: Session) -> str:
        """Whose copy a page is, and of when."""
        unit, when = self.unit_name(session.unit), view_models.moment(self.now())
        return locales.say(forms.language(request), "desk.mark", name=session.name, unit=unit, when=when)

    def request_file(self, proposal: Proposal, file: bytes) -> Response:
        """A request for signers; the digits that they have to hear from who made it do not travel with it."""
        name = f"roster-{proposal.version.version}.request"
        kept = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(file, media_type="application/json", headers=kept)

    def done(self, place: str, action: str, code: str) -> Response:
        """On to a page that says, once, that an action was done to the case of this code."""
        response = RedirectResponse(place, status_code=303)
        response.set_cookie(
            forms.DONE_COOKIE, f"{action}.{code}", max_age=forms.SAID_FOR, path="/desk", **self.strict()
        )
        return response

    async def error_page(self, request: Request, key: str, status: int) -> Response:
        """A page for what went wrong; words that were typed stand on it, to be mended and sent again, or copied."""
        filled = await forms.kept(request) if self.pages.same_site(request) else FormData()
        return error_page(self.pages, request, key, status, filled)

    def check_form(self, request: Request, form: FormData) -> None:
        """A form counts only from our own page of this very session."""
        if not self.pages.same_site(request) or forms.text(form, "csrf") != forms.csrf(request):
            raise errors.Refused("error.form")

    def in_language(self, request: Request) -> Response:
        """The same page, in the language that its switch asks for; it is remembered."""
        rest = request.url.remove_query_params("lang")
        response = RedirectResponse(f"{rest.path}?{rest.query}".rstrip("?"), status_code=303)
        self.remember(response, request.query_params["lang"])
        return response

    def remember(self, response: Response, lang: str) -> None:
        """Keep the language for the pages to come."""
        response.set_cookie(forms.LANGUAGE_COOKIE, lang, path="/desk", **self.strict())

    def strict(self) -> dict[str, Any]:
        """How every cookie is set: out of reach of scripts and of other sites."""
        return {"httponly": True, "samesite": "strict", "secure": self.https}

    def unit_name(self, code: str) -> str:
        """What a unit is called."""
        return self.organisation.unit_name(code)

    def districts(self) -> list[tuple[str, str]]:
        """Code and name of each district."""
        return [(it.code, it.name) for it in self.organisation.areas.districts.values()]

    def places(self) -> list[tuple[str, str]]:
        """Code and name of each place that a case can be corrected to: today's wards where these have the queues."""
        home = self.organisation
        if any(it.kind == UnitKind.AREA_DESK for it in home.units.values()):
            return self.districts()
        return [*((it.code, it.name) for it in home.areas.wards.values()), *self.districts()]


def error_page(pages: Pages, request: Request, key: str, status: int, filled: FormData | None = None) -> Response:
    """The desk's page for what went wrong, with what was filled in, if anything was."""
    there = filled or FormData()
    return pages.respond(
        "desk_error.html",
        lang=forms.language(request),
        status=status,
        key=_AT_DESK.get(key, key),
        session=None,
        csrf=forms.csrf(request),
        done="",
        address=request.url.path,
        words=forms.text(there, "text"),
        others=[(name, value) for name, value in there.multi_items() if name not in _ANEW],
    )

"""The public page `/ai-doc`: who would read a tip about a place, a matter, and somebody accused.

A place alone may stand in a link, for posters. A matter and an office come by a form that no address and no history
keeps: together they tell what somebody is about to report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

import locales
from handlers.pages import Pages, language
from handlers.uploads import TooLong, TooManyParts, memory_file, read_form
from tips import errors
from tips.intake import who_reads
from tips.intake.turns import Say
from tips.intake.who_reads import Answer, Asked
from tips.organisation.roster import Roster
from tips.organisation.units import HELD, District, Organisation, Ward

PATH: Final = "/ai-doc"
AREA: Final = "khu-vuc"
FIELDS: Final = (AREA, "loai-viec", "co-quan")  # as `Asked` has them


@dataclass(frozen=True, slots=True)
class WhoReadsPage:
    """The page, with a form that works by itself."""

    roster: Callable[[], Roster]
    organisation: Callable[[], Organisation]
    unit_name: Callable[[str], Say]
    pages: Pages

    def routes(self) -> list[Route]:
        """The route. It is compressed: no secret is in it for an attacker to guess at by its length."""
        return [Route(PATH, self.page, methods=["GET", "POST"], middleware=[Middleware(GZipMiddleware)])]

    async def page(self, request: Request) -> Response:
        """The form, and the answer once something was chosen."""
        if request.method == "GET":
            return self._show(request, Asked(area=request.query_params.get(AREA, "")))
        if not self.pages.same_site(request):
            return HTMLResponse("", status_code=403)
        try:
            with memory_file() as file:
                fields = await read_form(request, file)
        except (TooLong, TooManyParts, ValueError):
            return self.pages.error_page(request, "whoreads.unknown", 400)
        return self._show(request, Asked(*(fields.get(name, "") for name in FIELDS)))

    def _show(self, request: Request, asked: Asked) -> Response:
        lang = language(request)
        shown: dict[str, Any] = {"lang": lang, "asked": asked, "answer": None, **self._choices(lang)}
        try:
            answer = who_reads.who_reads(self.roster(), self.organisation(), asked)
        except errors.NotFound:
            return self.pages.respond("who_reads.html", status=404, **{**shown, "asked": Asked()}, unknown=True)
        if request.method == "POST" or asked.area:
            shown["answer"] = self._answer(answer, lang)
        return self.pages.respond("who_reads.html", **shown, unknown=False)

    def _answer(self, answer: Answer, lang: str) -> Mapping[str, Any]:
        def named(code: str) -> tuple[str, bool]:
            return locales.render(lang, self.unit_name(code)), who_reads.is_police(self.organisation().unit(code))

        def length(it: who_reads.Length) -> str:
            return locales.say(lang, f"whoreads.{it.unit}", n=str(it.number))

        promise = answer.promise
        return {
            "owner": named(promise.owner) if promise.owner != HELD else None,
            "next": [named(code) for code in promise.next if code != HELD],
            "excluded": sorted(name for name, _ in map(named, promise.excluded)),
            "within": length(answer.within),
            "at_rest": length(answer.at_rest) if answer.at_rest else None,
        }

    def _choices(self, lang: str) -> Mapping[str, Any]:
        """What can be chosen, as code and name; wards stand under the former district that most of them was in."""
        areas = self.organisation().areas
        wards: dict[str, list[Ward]] = {}
        for ward in areas.wards.values():
            wards.setdefault(ward.districts[0], []).append(ward)
        return {
            "places": [(it, wards.get(it.code, ())) for it in sorted(areas.districts.values(), key=_outside)],
            "matters": [(code, locales.say(lang, f"category.{code}")) for code in who_reads.matters()],
            "kinds": [(code, locales.say(lang, f"accused.{code}")) for code in who_reads.kinds(self.organisation())],
            "offices": [(it.code, it.name) for it in who_reads.offices(self.organisation())],
        }


def _outside(district: District) -> bool:
    """Whether a district was none of the city's until 2025: those come after."""
    return not district.core

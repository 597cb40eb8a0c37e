"""The public page `/minh-bach`: who runs this and what is kept, the ledger's newest head, and the figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import locales
from handlers import published_log
from handlers.pages import Pages, language
from handlers.statistics.answers import Provider, answer
from handlers.statistics.asked import Asked, Links
from handlers.statistics.boards import Boards
from tips.cases import deadlines
from tips.cases.deadlines import CITY
from tips.cases.incidents import Incident
from tips.intake.turns import Say
from tips.organisation.units import Areas
from tips.transparency.publication import Publication

PATH: Final = "/minh-bach"
ANCHOR: Final = "#so-lieu"
MOST_TOLD: Final = 20  # incidents
ABOUT: Final = ("run", "kept", "readers", "silence", "channel", "decided", "limits")


@dataclass(frozen=True, slots=True)
class TransparencyPage:
    """The page; it asks who comes for nothing, and keeps nothing of them."""

    operator: Callable[[str], Say]
    contact: Callable[[str], str]
    notice: Callable[[str], str]
    figures: Provider
    publication: Publication
    areas: Callable[[], Areas]
    incidents: Callable[[], list[Incident]]  # of which everybody may read
    pages: Pages
    now: Callable[[], datetime]

    def routes(self) -> list[Route]:
        """The route. It is compressed: no secret is in it for an attacker to guess at by its length."""
        return [Route(PATH, self.page, methods=["GET"], middleware=[Middleware(GZipMiddleware)])]

    async def page(self, request: Request) -> Response:
        """Who runs this, who still knows you, and what became of the tips."""
        lang, today = language(request), self.now().astimezone(CITY).date()
        boards = Boards(self.areas(), lang, Links(lang, ANCHOR), drills=False)
        wanted = Asked(period=request.query_params.get("period", ""))
        found = await answer(self.figures, boards, boards.public, wanted, today)
        return self.pages.respond(
            "about.html",
            lang=lang,
            status=found.status,
            parts=ABOUT,
            operator=locales.render(lang, self.operator(lang)),
            contact=self.contact(lang),
            notice=self.notice(lang),
            answer=found,
            incidents=[_incident(it, lang) for it in self.incidents()[:MOST_TOLD]],
            log=await published_log.newest(self.publication, lang),
        )


def _incident(it: Incident, lang: str) -> tuple[str, str, str]:
    """What it was, from when to when, and the words that two people chose."""
    since = deadlines.moment(it.since)
    over = {"since": since, "until": deadlines.moment(it.closed)} if it.closed else {"since": since}
    when = locales.say(lang, "incident.over" if it.closed else "incident.open", **over)
    return locales.say(lang, f"incident.kind.{it.kind}"), when, it.public

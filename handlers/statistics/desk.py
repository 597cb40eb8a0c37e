"""The desk's page of statistics: figures of closed periods."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from handlers.desk import forms
from handlers.desk.frame import Frame
from handlers.statistics import asked
from handlers.statistics.answers import Provider, answer
from handlers.statistics.asked import Links
from handlers.statistics.boards import Boards
from handlers.statistics.words import Words
from tips import errors
from tips.cases.deadlines import CITY
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class StatisticsViews:
    """The page; whose page it is not, is told that there is none."""

    frame: Frame
    figures: Provider

    async def page(self, request: Request, session: Session) -> Response:
        """What the address asks for."""
        if not session.role.sees_counts:
            raise errors.NotFound
        words = Words.of_home(self.frame.organisation, forms.language(request))
        boards = Boards(words.areas, words.lang, Links(), units=words.units)
        today, wanted = self.frame.now().astimezone(CITY).date(), asked.asked(request.query_params)
        found = await answer(self.figures, boards, boards.desk, wanted, today)
        return self.frame.page(
            request, session, "desk_statistics.html", status=found.status, answer=found, period=wanted.period
        )

"""The queue: the open cases of somebody's units, filtered, page by page, and several claimed at once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import locales
from handlers.desk import filters, forms, view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.cases import case
from tips.cases.case import State
from tips.cases.lifecycle import ActionName
from tips.clock.early_signs import EarlySigns
from tips.desk.casework import Casework
from tips.desk.review import Review
from tips.organisation.taxonomy import Urgency, categories
from tips.people.session import Session

PAGE: Final = 50  # cases on one page of a queue
COLUMNS: Final = ("urgency", "case", "category", "area", "state", "age", "due", "officer")  # cells: desk_cells.html


@dataclass(frozen=True, slots=True)
class QueueViews:
    """The queue's page and its rows."""

    frame: Frame
    review: Review
    casework: Casework
    early_signs: EarlySigns

    async def queue(self, request: Request, session: Session) -> Response:
        """The open cases of the session's units; people without one are shown what they may see."""
        if not session.seeds and session.role.holds_seed:
            return self.frame.page(request, session, "desk_waiting.html")
        if not session.seeds:
            place = f"/desk/{session.role.landing}"
            return RedirectResponse(place, status_code=303)
        asked = filters.chosen(request.query_params)
        first = not asked and "after" not in request.query_params
        speak = functools.partial(locales.say, forms.language(request))
        others = await self.review.consulted(session) if first else []
        signs = await self.early_signs.seen_by(session.units) if first else []
        return self.frame.page(
            request,
            session,
            "desk_queue.html",
            **await self._rows(request, session),
            **self._filters(asked, speak),
            claimed=forms.count(request, "claimed"),
            missed=forms.count(request, "missed"),
            others=[view_models.line(row, self.frame.organisation, self.frame.now(), speak) for row in others],
            signs=view_models.signs(signs, self.frame.organisation),
        )

    def _filters(self, asked: dict[str, str], speak: view_models.Speak) -> dict[str, Any]:
        """What is chosen, and what may be."""
        return {
            "asked": {name: asked.get(name, "") for name in filters.NAMES},
            "filtered": bool(asked),
            "urgencies": [(it, it) for it in Urgency],
            "states": [(it, speak(f"state.{it}")) for it in State],
            "categories": [(it, speak(f"category.{it}")) for it in (case.RESTRICTED_CATEGORY, *categories())],
            "districts": self.frame.districts(),
            "ages": [(it, speak("desk.older", n=it)) for it in filters.AGES],
        }

    async def rows(self, request: Request, session: Session) -> Response:
        """The rows of a page of the queue, for the page that refreshes itself."""
        return self.frame.page(request, session, "desk_rows.html", **await self._rows(request, session))

    async def _rows(self, request: Request, session: Session) -> dict[str, Any]:
        asked = filters.chosen(request.query_params)
        wanted = filters.wanted(asked, session.name, self.frame.now())
        after = filters.parse_position(request.query_params.get("after", ""))
        rows = await self.review.queue(session, wanted, PAGE + 1, after)
        speak = functools.partial(locales.say, forms.language(request))
        shown = [view_models.line(row, self.frame.organisation, self.frame.now(), speak) for row in rows[:PAGE]]
        return {
            "columns": COLUMNS,
            "lines": shown,
            "here": filters.address(asked, after),
            "more": filters.address(asked, rows[PAGE - 1].position) if len(rows) > PAGE else None,
        }

    async def claim(self, request: Request, session: Session) -> Response:
        """Take several cases at once; those that a colleague took first stay theirs, and that is said."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        claimed = missed = 0
        for id_ in list(dict.fromkeys(str(it) for it in form.getlist("case")))[:PAGE]:
            try:
                await self.casework.act(session, forms.case_id(id_), ActionName.CLAIM)
                claimed += 1
            except (errors.Refused, errors.Stale, errors.NotFound):
                missed += 1
        kept = filters.address(filters.chosen({name: forms.text(form, name) for name in filters.NAMES}))
        return RedirectResponse(f"/desk/?claimed={claimed}&missed={missed}&{kept}".rstrip("&"), status_code=303)

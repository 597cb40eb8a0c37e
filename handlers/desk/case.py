"""A case: its page, its files, and what may be the same event."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

import locales
from handlers.desk import forms, neighbours, timeline, view_models, wording
from handlers.desk.frame import Frame
from tips.cases import case, checking
from tips.cases.lifecycle import ActionName
from tips.desk.casework import Casework
from tips.desk.next_step import next_step
from tips.desk.open_case import OpenCase
from tips.desk.review import Review
from tips.desk.search import Search
from tips.organisation.taxonomy import categories
from tips.organisation.units import UnitKind
from tips.people.session import Session

ALIKE: Final = ("urgency", "case", "category", "area", "state", "age")  # columns, as in the queue


@dataclass(frozen=True, slots=True)
class CaseViews:
    """The pages of one case."""

    frame: Frame
    review: Review
    search: Search
    casework: Casework
    own: wording.Own

    async def case(self, request: Request, session: Session) -> Response:
        """One case, opened; reading it is on record before it is shown."""
        opened = await self.review.open(session, forms.case_id(request.path_params["id"]))
        speak = functools.partial(locales.say, forms.language(request))
        organisation, now = self.frame.organisation, self.frame.now()
        listed = request.query_params.get("list", "")
        return self.frame.page(
            request,
            session,
            "desk_case.html",
            line=view_models.line(opened.case, organisation, now, speak),
            view=view_models.case(opened, organisation, speak),
            timeline=timeline.timeline(opened.events, organisation, speak),
            differed=any(map(checking.differed, opened.events)),
            seen=opened.case.head.hex(),
            neighbours=await neighbours.found(self.review, session, opened.case, listed, now),
            **self._to_do(session, opened, speak),
            **self._to_correct(opened),
        )

    def _to_do(self, session: Session, opened: OpenCase, speak: view_models.Speak) -> dict[str, Any]:
        """The forms of what may be done, that of the next step before all others, and the questions to choose from."""
        offers = self.casework.offers(session, opened)
        found = list(view_models.action_forms(opened.case, offers, self.frame.organisation))
        step = next_step(opened.case, {it.action.name for it in offers}, self.frame.now())
        first, beside = view_models.bar(found, step)
        category = view_models.facts_of(opened).get("category") or ""
        own = functools.partial(wording.own, self.own, session.unit, opened)
        return {
            "forms": found,
            "first": first,
            "beside": beside,
            "words": {
                ActionName.ASK: [*wording.questions(category, speak), *own(ActionName.ASK)],
                ActionName.ANSWER: own(ActionName.ANSWER),
            },
            "two_print": self.casework.refusal(session, opened, ActionName.PRINT) == "error.print_agreement",
        }

    def _to_correct(self, opened: OpenCase) -> dict[str, Any]:
        """What the form of a correction lets choose from."""
        known = self.frame.organisation.units.values()
        return {
            "places": self.frame.places(),
            "categories": list(categories()),
            "units": [
                (it.code, it.name) for it in known if it.kind != UnitKind.HELD and it.code not in opened.excluded
            ],
        }

    async def alike(self, request: Request, session: Session) -> Response:
        """Open cases that this person has read and that may tell of the same event, with a button that links."""
        id_ = forms.case_id(request.path_params["id"])
        speak = functools.partial(locales.say, forms.language(request))
        found = [
            (view_models.line(row, self.frame.organisation, self.frame.now(), speak), f"{likeness:.0%}")
            for row, likeness in await self.search.alike(session, id_)
        ]
        values = {"id": id_.hex(), "code": case.code_of(id_), "columns": ALIKE, "found": found}
        return self.frame.page(request, session, "desk_alike.html", **values)

    async def shared(self, request: Request, session: Session) -> Response:
        """Cases of other units, which let this one read them along."""
        speak = functools.partial(locales.say, forms.language(request))
        organisation, now = self.frame.organisation, self.frame.now()
        found = [view_models.line(row, organisation, now, speak) for row in await self.review.shared(session)]
        return self.frame.page(request, session, "desk_shared.html", columns=ALIKE, found=found)

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

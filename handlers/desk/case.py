"""A case: its page, its files, what may be the same event, and every action on it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

import locales
from handlers.desk import forms, view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.cases import case, lifecycle
from tips.cases.lifecycle import ActionName
from tips.desk import actions
from tips.desk.casework import Casework
from tips.desk.open_case import OpenCase
from tips.desk.review import Review
from tips.organisation.taxonomy import categories
from tips.organisation.units import UnitKind
from tips.people.session import Session

ALIKE: Final = ("urgency", "case", "category", "area", "state", "age")  # columns, as in the queue


@dataclass(frozen=True, slots=True)
class CaseViews:
    """The pages of one case."""

    frame: Frame
    review: Review
    casework: Casework

    async def case(self, request: Request, session: Session) -> Response:
        """One case, opened; reading it is on record before it is shown."""
        opened = await self.review.open(session, forms.case_id(request.path_params["id"]))
        speak = functools.partial(locales.say, forms.language(request))
        organisation, offers = self.frame.organisation, self.casework.offers(session, opened)
        return self.frame.page(
            request,
            session,
            "desk_case.html",
            line=view_models.line(opened.case, organisation, self.frame.now(), speak),
            view=view_models.case(opened, organisation, speak),
            forms=list(view_models.action_forms(opened.case, offers, organisation)),
            **self._to_correct(opened),
        )

    def _to_correct(self, opened: OpenCase) -> dict[str, Any]:
        """What the form of a correction lets choose from."""
        known = self.frame.organisation.units.values()
        return {
            "districts": self.frame.districts(),
            "categories": list(categories()),
            "units": [
                (it.code, it.name) for it in known if it.kind != UnitKind.HELD and it.code not in opened.excluded
            ],
        }

    async def act(self, request: Request, session: Session) -> Response:
        """One action on a case; then the case is shown again, if it is still this person's to see."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        id_ = forms.case_id(request.path_params["id"])
        action = actions.named(view_models.action_at(request.path_params["act"]))
        await self.casework.act(session, id_, action.name, forms.fields(form, action.fields))
        place = "/desk/" if action.leaves else f"/desk/case/{id_.hex()}"
        return RedirectResponse(place, status_code=303)

    async def conclusion(self, request: Request, session: Session) -> Response:
        """The words for a result, in the reporter's language, to be changed before they are sent."""
        id_, result = forms.case_id(request.path_params["id"]), request.path_params["result"]
        opened = await self.casework.opened_for(session, id_, ActionName.CONCLUDE)
        if result not in lifecycle.results():
            raise errors.NotFound
        words = locales.say(opened.tip.facts.get("lang", locales.SOURCE), f"template.{result}")
        values = {"id": id_.hex(), "code": case.code_of(id_), "result": result, "words": words}
        return self.frame.page(request, session, "desk_conclusion.html", **values)

    async def alike(self, request: Request, session: Session) -> Response:
        """Cases of this queue that may tell of the same event, with a button that links."""
        id_ = forms.case_id(request.path_params["id"])
        speak = functools.partial(locales.say, forms.language(request))
        found = [
            (view_models.line(row, self.frame.organisation, self.frame.now(), speak), f"{likeness:.0%}")
            for row, likeness in await self.review.alike(session, id_)
        ]
        values = {"id": id_.hex(), "code": case.code_of(id_), "columns": ALIKE, "found": found}
        return self.frame.page(request, session, "desk_alike.html", **values)

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

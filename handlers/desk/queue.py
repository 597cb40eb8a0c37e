"""The queue: the cases of somebody's units by tab, filter and order, page by page; several claimed or given at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import locales
from handlers.desk import filters, forms, view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.cases import case, lifecycle
from tips.cases.case import Sort, State
from tips.cases.lifecycle import ActionName
from tips.clock.early_signs import EarlySigns
from tips.desk.actions import Fields
from tips.desk.casework import NOTHING, Casework
from tips.desk.review import Review
from tips.desk.search import LONGEST
from tips.organisation.roster import Roster
from tips.organisation.taxonomy import Urgency, categories
from tips.people.session import Session
from tips.ports.cases import MOST_COUNTED

PAGE: Final = 50  # cases on one page of a queue
COLUMNS: Final = ("urgency", "case", "category", "area", "state", "age", "due", "officer")  # cells: desk_cells.html


@dataclass(frozen=True, slots=True)
class QueueViews:
    """The queue's page and its rows."""

    frame: Frame
    review: Review
    casework: Casework
    early_signs: EarlySigns
    roster: Callable[[], Roster]

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
            **await self._tabs(asked, session),
            **await self._staff(session),
            **self._done(request, session),
            longest=LONGEST,
            others=[view_models.line(row, self.frame.organisation, self.frame.now(), speak) for row in others],
            signs=view_models.signs(signs, self.frame.organisation),
        )

    def _filters(self, asked: dict[str, str], speak: view_models.Speak) -> dict[str, Any]:
        """What is chosen, and what may be."""
        return {
            "asked": {name: asked.get(name, "") for name in filters.NAMES},
            "filtered": not filters.tab(asked),
            "urgencies": [(it, it) for it in Urgency],
            "states": [(it, speak(f"state.{it}")) for it in State],
            "categories": [(it, speak(f"category.{it}")) for it in (case.RESTRICTED_CATEGORY, *categories())],
            "districts": self.frame.districts(),
            "ages": [(it, speak("desk.older", n=it)) for it in filters.AGES],
        }

    async def _tabs(self, asked: dict[str, str], session: Session) -> dict[str, Any]:
        """The tabs with their counts, and the orders: name, address, and what there is of it."""
        counts, order = asdict(await self.review.counts(session)), {"sort": asked["sort"]} if "sort" in asked else {}
        kept = {name: value for name, value in asked.items() if name != "sort"}
        return {
            "tab": filters.tab(asked),
            "tabs": [(name, filters.address({**asks, **order}), counts[name]) for name, asks in filters.TABS.items()],
            "most": MOST_COUNTED,
            "sort": asked.get("sort", Sort.URGENT),
            "sorts": [(it, filters.address(kept if it is Sort.URGENT else {**kept, "sort": it})) for it in Sort],
        }

    async def _staff(self, session: Session) -> dict[str, Any]:
        """For who may give cases to others: the unit's people, and what each of them has."""
        if not _assigns(session):
            return {"colleagues": [], "loads": []}
        loads = {it.officer: it for it in await self.review.loads(session)}
        names = self._colleagues(session)
        nobody, *rest = (loads.pop(name, None) for name in (None, *names))
        rows = [("", nobody), *zip(names, rest, strict=True), *((it.officer, it) for it in loads.values())]
        return {
            "colleagues": names,
            "loads": [(name, it.open if it else 0, it.overdue if it else 0) for name, it in rows],
        }

    def _colleagues(self, session: Session) -> list[str]:
        return sorted(member.name for member in self.roster().members(session.unit))

    def _done(self, request: Request, session: Session) -> dict[str, Any]:
        """What the last form did, as the address tells it."""
        who = request.query_params.get("to", "")
        ids = [forms.octets(it) for it in request.query_params.get("left", "").split(",")[:PAGE]]
        return {
            **{name: forms.count(request, name) for name in ("claimed", "missed", "assigned")},
            "nothing": "nothing" in request.query_params,
            "to": who if who in self._colleagues(session) else "",
            "left": [case.code_of(id_) for id_ in ids if len(id_) == 16],
        }

    async def rows(self, request: Request, session: Session) -> Response:
        """The rows of a page of the queue, and the counts of its tabs, for the page that refreshes itself."""
        tabs = await self._tabs(filters.chosen(request.query_params), session)
        return self.frame.page(request, session, "desk_fresh.html", **await self._rows(request, session), **tabs)

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
            "assigns": _assigns(session),
            "here": filters.address(asked, after),
            "behind": filters.behind_case(asked),
            "more": filters.address(asked, rows[PAGE - 1].position) if len(rows) > PAGE else None,
        }

    async def claim(self, request: Request, session: Session) -> Response:
        """Take several cases at once; those that a colleague took first stay theirs, and that is said."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        picked = _picked(form)
        left = await self._each(session, picked, ActionName.CLAIM)
        said = {"claimed": str(len(picked) - len(left)), "missed": str(len(left))} if picked else {"nothing": "1"}
        return _back(form, said)

    async def assign(self, request: Request, session: Session) -> Response:
        """Give several cases to one colleague; which of them they cannot have is said."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        if not _assigns(session):
            raise errors.Refused("error.role")
        who, picked = forms.text(form, "who"), _picked(form)
        if who not in self._colleagues(session):
            raise errors.Refused("error.assign")
        left = await self._each(session, picked, ActionName.ASSIGN, Fields(who=who))
        if not picked:
            return _back(form, {"nothing": "1"})
        cases = ",".join(it for it in left if len(forms.octets(it)) == 16)
        return _back(form, {"assigned": str(len(picked) - len(left)), "to": who, "left": cases})

    async def _each(self, session: Session, picked: list[str], name: ActionName, fields: Fields = NOTHING) -> list[str]:
        """Do it to every case; those to which it could not be done."""
        left = []
        for id_ in picked:
            try:
                await self.casework.act(session, forms.case_id(id_), name, fields)
            except (errors.Refused, errors.Stale, errors.NotFound):
                left.append(id_)
        return left


def _assigns(session: Session) -> bool:
    """Whether this person may give cases to others."""
    return session.role in lifecycle.actions()[ActionName.ASSIGN].roles


def _picked(form: FormData) -> list[str]:
    """The cases whose boxes are checked, each once."""
    return list(dict.fromkeys(str(it) for it in form.getlist("case")))[:PAGE]


def _back(form: FormData, said: dict[str, str]) -> Response:
    """To the list that the form stood in, with what it did."""
    kept = filters.chosen({name: forms.text(form, name) for name in filters.NAMES})
    return RedirectResponse(f"/desk/?{urlencode({**said, **kept})}", status_code=303)

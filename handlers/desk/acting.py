"""What is done to a case from its page: units and words are chosen, and what cannot be undone is asked about first."""

from __future__ import annotations

import functools
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

import locales
from handlers.desk import filters, forms, neighbours, targets, timeline, view_models, wording
from handlers.desk.frame import Frame
from handlers.desk.targets import Match
from tips import errors
from tips.cases import case, lifecycle
from tips.cases.lifecycle import ActionName
from tips.desk import actions
from tips.desk.actions import Action, Fields
from tips.desk.casework import Casework
from tips.desk.open_case import OpenCase
from tips.organisation import taxonomy
from tips.people.session import Session

WRITTEN: Final = frozenset({ActionName.ASK, ActionName.CONCLUDE})  # with words that are offered, see `wording`
OFFERED: Final = WRITTEN | {ActionName.ANSWER}
TO_A_UNIT: Final = frozenset({ActionName.HAND_OVER, ActionName.SHARE})
_MENDED: Final = frozenset({"error.blank", "error.empty", "error.too_long"})  # on the page on which it was written
_ANOTHER: Final = ("add", "look", "sure", "seen", "sought")  # what a form's buttons say besides the action's fields


@dataclass(frozen=True, slots=True)
class ActionViews:
    """The pages on which an action is prepared, and its doing."""

    frame: Frame
    casework: Casework
    own: wording.Own

    async def act(self, request: Request, session: Session) -> Response:
        """One action on a case, or the page that has to come before it."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        id_ = forms.case_id(request.path_params["id"])
        action = actions.named(view_models.action_at(request.path_params["act"]))
        if action.name in OFFERED and "add" in form:
            return await self._words(request, session, action.name, form)
        fields = forms.fields(form, action.fields)
        if action.name in TO_A_UNIT and "to" in form and not (fields.unit and _is_answered(form)):
            return await self._to_a_unit(request, session, action, form, fields)
        return await self._done(request, session, id_, action, form, fields)

    async def _done(
        self, request: Request, session: Session, id_: bytes, action: Action, form: FormData, fields: Fields
    ) -> Response:
        if action.lasts(fields) and not forms.text(form, "sure"):
            return await self._question(request, session, action, form, fields)
        seen = forms.seen(form) if action.lasts(fields) or action.name in WRITTEN else b""
        try:
            row = await self.casework.act(session, id_, action.name, fields, seen)
        except errors.Refused as error:
            if action.name in WRITTEN and error.key in _MENDED:
                return await self._words(request, session, action.name, form, error.key)
            raise
        except errors.Stale as error:
            if action.name in WRITTEN:
                return await self._words(request, session, action.name, form, error.key)
            if action.lasts(fields):
                return await self._question(request, session, action, form, fields)
            raise
        if action.name is ActionName.CONCLUDE and forms.text(form, "close"):
            with suppress(errors.Refused, errors.Stale):  # somebody has to agree first: it stays concluded, and says so
                await self.casework.act(session, id_, ActionName.CLOSE, seen=row.head)
                action = actions.TABLE[ActionName.CLOSE]
        listed = forms.text(form, "list")
        place = neighbours.back(listed) if action.leaves else neighbours.case(id_, listed)
        return self.frame.done(place, action.name, case.code_of(id_))

    async def _question(
        self, request: Request, session: Session, action: Action, form: FormData, fields: Fields
    ) -> Response:
        """What will follow, before what cannot be undone; what was filled in goes along."""
        id_ = forms.case_id(request.path_params["id"])
        opened = await self.casework.rehearse(session, id_, action.name, fields)
        names = self.frame.organisation.units
        chosen = [names[it].name for it in (fields.unit, *fields.corrections.accused) if it in names]
        kept = [(name, value) for name, value in form.multi_items() if name not in ("csrf", *_ANOTHER)]
        return self._page(
            request,
            session,
            form,
            opened,
            "desk_sure.html",
            act=request.path_params["act"],
            action=action.name,
            chosen=chosen or [it for it in (fields.who,) if it],
            text=fields.text,
            kept=kept,
            days=str(self.frame.organisation.terms.retention_days(taxonomy.group_of(opened.case.category))),
        )

    # --- words --------------------------------------------------------------------------------------------------------

    async def ask(self, request: Request, session: Session) -> Response:
        """A question to the reporter, with those that a desk often has to ask."""
        return await self._words(request, session, ActionName.ASK, _asked(request))

    async def conclusion(self, request: Request, session: Session) -> Response:
        """The words for a result, in the reporter's language, to be changed before they are sent."""
        result = request.path_params.get("result", "")
        if result and result not in lifecycle.results():
            raise errors.NotFound
        return await self._words(request, session, ActionName.CONCLUDE, _asked(request, result=result))

    async def _words(
        self, request: Request, session: Session, name: ActionName, form: FormData, error: str = ""
    ) -> Response:
        """Words to write, with those that are offered; what stands there is kept, and what was pressed is added."""
        opened = await self.casework.opened_for(session, forms.case_id(request.path_params["id"]), name)
        to_them = functools.partial(locales.say, opened.tip.facts.get("lang", locales.SOURCE))
        category = view_models.facts_of(opened).get("category") or taxonomy.group_of(opened.case.category)
        result, said = forms.text(form, "result"), forms.text(form, "text")
        if result and "text" not in form:
            said = to_them(f"template.{result}")
        shipped = {
            ActionName.ASK: lambda: wording.questions(category, to_them),
            ActionName.CONCLUDE: lambda: wording.endings(category, result, to_them),
        }
        offered = [*shipped.get(name, list)(), *wording.own(self.own, session.unit, opened, name)]
        return self._page(
            request,
            session,
            form,
            opened,
            "desk_words.html",
            status=409 if error else 200,
            act=name,
            result=result,
            results=lifecycle.results() if name is ActionName.CONCLUDE else (),
            words=wording.added(said, forms.text(form, "add"), offered),
            offered=offered,
            error=error,
            days=str(self.frame.organisation.terms.retention_days(taxonomy.group_of(opened.case.category))),
            ends=not lifecycle.needs_second_person(opened.case),
        )

    # --- units --------------------------------------------------------------------------------------------------------

    async def unit(self, request: Request, session: Session) -> Response:
        """To whom a case is handed over, or who shall read it along."""
        action = actions.named(view_models.action_at(request.path_params["act"]))
        if action.name not in TO_A_UNIT:
            raise errors.NotFound
        return await self._unit_page(request, session, action, _asked(request))

    async def _to_a_unit(
        self, request: Request, session: Session, action: Action, form: FormData, fields: Fields
    ) -> Response:
        """The unit that was typed; where that could be several, or none, the page comes again with what was found."""
        opened = await self.casework.opened_for(session, forms.case_id(request.path_params["id"]), action.name)
        found = self._found(session, opened, action, forms.text(form, "to"))
        if found.chosen and "look" not in form:
            named = Fields(text=fields.text, unit=found.chosen)
            return await self._done(request, session, opened.case.id, action, form, named)
        return await self._unit_page(request, session, action, form, found)

    async def _unit_page(
        self, request: Request, session: Session, action: Action, form: FormData, found: Match | None = None
    ) -> Response:
        opened = await self.casework.opened_for(session, forms.case_id(request.path_params["id"]), action.name)
        refusal = self.casework.refusal(session, opened, action.name)
        if refusal:
            raise errors.Refused(refusal)
        able, refused = self._targets(session, opened, action)
        return self._page(
            request,
            session,
            form,
            opened,
            "desk_unit.html",
            status=409 if found and not found.able else 200,
            act=request.path_params["act"],
            action=action.name,
            typed=forms.text(form, "to"),
            note=forms.text(form, "text"),
            able=able,
            refused=refused,
            found=found,
        )

    def _targets(
        self, session: Session, opened: OpenCase, action: Action
    ) -> tuple[list[targets.Target], list[targets.Target]]:
        offers = self.casework.offers(session, opened)
        codes = next((it.choices for it in offers if it.action.name is action.name), self.casework.targets(opened))
        refused = self.casework.refused_targets(opened)
        if action.name is ActionName.SHARE:
            refused |= {
                it: "error.reads_already" for it in opened.readers if it not in refused and it != opened.case.unit
            }
        return targets.targets(codes, refused, self.frame.organisation)

    def _found(self, session: Session, opened: OpenCase, action: Action, typed: str) -> Match:
        return targets.find(typed, *self._targets(session, opened, action))

    # --- paper --------------------------------------------------------------------------------------------------------

    async def dossier(self, request: Request, session: Session) -> Response:
        """A case as a PDF. That it is printed is on record before a byte of it is made."""
        from handlers.desk import dossier

        self.frame.check_form(request, await forms.form(request))
        opened = await self.casework.printed(session, forms.case_id(request.path_params["id"]))
        speak, organisation = functools.partial(locales.say, forms.language(request)), self.frame.organisation
        paper = dossier.Paper(
            line=view_models.line(opened.case, organisation, self.frame.now(), speak),
            view=view_models.case(opened, organisation, speak),
            timeline=timeline.timeline(opened.events, organisation, speak),
            mark=self.frame.mark(request, session),
            lang=forms.language(request),
        )
        made = await run_in_threadpool(dossier.written, paper)
        name = f'attachment; filename="{opened.case.code}.pdf"'
        return Response(made, media_type="application/pdf", headers={"content-disposition": name})

    def _page(
        self, request: Request, session: Session, form: FormData, opened: OpenCase, template: str, **values: Any
    ) -> Response:
        """A page that prepares an action; its head names the case, and leads back into the list that it stands in.

        It knows the case's head. Where the case went on since the page that the form comes from, it says so.
        """
        id_, kept = opened.case.id, filters.listed(forms.text(form, "list"))
        seen = forms.seen(form)
        if seen and opened.changed_since(seen):
            values |= {"changed": True, "status": 409}
        values = {"changed": False, "seen": opened.case.head.hex(), **values}
        place = {"listed": filters.address(kept), "behind": filters.behind_case(kept)}
        values |= {"here": f"/desk/case/{id_.hex()}{place['behind']}", **place}
        return self.frame.page(request, session, template, id=id_.hex(), code=case.code_of(id_), **values)


def _is_answered(form: FormData) -> bool:
    """Whether what is typed of a unit's name is what was looked for when the units were shown that it may mean."""
    return "look" not in form and forms.text(form, "to") == forms.text(form, "sought", forms.text(form, "to"))


def _asked(request: Request, **other: str) -> FormData:
    """What an address says, as a form does."""
    return FormData({"list": request.query_params.get("list", ""), **other})

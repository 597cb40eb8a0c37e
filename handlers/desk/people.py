"""The page of people: who works where, by the signed roster; and the requests by which somebody leaves or moves."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from handlers.desk import forms
from handlers.desk.frame import Frame
from tips import errors
from tips.desk.moves import Moves
from tips.organisation import roles
from tips.organisation.roles import Page, Role
from tips.organisation.roster import UNDERWAY, Person, Roster
from tips.organisation.units import Unit
from tips.people import proposals
from tips.people.enrolment import Newcomer
from tips.people.proposals import Proposal
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class PeopleViews:
    """For admins and auditors, who only read; whose page it is not, is told that there is none."""

    frame: Frame
    roster: Callable[[], Roster]
    moves: Moves
    receiving: Callable[[], Iterable[Unit]]  # where people can work, be it from a later day on
    travelling: Callable[[Proposal], bytes]  # a request, as a file

    async def page(self, request: Request, session: Session) -> Response:
        """Who works where, by the signed roster in force; changing it takes its signers."""
        if not session.role.may_see(Page.PEOPLE):
            raise errors.NotFound
        roster, units = self.roster(), self.frame.organisation.units.values()
        people = sorted(roster.people, key=lambda it: (it.unit, it.name))
        signing = {it.verify for it in roster.signers.listed}
        return self.frame.page(
            request,
            session,
            "desk_people.html",
            version=roster.version,
            people=[(it.name, it.role, self.frame.unit_name(it.unit), it.verify in signing) for it in people],
            signers=[(it.name, self.frame.unit_name(it.office)) for it in roster.signers.listed],
            may_invite=session.role.may_see(Page.INVITE),
            alone=[unit.name for unit in units if unit.receives and not roster.reader(unit.code)],
        )

    async def form(self, request: Request, session: Session) -> Response:
        """One person: where they work, and where they might."""
        person = self._person(session, request.query_params.get("name", ""))
        return self.frame.page(
            request,
            session,
            "desk_move.html",
            person=person,
            where=self.frame.unit_name(person.unit),
            units=sorted((it.name, it.code) for it in self.receiving()),
            roles=list(Role),
            days=str(UNDERWAY.days),
            last=len(self.roster().members(person.unit)) == 1 and person.role.holds_seed,
        )

    async def leave(self, request: Request, session: Session) -> Response:
        """The request by which somebody leaves, on a page that gives its file."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        name = self._person(session, forms.text(form, "name")).name
        return self._requested(request, session, await self.moves.leave(session, name))

    async def move(self, request: Request, session: Session) -> Response:
        """The request by which somebody works elsewhere, or as something else, on a page that gives its file."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        name = self._person(session, forms.text(form, "name")).name
        to = Newcomer(name, forms.text(form, "unit"), roles.parse(forms.text(form, "role")))
        return self._requested(request, session, await self.moves.move(session, to))

    def _person(self, session: Session, name: str) -> Person:
        person = self.roster().person(name)
        if person is None or not session.role.may_see(Page.INVITE):
            raise errors.NotFound
        return person

    def _requested(self, request: Request, session: Session, proposal: Proposal) -> Response:
        """The file, and beside it the digits to read out: asked for once more, a version has other keys and digits."""
        return self.frame.page(
            request,
            session,
            "desk_requested.html",
            version=proposal.version.version,
            digits=proposals.digits(proposal),
            file=base64.b64encode(self.travelling(proposal)).decode(),
        )

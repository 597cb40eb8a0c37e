"""The organisation's pages: who is who and how long things take, and what another document would change here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

import locales
from handlers.desk import forms
from handlers.desk.frame import Frame
from tips import errors
from tips.cases import deadlines
from tips.cases.case import State
from tips.desk.reorganisation import Outlook, Reorganisation
from tips.organisation import document_edits, documents, templates
from tips.organisation.document_changes import Change
from tips.organisation.documents import Document
from tips.organisation.roles import Page
from tips.organisation.roster import Roster
from tips.organisation.units import HELD, Organisation, Unit
from tips.people.proposals import Proposal
from tips.people.session import Session

SHIPPED, LENGTH, FILE = "shipped", "length", "file"  # whence a document comes
_TOLD: Final = 300  # changes that a page tells; a reform of a whole city has thousands


@dataclass(frozen=True, slots=True)
class OrganisationViews:
    """For admins and auditors; whose page it is not, is told that there is none."""

    frame: Frame
    roster: Callable[[], Roster]
    reorganisation: Reorganisation
    travelling: Callable[[Proposal], bytes]  # a request, as a file

    async def page(self, request: Request, session: Session) -> Response:
        """What is in force, by its document and by the roster."""
        if not session.role.may_see(Page.ORGANISATION):
            raise errors.NotFound
        home, roster, lang = self.frame.organisation, self.roster(), forms.language(request)
        receiving = [it for it in home.units.values() if it.receives and it.code != HELD]
        return self.frame.page(
            request,
            session,
            "desk_organisation.html",
            plain=home.document.plain,
            digest=home.document.digest[:16],
            coming=roster.coming if roster.coming and roster.coming.at > self.frame.now() else None,
            moment=deadlines.moment,
            version=roster.version,
            lengths=[
                (it.name, length_name(it.name, lang), it.number, it.unit, it.source)
                for it in document_edits.lengths(home.document)
            ],
            working=[_unit(it, home, roster) for it in receiving if roster.reader(it.code)],
            alone=[it.name for it in receiving if not roster.reader(it.code)],
            others=[it.name for it in home.units.values() if not it.receives],
            newer=[it for it in templates.names() if templates.newest(it).digest != home.document.digest],
            may=session.role.may_see(Page.REORGANISE),
            longest=document_edits.LONGEST_SOURCE,
        )

    async def look(self, request: Request, session: Session) -> Response:
        """What a document would change, and what would come of it; nothing is changed, nor kept."""
        form, document = await self._asked(request, session)
        outlook = await self.reorganisation.look(document, _day(form))
        return self._outlook(request, session, form, document, outlook)

    async def make(self, request: Request, session: Session) -> Response:
        """The request for a document that was looked at, as a file for its signers.

        Raises:
            Refused: it is another document than the one that was looked at.
        """
        form, document = await self._asked(request, session)
        if forms.text(form, "digest") != document.digest:
            raise errors.Refused("error.org_other_file")
        despite = bool(forms.text(form, "despite"))
        proposal = await self.reorganisation.request(session, document, despite=despite, at=_day(form))
        return self.frame.request_file(proposal, self.travelling(proposal))

    async def _asked(self, request: Request, session: Session) -> tuple[FormData, Document]:
        """The form, and the document that it is about.

        Raises:
            NotFound: this page is not theirs.
            Refused: there is no document in it.
        """
        if not session.role.may_see(Page.REORGANISE):
            raise errors.NotFound
        form, file = await forms.with_file(request, "file", documents.LARGEST)
        self.frame.check_form(request, form)
        try:
            return form, self._document(form, file)
        except errors.BadSetting as error:
            raise errors.Refused("error.org_file") from error

    def _document(self, form: FormData, file: bytes) -> Document:
        whence, home = forms.text(form, "whence"), self.frame.organisation
        if whence == SHIPPED:
            return templates.newest(forms.text(form, "edition"))
        if whence == LENGTH:
            number = forms.text(form, "number")
            if not number.isdecimal() or len(number) > 5:
                raise errors.Refused("error.org_number")
            today = self.frame.now().astimezone(deadlines.CITY).date()
            named, source = forms.text(form, "name"), forms.text(form, "source")
            return document_edits.with_length(home.document, named, int(number), source, today)
        return documents.read(file)

    def _outlook(
        self, request: Request, session: Session, form: FormData, document: Document, outlook: Outlook
    ) -> Response:
        lang = forms.language(request)
        hidden = {name: forms.text(form, name) for name in ("whence", "edition", "name", "number", "source", "from")}
        return self.frame.page(
            request,
            session,
            "desk_reorganise.html",
            outlook=outlook,
            title=document.plain["title"],
            issued=document.plain["issued"],
            day=forms.text(form, "from"),
            digest=document.digest,
            problems=[locales.say(lang, it.key, what=it.what) for it in outlook.problems[:_TOLD]],
            changes=[_sentence(it, lang) for it in outlook.changes[:_TOLD]],
            more=max(0, len(outlook.changes) - _TOLD),
            consequences=[_sentence(it, lang) for it in outlook.consequences],
            hidden={name: words for name, words in hidden.items() if words},
            again=forms.text(form, "whence") == FILE,
        )


def _day(form: FormData) -> datetime | None:
    """The midnight from which on it shall be in force; None: at once.

    Raises:
        Refused: it is no day.
    """
    words = forms.text(form, "from")
    try:
        return datetime.combine(date.fromisoformat(words), time(), deadlines.CITY) if words else None
    except ValueError as error:
        raise errors.Refused("error.org_day") from error


def length_name(name: str, lang: str) -> str:
    """What a length is of, in words."""
    kind, _, of = name.partition(".")
    words = locales.say(lang, f"state.{kind}" if kind in tuple(State) else f"desk.organisation.length.{kind}")
    if not of:
        return words
    known = {"restricted": "desk.organisation.restricted"}.get(of, f"group.{of}")
    return f"{words}, {of if of.startswith('P') else locales.say(lang, known)}"


def _sentence(it: Change, lang: str) -> str:
    params = dict(it.params)
    if it.kind == "policy":
        params |= {"name": length_name(params["name"], lang)}
        params |= {when: _length(params[when], lang) for when in ("was", "now")}
    return locales.say(lang, it.key, **params)


def _length(said: str, lang: str) -> str:
    """A length in words, where it is a single one."""
    one = re.fullmatch(r"(hours|days|working_days) (\d+)", said)
    return locales.say(lang, f"desk.organisation.{one[1]}", n=one[2]) if one else said


def _unit(it: Unit, home: Organisation, roster: Roster) -> Mapping[str, Any]:
    """A unit as the table shows it."""
    return {
        "name": it.name,
        "code": it.code,
        "parent": home.unit_name(it.parent) if it.parent else "",
        "area": home.area_name(it.area) if it.area else "",
        "people": [person.name for person in roster.members(it.code)],
        "generation": roster.generation(it.code),
    }

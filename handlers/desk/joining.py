"""Joining: an administrator asks somebody, who makes their own keys; and new secrets for who works here already."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from handlers.desk import forms, view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.crypto import keys
from tips.organisation import roles
from tips.organisation.roles import Page, Role
from tips.organisation.units import Unit
from tips.people import proposals
from tips.people.enrolment import Newcomer
from tips.people.invitations import Invitations
from tips.people.logins import Logins, Secret
from tips.people.proposals import Enrolled
from tips.people.session import Session

SCALE: Final = 4  # pixels of a QR code's dot


@dataclass(frozen=True, slots=True)
class JoiningViews:
    """Invitations, and what is shown once."""

    frame: Frame
    invitations: Invitations
    logins: Logins
    receiving: Callable[[], Iterable[Unit]]  # where people can join, be it from a later day on

    async def form(self, request: Request, session: Session) -> Response:
        """Whom to ask, and who has been asked."""
        if not session.role.may_see(Page.INVITE):
            raise errors.NotFound
        waiting = [
            (it.name, self.frame.unit_name(it.unit), it.role, view_models.moment(it.expires_at), bool(it.account))
            for it in await self.invitations.all()
        ]
        units = sorted((it.name, it.code) for it in self.receiving())
        return self.frame.page(request, session, "desk_invite.html", waiting=waiting, units=units, roles=list(Role))

    async def invite(self, request: Request, session: Session) -> Response:
        """Ask somebody; the code is shown once, to be handed over."""
        if not session.role.may_see(Page.INVITE):
            raise errors.NotFound
        form = await forms.form(request)
        self.frame.check_form(request, form)
        name, unit = forms.text(form, "name").strip(), forms.text(form, "unit")
        code = await self.invitations.invite(Newcomer(name, unit, roles.parse(forms.text(form, "role"))))
        return self.frame.page(request, session, "desk_invited.html", name=name, code=code)

    async def activation(self, request: Request) -> Response:
        """Where a code is typed; nobody is logged in."""
        return self._activation(request, 200)

    def _activation(self, request: Request, status: int, problem: str = "") -> Response:
        return self.frame.pages.respond(
            "desk_activate.html", lang=forms.language(request), status=status, problem=problem, session=None
        )

    async def activate(self, request: Request) -> Response:
        """Take an invitation up: keys are made, and what opens them is shown once."""
        if not self.frame.pages.same_site(request):
            return await self.frame.error_page(request, "error.not_found", 403)
        code = forms.text(await forms.kept(request), "code")
        try:
            made = await self.invitations.take_up(code)
        except errors.NotFound:
            return self._activation(request, 404, "desk.activate.none")
        except errors.StoreUnavailable as error:
            return await self.frame.error_page(request, error.key, 503)
        heard = proposals.fingerprint(made.identity.public, made.identity.verify)
        return self.frame.pages.respond(
            "desk_activated.html", lang=forms.language(request), session=None, heard=heard, **_shown(made)
        )

    async def renew(self, request: Request, session: Session) -> Response:
        """A new passphrase, or a new secret of one-time codes; shown once, and other sessions end."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        secret = Secret(forms.text(form, "secret")) if forms.text(form, "secret") in tuple(Secret) else None
        if secret is None:
            raise errors.NotFound
        passphrase, code = forms.text(form, "passphrase"), forms.text(form, "code")
        try:
            made = await self.logins.renew(session, forms.token(request), passphrase, code, secret)
        except errors.WrongPassphrase as error:
            return await self.frame.error_page(request, error.key, 401)
        shown = _shown(made)
        hidden = {Secret.PASSPHRASE: "picture", Secret.TOTP: "passphrase"}[secret]
        return self.frame.page(request, session, "desk_renewed.html", **{**shown, hidden: ""})


def _shown(made: Enrolled) -> dict[str, Any]:
    """Passphrase, and the secret of one-time codes as an address and as a picture of it."""
    import segno

    address = keys.totp_uri(made.identity)
    picture = segno.make(address, micro=False).svg_inline(scale=SCALE, dark="#000", light="#fff")
    return {"name": made.identity.name, "passphrase": made.passphrase, "address": address, "picture": picture}

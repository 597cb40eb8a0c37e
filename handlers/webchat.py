"""Web chat at `/`: works without JavaScript, asks nobody else for anything, and keeps no history.

The page shows the last exchange only. A conversation is a random cookie of this browser session; nothing else
tells people apart. With JavaScript the same form is sent in the background and the page does not reload.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from handlers.pages import Pages, language
from handlers.speech import spoken
from tips import errors, evidence
from tips.conversation import Inbound, Option, Reply, Say
from tips.draft import MAX_TEXT
from tips.flood import PATIENCE, Gate
from tips.reception import Outcome, Reception, Sender

CHANNEL = "web"
COOKIE = "c"
FORM_LIMIT = 1024 * 1024  # bytes of a form without files
TOKEN_BYTES = 24
ABOUT = ("run", "kept", "readers", "silence", "channel", "limits")
FLOODED = "flooded"
SENDING = frozenset({"submit", "send_anyway"})
EMPTY_PAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>&#8203;</title>'


@dataclass(frozen=True, slots=True)
class WebChat:
    """The citizens' web pages."""

    reception: Reception
    pages: Pages
    https: bool  # cookies are marked Secure
    desk_link: bool  # a demo shows the way to the desk after a tip
    gate: Gate

    def routes(self) -> list[Route]:
        """The doors."""
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/chat", self.form, methods=["POST"]),
            Route("/api/chat", self.api, methods=["POST"]),
            Route("/leave", self.leave, methods=["GET"]),
            Route("/minh-bach", self.transparency, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """The chat: a greeting, an unfinished tip, or a receipt that is still due."""
        token = request.cookies.get(COOKIE)
        lang = language(request)
        outcome = await self._current(token, lang)
        return self._show(outcome, lang, said=None)

    async def _current(self, token: str | None, lang: str) -> Outcome:
        if token and _is_token(token):
            sender = Sender(CHANNEL, token)
            due = await self.reception.current(sender)
            if due is not None and due.receipt:
                return due
            if due is not None and due.state != "idle":
                return await self.reception.turn(sender, Inbound("start"))
        return self.reception.welcome(lang)

    async def form(self, request: Request) -> Response:
        """A message or a pressed button, from a page without JavaScript."""
        if not _same_site(request):
            return HTMLResponse("", status_code=403)
        token, heard, outcome = await self._exchange(request)
        return self._with_cookie(request, token, self._show(outcome, outcome.lang, said=heard.text or None))

    async def api(self, request: Request) -> Response:
        """The same for JavaScript: a form in, the page's new part out as JSON."""
        if not _same_site(request):
            return JSONResponse({}, status_code=403)
        token, _, outcome = await self._exchange(request)
        messages = [spoken(reply, outcome.lang) for reply in outcome.replies]
        turn = {
            "messages": [
                {"text": it.text, "choices": [[choice.id, choice.label] for choice in it.choices]} for it in messages
            ],
            "state": outcome.state,
            "lang": outcome.lang,
            "receipt": outcome.receipt,
            "puzzle": self.gate.puzzle(token) if outcome.state == FLOODED else None,
        }
        return self._with_cookie(request, token, JSONResponse(turn))

    async def _exchange(self, request: Request) -> tuple[str, Inbound, Outcome]:
        """Whose turn it is, what they said, and what they are told."""
        token = request.cookies.get(COOKIE, "")
        if not _is_token(token):
            token = secrets.token_urlsafe(TOKEN_BYTES)
        async with request.form(max_files=1, max_fields=12, max_part_size=FORM_LIMIT) as fields:
            heard = await _heard(dict(fields))
            acknowledged = fields.get("ack") == "1"
            proof = str(fields.get("proof") or "")
        lang = language(request)
        if heard.choice not in SENDING:
            return token, heard, await self._turn(token, heard, acknowledged, lang)
        if not self.gate.passes(token, proof):
            return token, heard, self._patience(token, heard, lang)
        outcome = await self._turn(token, heard, acknowledged, lang)
        if outcome.receipt:
            self.gate.count()
        return token, heard, outcome

    def _patience(self, token: str, heard: Inbound, lang: str) -> Outcome:
        """What is said while too many tips come: the page computes a proof by itself, or the person waits."""
        self.gate.puzzle(token)  # from now on the wait counts
        words = Say("flood.wait", {"seconds": str(int(PATIENCE.total_seconds()))})
        again = Option(heard.choice, Say("option.submit"))
        return Outcome((Reply((words,), (again,)),), FLOODED, lang)

    async def _turn(self, token: str, heard: Inbound, acknowledged: bool, lang: str) -> Outcome:
        sender = Sender(CHANNEL, token)
        try:
            if acknowledged:
                await self.reception.delivered(sender)
            return await self.reception.turn(sender, heard, lang)
        except errors.TinBaoError as error:
            return self.reception.excuse(error, lang)

    def _show(self, outcome: Outcome, lang: str, said: str | None) -> Response:
        return self.pages.respond(
            "chat.html",
            lang=outcome.lang or lang,
            messages=[spoken(reply, outcome.lang) for reply in outcome.replies],
            said=said,
            receipt=outcome.receipt,
            limit=MAX_TEXT,
            desk_link=self.desk_link and outcome.receipt is not None,
        )

    def _with_cookie(self, request: Request, token: str, response: Response) -> Response:
        if request.cookies.get(COOKIE) != token:
            response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=self.https, path="/")
        return response

    async def leave(self, request: Request) -> Response:
        """Quick exit: the draft, the cookie and what the browser kept of us go; what is left is an empty page."""
        token = request.cookies.get(COOKIE, "")
        if _is_token(token):
            await self.reception.forget(Sender(CHANNEL, token))
        response = HTMLResponse(EMPTY_PAGE)
        response.delete_cookie(COOKIE, path="/")
        response.headers["clear-site-data"] = '"cache", "cookies", "storage"'
        return response

    async def transparency(self, request: Request) -> Response:
        """Who runs this, and who still knows you."""
        operator = self.reception.conversation.operator
        return self.pages.respond("about.html", lang=language(request), parts=ABOUT, operator=operator)


def _is_token(token: str) -> bool:
    return len(token) == TOKEN_BYTES * 4 // 3 and token.isascii()


def _same_site(request: Request) -> bool:
    """Browsers say where a form comes from; only our own pages may post."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


async def _heard(fields: dict[str, UploadFile | str]) -> Inbound:
    choice, text, file = fields.get("choose"), fields.get("text"), fields.get("file")
    if isinstance(file, UploadFile) and file.filename:
        head = await file.read(64)
        return Inbound("file", text=str(text or ""), problem=evidence.problem(file.size or 0, head))
    if isinstance(choice, str) and choice:
        return Inbound("choose", choice=choice[:64])
    return Inbound("text", text=text if isinstance(text, str) else "")

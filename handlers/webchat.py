"""Web chat at `/`: works without JavaScript, asks nobody else for anything, and keeps no history.

The page shows the last exchange only. A conversation is a cookie of this browser session; nothing else
tells people apart. With JavaScript the same form is sent in the background and the page does not reload.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

import locales
from handlers.channel import WEB, Channel
from handlers.cookies import Cookies
from handlers.pages import Pages, language
from handlers.speech import Message, spoken
from handlers.uploads import MemoryFile, TooLong, TooManyParts, memory_file, read_form
from tips.evidence.limits import MEGABYTES
from tips.intake import phrases
from tips.intake.flood import PATIENCE, Gate
from tips.intake.languages import NAMED
from tips.intake.reception import Outcome, Reception
from tips.intake.summary import SUBMIT
from tips.intake.turns import Inbound, Option, Reply, Say

CHANNEL = "web"
REF_BYTES = 12  # of a form's reference: who sends the same form twice said it once
MOST_REF = 32
MOST_ACKS = 32
MOST_PLACE = 16  # characters that name a place in a link
AREA = "area"  # of a poster's link: the place where it hangs
FLOODED = "flooded"
TIP, FILE = "tip", "file"  # what may cost work
SENDING = frozenset({"submit", "send_anyway"})
EMPTY_PAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>&#8203;</title>'


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a browser."""

    token: str = field(repr=False)
    heard: Inbound = field(repr=False)
    outcome: Outcome = field(repr=False)
    puzzle: str | None = None  # what this turn would have cost


@dataclass(frozen=True, slots=True)
class WebChat:
    """The citizens' web pages."""

    reception: Reception
    pages: Pages
    cookies: Cookies
    desk_link: bool  # a demo shows the way to the desk after a tip
    gate: Gate

    @property
    def channel(self) -> Channel:
        """What is owed to whoever writes here; a page confirms by itself which receipts it has shown."""
        return Channel(CHANNEL, self.reception, WEB)

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/chat", self.form, methods=["POST"]),
            Route("/api/chat", self.api, methods=["POST"]),
            Route("/api/toll", self.toll, methods=["GET"]),
            Route("/leave", self.leave, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """The chat: a greeting, an unfinished tip, or a receipt that is still due."""
        lang = language(request)
        place = self.reception.opened(_place(request.query_params))
        outcome = await self._current(request, lang, place)
        return self._show(outcome or self.reception.welcome(lang, place), lang, first=outcome is None, place=place)

    async def _current(self, request: Request, lang: str, place: str) -> Outcome | None:
        """What a conversation has come to; None: nothing was said in it yet. A page's link to a language is a wish."""
        token, wish = self.cookies.conversation(request), request.query_params.get("lang", "")
        if not token:
            return None
        sender = self.channel.sender(token)
        due = await self.reception.current(sender)
        if due is None:
            return None
        if wish in locales.LANGUAGES and wish != due.lang:
            return await self.reception.turn(sender, Inbound("choose", choice=f"{NAMED}:{wish}"), lang)
        return due if due.receipt else await self.reception.turn(sender, Inbound("resume", text=place))

    async def form(self, request: Request) -> Response:
        """A message or a pressed button, from a page without JavaScript."""
        if not self.pages.same_site(request):
            return HTMLResponse("", status_code=403)
        turn = await self._exchange(request)
        page = self._show(turn.outcome, turn.outcome.lang, said=turn.heard.text)
        return self._with_cookies(request, turn, page)

    async def api(self, request: Request) -> Response:
        """The same for JavaScript: a form in, the page's new part out as JSON."""
        if not self.pages.same_site(request):
            return JSONResponse({}, status_code=403)
        turn = await self._exchange(request)
        outcome = turn.outcome
        plain = {
            "messages": [as_json(it) for it in _messages(outcome)],
            "state": outcome.state,
            "lang": outcome.lang,
            "receipt": outcome.receipt,
            "ack": " ".join(outcome.tags),
            "puzzle": turn.puzzle,
            "taken": not _is_left(outcome),
        }
        return self._with_cookies(request, turn, JSONResponse(plain))

    async def toll(self, request: Request) -> Response:
        """What a file costs now: a puzzle, or nothing. A page asks before it sends one, so as to send it once."""
        token = self.cookies.conversation(request) or self.cookies.made()
        closed = await self.gate.closed(FILE)
        puzzle = await self.gate.puzzle(token, self.cookies.puzzle(request)) if closed else None
        response = JSONResponse({"puzzle": puzzle})
        self.cookies.keep(request, response, token, puzzle)
        return response

    async def _exchange(self, request: Request) -> Turn:
        """Whose turn it is, what they said, and what they are told."""
        token = self.cookies.conversation(request) or self.cookies.made()
        given, lang = self.cookies.puzzle(request), language(request)
        with memory_file() as file:
            fields, heard = await _read(request, file)
            what = FILE if heard.upload else TIP if await self._sends(token, heard) else ""
            if not what or await self.gate.passes(what, token, given, fields.get("proof", "")):
                return Turn(token, heard, await self._answer(token, heard, fields, what, lang))
            puzzle = await self.gate.puzzle(token, given)
            if what == TIP:
                return Turn(token, heard, _patience(heard, lang), puzzle)
            # It comes again, with its price and under its own reference; what is turned away counts once too.
            heard = replace(heard, upload=None, problem="wait", ref=f"{heard.ref}w" if heard.ref else "")
            return Turn(token, heard, await self._answer(token, heard, fields, "", lang), puzzle)

    async def _sends(self, token: str, heard: Inbound) -> bool:
        """Whether this turn sends a tip: by a button; or by words for it, which is asked only while it costs work."""
        if heard.kind == "choose":
            return heard.choice.partition(":")[0] in SENDING
        short = heard.kind == "text" and len(phrases.clean(heard.text)) <= phrases.SHORT
        return (
            short and await self.gate.closed(TIP) and await self.reception.would_send(self.channel.sender(token), heard)
        )

    async def _answer(self, token: str, heard: Inbound, fields: Mapping[str, str], what: str, lang: str) -> Outcome:
        if what == FILE:
            await self.gate.count(FILE)
        outcome = await self._turn(token, heard, lang)
        if what == TIP and outcome.receipt:
            await self.gate.count(TIP)
        return outcome

    async def _turn(self, token: str, heard: Inbound, lang: str) -> Outcome:
        sender = self.channel.sender(token)
        outcome = await self.channel.answer(sender, heard, lang)
        if outcome.silent:  # the page asks again because it saw no answer
            return await self.channel.answer(sender, Inbound("resume"), lang)
        return outcome

    def _show(self, outcome: Outcome, lang: str, *, said: str = "", first: bool = False, place: str = "") -> Response:
        messages = _messages(outcome)
        return self.pages.respond(
            "chat.html",
            lang=outcome.lang or lang,
            messages=messages,
            primary=any(choice.id == SUBMIT.id for it in messages for choice in it.choices),
            said=None if _is_left(outcome) else said,
            left=(said or "") if _is_left(outcome) else "",
            first=first,
            place=place,
            address=f"{self.pages.origin}/",
            receipt=outcome.receipt,
            ack=" ".join(outcome.tags),
            ref=secrets.token_urlsafe(REF_BYTES),
            megabytes=str(MEGABYTES),
            desk_link=self.desk_link and outcome.receipt is not None,
        )

    def _with_cookies(self, request: Request, turn: Turn, response: Response) -> Response:
        self.cookies.keep(request, response, turn.token, turn.puzzle)
        return response

    async def leave(self, request: Request) -> Response:
        """Quick exit: the draft, the cookie and what the browser kept of us go; what is left is an empty page."""
        token = self.cookies.conversation(request)
        if token:
            await self.reception.forget(self.channel.sender(token))
        response = HTMLResponse(EMPTY_PAGE)
        self.cookies.drop(response)
        response.headers["clear-site-data"] = '"cache", "cookies", "storage"'
        return response


def as_json(message: Message) -> dict[str, Any]:
    """A message as JSON."""
    return {
        "kind": message.kind,
        "text": message.text,
        "paragraphs": [[it.style, it.text] for it in message.paragraphs],
        "choices": [[it.id, it.label] for it in message.choices],
    }


def _messages(outcome: Outcome) -> list[Message]:
    """What is shown of a turn."""
    return [spoken(reply, outcome.lang) for reply in outcome.replies]


def _is_left(outcome: Outcome) -> bool:
    """Whether the words were too many to be taken: they stay where they were written."""
    return any(say.key == "too_long" for reply in outcome.replies for say in reply.says)


def _patience(heard: Inbound, lang: str) -> Outcome:
    """What is said while too many tips come: the page computes a proof by itself, or the person waits."""
    words = Say("flood.wait", {"seconds": str(int(PATIENCE.total_seconds()))})
    again = Option(heard.choice or SUBMIT.id, Say("option.submit"))
    return Outcome((Reply((words,), (again,)),), FLOODED, lang)


async def _read(request: Request, file: MemoryFile) -> tuple[Mapping[str, str], Inbound]:
    """A form's fields, and what they say."""
    try:
        fields = await read_form(request, file)
    except TooLong:
        return {}, Inbound("file", problem="too_large")
    except TooManyParts:
        return {}, Inbound("file", problem="parts")
    except ValueError as error:
        raise HTTPException(400) from error
    words, confirmed = fields.get("text", ""), tuple(fields.get("ack", "").split()[:MOST_ACKS])
    choice = "" if file.given else fields.get("choose", "")[:64]
    ref, place = _reference(fields.get("ref", ""), words, choice), _place(fields)
    heard = Inbound("text", text=words, ref=ref, confirms=confirmed, place=place)
    if file.given:
        return fields, replace(heard, kind="file", upload=file)
    return fields, replace(heard, kind="choose", text="", choice=choice) if choice else heard


def _place(fields: Mapping[str, str]) -> str:
    """What a poster's link names, if it can be a place."""
    place = fields.get(AREA, "")
    return place if len(place) <= MOST_PLACE else ""


def _reference(ref: str, words: str, choice: str) -> str:
    """A form's reference, and what it says: other words under an old reference are said for the first time."""
    said = hashlib.sha256(f"{choice}\0{words}".encode()).hexdigest()[:12]
    return f"{ref[:MOST_REF]}.{said}" if ref else ""

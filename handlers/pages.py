"""How pages are made: templates, the security headers that every answer carries, and static files."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup, escape
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import locales

FOLDER: Final = Path(__file__).parent
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders templates in a language."""

    demo: bool
    trial: bool = False  # the home is for trying out
    origin: str = ""  # where people find these pages: https://HOST

    def respond(self, template: str, *, lang: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page; texts come from the catalogue by `_('key')`."""
        speak = functools.partial(locales.say, lang)
        html = (
            _environment().get_template(template).render(_=speak, lang=lang, demo=self.demo, trial=self.trial, **values)
        )
        return HTMLResponse(html, status_code=status)

    def same_site(self, request: Request) -> bool:
        """Whether a form comes from our own pages, as far as the browser says; only these may post.

        An old browser sends `Origin` alone. Whoever sends neither is no browser that another page could use.
        """
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = request.headers.get("origin")
        if origin is None or origin == self.origin or ("sec-fetch-site" in request.headers and origin == "null"):
            return True
        host = request.headers.get("host", "")  # one of ours: others are refused before anything is routed
        return origin == f"http://{host}" and host != urlsplit(self.origin).netloc

    def error_page(self, request: Request, key: str, status: int) -> Response:
        """A plain page for what went wrong."""
        lang = language(request)
        title, text = locales.say(lang, "page.error"), locales.say(lang, key)
        return self.respond("plain.html", lang=lang, status=status, title=title, text=text)


@functools.cache
def _environment() -> jinja2.Environment:
    folders = ("", "desk", "statistics", "exports")
    loader = jinja2.FileSystemLoader([FOLDER / name / "templates" for name in folders])
    made = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals |= {"languages": locales.NAMES, "static": static}
    made.filters |= {"number": number, "with_calls": with_calls}
    return made


def number(line: str) -> str:
    """The number to call that a line begins with; empty where there is none."""
    found = re.match(r"\+?\d+", line)
    return found.group() if found else ""


def with_calls(words: str) -> Markup:
    """Words in which each number to call is a link that calls it."""
    return Markup(re.sub(r"\b11[1345]\b", r'<a href="tel:\g<0>">\g<0></a>', str(escape(words))))  # noqa: S704 (escaped)


@functools.cache
def _versions() -> Mapping[str, str]:
    """What stands behind a static file's path as its version: of its content, as it was when first asked for."""
    files = (FOLDER / "static").iterdir()
    return {f"/static/{it.name}": f"v={hashlib.sha256(it.read_bytes()).hexdigest()[:12]}" for it in files}


def static(name: str) -> str:
    """The address of a static file, which changes with its content."""
    path = f"/static/{name}"
    return f"{path}?{_versions()[path]}"


def static_files() -> Mount:
    """The static files, compressed.

    Of the pages only those are compressed that hold no secret: the length of an answer that has a receipt in it beside
    words that somebody else may have chosen would tell, try by try, whether they are alike (BREACH). A chat's page is a
    few kilobytes anyway.
    """
    return Mount("/static", GZipMiddleware(StaticFiles(directory=FOLDER / "static")))


def _kept(scope: Scope) -> bytes:
    """How long a browser may keep an answer: a file under its version for ever, as it never changes."""
    version = _versions().get(scope["path"])
    if version is None:
        return b"no-store"
    # Another version's file is not kept under this one's name while both are served.
    return b"public, max-age=31536000, immutable" if scope["query_string"] == version.encode() else b"max-age=3600"


class SecurityHeaders:
    """Adds the headers to every answer; nothing but static files may be kept by a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        extra = [*HEADERS, (b"cache-control", _kept(scope))]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        await self.app(scope, receive, with_headers)


def language(request: Request) -> str:
    """The language of a citizen's page: asked for, the browser's, or Vietnamese."""
    return locales.nearest(request.query_params.get("lang") or request.headers.get("accept-language", ""))

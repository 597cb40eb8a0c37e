"""How pages are made: templates, the security headers that every answer carries, and static files."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import locales

FOLDER: Final = Path(__file__).parent
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
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
    loader = jinja2.FileSystemLoader([FOLDER / "templates", FOLDER / "desk" / "templates"])
    made = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals["languages"] = locales.LANGUAGES
    return made


class SecurityHeaders:
    """Adds the headers to every answer; nothing but static files may be kept by a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        kept = scope["path"].startswith("/static/")
        extra = [*HEADERS, (b"cache-control", b"public, max-age=3600" if kept else b"no-store")]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        await self.app(scope, receive, with_headers)


def language(request: Request) -> str:
    """The language of a citizen's page: asked for, the browser's, or Vietnamese."""
    wanted = request.query_params.get("lang") or request.headers.get("accept-language", "")[:2]
    return wanted if wanted in locales.LANGUAGES else locales.SOURCE

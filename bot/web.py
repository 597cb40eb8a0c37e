"""One ASGI app for everything that speaks HTTP: web chat, desk, webhooks, static files, health."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.wiring import Product
from handlers import webchat
from handlers.desk.doors import DemoLogin, Desk
from handlers.pages import FOLDER, Pages, SecurityHeaders
from tips.flood import Gate

DemoLogins = Callable[[], Awaitable[list[DemoLogin]]] | None
INTAKE: Final = "intake"
DESK: Final = "desk"


def build(
    product: Product, parts: frozenset[str], webhooks: Sequence[Route] = (), demo_logins: DemoLogins = None
) -> Starlette:
    """The app with the doors of these parts open."""
    pages = Pages(product.settings.demo, product.roster().trial)
    https = product.settings.public_url.startswith("https:")
    routes: list[BaseRoute] = [
        Route("/healthz", _health),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]
    if INTAKE in parts:
        chat = webchat.WebChat(
            product.reception, pages, https, desk_link=product.settings.demo, gate=Gate(product.now, product.random)
        )
        routes += chat.routes()
    if DESK in parts:
        desk = Desk(
            review=product.review,
            progress=product.progress,
            holding=product.holding,
            logins=product.logins,
            statistics=product.store.statistics,
            watch=product.watch,
            audit=product.audit,
            clockwork=product.store.clockwork,
            pages=pages,
            now=product.now,
            https=https,
            notices=product.notices if product.settings.officers_token else None,
            demo_logins=demo_logins,
        )
        routes += [Mount("/desk", routes=desk.routes())]
    routes += webhooks
    return Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={
            404: _trouble(pages, "error.not_found", 404),
            500: _trouble(pages, "error.unexpected", 500),
        },
    )


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def _trouble(pages: Pages, key: str, status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    """A page for what is not there, or for a bug: nobody outside learns more than that."""

    async def answer(request: Request, error: Exception) -> Response:
        return pages.trouble(request, key, status)

    return answer

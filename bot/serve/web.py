"""One ASGI app for everything that speaks HTTP: web chat, desk, webhooks, static files, health."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from bot import condition, roster_files
from bot.serve.health import OUTDATED, Health
from bot.settings import Settings
from bot.wiring import Product
from handlers import webchat
from handlers.cookies import Cookies
from handlers.desk import frame
from handlers.desk.login import DemoLogin
from handlers.desk.routes import Desk
from handlers.pages import Pages, SecurityHeaders, static_files
from handlers.published_log import LogDoors
from handlers.statistics.public import TransparencyPage
from handlers.who_reads import WhoReadsPage
from tips.intake.flood import Gate

DemoLogins = Callable[[], Awaitable[list[DemoLogin]]] | None
INTAKE: Final = "intake"
DESK: Final = "desk"
LOOPBACK: Final = ("127.0.0.1", "localhost")
RETRY: Final = 30  # seconds after which somebody else may serve


def build(
    product: Product, parts: frozenset[str], webhooks: Sequence[Route] = (), demo_logins: DemoLogins = None
) -> Starlette:
    """The app with the routes of these parts."""
    https = product.settings.public_url.startswith("https:")
    pages = Pages(product.settings.demo, product.roster().trial, origin(product.settings))
    routes: list[BaseRoute] = [
        Route("/healthz", _health),
        Route("/readyz", _readiness(product.health)),
        static_files(),
    ]
    if INTAKE in parts:
        chat = webchat.WebChat(
            product.reception,
            pages,
            Cookies(product.run.web_key, https),
            desk_link=product.settings.demo,
            gate=Gate(product.counters, product.run.web_key, product.now, product.random),
        )
        unit_name = product.reception.conversation.unit_name
        told, areas = product.reception.conversation, product.roster.areas
        routes += chat.routes() + WhoReadsPage(product.roster, product.roster.organisation, unit_name, pages).routes()
        public, published = product.archive.figures, product.publication
        routes += TransparencyPage(
            told.operator,
            told.contact,
            told.notice,
            public,
            published,
            areas,
            product.incidents.public,
            pages,
            product.now,
        ).routes()
        routes += LogDoors(published, product.counters, pages, product.now).routes()
    if DESK in parts:
        desk = Desk(
            review=product.review,
            search=product.search,
            casework=product.casework,
            organisation=product.roster.organisation,
            receiving=product.roster.receiving,
            roster=product.roster,
            logins=product.logins,
            invitations=product.invitations,
            moves=product.moves,
            own_texts=product.own_texts,
            figures=product.archive.figures,
            export_files=product.export_files,
            early_signs=product.early_signs,
            audit=product.audit,
            clockwork=product.store.clockwork,
            undelivered=product.undelivered,
            holidays=product.holidays,
            condition=functools.partial(condition.look, product),
            reorganisation=product.reorganisation,
            incidents=product.incidents,
            unit_templates=product.unit_templates,
            travelling=roster_files.request,
            pages=pages,
            now=product.now,
            https=https,
            officer_notifications=product.officer_notifications if product.settings.officers_token else None,
            demo_logins=demo_logins,
        )
        routes += [
            Route("/desk", _to_desk),
            Mount("/desk", app=Router(desk.routes(), redirect_slashes=False)),
            *([] if INTAKE in parts else [Route("/", _to_desk)]),
        ]
    routes += webhooks
    alone = DESK in parts and INTAKE not in parts
    app = Starlette(
        routes=routes,
        middleware=_middleware(product.settings),
        exception_handlers={
            ClientDisconnect: _gone,
            404: _error_page(pages, "error.not_found", 404, alone=alone),
            500: _error_page(pages, "error.unexpected", 500, alone=alone),
        },
    )
    app.router.redirect_slashes = False  # such a redirect would name whatever host the request names
    return app


def build_retired(product: Product) -> Starlette:
    """What is answered once a later version has taken the home over: that, and to everybody else to try again."""
    pages = Pages(product.settings.demo, product.roster().trial, origin(product.settings))

    async def readiness(request: Request) -> Response:
        return JSONResponse({"store": OUTDATED}, status_code=503)

    async def later(request: Request) -> Response:
        answer = pages.error_page(request, "error.try_again", 503)
        answer.headers["retry-after"] = str(RETRY)
        return answer

    every = ["GET", "POST", "PUT", "DELETE"]
    routes = [Route("/healthz", _health), Route("/readyz", readiness), static_files()]
    return Starlette(
        routes=[*routes, Route("/{path:path}", later, methods=every)], middleware=_middleware(product.settings)
    )


def _middleware(settings: Settings) -> list[Middleware]:
    return [
        Middleware(SecurityHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts(settings), www_redirect=False),
    ]


def hosts(settings: Settings) -> list[str]:
    """The only names under which this is reached; their ports are the proxy's matter."""
    return sorted({urlsplit(settings.public_url).hostname or settings.host, settings.host, *LOOPBACK})


def origin(settings: Settings) -> str:
    """Scheme and host of the address that people are given."""
    address = urlsplit(settings.public_url)
    return f"{address.scheme}://{address.netloc}"


async def _to_desk(request: Request) -> Response:
    return RedirectResponse("/desk/", status_code=307)


async def _gone(request: Request, error: Exception) -> Response:
    """Somebody's connection ended in the middle of a request: nothing is to be done, or to be written down."""
    return Response(status_code=400)


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def _readiness(health: Health) -> Callable[[Request], Awaitable[Response]]:
    """How each part is, by name; 503 while tips cannot be taken or a clock stands still."""

    async def answer(request: Request) -> Response:
        report = await health.report()
        return JSONResponse(report, status_code=200 if health.ready(report) else 503)

    return answer


def _error_page(
    pages: Pages, key: str, status: int, *, alone: bool
) -> Callable[[Request, Exception], Awaitable[Response]]:
    """A page for what is not there, or for a bug: nobody outside learns more than that.

    Args:
        alone: the desk is served without the citizens' pages, to which its own page for that would lead otherwise.
    """

    async def answer(request: Request, error: Exception) -> Response:
        if alone or request.url.path.startswith("/desk/"):
            return frame.error_page(pages, request, key, status)
        return pages.error_page(request, key, status)

    return answer

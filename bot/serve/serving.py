"""Serving: opens the product, starts the parts that were asked for, and stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from bot import logs
from bot.commands import error_messages
from bot.serve import background, contacts, http_connections, web
from bot.serve.announcing import Announcer
from bot.serve.messengers import Door
from bot.settings import Settings, ZaloAccount
from bot.wiring import SIGNS_AS, Product, open_product
from tips import errors
from tips.intake.tallies import Tallies

PARTS: Final = frozenset(SIGNS_AS)
ROSTER_EVERY: Final = 15.0  # seconds
READY: Final = b"+"  # what a supervisor is told
GRACE: Final = 5  # seconds for open requests at the end

log = logging.getLogger(__name__)


async def serve(settings: Settings, parts: frozenset[str], inherited: Sequence[int] = ()) -> int:
    """Run until a signal ends it.

    Args:
        inherited: the numbers of listening sockets that a supervisor shares, see `bot.serve.workers`: people's, and
            monitoring's if it is on. It is told on standard output once this serves, and the end of standard input
            ends it.
    """
    if unknown := parts - PARTS:
        raise errors.BadSetting(f"--only knows {', '.join(sorted(PARTS))}, not {', '.join(sorted(unknown))}")
    logs.configure(as_json=settings.json_logs)
    try:
        return await _served(settings, parts, inherited)
    except errors.TinBaoError as error:
        if not settings.json_logs:
            raise
        log.error("this cannot serve: %s", error_messages.said(error, os.environ))
        return 1


async def _served(settings: Settings, parts: frozenset[str], inherited: Sequence[int]) -> int:
    if not (
        sys.stdin and sys.stdin.isatty()
    ):  # a service manager's reload, which is for workers; a terminal's end ends it
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    shared = [_shared(it) for it in inherited]
    listener, ready = shared[0] if shared else listen(settings), asyncio.Event()
    async with open_product(settings, parts) as product, contextlib.AsyncExitStack() as stack:
        if shared:
            await stack.enter_async_context(background.working(_supervised(ready), "supervisor"))
        await run(product, parts, listener, ready, asked=shared[1] if shared[1:] else None)
    return 0


async def _supervised(ready: asyncio.Event) -> None:
    """Say when this serves, and end it with who began it."""
    loop, ended, told = asyncio.get_running_loop(), asyncio.Event(), sys.stdin.fileno()

    def over() -> None:  # nothing is ever written there: it only comes to its end
        loop.remove_reader(told)
        ended.set()

    loop.add_reader(told, over)
    await ready.wait()
    with contextlib.suppress(BrokenPipeError):  # who began it is gone already
        os.write(sys.stdout.fileno(), READY)
    await ended.wait()
    os.kill(os.getpid(), signal.SIGTERM)


def listen(settings: Settings, port: int | None = None) -> socket.socket:
    """The listening socket, taken before anything else is done; `port` goes before the settings'.

    Raises:
        BadSetting: the port is taken; the message names `PORT=`.
    """
    return _bound(settings.host, port or settings.port, "TINBAO_LISTEN")


def listen_to_monitoring(settings: Settings) -> socket.socket | None:
    """The socket at which monitoring asks; None: nobody does.

    Raises:
        BadSetting: the port is taken.
    """
    return _bound(*settings.metrics, "TINBAO_METRICS") if settings.metrics else None


def _shared(number: int) -> socket.socket:
    """A listening socket of a supervisor's; one that Python takes for blocking it makes so, for all who share it."""
    found = socket.socket(fileno=number)
    found.setblocking(False)
    return found


def _bound(host: str, port: int, name: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, asyncio sets TCP_NODELAY
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise errors.BadSetting(f"{name}: {host}:{port} cannot be listened on") from error
        raise errors.BadSetting(f"port {port} is taken: choose another, with PORT=8139 make demo or {name}") from error
    listener.listen(1024)
    listener.setblocking(
        False
    )  # before anybody shares it: that is of the socket itself, and who takes no one must not wait
    return listener


async def run(
    product: Product,
    parts: frozenset[str],
    listener: socket.socket,
    ready: asyncio.Event,
    demo_logins: web.DemoLogins = None,
    more: Sequence[Route] = (),
    asked: socket.socket | None = None,
) -> None:
    """Run the parts of an open product until a signal ends it; `ready` is set once it answers.

    Once a later version takes the home over, every part is ended in order, and only that is said from then on.

    Args:
        more: routes beside those of the parts: pages of a demo.
        asked: where monitoring asks, if several processes share it; None: this one listens there.
    """
    retired = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        webhooks: list[Route] = [*more]
        announcer = Announcer(product.reporter_notifications)
        for opened in citizens_doors(product) if "intake" in parts else ():
            door = await stack.enter_async_context(opened)
            webhooks += door.routes
            announcer.by(door.channel, door.tell, door.messenger)
        if announcer.ways:
            await stack.enter_async_context(background.working(announcer.always(), "news"))
        if "officers" in parts and product.settings.officers_token:
            await stack.enter_async_context(officers_bot(product))
        if "intake" in parts:
            await stack.enter_async_context(_counting(product))
        if "clock" in parts:
            from bot.serve import scheduler

            await stack.enter_async_context(scheduler.running(product.jobs, product.health))
        await stack.enter_async_context(background.working(_watch(product, retired), "roster"))
        contacts_noted = contacts.noting(product.health, product.store.contacts, product.now)
        await stack.enter_async_context(background.working(contacts_noted, "contacts"))
        if asked := asked or listen_to_monitoring(product.settings):
            stack.enter_context(asked)
            await stack.enter_async_context(background.working(_measured(product, asked), "metrics"))
        app = web.build(product, parts, webhooks, demo_logins)
        gc.collect()
        gc.freeze()  # what is there by now stays: a collection that looked at it all again held everybody up for 0.2 s
        await _serve_http(app, listener.dup(), ready, retired)  # what it closes at the end is not ours
    if retired.is_set():
        await _serve_http(web.build_retired(product), listener.dup(), asyncio.Event(), asyncio.Event())


def citizens_doors(product: Product) -> list[AbstractAsyncContextManager[Door]]:
    """The messengers' doors that are set up; what each needs is imported only then."""
    settings = product.settings
    telegram = [citizens_bot(product)] if settings.telegram_token else []
    zalo = [zalo_bot(product)] if settings.zalo_token else []
    return [*telegram, *zalo, *([zalo_account(product, settings.zalo_account)] if settings.zalo_account else [])]


def citizens_bot(product: Product) -> AbstractAsyncContextManager[Door]:
    """The citizens' bot on Telegram."""
    from bot.serve import citizens_bot as bot

    return bot.running(product.settings, product.reception, product.health)


def zalo_bot(product: Product) -> AbstractAsyncContextManager[Door]:
    """The bot of the Zalo Bot Platform."""
    from bot.serve import zalo_bot as bot

    return bot.running(product.settings, product.reception, product.health)


def zalo_account(product: Product, account: ZaloAccount) -> AbstractAsyncContextManager[Door]:
    """The Official Account of Zalo."""
    from bot.serve import zalo_account as served

    return served.running(product.settings, account, product.reception, product.health)


def officers_bot(product: Product) -> AbstractAsyncContextManager[Any]:
    """The officers' bot, which announces what waits."""
    from bot.serve import officers_bot as bot

    return bot.running(
        product.settings,
        product.officer_notifications,
        product.store.statistics,
        product.archive,
        product.health,
        product.now,
    )


@contextlib.asynccontextmanager
async def _counting(product: Product) -> AsyncIterator[None]:
    """Keep what was counted at each hour's end, and at the end."""
    tallies = product.reception.tallies
    async with background.working(_keep_hourly(tallies), "tallies"):
        yield
    with contextlib.suppress(errors.StoreUnavailable):
        await tallies.keep()


async def _keep_hourly(tallies: Tallies) -> None:
    while True:
        await asyncio.sleep(max(1.0, tallies.left().total_seconds()))
        with contextlib.suppress(errors.StoreUnavailable):  # they wait for the next hour's end
            await tallies.keep()


async def _watch(product: Product, retired: asyncio.Event) -> None:
    """Look now and then for a newer roster and what people laid down, so that both count without a restart.

    And for a newer schema, with which nothing here may be written any more.
    """
    while not retired.is_set():
        await asyncio.sleep(ROSTER_EVERY)
        try:
            await product.store.probe.schema()
            await product.roster.refresh()
            await product.standing.refresh()
        except errors.Outdated as error:
            log.error("this process serves no more: %s", error)
            retired.set()
        except (errors.StoreUnavailable, errors.NotVerified):
            continue


async def _serve_http(app: Starlette, listener: socket.socket, ready: asyncio.Event, until: asyncio.Event) -> None:
    """Answer until a signal, or `until`."""
    server = http_server(app, ready)

    async def watched() -> None:
        await until.wait()
        server.should_exit = True

    async with background.working(watched(), "until"):
        await server.serve(sockets=[listener])


async def _measured(product: Product, listener: socket.socket) -> None:
    """Answer monitoring."""
    from bot.serve import metrics

    server = http_server(metrics.app(product), asyncio.Event())
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]  # the other server's
    await server.serve(sockets=[listener])


def http_server(app: ASGIApp, ready: asyncio.Event) -> uvicorn.Server:
    """What answers; `ready` is set once it does."""
    config = uvicorn.Config(
        app,
        http=http_connections.Connection,
        log_config=None,
        access_log=False,  # an access log would hold who came when
        server_header=False,
        date_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE,
        proxy_headers=False,
    )
    return _Server(config, ready.set)


TICKS: Final = 10  # of uvicorn's, in a second


class _Server(uvicorn.Server):
    """Uvicorn that says when it is ready, leaves the loop's signals to itself only, and ends what stands still."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in order at a signal; uvicorn would raise it once more, before anything behind it is put in order."""
        loop, ending = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
        for number in ending:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in ending:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS == 0:
            http_connections.look(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

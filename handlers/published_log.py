"""The log's public doors: its newest head and proofs that it only grew, for programs; its heads by day, for people.

The first three speak plain text in the field's own formats (C2SP tlog-checkpoint and tlog-cosignature, RFC 9162), and
English where something is wrong. Nothing is kept of whoever asks, so the limits are for all of them together.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import locales
from handlers.pages import Pages, language
from tips import errors
from tips.cases import deadlines
from tips.merkle import notes
from tips.ports.intake import Counters
from tips.transparency.publication import Publication, PublishedHead

CHECKPOINT: Final = "/log/checkpoint"
CONSISTENCY: Final = "/log/consistency"
COSIGNATURE: Final = "/log/cosignature"
PAGE: Final = "/minh-bach/so-cai"
MINUTE: Final = timedelta(minutes=1)
PROOFS: Final = 600  # that are made in a minute, for everybody
HANDED_IN: Final = 120  # cosignatures that are looked at in a minute
SHORT: Final = 16  # signs of a root that are shown where there is little room
_SIZE: Final = re.compile(r"[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A head in words."""

    hour: str
    size: str
    root: str
    witnesses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeadRows:
    """What is shown of the log."""

    rows: tuple[HeadRow, ...] = ()
    vkey: str = ""
    why: str = ""  # `log.WHY`: why nothing is shown


@dataclass(frozen=True, slots=True)
class LogDoors:
    """The doors, and the page."""

    publication: Publication
    counters: Counters
    pages: Pages
    now: Callable[[], datetime]

    def routes(self) -> list[Route]:
        """The page alone is compressed: the others are short."""
        return [
            Route(CHECKPOINT, self.checkpoint, methods=["GET"]),
            Route(CONSISTENCY, self.consistency, methods=["GET"]),
            Route(COSIGNATURE, self.cosignature, methods=["POST"]),
            Route(PAGE, self.page, methods=["GET"], middleware=[Middleware(GZipMiddleware)]),
        ]

    async def checkpoint(self, request: Request) -> Response:
        """The newest head as a signed note, with the cosignatures that came."""
        try:
            return PlainTextResponse(bytes(await self.publication.note()))
        except errors.NotFound as error:
            return _said(404, error)
        except errors.StoreUnavailable as error:
            return _said(503, error)

    async def consistency(self, request: Request) -> Response:
        """A proof between two heads, a hash in base64 a line."""
        sizes = [request.query_params.get(name, "") for name in ("old", "new")]
        if not all(_SIZE.fullmatch(it) for it in sizes):
            return _said(400, "old and new must be numbers of leaves: ?old=64&new=128")
        if not await self.counters.hit(b"log proofs", PROOFS, MINUTE):
            return _later()
        try:
            proof = await self.publication.consistency(*map(int, sizes))
        except errors.NotFound as error:
            return _said(404, error)
        except (errors.NotVerified, errors.StoreUnavailable):
            return _said(503, "no proof can be made now of what is stored")
        return PlainTextResponse("".join(f"{base64.b64encode(it).decode()}\n" for it in proof))

    async def cosignature(self, request: Request) -> Response:
        """Take a witness's cosignature: the head's note with its line below."""
        if not await self.counters.hit(b"log cosignatures", HANDED_IN, MINUTE):
            return _later()
        raw = await _body(request)
        if raw is None:
            return _said(413, "a note is shorter")
        try:
            await self.publication.cosign(raw)
        except errors.NotVerified as error:
            return _said(403, error)
        except errors.NotFound as error:
            return _said(404, error)
        except errors.StoreUnavailable as error:
            return _said(503, error)
        return PlainTextResponse("kept\n")

    async def page(self, request: Request) -> Response:
        """The last head of each of the last days."""
        lang = language(request)
        try:
            heads = await self.publication.days(self.now())
            shown = HeadRows(_rows(lang, heads, None), (await self.publication.key()).vkey())
        except errors.NotFound:
            shown = HeadRows(why="none_yet")
        except errors.StoreUnavailable:
            shown = HeadRows(why="away")
        return self.pages.respond("log_heads.html", lang=lang, log=shown)


async def newest(publication: Publication, lang: str) -> HeadRows:
    """The newest head, for a page that has more to say and is shown without the store as well."""
    try:
        return HeadRows(_rows(lang, [await publication.newest()], SHORT))
    except errors.NotFound:
        return HeadRows(why="none_yet")
    except errors.TinBaoError:
        return HeadRows(why="away")


def _rows(lang: str, heads: Sequence[PublishedHead], signs: int | None) -> tuple[HeadRow, ...]:
    return tuple(
        HeadRow(
            deadlines.moment(it.hour) if it.hour else locales.say(lang, "log.hour_unknown"),
            str(it.checkpoint.size),
            base64.b64encode(it.checkpoint.root).decode()[:signs],
            it.witnesses,
        )
        for it in heads
    )


async def _body(request: Request) -> bytes | None:
    """A note's bytes; None: that is longer than any."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > notes.MOST_BYTES:
            return None
    return bytes(data)


def _said(status: int, why: object) -> Response:
    return PlainTextResponse(f"{why}\n", status)


def _later() -> Response:
    return PlainTextResponse("too many ask at once: try again in a minute\n", 429, {"retry-after": "60"})

"""`tinbao incident`: what went wrong with the home, in an admin's or an overseer's name."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.commands import asking
from bot.commands.cases import session_of
from bot.settings import Settings
from bot.wiring import open_product
from tips import errors
from tips.cases import deadlines
from tips.cases.incidents import Incident, IncidentKind
from tips.desk.incidents import Incidents
from tips.people.session import Session

Do = Callable[[Incidents, Session], Awaitable[None]]


async def show(settings: Settings, *, as_json: bool) -> int:
    """`tinbao incident list`: every one, the newest first."""
    async with open_product(settings) as product:
        listed = product.incidents.listed()
    if as_json:
        print(json.dumps([_plain(it) for it in listed], ensure_ascii=False))
        return 0
    for it in listed:
        print(f"{it.id}  {it.kind}  {_hour(it.since)}  {'closed' if it.closed else 'open'}")
        for entry in it.entries:
            print(f"  {_hour(entry.at)} {entry.by}, {entry.act}: {' '.join(entry.words.split())}")
        if it.offered:
            print(f"  for everybody, offered by {it.offered.by}: {it.offered.words}")
        if it.public:
            print(f"  for everybody: {it.public}")
    return 0


def _hour(at: datetime) -> str:
    """As `--since` takes it: the city's time, and said so."""
    return at.astimezone(deadlines.CITY).isoformat(timespec="minutes")


def _plain(it: Incident) -> dict[str, object]:
    return {
        "id": it.id,
        "kind": str(it.kind),
        "since": it.since.isoformat(),
        "closed": it.closed.isoformat() if it.closed else None,
        "entries": [[str(one.act), one.by, one.at.isoformat(), one.words] for one in it.entries],
        "offered": it.offered.words if it.offered else None,
        "public": it.public or None,
    }


async def begin(settings: Settings, officer: str, kind: str, since: str, words: str) -> int:
    """`tinbao incident open`."""
    if kind not in tuple(IncidentKind):
        raise errors.BadSetting(f"--kind knows {', '.join(IncidentKind)}")
    try:
        at = datetime.fromisoformat(since)
    except ValueError as error:
        raise errors.BadSetting("--since is written like 2026-11-30T14:00") from error
    at = at if at.tzinfo else at.replace(tzinfo=deadlines.CITY)
    return await _done(settings, officer, lambda listed, who: listed.begin(who, IncidentKind(kind), at, words))


async def say(settings: Settings, officer: str, act: str, id: str, words: str) -> int:
    """`tinbao incident add`, `close` and `offer`."""
    return await _done(settings, officer, lambda listed, who: getattr(listed, act)(who, id, words))


async def agree(settings: Settings, officer: str, id: str, *, agreed: bool) -> int:
    """`tinbao incident agree`: to the words that are offered now, once they were shown."""
    async with open_product(settings) as product:
        offered = next((it.offered for it in product.incidents.listed() if it.id == id), None)
        if offered is None:
            raise errors.NotFound
        print(f"for everybody, offered by {offered.by}: {offered.words}")
        asking.check("words.sure", agreed=agreed)
        await product.incidents.agree(await session_of(product.logins, officer), id, offered.digest)
    return 0


async def _done(settings: Settings, officer: str, do: Do) -> int:
    async with open_product(settings) as product:
        await do(product.incidents, await session_of(product.logins, officer))
    return 0

"""Pings that wait for their time, and pushes that wait to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import claims, mapping
from storage.engine import Database
from tips import errors
from tips.cases import outbox
from tips.cases.outbox import Trouble
from tips.cases.pings import Ping, PingKind, Push
from tips.ports.desk import Chat, Made


class SqlOutbox:
    """See `tips.ports.desk.Outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, pings: Sequence[Ping]) -> None:
        """Further pings, of no step of a case."""
        if pings:
            async with self._database.write() as connection:
                await connection.execute(mapping.table("ping").insert(), [mapping.of_ping(it) for it in pings])

    async def due(self, now: datetime, limit: int) -> list[Ping]:
        """Pings whose time has come by `now`."""
        return [mapping.to_ping(row) for row in await self._database.rows(_due(now, limit))]

    async def fan_out(self, now: datetime, limit: int, made: Made) -> int:
        """Put pushes in the place of the pings that are due."""
        ping, chat = mapping.table("ping"), mapping.table("officer_chat")
        async with self._database.write() as connection:
            mine = await connection.execute(_due(now, limit).with_for_update(skip_locked=True))
            pings = [mapping.to_ping(row) for row in mine]
            if pings:
                chats = [Chat(it.chat, it.name, it.quiet or "") for it in await connection.execute(sa.select(chat))]
                await _put(connection, made(pings, chats))
                await connection.execute(ping.delete().where(ping.c.id.in_([it.id for it in pings])))
        return len(pings)

    async def put_digest(self, pushes: Sequence[Push]) -> None:
        """The digest of an hour, in place of those before."""
        push = mapping.table("push")
        async with self._database.write() as connection:
            for since in {it.since for it in pushes}:
                earlier = sa.and_(push.c.kind == PingKind.DIGEST, push.c.since < since)
                await connection.execute(push.delete().where(earlier))
            await _put(connection, pushes)

    async def claim(self, now: datetime, limit: int, lease: timedelta = outbox.LEASE) -> list[Push]:
        """Pushes to send by `now`, each for one caller."""
        push = mapping.table("push")
        waiting = sa.and_(push.c.after <= now, push.c.trouble.is_(None))
        async with self._database.write() as connection:
            rows = await connection.execute(claims.claimed(push, push.c.id, waiting, push.c.after, limit, lease))
            return [mapping.to_push(row) for row in rows]

    async def done(self, push: Push) -> None:
        """A claimed push is over."""
        if push.kind == PingKind.DIGEST:
            await self._answer(push, after=None)
            return
        table = mapping.table("push")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(_held(push)))

    async def put_off(self, push: Push, after: datetime) -> None:
        """A claimed push is tried again."""
        await self._answer(push, after=after)

    async def give_back(self, push: Push) -> None:
        """A claimed push was not tried at all."""
        await self._answer(push, tries=push.tries - 1)

    async def bury(self, push: Push, trouble: Trouble) -> None:
        """A claimed push will not be sent."""
        await self._answer(push, trouble=trouble)

    async def _answer(self, push: Push, **values: Any) -> None:
        table = mapping.table("push")
        async with self._database.write() as connection:
            await connection.execute(table.update().where(_held(push)).values(claimed_until=None, **values))

    async def waiting(self, now: datetime) -> int:
        """How many pushes wait."""
        it = mapping.table("push").c
        waiting = sa.select(sa.func.count()).where(it.after <= now, it.trouble.is_(None))
        return int((await self._database.rows(waiting))[0][0])

    async def dead(self) -> list[Push]:
        """Dead letters, oldest first."""
        push = mapping.table("push")
        dead = sa.select(push).where(push.c.trouble.is_not(None)).order_by(push.c.since, push.c.id)
        return [mapping.to_push(row) for row in await self._database.rows(dead)]

    async def expire(self, before: datetime) -> None:
        """Dead letters that wait since before then go."""
        push = mapping.table("push")
        async with self._database.write() as connection:
            await connection.execute(push.delete().where(push.c.trouble.is_not(None), push.c.since < before))

    async def send_again(self, id: bytes, now: datetime) -> None:
        """A dead letter begins anew."""
        anew = {"after": now, "tries": 0, "trouble": None, "claimed_until": None}
        await self._change_dead(mapping.table("push").update().values(**anew), id)

    async def drop(self, id: bytes) -> None:
        """A dead letter goes."""
        await self._change_dead(mapping.table("push").delete(), id)

    async def _change_dead(self, change: Any, id: bytes) -> None:
        push = mapping.table("push")
        async with self._database.write() as connection:
            done = await connection.execute(change.where(push.c.id == id, push.c.trouble.is_not(None)))
        if not done.rowcount:
            raise errors.NotFound


def _due(now: datetime, limit: int) -> sa.Select[Any]:
    ping = mapping.table("ping")
    return sa.select(ping).where(ping.c.after <= now).order_by(ping.c.id).limit(limit)


def _held(push: Push) -> sa.ColumnElement[bool]:
    """The row of a claim that still stands."""
    table = mapping.table("push")
    return sa.and_(table.c.id == push.id, table.c.tries == push.tries, table.c.trouble.is_(None))


async def _put(connection: AsyncConnection, pushes: Sequence[Push]) -> None:
    """Pushes; one that is there stays as it is."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    if pushes:
        values = [mapping.of_push(it) for it in pushes]
        await connection.execute(dialect.insert(mapping.table("push")).on_conflict_do_nothing(), values)

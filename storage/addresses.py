"""Addresses of those who asked to be told, sealed under a key that is on no disk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage import claims, mapping
from storage.engine import Database
from tips.cases import outbox
from tips.cases.outbox import Trouble
from tips.ports.intake import KEY_ID_BYTES, ClaimedAddress


class SqlAddresses:
    """See `tips.ports.intake.Addresses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, case: bytes, sealed: bytes) -> None:
        """A case's address, in place of the one it had."""
        table = mapping.table("address")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.case_id == case))
            await connection.execute(table.insert(), {"case_id": case, "sealed": sealed, "news_from": None})

    async def every(self) -> list[tuple[bytes, bytes]]:
        """All of them."""
        table = mapping.table("address").c
        statement = sa.select(table.case_id, table.sealed).order_by(table.case_id)
        return [(case, sealed) for case, sealed in await self._database.rows(statement)]

    async def claim(
        self, key: bytes, now: datetime, limit: int, after: bytes = b"", lease: timedelta = outbox.LEASE
    ) -> list[ClaimedAddress]:
        """Those for which something waits, each for one caller."""
        table = mapping.table("address")
        it = table.c
        waiting = sa.and_(it.news_from <= now, it.trouble.is_(None), it.case_id > after, _sealed_under([key]))
        async with self._database.write() as connection:
            rows = await connection.execute(claims.claimed(table, it.case_id, waiting, it.case_id, limit, lease))
            claimed = [ClaimedAddress(row.case_id, row.sealed, row.news_from, row.tries) for row in rows]
        return sorted(claimed, key=lambda claim: claim.case)

    async def told(self, claim: ClaimedAddress) -> None:
        """Nothing waits any more, unless news came meanwhile."""
        await self._answer(claim, news_from=None, tries=0)

    async def put_off(self, claim: ClaimedAddress, after: datetime) -> None:
        """They are told later."""
        await self._answer(claim, news_from=after)

    async def give_back(self, claim: ClaimedAddress) -> None:
        """Nobody tried to tell them."""
        await self._answer(claim, tries=claim.tries - 1)

    async def bury(self, claim: ClaimedAddress, trouble: Trouble) -> None:
        """These news will not be told."""
        await self._answer(claim, trouble=trouble)

    async def _answer(self, claim: ClaimedAddress, **values: Any) -> None:
        table = mapping.table("address")
        it = table.c
        same = sa.and_(it.case_id == claim.case, it.tries == claim.tries, it.news_from == claim.news_from)
        async with self._database.write() as connection:
            await connection.execute(table.update().where(same).values(claimed_until=None, **values))

    async def waiting(self, now: datetime) -> int:
        """For how many something waits."""
        it = mapping.table("address").c
        waiting = sa.select(sa.func.count()).where(it.news_from <= now, it.trouble.is_(None))
        return int((await self._database.rows(waiting))[0][0])

    async def dead(self) -> int:
        """How many are dead letters."""
        dead = mapping.table("address").c.trouble.is_not(None)
        return int((await self._database.rows(sa.select(sa.func.count()).where(dead)))[0][0])

    async def gone(self, claim: ClaimedAddress) -> None:
        """Destroy an address, if it is still this one."""
        it = mapping.table("address").c
        await self._delete(sa.and_(it.case_id == claim.case, it.sealed == claim.sealed))

    async def lost(self, keys: Collection[bytes]) -> None:
        """Destroy what nobody can open."""
        if keys:
            await self._delete(_sealed_under(keys))

    async def drop(self, cases: Sequence[bytes]) -> None:
        """Destroy addresses."""
        if cases:
            await self._delete(mapping.table("address").c.case_id.in_(cases))

    async def _delete(self, which: sa.ColumnElement[bool]) -> None:
        async with self._database.write() as connection:
            await connection.execute(mapping.table("address").delete().where(which))


def _sealed_under(keys: Collection[bytes]) -> sa.ColumnElement[bool]:
    """The rows that begin with the id of one of these keys."""
    begins = sa.func.substr(mapping.table("address").c.sealed, 1, KEY_ID_BYTES, type_=sa.LargeBinary)
    return begins.in_(sorted(keys))

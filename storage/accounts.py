"""Logins and sessions."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from storage import mapping
from storage.engine import Database
from storage.tables import PersonRow, SessionRow
from tips import errors
from tips.ports.people import Account, StoredSession


class SqlAccounts:
    """See `tips.ports.people.Accounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> Account:
        """A login."""
        async with self._database.read() as session:
            row = (await session.exec(select(PersonRow).where(PersonRow.name == name))).first()
        if row is None:
            raise errors.NotFound
        return mapping.to_account(row)

    async def put(self, account: Account) -> None:
        """Store a login in place of the one before."""
        table = mapping.table("person")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.name == account.locked.name))
            await connection.execute(table.insert().values(**mapping.of_account(account)))

    async def note_failure(self, name: str, failures: int, blocked_until: datetime | None) -> None:
        """Count a wrong passphrase."""
        await self._note(name, failures=failures, blocked_until=blocked_until)

    async def note_code_misses(self, name: str, misses: int, blocked_until: datetime | None) -> None:
        """Count a wrong one-time code."""
        await self._note(name, code_misses=misses, code_blocked_until=blocked_until)

    async def _note(self, name: str, **noted: int | datetime | None) -> None:
        table = mapping.table("person")
        async with self._database.write() as connection:
            await connection.execute(table.update().where(table.c.name == name).values(**noted))

    async def spend_code(self, name: str, step: int, latest: int) -> bool:
        """Mark a time step as used; true once."""
        table = mapping.table("person")
        async with self._database.write() as connection:
            free = (table.c.totp_step < step) | (table.c.totp_step > latest)
            done = await connection.execute(table.update().where(table.c.name == name, free).values(totp_step=step))
        return bool(done.rowcount == 1)

    async def open_session(self, session: StoredSession) -> None:
        """Store a session."""
        async with self._database.write() as connection:
            await connection.execute(mapping.table("session").insert().values(**mapping.of_session(session)))

    async def session(self, id: bytes) -> StoredSession:
        """A session."""
        async with self._database.read() as session:
            row = (await session.exec(select(SessionRow).where(SessionRow.id == id))).first()
        if row is None:
            raise errors.NotFound
        return mapping.to_session(row)

    async def sessions(self, name: str) -> list[StoredSession]:
        """A person's sessions."""
        async with self._database.read() as session:
            newest = select(SessionRow).where(SessionRow.name == name).order_by(col(SessionRow.expires_at).desc())
            return [mapping.to_session(row) for row in await session.exec(newest)]

    async def touch_session(self, id: bytes, now: datetime) -> None:
        """It was used now."""
        table = mapping.table("session")
        async with self._database.write() as connection:
            await connection.execute(table.update().where(table.c.id == id).values(seen_at=now))

    async def close_sessions(self, *, id: bytes | None, idle_before: datetime | None) -> int:
        """Forget one session, or all that nobody used since."""
        table = mapping.table("session")
        which = table.c.id == id if idle_before is None else table.c.seen_at <= idle_before
        async with self._database.write() as connection:
            done = await connection.execute(table.delete().where(which))
        return int(done.rowcount)

"""Who is asked to join."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from storage import mapping
from storage.engine import Database
from storage.tables import InvitationRow
from tips import errors
from tips.organisation.roles import Role
from tips.ports.people import Invitation


class SqlInvitations:
    """See `tips.ports.people.Invitations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, invitation: Invitation, now: datetime) -> bool:
        """Store one in place of an earlier one of the same name, unless keys wait there."""
        table = mapping.table("invitation")
        theirs = table.c.name == invitation.name
        free = sa.or_(table.c.expires_at <= now, table.c.sealed.is_(None))
        try:
            async with self._database.write() as connection:
                await connection.execute(table.delete().where(theirs, free))
                if (await connection.execute(sa.select(table.c.id).where(theirs))).first():
                    return False
                await connection.execute(table.insert().values(**mapping.of_invitation(invitation)))
        except IntegrityError as error:
            raise errors.Stale from error
        return True

    async def get(self, id: bytes) -> Invitation:
        """One."""
        async with self._database.read() as session:
            row = (await session.exec(select(InvitationRow).where(InvitationRow.id == id))).first()
        if row is None:
            raise errors.NotFound
        return mapping.to_invitation(row)

    async def take_up(self, invitation: Invitation, now: datetime) -> bool:
        """Store what somebody took up, once."""
        table = mapping.table("invitation")
        free = (table.c.id == invitation.id, table.c.sealed.is_(None), table.c.expires_at > now)
        async with self._database.write() as connection:
            done = await connection.execute(table.update().where(*free).values(**mapping.of_invitation(invitation)))
        return bool(done.rowcount == 1)

    async def all(self) -> list[Invitation]:
        """Every one, by name."""
        async with self._database.read() as session:
            found = await session.exec(select(InvitationRow).order_by(col(InvitationRow.name)))
            return [mapping.to_invitation(row) for row in found if row.role in tuple(Role)]

    async def drop(self, names: Sequence[str]) -> int:
        """Forget those of these names."""
        table = mapping.table("invitation")
        async with self._database.write() as connection:
            return int((await connection.execute(table.delete().where(table.c.name.in_(names)))).rowcount)

    async def expire(self, now: datetime) -> int:
        """Forget what is over."""
        table = mapping.table("invitation")
        async with self._database.write() as connection:
            return int((await connection.execute(table.delete().where(table.c.expires_at <= now))).rowcount)

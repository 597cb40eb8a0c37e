"""When each channel's messenger answered last."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from storage import mapping
from storage.engine import Database
from storage.tables import ContactRow
from tips.ports.desk import Contact


class SqlContacts:
    """See `tips.ports.desk.Contacts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, contact: Contact) -> None:
        """What a process knows of a channel."""
        table, values = mapping.table("contact"), mapping.of_contact(contact)
        async with self._database.write() as connection:
            if contact.at is None:
                known = (await connection.execute(sa.select(table.c.at).where(table.c.name == contact.name))).first()
                values |= {"at": known.at if known else None}
            await connection.execute(table.delete().where(table.c.name == contact.name))
            await connection.execute(table.insert().values(**values))

    async def all(self) -> list[Contact]:
        """Every channel, by name."""
        async with self._database.read() as session:
            found = await session.exec(select(ContactRow).order_by(col(ContactRow.name)))
            return [mapping.to_contact(row) for row in found]

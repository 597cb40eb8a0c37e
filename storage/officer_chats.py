"""Officers' chats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from storage import mapping
from storage.engine import Database
from storage.tables import LinkRow
from tips import errors
from tips.ports.desk import Chat


class SqlOfficerChats:
    """See `tips.ports.desk.OfficerChats`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def offer(self, code: bytes, name: str, expires_at: datetime) -> None:
        """Keep the hash of a code."""
        values = {"code": code, "name": name, "expires_at": expires_at}
        async with self._database.write() as connection:
            await connection.execute(mapping.table("link_code").insert().values(**values))

    async def take(self, code: bytes, chat: str, now: datetime) -> str:
        """Link a chat by a code's hash, once."""
        codes, chats = mapping.table("link_code"), mapping.table("officer_chat")
        async with self._database.write() as connection:
            await connection.execute(codes.delete().where(codes.c.expires_at <= now))
            taken = await connection.execute(codes.delete().where(codes.c.code == code).returning(codes.c.name))
            name = taken.scalar()
            if name is not None:
                await connection.execute(chats.delete().where(chats.c.chat == chat))
                await connection.execute(chats.insert().values(chat=chat, name=name))
        if name is None:
            raise errors.NotFound
        return str(name)

    async def chats(self, names: Sequence[str]) -> list[Chat]:
        """The chats of these people."""
        return await self._found(col(LinkRow.name).in_(names))

    async def chat(self, id: str) -> Chat:
        """A chat."""
        found = await self._found(col(LinkRow.chat) == id)
        if not found:
            raise errors.NotFound
        return found[0]

    async def _found(self, wanted: ColumnElement[bool]) -> list[Chat]:
        async with self._database.read() as session:
            return [Chat(it.chat, it.name, it.quiet or "") for it in await session.exec(select(LinkRow).where(wanted))]

    async def keep_quiet(self, id: str, quiet: str) -> None:
        """Set a chat's quiet hours."""
        table = mapping.table("officer_chat")
        async with self._database.write() as connection:
            await connection.execute(table.update().where(table.c.chat == id).values(quiet=quiet))

    async def unlink(self, chat: str) -> None:
        """Forget a chat."""
        table = mapping.table("officer_chat")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.chat == chat))

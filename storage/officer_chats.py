"""Officers' chats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
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
        """Link a chat by a code's hash, to this chat only."""
        codes, chats = mapping.table("link_code"), mapping.table("officer_chat")
        async with self._database.write() as connection:
            await connection.execute(codes.delete().where(codes.c.expires_at <= now))
            mine = sa.and_(codes.c.code == code, sa.or_(codes.c.chat.is_(None), codes.c.chat == chat))
            taken = await connection.execute(codes.update().where(mine).values(chat=chat).returning(codes.c.name))
            name = taken.scalar()
            if name is not None:
                await forget_chats(connection, chats.c.chat == chat, chats.c.name != name)
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
        """Forget a chat, what waits to be sent to it, and its topics."""
        async with self._database.write() as connection:
            await forget_chats(connection, mapping.table("officer_chat").c.chat == chat)

    async def topic(self, chat: str, case: bytes) -> int | None:
        """A case's topic in a chat."""
        topic = mapping.table("topic")
        found = await self._database.rows(sa.select(topic.c.topic).where(*_of(chat, case)))
        return int(found[0].topic) if found else None

    async def keep_topic(self, chat: str, case: bytes, topic: int) -> int:
        """Keep a case's topic, unless it has one; the one that it has."""
        table = mapping.table("topic")
        async with self._database.write() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            values = {"chat": chat, "case_id": case, "topic": topic}
            await connection.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
            kept = await connection.execute(sa.select(table.c.topic).where(*_of(chat, case)))
            return int(kept.scalar_one())

    async def forget_topic(self, chat: str, case: bytes, topic: int) -> None:
        """This topic is not there any more."""
        table = mapping.table("topic")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(*_of(chat, case), table.c.topic == topic))


def _of(chat: str, case: bytes) -> tuple[ColumnElement[bool], ...]:
    topic = mapping.table("topic").c
    return topic.chat == chat, topic.case_id == case


async def forget_chats(connection: AsyncConnection, *wanted: ColumnElement[bool]) -> None:
    """Chats, and all that is kept by them."""
    chats = mapping.table("officer_chat")
    theirs = sa.select(chats.c.chat).where(*wanted)
    for name in ("push", "topic"):
        table = mapping.table(name)
        await connection.execute(table.delete().where(table.c.chat.in_(theirs)))
    await connection.execute(chats.delete().where(*wanted))

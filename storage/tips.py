"""New tips."""

from __future__ import annotations

from sqlmodel import select

from storage.engine import Database
from storage.tables import Tip
from storage.writer import Submission, Writer
from tips.ports import Change


class SqlTips:
    """See `tips.ports.Tips`."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database, self._writer = database, writer

    async def submit(self, change: Change) -> bool:
        """Store a new case, in one transaction with whatever else is being stored."""
        return bool(await self._writer.write(Submission(change)))

    async def stored(self, case: bytes) -> bool:
        """Whether a case of this id is stored."""
        async with self._database.read() as session:
            return (await session.exec(select(Tip.id).where(Tip.id == case))).first() is not None

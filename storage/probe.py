"""Whether the store takes a tip: a row of its size is written for good, and leaves nothing."""

from __future__ import annotations

from typing import Final

from storage import mapping
from storage.engine import Database

NAME: Final = "probe"
SIZE: Final = 32 * 1024  # bytes: a tip with its grants


class SqlProbe:
    """See `tips.ports.process.Probe`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self) -> None:
        """Write, and take it back in the same transaction: its pages go to disk all the same."""
        table = mapping.table("kept")
        async with self._database.write() as connection:
            await connection.execute(table.insert().values(name=NAME, value=bytes(SIZE)))
            await connection.execute(table.delete().where(table.c.name == NAME))

    async def schema(self) -> None:
        """One small read."""
        await self._database.check_schema()

"""New tips."""

from __future__ import annotations

from storage.writer import Submission, Writer
from tips.ports.cases import Change


class SqlTips:
    """See `tips.ports.cases.Tips`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def submit(self, change: Change) -> bool:
        """Store a new case, in one transaction with whatever else is being stored."""
        return bool(await self._writer.write(Submission(change)))

"""Work in the background: begun with a block, and ended with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


@contextlib.asynccontextmanager
async def working(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Let work go on until the block is left; the name is for who looks at the loop's tasks."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def finished(work: Coroutine[Any, Any, Result]) -> Result:
    """Let what was begun come to its end, also where whoever waits for it is cancelled meanwhile.

    Between a message that was sent and the note that it was, nothing may be torn apart.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise

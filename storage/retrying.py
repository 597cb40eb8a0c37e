"""What a database asks to be done again: a transaction that met another one, or lost its connection before it ended.

Whatever the product asks of the store is one transaction, so that the whole of it is done anew; what may have been
committed (`errors.Unsure`) is never.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

from tips import errors

TRIES: Final = 3
PAUSE: Final = 0.02  # seconds before the second try; four times as long before each further one
MET: Final = frozenset({"40001", "40P01"})  # PostgreSQL's codes: serialization_failure, deadlock_detected
Adapter = TypeVar("Adapter")


class Passing(errors.StoreUnavailable):
    """The store could not do this together with something else, and nothing was kept: try again."""


def passes(code: str | None, *, lost: bool) -> bool:
    """Whether a failed transaction may go well when it is done again.

    Args:
        code: the server's.
        lost: the connection went away under it, before it was to be committed.
    """
    return lost or code in MET


def pause(tried: int) -> float:
    """How many seconds to wait once so many tries failed."""
    return PAUSE * 4.0 ** (tried - 1)


def retried(adapter: Adapter) -> Adapter:
    """An adapter of the store, each of whose methods is done again where that may help."""
    return cast(Adapter, _Retried(adapter))


class _Retried:
    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        if not inspect.iscoroutinefunction(found):
            return found
        setattr(self, name, again := _again(found))
        return again

    async def __call__(self, *words: Any) -> Any:
        return await _again(self._adapter)(*words)


def _again(work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def done(*words: Any, **named: Any) -> Any:
        for tried in range(1, TRIES):
            try:
                return await work(*words, **named)
            except Passing:
                await asyncio.sleep(pause(tried))
        return await work(*words, **named)

    return done

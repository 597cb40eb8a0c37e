"""Whether a process is well: what `/readyz` answers, and what `tinbao doctor` asks it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import storage
from bot.serve.messengers import Messenger
from tips import errors
from tips.ports.desk import Way

PATIENCE: Final = 3.0  # seconds for the store, or the drafts, to answer
LATE: Final = 60.0  # seconds without a tick, after which a clock stands still
KEPT: Final = 2.0  # seconds that an answer is good for: whoever asks more often costs no more
OK: Final = "ok"
ILL: Final = "away, full or read-only"
OUTDATED: Final = "taken over by a later version: start this process anew with it"


@dataclass(slots=True)
class Health:
    """What this process knows of itself."""

    store: storage.Store
    monotonic: Callable[[], float] = time.monotonic
    messengers: list[Messenger] = field(default_factory=list)
    _ticked: float | None = None  # None: no clock runs here
    _found: tuple[float, dict[str, str]] = (float("-inf"), {})
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def messenger(self, name: str, *, webhook: bool = False) -> Messenger:
        """A messenger that begins to connect."""
        made = Messenger(name, way=Way.WEBHOOK if webhook else Way.POLLING)
        self.messengers.append(made)
        return made

    def ticked(self) -> None:
        """The clock did what was due."""
        self._ticked = self.monotonic()

    async def report(self) -> dict[str, str]:
        """Each part and how it is; `OK` where it is well."""
        async with self._one_at_a_time:
            if self.monotonic() - self._found[0] > KEPT:
                self._found = (self.monotonic(), await self._looked())
        return {**self._found[1], **{it.name: str(it) for it in self.messengers}}

    @staticmethod
    def ready(report: dict[str, str]) -> bool:
        """Whether tips can be taken; a messenger out of reach keeps nobody from the web."""
        return all(report.get(name, OK) == OK for name in ("store", "drafts", "clock"))

    async def _looked(self) -> dict[str, str]:
        found = {
            "store": await _state(self.store.probe()),
            "drafts": await _state(self.store.drafts.get(bytes(16))),
        }
        if self._ticked is not None:
            found["clock"] = OK if self.monotonic() - self._ticked < LATE else "late"
        return found


async def _state(asked: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await asked
    except errors.Outdated:
        return OUTDATED
    except (errors.StoreUnavailable, TimeoutError):
        return ILL
    return OK

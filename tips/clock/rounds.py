"""Rounds: the clock's work on one case after the other. Each stands alone: one that does not open stops no other.

What failed is written down anew by every round, for `doctor` and the desk: which case, since when, and the kind of the
error; never a word of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases.case import Case
from tips.ports.cases import Cases, Due
from tips.ports.clock import Clockwork

BATCH: Final = 200  # cases on one page; a round takes them all, page by page

Page = Callable[[int, Due | None], Awaitable[list[Due]]]  # at most so many, from behind this one


@dataclass(frozen=True, slots=True)
class Rounds:
    """Goes over cases, for one job of the clock."""

    cases: Cases
    clockwork: Clockwork
    now: Callable[[], datetime]

    async def over(self, job: str, page: Page, work: Callable[[Case], Awaitable[bool]]) -> int:
        """Do `work`, which says whether there was any, to every case of the pages; to how many it was done.

        Raises:
            StoreUnavailable: the whole round ends; the next one begins it anew.
        """
        done, failed = 0, {}
        async for due in _all(page):
            try:
                done += await work(await self.cases.get(due.id, None))
            except errors.Stale:  # somebody was quicker; the next round looks again
                continue
            except errors.StoreUnavailable:
                raise
            except Exception as error:
                failed[due.id] = type(error).__name__
        await self.clockwork.note_stuck(job, failed, self.now())
        return done


async def _all(page: Page) -> AsyncIterator[Due]:
    """Behind the last of each page the next one begins, so that no page full of failures hides the rest."""
    after = None
    while found := await page(BATCH, after):
        for due in found:
            yield due
        after = found[-1]

"""Rounds: the clock's work on one case after the other. Each stands alone: one that does not open stops no other.

What failed is written down anew by every round, for `doctor` and the desk: which case, since when, and the kind of the
error; never a word of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import chain_ends
from tips.cases.chain_ends import ChainEnd
from tips.cases.checking import Checked
from tips.clock.mending import Mending
from tips.ports.cases import CaseBundle, Due
from tips.ports.clock import Clockwork

BATCH: Final = 200  # cases on one page; a round takes them all, page by page

Work = Callable[[CaseBundle, Checked], Awaitable[bool]]
Page = Callable[[int, Due | None], Awaitable[list[Due]]]  # at most so many, from behind this one


@dataclass(frozen=True, slots=True)
class Rounds:
    """Goes over cases, for one job of the clock."""

    mending: Mending
    clockwork: Clockwork
    now: Callable[[], datetime]

    async def over(self, job: str, page: Page, work: Work) -> int:
        """Do `work`, which says whether there was any, to every case of the pages; to how many it was done.

        A page is found by rows. Each case is handed on as it was signed, and may not be due by that.

        Raises:
            StoreUnavailable: the whole round ends; the next one begins it anew.
        """
        done, failed, ends = 0, dict[bytes, str](), dict[bytes, ChainEnd]()
        async for ids in _pages(page):
            loaded = await self._loaded(ids)
            for case in ids:
                try:
                    bundle, checked = await self._believed(case, loaded.get(case))
                    if end := chain_ends.later(bundle.end, checked):
                        ends[case] = end
                    done += await work(bundle, checked)
                except errors.Stale:  # somebody was quicker; the next round looks again
                    continue
                except errors.StoreUnavailable:
                    raise
                except Exception as error:
                    failed[case] = type(error).__name__
        self.mending.ends.keep(ends)
        known = {it.case for it in await self.clockwork.stuck()} if failed else set()
        await self.clockwork.note_stuck(job, failed, self.now())
        await self.mending.tell([it for it in failed if it not in known])
        return done

    async def _loaded(self, ids: Sequence[bytes]) -> Mapping[bytes, CaseBundle]:
        """The cases of a page at once; none where one of them cannot be read: then each is loaded by itself."""
        try:
            return {it.case.id: it for it in await self.mending.cases.bundles(ids, None)}
        except errors.StoreUnavailable:
            raise
        except Exception:
            return {}

    async def _believed(self, case: bytes, bundle: CaseBundle | None) -> tuple[CaseBundle, Checked]:
        """A case as it was signed; where its chain does not hold, as far as it does."""
        try:
            return await self.mending.believed(case, bundle)
        except errors.NotVerified:
            await self.mending.restart(case)
            return await self.mending.believed(case)


async def _pages(page: Page) -> AsyncIterator[list[bytes]]:
    """Ids. Behind the last of each page the next one begins, so that no page full of failures hides the rest."""
    after = None
    while found := await page(BATCH, after):
        yield [due.id for due in found]
        after = found[-1]

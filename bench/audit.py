"""`tinbao ledger verify` of a whole home, beside the signatures of its events alone."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.measure import Figure, at_most, seconds
from tests.fakes import home
from tests.fakes.home import Home
from tips.cases import ledger
from tips.intake.draft import Draft, Fragment

CASES: Final = 100_000
AT_ONCE: Final = 200
TEXT: Final = "Ở số 12 đường Lê Văn Sỹ quận 3 tối nào cũng bán ma tuý, khách đi xe máy tới, người canh đứng đầu hẻm."


async def verify(cases: int = CASES) -> Figure:
    """Everything, once: it is a long one."""
    with tempfile.TemporaryDirectory() as folder:
        async with home.opened(Path(folder)) as opened:
            await _filled(opened, cases)
            await opened.product.heads.tick()
            rows, roster = await opened.product.store.ledger.waiting(), opened.product.roster()

            def signatures() -> None:
                for row in rows:
                    ledger.verify(row, roster.verifiers)

            ceiling = seconds(signatures)
            start = time.perf_counter()
            report = await opened.product.audit()
            value = time.perf_counter() - start
            assert report.sound, "not everything holds"
            assert report.cases == cases, "not every case was looked at"
    how = f"rows, chains, pieces, keys and the tree of {cases} cases, once; ceiling: the signatures of their events"
    return at_most(value, ceiling, "s", how)


async def _filled(opened: Home, cases: int) -> None:
    product, intake = opened.product, opened.product.reception.intake
    triaged = product.triager.triage(TEXT)
    readers = product.roster().readers(triaged.route.chain)
    promised = [it.code for it in (*readers.awake, *readers.asleep)]

    async def one() -> None:
        draft = Draft(os.urandom(32), fragments=(Fragment(TEXT),))
        await product.store.tips.submit(intake.step(draft, triaged, promised))

    for _ in range(0, cases, AT_ONCE):
        await asyncio.gather(*(one() for _ in range(AT_ONCE)))

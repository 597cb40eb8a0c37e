"""Looking for words in the cases that an officer has opened before, beside opening as many envelopes alone."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.measure import Figure, at_most, paired, seconds
from tests.fakes import home
from tests.fakes.home import Home
from tests.fakes.people import AN
from tips.cases.case import OPEN
from tips.crypto import sealing
from tips.crypto.sealing import Reader, Readers
from tips.intake.draft import Draft, Fragment
from tips.people.session import Session

CASES: Final = 1000
ROUNDS: Final = 5
TEXT: Final = (
    "Ở số {number} đường Lê Văn Sỹ quận 3 tối nào cũng bán ma tuý, khách đi xe máy tới, người canh đứng đầu hẻm."
)


async def search() -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        async with home.opened(Path(folder)) as opened:
            session = await opened.session(AN[0])
            await _read(opened, session)
            return await _compared(opened, session)


async def _read(opened: Home, session: Session) -> None:
    """Tips at one desk, each read once."""
    product = opened.product
    intake = product.reception.intake
    for number in range(CASES):
        text = TEXT.format(number=number)
        triaged = product.triager.triage(text)
        readers = product.roster().readers(triaged.route.chain)
        promised = [it.code for it in (*readers.awake, *readers.asleep)]
        draft = Draft(os.urandom(32), fragments=(Fragment(text),))
        await product.store.tips.submit(intake.step(draft, triaged, promised))
    for case in await product.store.cases.queue(session.units, OPEN, CASES, None):
        await product.review.open(session, case.id)


async def _compared(opened: Home, session: Session) -> Figure:
    (unit, (seed, *_)), *_ = session.seeds.items()
    reader = Reader(unit, sealing.public_bytes(seed))
    alone = Readers((reader,), (), 1, reader.public)
    sealed = [sealing.seal(os.urandom(16), "tip", TEXT.encode(), alone, os.urandom) for _ in range(CASES)]
    keys = [sealing.private_key(seed)]

    def opens() -> None:
        for envelope, (grant, *_) in sealed:
            sealing.open_envelope(envelope, sealing.open_key_with(grant, keys))

    async def bare() -> float:
        return seconds(opens)

    async def ours() -> float:
        start = time.process_time()
        found = await opened.product.search.by_words(session, "lê văn sỹ 17")
        assert (found.searched, len(found.hits)) == (CASES, 1), "not everything was gone through"
        return time.process_time() - start

    value, ceiling = await paired(ours, bare, ROUNDS)
    how = f"words in {CASES} cases of one desk, processor time, median of {ROUNDS}; ceiling: opening as many envelopes"
    return at_most(value, ceiling, "s", how)

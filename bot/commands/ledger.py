"""`tinbao ledger`: whether everything that is stored is what was signed, and what a reporter's file shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from bot.commands.cases import session_of
from bot.settings import Settings
from bot.wiring import open_product
from tips import errors
from tips.cases.ledger import Kind
from tips.merkle import notes
from tips.organisation.roles import Task
from tips.organisation.roster import CLOCK, INTAKE
from tips.transparency import filing


async def verify(settings: Settings, *, as_json: bool) -> int:
    """`tinbao ledger verify`: 0 where everything holds, 1 where not."""
    async with open_product(settings) as product:
        report = await product.audit()
    if as_json:
        print(json.dumps(asdict(report) | {"sound": report.sound}, default=_plain))
    else:
        print(f"{report.cases} cases, {report.events} events: {'sound' if report.sound else 'NOT SOUND'}")
        for problem in report.problems:
            print(f"  {problem}")
        for it in report.incidents:
            print(f"  case {it.case.hex()}: {', '.join(it.differed)} was set right at {it.at.isoformat()}")
    return 0 if report.sound else 1


def verify_file(file: Path, vkeys: Sequence[str]) -> int:
    """`tinbao ledger verify FILE`: 0 where somebody who is believed signed what the file shows, 1 where not.

    Raises:
        BadSetting: nobody is believed.
    """
    if not vkeys:
        raise errors.BadSetting("--key: whose signature do you believe? `tinbao ledger keys`, or a witness, prints it")
    try:
        shown = filing.verify(file.read_bytes(), [notes.parse_vkey(it) for it in vkeys])
    except errors.NotVerified as error:
        print(f"NOT SHOWN: {error}")
        return 1
    if shown.head is None:
        print(f"promised: leaf {shown.promise.leaf.hex()} is in the ledger by {shown.promise.by.isoformat()}")
    else:
        print(
            f"leaf {shown.promise.leaf.hex()} is number {shown.number} of the {shown.head.size} in {shown.head.origin}"
        )
        print(f"head {notes.encoded(shown.head.root)}")
        if shown.promised:
            print(f"it is a tip's, and was promised by {shown.promise.by.isoformat()}")
        else:
            print("whether it is a tip's is not shown: that takes the intake's key as well (--key …/filing…)")
    print(f"signed by {', '.join(shown.signed)}")
    return 0


async def audit(settings: Settings, period: str, officer: str) -> int:
    """`tinbao ledger audit`: 0 where the figures of the work are what the events say, 1 where not."""
    async with open_product(settings) as product:
        session = await session_of(product.logins, officer)
        product.custody.check(session, Task.LEDGER_AUDIT)
        found = await product.recount.of(period)
        wrong = len(found.differences) + found.broken
        await product.custody.record(Kind.AUDITED, session.name, session.signing, period=period, problems=str(wrong))
    for it in found.differences:
        print(f"  {' '.join(it.cell)}: {it.published} was published, the events say {it.recounted}")
    if found.broken:
        print(f"  {found.broken} cases are not in it: their chains do not hold")
    print(f"{period}: {found.cells} figures, {'as the events say' if not wrong else 'NOT as the events say'}")
    return 1 if wrong else 0


async def keys(settings: Settings) -> int:
    """`tinbao ledger keys`: what heads and promises are verified by, a line each, the present ones first."""
    async with open_product(settings) as product:
        origin, roster = product.heads.origin(), product.roster()
        for name, process in ((origin, CLOCK), (origin + filing.NAME, INTAKE)):
            for public in roster.verifiers(process):
                print(notes.Key(name, public, notes.Kind.NOTE).vkey())
    return 0


def _plain(it: bytes | datetime) -> str:
    return it.hex() if isinstance(it, bytes) else it.isoformat()

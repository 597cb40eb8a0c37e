"""`tinbao ledger`: whether everything that is stored is what was signed."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from bot.settings import Settings
from bot.wiring import open_product


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


def _plain(it: bytes | datetime) -> str:
    return it.hex() if isinstance(it, bytes) else it.isoformat()

"""`tinbao holidays`: decisions of the government's that swap working days, in an admin's name."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.commands.cases import session_of
from bot.commands.output import print_table
from bot.settings import Settings
from bot.wiring import open_product
from tips.cases.days_off import Decision
from tips.desk import holidays


async def show(settings: Settings, *, as_json: bool) -> int:
    """`tinbao holidays show`."""
    async with open_product(settings) as product:
        listed = product.holidays.listed()
    rows = [
        {
            "number": it.number,
            "dated": it.dated.isoformat(),
            "off": [day.isoformat() for day in sorted(it.off)],
            "worked": [day.isoformat() for day in sorted(it.worked)],
            "by": it.by,
        }
        for it in listed
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    table = [[" ".join(it) if isinstance(it, list) else it for it in row.values()] for row in rows]
    print_table(["number", "dated", "off", "worked", "by"], table)
    return 0


async def add(
    settings: Settings, officer: str, number: str, dated: str, off: Sequence[str], worked: Sequence[str]
) -> int:
    """`tinbao holidays add`."""
    given = Decision(number.strip(), holidays.day(dated), holidays.days(off), holidays.days(worked))
    async with open_product(settings) as product:
        await product.holidays.give(await session_of(product.logins, officer), given)
    return 0


async def remove(settings: Settings, officer: str, number: str) -> int:
    """`tinbao holidays remove`."""
    async with open_product(settings) as product:
        await product.holidays.take_back(await session_of(product.logins, officer), number.strip())
    return 0

"""`tinbao stats export`: figures of closed periods, as everybody sees them, in an officer's name."""

from __future__ import annotations

import sys
from pathlib import Path

import locales
from bot.commands.cases import session_of
from bot.settings import Settings
from bot.wiring import open_product
from handlers.exports.files import TYPES
from handlers.statistics import periods
from tips import errors
from tips.desk.exports import LENGTHS, TABLES, Query

DIMENSIONS = {*LENGTHS, *(name for table in TABLES for name in table)}


async def export(settings: Settings, out: Path, officer: str, form: str, query: Query, headings: str) -> int:
    """`tinbao stats export`."""
    _check(form, query, headings)
    async with open_product(settings) as product:
        session = await session_of(product.logins, officer)
        file = await product.export_files.make(session, query, form, headings or locales.SOURCE, headings)
    if file.empty:
        print("nothing of that is closed yet: the file has its header only", file=sys.stderr)
    try:
        out.write_bytes(file.content)
    except OSError as error:
        raise errors.BadSetting(f"--out: {out.name} cannot be written there ({error.strerror})") from error
    return 0


def _check(form: str, query: Query, headings: str) -> None:
    if set(query.by) - DIMENSIONS or form not in TYPES or headings not in {"", *locales.LANGUAGES}:
        spoken = ", ".join(locales.LANGUAGES)
        raise errors.BadSetting(
            f"--by knows {', '.join(sorted(DIMENSIONS))}; --format knows {', '.join(TYPES)}; --headings knows {spoken}"
        )
    for month in (query.first, query.last):
        found = periods.parse(month) if month else None
        if month and (found is None or found.months != periods.MONTH):
            raise errors.BadSetting("a month is written like 2026-11")
    if query.first and query.last and query.first > query.last:
        raise errors.BadSetting("--from comes after --to")

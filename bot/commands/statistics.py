"""`tinbao stats export`: counts for the city, small ones hidden."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from bot.commands import exports
from bot.settings import Settings
from bot.wiring import open_product
from handlers.desk import view_models
from tips import errors
from tips.cases import deadlines
from tips.desk import statistics


async def export(settings: Settings, out: Path, form: str, by: str, first: str | None, last: str | None) -> int:
    """`tinbao stats export`."""
    wanted = tuple(part.strip() for part in by.split(",") if part.strip())
    if set(wanted) - set(statistics.DIMENSIONS) or form not in {"csv", "xlsx", "json"}:
        raise errors.BadSetting(f"--by knows {', '.join(statistics.DIMENSIONS)}; --format knows csv, xlsx, json")
    async with open_product(settings) as product:
        raw = await product.exports.counts(_month(first, 0), _month(last, 1), by)
        lines = statistics.table(view_models.named(raw, product.organisation), wanted)
    try:
        exports.write(out, form, lines)
    except OSError as error:
        raise errors.BadSetting(f"--out: {out.name} cannot be written there ({error.strerror})") from error
    return 0


def _month(text: str | None, later: int) -> datetime | None:
    """The start of a month, or of the one after it."""
    if text is None:
        return None
    try:
        year, month = (int(part) for part in text.split("-"))
        datetime(year, month, 1)
        return datetime(year + (month + later - 1) // 12, (month + later - 1) % 12 + 1, 1, tzinfo=deadlines.CITY)
    except ValueError as error:
        raise errors.BadSetting("a month is written like 2026-11") from error

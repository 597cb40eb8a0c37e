"""What stands in the lines of a file: names in the place of codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from handlers.statistics.words import Words
from tips.desk.exports import Line
from tips.organisation.taxonomy import categories
from tips.statistics.figures import ALL

_WHAT: Final = {  # what names the codes of a dimension
    "step": "state", "deadline": "on_time", "opens": "place", "channel": "channel", "language": "language",
    "aside": "aside", "sign": "sign",
}  # fmt: skip
_HOW: Final = {"time": "time", "result": "result", "met": "kept", "missed": "kept"}


def named(line: Line, words: Words, table: tuple[str, ...]) -> Line:
    """Names in place of codes, of a line of one of `TABLES`."""
    matter = words.category(line.category) if line.category in categories() else words.group(line.category)
    return replace(
        line,
        district=words.place(line.district) if line.district else "",
        ward=words.place(line.ward) if line.ward else "",
        category=matter if line.category else "",
        unit=words.unit(line.unit),
        what=_named(table, _WHAT, line.what, words),
        urgency=words.of("urgency", line.urgency) if line.urgency else "",
        how=_named(table, _HOW, line.how, words),
    )


def _named(table: tuple[str, ...], kinds: Mapping[str, str], code: str, words: Words) -> str:
    """A code by what it is one of: a dimension of the table."""
    if code == ALL:
        return words.said("column.total")
    kind = next((kinds[it] for it in table if it in kinds), "")
    if not code or not kind:
        return code
    return words.place(code) if kind == "place" else words.result(code) if kind == "result" else words.of(kind, code)

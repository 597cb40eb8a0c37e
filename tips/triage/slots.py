"""Slots: which of the questions where, when and who a text already answers."""

from __future__ import annotations

import re
from typing import Final

from tips.triage.lexicon import Hits
from tips.triage.results import AreaFinding, Slots, Span
from tips.triage.text import Text

_TIMES: Final = ("day", "past", "recurring", "now", "when")
SUNDAY: Final = "cn"
_CLOCK: Final = re.compile(
    r"(?<!\w)(?:\d{1,2}\s?(?:h|g|giờ|gio)\s?\d{0,2}|\d{1,2}:\d{2}|\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?"
    r"|(?:t|thứ|thu)\s?[2-7]|cn|(?:ngày|ngay|tháng|thang|năm|nam)\s\d{1,4}|\d{1,2}\s?(?:am|pm))(?!\w)",
    re.IGNORECASE,
)


def find(text: Text, hits: Hits, area: AreaFinding, accused: Span | None) -> Slots:
    """The answered questions."""
    return Slots(bool(area.ward or area.district), _when(text, hits), accused or _first(text, hits, "people"))


def _when(text: Text, hits: Hits) -> Span | None:
    for name in _TIMES:
        span = _first(text, hits, name)
        if span:
            return span
    clock = _CLOCK.search(text.original) if _may_tell_time(text) else None
    return clock.span() if clock else None


def _may_tell_time(text: Text) -> bool:
    return any(map(str.isdecimal, text.words)) or SUNDAY in text.words


def _first(text: Text, hits: Hits, name: str) -> Span | None:
    spots = hits.get(name)
    return text.span(*min(spots)) if spots else None

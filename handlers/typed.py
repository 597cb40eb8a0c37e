"""What a typed message says, whichever messenger brought it: `/start`, with a poster's place behind it, or words."""

from __future__ import annotations

import re
from typing import Final

from tips.intake.turns import Inbound

_START: Final = re.compile(r"/start(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_PAYLOAD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # of a poster's link; what is anything else is nothing


def typed(text: str, ref: str) -> Inbound:
    """A text as it is heard; `ref` is the platform's id of its message."""
    if begins := _START.fullmatch(text.strip()):
        payload = begins[1] or ""
        return Inbound("start", text=payload if _PAYLOAD.fullmatch(payload) else "", ref=ref)
    return Inbound("text", text=text, ref=ref)

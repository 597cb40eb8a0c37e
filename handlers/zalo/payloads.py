"""What both of Zalo's doors bring: JSON in which nothing can be relied on, messages, and files to fetch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from handlers.text_chat import Heard
from handlers.zalo.media import Media
from tips.intake.turns import Inbound

LONGEST_REF: Final = 64  # characters of a message's id

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Brought:
    """A message of somebody's."""

    chat: str = field(repr=False)
    inbound: Inbound = field(repr=False)
    address: str = field(default="", repr=False)  # where its file is
    group: bool = False


def to_hear(found: Brought, media: Media) -> Heard:
    """A message as a text chat hears it."""
    return Heard(found.chat, found.inbound, fetch=partial(media.fetch, found.address) if found.address else None)


def is_object(value: object) -> bool:
    """Whether it is one of JSON's objects."""
    return isinstance(value, dict)


def object_of(value: object) -> Payload:
    """An object, or an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """A text, or a number as one; of anything else nothing."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text.encode("utf-8", "ignore").decode()  # half a sign is none


def ref_of(id: object, message: object) -> str:
    """A message's id; of one that has none, or a long one, what it is known again by."""
    given = text_of(id)
    if 0 < len(given) <= LONGEST_REF:
        return given
    return hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()[:LONGEST_REF]

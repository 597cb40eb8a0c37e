"""What holds of Telegram's Bot API whatever library speaks it: what it takes for a link, what its refusals mean."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

_NOBODY: Final = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated", "bot was blocked")
_NO_TOPIC: Final = ("thread not found", "topic_deleted", "topic_closed", "topic_id_invalid", "topic not found")


def linkable(address: str) -> str:
    """An address that Telegram takes for a button, or nothing: it refuses a whole message for one that it does not."""
    parts = urlsplit(address)
    return address if parts.scheme == "https" and "." in (parts.hostname or "") else ""


def is_gone(refusal: str) -> bool:
    """Whether a refusal says that nobody is in this chat any more, or ever was."""
    return any(words in refusal.casefold() for words in _NOBODY)


def is_without_topic(refusal: str) -> bool:
    """Whether a refusal says that a topic is not there any more."""
    return any(words in refusal.casefold() for words in _NO_TOPIC)

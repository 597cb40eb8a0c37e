"""What is said whatever the stage: receipts that are due, and what went wrong around a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tips import errors
from tips.crypto.receipt import Receipt
from tips.intake.turns import Option, Reply, Say


def receipts(due: Sequence[Receipt], notify: str) -> Reply:
    """The receipts that nobody confirmed; the button under them asks to be told, if there is an id for it."""
    says = [Say("receipt", {"code": it.shown}) for it in due]
    options = (Option(notify, Say("option.notify")),) if notify else ()
    return Reply((*says, Say("receipt.keep")), options)


def excuse(error: errors.TinBaoError) -> Reply:
    """A turn failed: what is known of what was kept, and how to go on."""
    return Reply((Say(error.key),))


def too_many_turns() -> Reply:
    """More messages in a minute than are answered."""
    return Reply((Say("rate_limit.turns"),))


def drafts_lost(replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """After a power cut whatever was begun is gone; a message of its own would cost the platform another round."""
    notice = Say("drafts_lost")
    if not replies:
        return (Reply((notice,)),)
    return (replace(replies[0], says=(notice, *replies[0].says)), *replies[1:])

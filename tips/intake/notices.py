"""What is said whatever the stage: receipts that are due, and what went wrong around a turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from tips import errors
from tips.cases import deadlines
from tips.crypto.receipt import Receipt
from tips.intake.draft import Due
from tips.intake.turns import Option, Reply, ReplyKind, Say


def receipts(due: Sequence[tuple[Receipt, Due]], named: Callable[[str], Say], notify: str) -> Reply:
    """The receipts that nobody confirmed, each with its receiver.

    Args:
        named: a unit's name for people, by its code.
        notify: the id of the button under them that asks to be told; "": there is none.
    """
    says = [say for code, told in due for say in (_thanks(told, named), Say("receipt.code", {"code": code.shown}))]
    options = (Option(notify, Say("option.notify")),) if notify else ()
    return Reply((*says, Say("receipt.keep")), options, ReplyKind.RECEIPT)


def _thanks(told: Due, named: Callable[[str], Say]) -> Say:
    if not told.receiver:
        return Say("receipt.thanks")
    if not told.opened_by:
        return Say("receipt.thanks.held", {"unit": named(told.receiver)})
    at = deadlines.moment(datetime.fromisoformat(told.opened_by))
    return Say("receipt.thanks.to", {"unit": named(told.receiver), "at": at})


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

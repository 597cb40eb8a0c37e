"""What every channel owes, whatever its platform: see `handlers.channel`."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from handlers.channel import Channel
from tips import errors
from tips.intake.reception import Outcome, Sender
from tips.intake.turns import Inbound, Reply, Say

ANSWER = Outcome((Reply((Say("help"),)),), "idle", "vi")
RECEIPT = Outcome((Reply((Say("receipt.keep"),)),), "sent", "vi", receipt="AAAA")
REPEATED = Outcome((), "idle", "vi", repeated=True)
REPEATED_RECEIPT = Outcome(RECEIPT.replies, "sent", "vi", receipt="AAAA", repeated=True)


@dataclass
class Reception:
    """Answers as it is told to."""

    outcome: Outcome | Exception
    happened: list[str] = field(default_factory=list)

    async def turn(self, sender: Sender, heard: Inbound, lang: str) -> Outcome:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def excuse(self, error: errors.TinBaoError, lang: str) -> Outcome:
        return Outcome((Reply((Say(error.key),)),), "error", lang)

    def key(self, sender: Sender) -> bytes:
        return sender.id.encode()

    async def delivered(self, sender: Sender, ref: str, *, receipt: bool) -> None:
        self.happened.append("delivered")


async def exchanged(outcome: Outcome | Exception, *, taken: bool = True) -> list[str]:
    """What happens, in order, when a message gets this outcome."""
    reception: Any = Reception(outcome)
    channel = Channel("post", reception)

    async def show(shown: Outcome) -> None:
        reception.happened.append(shown.replies[0].says[0].key)
        if not taken:
            raise ConnectionError

    try:
        await channel.exchange(channel.sender("x"), Inbound("text", text="x"), show)
    except ConnectionError:
        reception.happened.append("raised")
    return list(reception.happened)


@pytest.mark.parametrize(
    ("outcome", "happens"),
    [
        (ANSWER, ["help"]),
        (RECEIPT, ["receipt.keep", "delivered"]),
        (REPEATED, []),
        (REPEATED_RECEIPT, ["receipt.keep", "delivered"]),
        (errors.StoreUnavailable(), ["error.try_again"]),
        (errors.Unsure(), ["error.unsure"]),
    ],
)
async def test_an_answer_to_everything_and_nothing_twice(outcome: Outcome | Exception, happens: list[str]) -> None:
    """A receipt is delivered once it was shown; a repeated message shows nothing else; a failed turn is excused."""
    assert await exchanged(outcome) == happens


async def test_a_receipt_that_the_platform_did_not_take_stays_due() -> None:
    """Nobody says that it arrived."""
    assert await exchanged(RECEIPT, taken=False) == ["receipt.keep", "raised"]


async def test_a_bug_is_not_excused() -> None:
    """It passes through, and is logged by its type."""
    with pytest.raises(ZeroDivisionError):
        await exchanged(ZeroDivisionError())

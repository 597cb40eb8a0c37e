"""How patiently a message is offered to a platform: again and again, whatever may fail only once."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from tips.cases.outbox import Fate, Told

TRIES: Final = 5  # how often a message is offered
FIRST_PAUSE: Final = 1.0  # seconds before the second try; doubled each time
LONGEST_WAIT: Final = 20.0  # seconds between two tries
LONGEST_ASKED: Final = 60.0  # seconds: who asks for more gets the answer when the message comes again

log = logging.getLogger(__name__)
Wait = Callable[[float], Awaitable[None]]


class Undelivered(Exception):
    """A platform did not take a message, however often it was offered; a receipt in it stays due."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.fate)
        self.told = told


async def offered(offer: Callable[[], Awaitable[Told]], wait: Wait) -> None:
    """Offer a message until its platform takes it.

    Raises:
        Undelivered: it never did.
    """
    pause, told = FIRST_PAUSE, await offer()
    for _ in range(TRIES - 1):
        asked = told.seconds or 0.0
        if told.fate is not Fate.LATER or asked > LONGEST_ASKED:
            break
        await wait(max(asked, min(pause, LONGEST_WAIT)))
        pause, told = pause * 2, await offer()
    if told.fate is not Fate.DELIVERED:
        raise Undelivered(told)


@contextlib.contextmanager
def endured() -> Iterator[None]:
    """Go on where an answer will never arrive: the person blocked us, or the platform does not take it.

    What only fails now is raised, so that the platform brings the message again.
    """
    try:
        yield
    except Undelivered as undelivered:
        if undelivered.told.fate is Fate.LATER:
            raise
        log.warning("an answer was not taken: %s", undelivered.told.fate)

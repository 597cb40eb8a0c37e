"""What a channel owes to those who write through it. Every channel of citizens keeps to this; it is written once, here.

A channel has a name, a way to tell conversations apart (`Sender`), what its platform can do (`Abilities`), and two
translations: what its platform brings becomes an `Inbound`, and what is said (`speech.spoken`) becomes the platform's
messages. Around these it owes:

1. *An answer to everything.* A message is one turn. A turn that failed is answered too, with what is known of what was
   kept: see `Channel.answer`. A store that is away for a moment is waited for, where the platform waits too.
2. *No message twice, and none without an answer.* The platform's id of a message goes along as `Inbound.ref`. What the
   platform repeats was taken before. If its answer arrived, nothing is shown but a receipt that is still due
   (`Outcome.silent` says that there is none). If it did not, because a process ended between the turn and its answer or
   the platform took nothing, where the conversation stands is the answer; while somebody may still be giving it,
   `Pending` is raised and the platform is asked to come again. A channel whose platform cannot say what it took leaves
   that to its client, as the web chat does.
3. *A receipt until it has arrived.* It is due, and shown again, until `Reception.delivered` is told, and that is only
   when the platform took the message that holds it: see `Channel.exchange`. A channel whose platform does not say so
   sends what its client confirms along with the next message (`Inbound.confirms`), as the web chat does.
4. *Order.* The turns of one conversation are taken and shown one after the other.
5. *Silence about people.* A sender's id stays in the channel; it is in no log, and leaves it as a keyed hash only.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import locales
from handlers.delivery import Undelivered
from tips import errors
from tips.cases.outbox import later
from tips.intake.reception import GRACE, Outcome, Reception, Sender
from tips.intake.turn_queue import TurnQueue
from tips.intake.turns import Inbound

PATIENCE: Final = 25.0  # seconds that a platform waits for its answer, and we for a store that is away
PAUSE: Final = 0.5  # seconds between two tries
SHOWING: Final = 0.75 * GRACE.total_seconds()  # for longer nobody is at an answer: then another process may be

Shown = TypeVar("Shown")
Wait = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a platform can do, and what it knows. What it cannot do is left out, or said in words."""

    overhears: bool = False  # it keeps the words and knows who wrote them: people are told so
    tells: bool = False  # it says of each message whether it took it
    buttons: bool = True  # else what can be chosen is a numbered menu
    edits: bool = False  # a message that was sent can be changed
    deletes: bool = False  # and deleted
    places: bool = False  # a point on the map can be sent
    files: bool = True
    copies: bool = False  # a tap copies a receipt
    longest: int | None = None  # characters of one message, as the platform counts; None: it sets no limit
    push: bool = False  # somebody who wrote before can be told that something waits


WEB: Final = Abilities(copies=True)
TERMINAL: Final = Abilities(places=True)


@dataclass(frozen=True, slots=True)
class Channel:
    """One way in, and what it owes."""

    name: str
    reception: Reception
    can: Abilities = field(default_factory=Abilities)
    patience: float = 0.0  # seconds that a store which is away is waited for; 0: whoever waits is a person
    alone: bool = False  # no other process hears this platform
    wait: Wait = asyncio.sleep
    queue: TurnQueue = field(default_factory=TurnQueue)

    def sender(self, id: str) -> Sender:
        """Somebody who writes here, by the platform's id of the conversation."""
        return Sender(self.name, id)

    async def answer(self, sender: Sender, heard: Inbound, lang: str = locales.SOURCE) -> Outcome:
        """The turn's outcome; of a turn that failed, an excuse. A bug passes through.

        Args:
            lang: the language of a new conversation, and of an excuse.

        Raises:
            Pending: the message was taken before, and may be being answered.
            Outdated: this process serves no more, and the platform brings the message again to who does.
        """
        can, until = self.can, time.monotonic() + self.patience
        known = replace(
            heard,
            messenger=can.overhears,
            menus=not can.buttons,
            push=can.push,
            owes=can.tells,
            alone=self.alone,
        )
        while True:
            try:
                return await self.reception.turn(sender, known, lang)
            except errors.Pending:
                raise
            except errors.TinBaoError as error:
                if isinstance(error, errors.Outdated) and self.patience:
                    raise
                if not _may_pass(error) or time.monotonic() > until:
                    return self.reception.excuse(error, lang)
            await self.wait(PAUSE)

    async def exchange(
        self, sender: Sender, heard: Inbound, show: Callable[[Outcome], Awaitable[Shown]], lang: str = locales.SOURCE
    ) -> Shown | None:
        """Answer, show, and note that the answer was delivered; what showing gave, or None where nothing was shown.

        Args:
            show: returns once the platform took all of it. If it raises, a receipt in it stays due, and the answer is
                owed until the platform brings the message again.
            lang: as for `answer`.

        Raises:
            Pending: as for `answer`.
        """
        async with self.queue.alone(self.reception.key(sender)):
            outcome = await self.answer(sender, heard, lang)
            if outcome.silent:
                return None
            try:
                async with asyncio.timeout(SHOWING if self.can.tells else None):
                    shown = await show(outcome)
            except Exception as error:
                await self._note(self.reception.undelivered(sender, heard.ref) if self.can.tells else None)
                raise Undelivered(later()) if isinstance(error, TimeoutError) else error from error.__cause__
            if outcome.receipt or self.can.tells:
                ref = heard.ref if self.can.tells else ""
                await self._note(self.reception.delivered(sender, ref, receipt=outcome.receipt is not None))
            return shown

    @staticmethod
    async def _note(noted: Awaitable[None] | None) -> None:
        """Keep what became of an answer; a store that is away keeps it from nobody, and a receipt stays due then."""
        with contextlib.suppress(errors.StoreUnavailable):
            if noted:
                await noted


def _may_pass(error: errors.TinBaoError) -> bool:
    """Whether the same turn may go well in a moment; one that may have been kept is looked at first."""
    return isinstance(error, errors.StoreUnavailable) and not isinstance(error, errors.Unsure | errors.Outdated)

"""What a channel owes to those who write through it. Every channel of citizens keeps to this; it is written once, here.

A channel has a name, a way to tell conversations apart (`Sender`), and two translations: what its platform brings
becomes an `Inbound`, and what is said (`speech.spoken`) becomes the platform's messages. Around these it owes:

1. *An answer to everything.* A message is one turn. A turn that failed is answered too, with what is known of what was
   kept: see `Channel.answer`.
2. *No message twice.* The platform's id of a message goes along as `Inbound.ref`. What the platform repeats was
   answered before, and nothing is shown but a receipt that is still due (`Outcome.silent` says that there is none).
3. *A receipt until it has arrived.* It is due, and shown again, until `Reception.delivered` is told, and that is only
   when the platform took the message that holds it: see `Channel.exchange`. A channel whose platform does not say so
   sends what its client confirms along with the next message (`Inbound.confirms`), as the web chat does.
4. *Silence about people.* A sender's id stays in the channel; it is in no log, and leaves it as a keyed hash only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import locales
from tips import errors
from tips.intake.reception import Outcome, Reception, Sender
from tips.intake.turns import Inbound

Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Channel:
    """One way in, and what it owes."""

    name: str
    reception: Reception
    messenger: bool = False  # a platform that keeps the words and knows who wrote them: people are told so

    def sender(self, id: str) -> Sender:
        """Somebody who writes here, by the platform's id of the conversation."""
        return Sender(self.name, id)

    async def answer(self, sender: Sender, heard: Inbound, lang: str = locales.SOURCE) -> Outcome:
        """The turn's outcome; of a turn that failed, an excuse. A bug passes through.

        Args:
            lang: the language of a new conversation, and of an excuse.
        """
        try:
            return await self.reception.turn(sender, replace(heard, messenger=self.messenger), lang)
        except errors.TinBaoError as error:
            return self.reception.excuse(error, lang)

    async def exchange(
        self, sender: Sender, heard: Inbound, show: Callable[[Outcome], Awaitable[Shown]], lang: str = locales.SOURCE
    ) -> Shown | None:
        """Answer, show, and note that a receipt was delivered; what showing gave, or None where nothing was shown.

        Args:
            show: returns once the platform took all of it. If it raises, a receipt in it stays due.
            lang: as for `answer`.
        """
        outcome = await self.answer(sender, heard, lang)
        if outcome.silent:
            return None
        shown = await show(outcome)
        if outcome.receipt:
            await self.reception.delivered(sender)
        return shown

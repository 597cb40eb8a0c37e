"""Tells reporters who asked for it that something waits, through whatever channel they asked in.

A channel says how somebody is told in it, and whether it is up. The rows are claimed, so that of several processes one
tells each of them; where the channel is not up here, the news wait on, and no try is counted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.serve import background
from bot.serve.messengers import Messenger
from tips import errors
from tips.cases import outbox
from tips.cases.outbox import Fate, Pace, Told
from tips.intake.reporter_notifications import Address, News, ReporterNotifications

LOOK: Final = 20  # seconds between looks for news
IN_TIME: Final = outbox.LEASE.total_seconds() / 2  # of a claim's time: what is not begun by then is given back

log = logging.getLogger(__name__)
Tell = Callable[[str, str], Awaitable[Told]]  # whom, in which language: says that something waits


def new_pace() -> Pace:
    """How fast a bot of this process may send."""
    return Pace(time.monotonic, asyncio.sleep)


@dataclass(frozen=True, slots=True)
class Way:
    """How people of one channel are told."""

    tell: Tell
    messenger: Messenger
    pace: Pace = field(default_factory=new_pace)


@dataclass(frozen=True, slots=True)
class Announcer:
    """Tells everybody who asked, and for whom something waits."""

    notifications: ReporterNotifications
    ways: dict[str, Way] = field(default_factory=dict)  # by channel

    def by(self, channel: str, tell: Tell, messenger: Messenger) -> None:
        """Tell those of a channel in this way."""
        self.ways[channel] = Way(tell, messenger)

    async def always(self) -> None:
        """Look for news again and again."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self.announce()
            except errors.StoreUnavailable:
                log.warning("the store is away: news wait")
            except Exception as error:  # one look that failed is not the last one; its words may be anybody's
                log.error("telling failed: %s", type(error).__name__)

    async def announce(self) -> int:
        """Tell them; how many were told."""
        told, after = 0, b""
        while page := await self.notifications.claim(after):
            after = page[-1].claim.case
            told += await self._tell_all(page)
        return told

    async def _tell_all(self, page: Sequence[News]) -> int:
        """Each channel by itself: a slow one holds no other up."""
        by_channel: dict[str, list[News]] = defaultdict(list)
        for news in page:
            by_channel[news.address.channel if news.address else ""].append(news)
        until = time.monotonic() + IN_TIME
        every = (self._tell_in(channel, theirs, until) for channel, theirs in by_channel.items())
        return sum(await asyncio.gather(*every))

    async def _tell_in(self, channel: str, theirs: Sequence[News], until: float) -> int:
        """How many of a channel were told; what cannot be begun now is given back."""
        way, told = self.ways.get(channel), 0
        for news in theirs:
            if news.address is None:
                await self.notifications.settle(news, outbox.REFUSED)
            elif way is None or not way.messenger.is_up or time.monotonic() > until:
                await self.notifications.give_back(news)
            else:
                await way.pace.turn(news.address.id)
                told += await background.finished(self._tell_one(way, news, news.address))
        return told

    async def _tell_one(self, way: Way, news: News, address: Address) -> bool:
        became = await way.tell(address.id, address.lang)
        await self.notifications.settle(news, became)
        return became.fate is Fate.DELIVERED

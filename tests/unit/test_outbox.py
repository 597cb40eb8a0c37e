"""When a push is tried again, and how fast a bot sends."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from tips.cases import outbox
from tips.cases.outbox import Pace, later, next_try

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
AT_ONCE, AT_LAST = b"\x00\x00", b"\xff\xff"  # the least and the most that is drawn


def pauses(drawn: bytes) -> list[float]:
    """The seconds between all tries of a push that always fails."""
    tries = (next_try(number, later(), NOW, lambda _: drawn) for number in range(1, 100))
    return [(at - NOW).total_seconds() for at in tries if at]


@pytest.mark.parametrize("drawn", [AT_ONCE, AT_LAST])
def test_a_push_that_always_fails_is_a_dead_letter_within_about_a_day(drawn: bytes) -> None:
    """The pauses grow, none is longer than three hours, and they end."""
    waited = pauses(drawn)
    assert waited == sorted(waited)
    assert len(waited) == outbox.MOST_TRIES - 1
    assert max(waited) <= outbox.LONGEST_PAUSE
    assert 10 * 3600 < sum(waited) < 30 * 3600


def test_what_failed_together_does_not_come_back_together() -> None:
    """The pause is drawn from its upper half."""
    assert [least * 2 - 1 <= most <= least * 2 for least, most in zip(pauses(AT_ONCE), pauses(AT_LAST), strict=True)]
    assert pauses(AT_ONCE) != pauses(AT_LAST)


def test_what_the_platform_asked_for_is_never_undercut() -> None:
    """Whatever is drawn; and a wait that makes no sense is not believed."""
    assert next_try(1, later(400), NOW, lambda _: AT_ONCE) == NOW + timedelta(seconds=400)
    for odd in (float("inf"), float("nan"), -5.0):
        assert next_try(1, later(odd), NOW, lambda _: AT_ONCE) == NOW + timedelta(seconds=15)
    assert next_try(1, later(1e12), NOW, lambda _: AT_ONCE) == NOW + timedelta(days=1)


@pytest.mark.parametrize("told", [outbox.DELIVERED, outbox.GONE, outbox.REFUSED])
def test_only_what_may_come_later_is_tried_again(told: outbox.Told) -> None:
    """Everything else is over."""
    assert next_try(1, told, NOW, lambda _: AT_ONCE) is None


class Time:
    """A clock that goes on only where all sleep, and then to the first who wakes."""

    def __init__(self) -> None:
        self.now = 0.0
        self._wakes: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        self._wakes.append(until)
        await asyncio.sleep(0)
        while min(self._wakes) < until:
            await asyncio.sleep(0)
        self._wakes.remove(until)
        self.now = max(self.now, until)


async def sent(chats: list[str]) -> list[tuple[str, float]]:
    """When messages to these chats go out that all want to at once."""
    time, went = Time(), []
    pace = Pace(time, time.sleep)

    async def send(chat: str) -> None:
        await pace.turn(chat)
        went.append((chat, time.now))

    await asyncio.gather(*map(send, chats))
    return went


async def test_a_bot_sends_thirty_a_second_at_most() -> None:
    """To however many chats, and however many tasks want to."""
    moments = [at for _, at in await sent([str(chat) for chat in range(100)])]
    assert all(later_ - at >= 1 - 1e-6 for at, later_ in zip(moments, moments[outbox.A_SECOND :], strict=False))
    assert max(moments) < 4


async def test_a_chat_gets_one_a_second_and_holds_nobody_up() -> None:
    """Three for one chat take two seconds; another chat's goes out between them."""
    went = await sent(["a", "a", "a", "b"])
    mine = [at for chat, at in went if chat == "a"]
    assert all(after - before >= 1 for before, after in itertools.pairwise(mine))
    assert next(at for chat, at in went if chat == "b") < 1

"""What a platform brings is answered once: brought again, to another process, or to one that ends in between."""

import asyncio
from collections.abc import AsyncIterator

import pytest

import locales
from handlers import delivery
from handlers.channel import Abilities, Channel
from handlers.delivery import Undelivered
from tests.fakes import bot_api
from tests.fakes.bot_api import BotApi
from tests.fakes.home import Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import RECEIPT
from tips import errors
from tips.cases.outbox import later
from tips.intake.reception import GRACE, Outcome
from tips.intake.turns import Inbound

CHAT = 77_009_999
CAN = Abilities(overhears=True, tells=True)


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with bot_api.serving() as served:
        yield served


class Phone:
    """What somebody's screen shows; a message may not reach it."""

    def __init__(self, home: Home, *, reached: bool = True, alone: bool = False) -> None:
        self.channel = Channel("post", home.product.reception, CAN, alone=alone)
        self.reached, self.screen = reached, list[Outcome]()
        self.open, self.asked = asyncio.Event(), asyncio.Event()
        self.open.set()

    async def brings(self, text: str, ref: str) -> None:
        heard = Inbound("text", text=text, ref=ref)
        await self.channel.exchange(self.channel.sender("someone"), heard, self._show)

    async def _show(self, outcome: Outcome) -> None:
        self.asked.set()
        await self.open.wait()
        if not self.reached:
            raise Undelivered(later())
        self.screen.append(outcome)


async def test_an_answer_that_was_not_taken_comes_when_the_message_comes_again(a_home: Home) -> None:
    """Where the conversation stands is the answer; the turn itself is not taken twice."""
    phone = Phone(a_home, reached=False)
    with pytest.raises(Undelivered):
        await phone.brings(TIP, "1")
    phone.reached = True
    await phone.brings(TIP, "1")
    (outcome,) = phone.screen
    assert outcome.state == "summary"
    await phone.brings(TIP, "1")
    assert len(phone.screen) == 1
    draft = (
        await a_home.product.reception.vault.load(a_home.product.reception.key(phone.channel.sender("someone")))
    ).draft
    assert draft is not None
    assert draft.text == TIP


async def test_what_another_process_is_answering_is_asked_for_again(a_home: Home) -> None:
    """Its answer may be on the way; once it arrived, the repeat shows nothing."""
    one, other = Phone(a_home), Phone(a_home)
    one.open.clear()
    first = asyncio.create_task(one.brings(TIP, "1"))
    await one.asked.wait()
    with pytest.raises(errors.Pending):
        await other.brings(TIP, "1")
    one.open.set()
    await first
    await other.brings(TIP, "1")
    assert not other.screen
    assert len(one.screen) == 1


@pytest.mark.parametrize("alone", [True, False], ids=["polling", "webhook"])
async def test_a_process_that_ended_before_its_answer_leaves_it_to_the_next(a_home: Home, alone: bool) -> None:
    """At once where nobody else hears the platform, else when nobody can be at it any more."""
    one, other = Phone(a_home, alone=alone), Phone(a_home, alone=alone)
    one.open.clear()
    first = asyncio.create_task(one.brings(TIP, "1"))
    await one.asked.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    if not alone:
        with pytest.raises(errors.Pending):
            await other.brings(TIP, "1")
        a_home.clock.forward(seconds=GRACE.total_seconds() + 1)
    await other.brings(TIP, "1")
    assert [it.state for it in other.screen] == ["summary"]


async def test_the_answers_of_one_chat_come_in_its_order(a_home: Home) -> None:
    """A slow platform keeps the second answer behind the first."""
    phone = Phone(a_home)
    phone.open.clear()
    first = asyncio.create_task(phone.brings("cướp ở quận 3 tối qua", "1"))
    await phone.asked.wait()
    second = asyncio.create_task(phone.brings("hai đứa đi xe Wave", "2"))
    await asyncio.sleep(0.05)
    assert not phone.screen
    phone.open.set()
    await asyncio.gather(first, second)
    texts = [str(it.replies[0].says) for it in phone.screen]
    assert "Wave" not in texts[0]
    assert "Wave" in texts[1]


async def test_a_store_that_is_away_for_a_moment_is_waited_for(a_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the platform waits too, nobody is asked to write again."""
    reception, tries = a_home.product.reception, []

    async def turn(*heard: object) -> Outcome:
        tries.append(heard)
        if len(tries) < 3:
            raise errors.StoreUnavailable
        return await type(reception).turn(reception, *heard)  # type: ignore[arg-type]

    async def wait(seconds: float) -> None:
        """No time passes."""

    class Away:
        def __getattr__(self, name: str) -> object:
            return turn if name == "turn" else getattr(reception, name)

    channel = Channel("post", Away(), CAN, 5.0, wait=wait)  # type: ignore[arg-type]
    outcome = await channel.answer(channel.sender("someone"), Inbound("text", text=TIP, ref="1"))
    assert outcome.state == "summary"
    assert len(tries) == 3


# --- over Telegram ----------------------------------------------------------------------------------------------------


async def test_a_summary_that_telegram_refused_comes_with_the_same_update(
    a_home: Home, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The webhook says that it could not answer; Telegram brings the update again."""
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.01)
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        api.refusals += [("sendMessage", 502)] * delivery.TRIES
        await api.says(CHAT, TIP)
        assert [TIP in it["text"] for it in api.sent[CHAT]] == [True]


async def test_polling_confirms_an_update_only_when_it_was_answered(a_home: Home, api: BotApi) -> None:
    """A bot that ends in between hears the update again, and answers it once."""
    api.holds("sendMessage")
    async with bot_api.connected_citizens_bot(a_home, api, webhook=False):
        await api.says(CHAT, TIP)
        await api.until(lambda: bool(api.held))
        assert api.confirmed == 0
    api.releases()
    async with bot_api.connected_citizens_bot(a_home, api, webhook=False):
        await api.waits_for(CHAT, 1)
        await api.until(lambda: api.confirmed > 0)
    assert [TIP in it["text"] for it in api.sent[CHAT]] == [True]


async def test_everything_that_is_brought_twice_is_answered_once(a_home: Home, api: BotApi) -> None:
    """Words, changes of them, buttons, and what the bot does by itself."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        said = await api.says(CHAT, TIP)
        edited = await api.edits(CHAT, said["message"]["message_id"], TIP + " lúc 10 giờ")
        pressed = await api.presses(CHAT, "submit")
        assert RECEIPT.search(api.sent[CHAT][-1]["text"])
        burned = await api.presses(CHAT, "burn:60")
        erased = await api.says(CHAT, "/xoa")
        before = len(api.sent[CHAT])
        for update in (said, edited, pressed, burned, erased):
            await api.brings(update)
        assert len(api.sent[CHAT]) == before
        assert len(await a_home.cases()) == 1


async def test_erasing_that_is_brought_twice_is_answered_once_though_nothing_was_begun(
    a_home: Home, api: BotApi
) -> None:
    """A first word may be the last."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        erased = await api.says(CHAT, "/xoa")
        await api.brings(erased)
        assert len(api.sent[CHAT]) == 1


async def test_who_blocked_the_bot_holds_nothing_up(a_home: Home, api: BotApi) -> None:
    """Telegram is told that the update was heard: it does not come again and again."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        api.refusals += [("sendMessage", 403)]
        await api.says(CHAT, TIP)
        assert len(api.called("sendMessage")) == 0
        assert not api.refusals
        await api.says(CHAT, "/help")
        assert len(api.sent[CHAT]) == 1


async def test_an_update_that_nobody_can_read_holds_nothing_up(a_home: Home, api: BotApi) -> None:
    """Of a later version, or broken: it is passed over, by either way; those behind it are answered."""
    odd = {**api.message(CHAT, text=TIP), "forward_origin": {"type": "martian", "date": 1}}
    nameless = api.message(CHAT, text=TIP)
    del nameless["from"]["first_name"]
    for webhook in (False, True):
        before = len(api.sent[CHAT])
        async with bot_api.connected_citizens_bot(a_home, api, webhook=webhook):
            for update in ({"message": odd}, {"message": nameless}, {"quantum_message": odd}, {"callback_query": {}}):
                await api.brings(dict(update))
            await api.says(CHAT, "/help")
            await api.waits_for(CHAT, before + 1)


async def test_a_chat_that_is_told_to_wait_holds_up_no_other(a_home: Home, api: BotApi) -> None:
    """While one is asked to wait for a minute, others are heard and answered; its own messages are not confirmed."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=False):
        api.refusals += [("sendMessage", 429)] * 200
        first = await api.says(CHAT, TIP)
        await api.until(lambda: len(api.refusals) < 200)
        api.refusals.clear()
        api.holds_chat(CHAT)
        for other in range(1, 6):
            await api.says(CHAT + other, TIP)
            await api.waits_for(CHAT + other, 1)
        assert api.confirmed <= first["update_id"]
        api.releases()
        await api.waits_for(CHAT, 1)


async def test_erasing_is_done_again_if_it_was_cut_off(
    a_home: Home, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram failed: nothing is said to be erased that is still there, and the next try erases it."""
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.01)
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        await api.says(CHAT, TIP)
        api.refusals += [("deleteMessages", 500)] * (delivery.TRIES + 1)
        await api.says(CHAT, "/xoa")
        assert not api.refusals
        assert api.left(CHAT) == [locales.say("vi", "erased")]


async def test_what_is_repeated_costs_nobody_their_next_turn(a_home: Home) -> None:
    """A platform that brings everything again and again does not use a person's limit up."""
    phone = Phone(a_home)
    await phone.brings(TIP, "1")
    for _ in range(80):
        await phone.brings(TIP, "1")
    await phone.brings("hai đứa đi xe Wave", "2")
    assert [it.state for it in phone.screen] == ["summary", "summary"]

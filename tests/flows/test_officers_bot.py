"""The officers' bot with real python-telegram-bot against the emulated Bot API: links, pings, digests, and no words."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot import officers
from tests.fakes import bot_api
from tests.fakes.bot_api import BotApi
from tests.fakes.home import Home

TIP = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý, mỗi đêm chừng 10 giờ."
COMPLAINT = "Công an phường Võ Thị Sáu quận 3 nhận tiền bảo kê sòng bạc mỗi tháng, tôi thấy đưa phong bì tối qua."
CHAT = 5150


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with bot_api.serving() as served:
        yield served


async def linked(home: Home, api: BotApi, name: str, chat: int) -> None:
    code = await home.product.notices.code(name)
    await api.says(chat, f"/lienket {code}", entities=[{"type": "bot_command", "offset": 0, "length": 8}])
    await api.waits_for(chat, 1)


def with_bot(home: Home, api: BotApi) -> Home:
    own = replace(home.settings, officers_token=bot_api.TOKEN, telegram_api=api.url)
    return replace(home, product=replace(home.product, settings=own))


async def test_a_new_tip_pings_its_desk_without_a_word_of_it(a_home: Home, api: BotApi) -> None:
    """Linked officers of the unit hear that something waits; nobody else does, and nothing is said of what."""
    home = with_bot(a_home, api)
    async with officers.running(home.product, every=3600) as application:
        await linked(home, api, "an", CHAT)
        await linked(home, api, "binh", CHAT + 1)
        await home.citizen().sends(TIP)
        home.clock.forward(hours=1)
        assert await officers.tell_waiting(application, home.product, 10) == 1
        assert "karaoke" not in api.sent[CHAT][-1]["text"]
        assert len(api.sent[CHAT]) == 2
        assert len(api.sent[CHAT + 1]) == 1
        home.clock.forward(minutes=1)
        assert await officers.tell_waiting(application, home.product, 10) == 0


async def test_a_tip_with_an_exclusion_pings_nobody_and_the_digest_betrays_nothing(a_home: Home, api: BotApi) -> None:
    """At the fixed hour everybody gets the same words, with or without such a tip."""
    home = with_bot(a_home, api)
    async with officers.running(home.product, every=3600) as application:
        await linked(home, api, "thanh", CHAT)
        await linked(home, api, "an", CHAT + 1)
        await home.citizen().sends(COMPLAINT)
        home.clock.forward(hours=30)
        assert await officers.tell_waiting(application, home.product, 10) == 0
        assert await officers.tell_digest(application, home.product) == 2
        assert api.sent[CHAT][-1]["text"] == api.sent[CHAT + 1][-1]["text"]


async def test_a_link_code_works_once(a_home: Home, api: BotApi) -> None:
    """A used, unknown or late code links nothing."""
    home = with_bot(a_home, api)
    async with officers.running(home.product, every=3600):
        code = await home.product.notices.code("an")
        for chat in (CHAT, CHAT + 1):
            await api.says(chat, f"/lienket {code}", entities=[{"type": "bot_command", "offset": 0, "length": 8}])
            await api.waits_for(chat, 1)
        assert await home.product.store.links.chats(["an"]) == [str(CHAT)]


async def test_a_slot_is_taken_once_however_many_ask(a_home: Home, api: BotApi) -> None:
    """Two processes at the same moment send one digest."""
    home = with_bot(a_home, api)
    async with officers.running(home.product, every=3600) as application:
        await linked(home, api, "an", CHAT)
        sent = [await officers.tell_digest(application, home.product) for _ in range(3)]
        assert sent == [1, 0, 0]

"""The officers' bot with real python-telegram-bot against the emulated Bot API: links, pings, digests, and no words."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import locales
from tests.fakes import bot_api
from tests.fakes.bot_api import BotApi
from tests.fakes.home import Home
from tests.fakes.people import CHI
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN as COMPLAINT
from tips import errors
from tips.cases.pings import Ping
from tips.desk import officer_notifications
from tips.desk.actions import Fields
from tips.ports.desk import Chat

CHAT = 5150


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with bot_api.serving() as served:
        yield served


async def linked(home: Home, api: BotApi, name: str, chat: int) -> None:
    code = await home.product.officer_notifications.code(name)
    await api.says(chat, f"/lienket {code}", entities=[{"type": "bot_command", "offset": 0, "length": 8}])
    await api.waits_for(chat, 1)


async def commands(api: BotApi, chat: int, words: str) -> str:
    """What the bot answers to a command."""
    before = len(api.sent[chat])
    length = len(words.split(maxsplit=1)[0])
    await api.says(chat, words, entities=[{"type": "bot_command", "offset": 0, "length": length}])
    return str((await api.waits_for(chat, before + 1))[-1]["text"])


def with_bot(home: Home, api: BotApi) -> Home:
    own = replace(home.settings, officers_token=bot_api.TOKEN, telegram_api=api.url)
    return replace(home, product=replace(home.product, settings=own))


async def test_a_new_tip_pings_its_desk_without_a_word_of_it(a_home: Home, api: BotApi) -> None:
    """Linked officers of the unit hear that something waits; nobody else does, and nothing is said of what."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await linked(home, api, "binh", CHAT + 1)
        await home.citizen().sends(TIP)
        home.clock.forward(hours=1)
        assert await bot.looks() == 1
        assert "karaoke" not in api.sent[CHAT][-1]["text"]
        assert len(api.sent[CHAT]) == 2
        assert len(api.sent[CHAT + 1]) == 1
        home.clock.forward(minutes=1)
        assert await bot.looks() == 0


async def test_a_tip_with_an_exclusion_pings_nobody_and_the_digest_betrays_nothing(a_home: Home, api: BotApi) -> None:
    """At the fixed hour everybody gets the same words, with or without such a tip."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "thanh", CHAT)
        await linked(home, api, "an", CHAT + 1)
        await home.citizen().sends(COMPLAINT)
        home.clock.forward(hours=30)
        assert await bot.looks() == 0
        assert await bot.digests() == 2
        assert api.sent[CHAT][-1]["text"] == api.sent[CHAT + 1][-1]["text"]


async def test_a_link_code_works_once(a_home: Home, api: BotApi) -> None:
    """A used, unknown or late code links nothing."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product):
        code = await home.product.officer_notifications.code("an")
        for chat in (CHAT, CHAT + 1):
            await api.says(chat, f"/lienket {code}", entities=[{"type": "bot_command", "offset": 0, "length": 8}])
            await api.waits_for(chat, 1)
        assert await home.product.store.officer_chats.chats(["an"]) == [Chat(str(CHAT), "an")]


async def test_the_digest_comes_at_the_product_s_own_hour(a_home: Home, api: BotApi) -> None:
    """Whatever the machine's clock says: a moved time moves it too, and a bot that was late still sends it once."""
    home = with_bot(a_home, api)
    home.clock.moment = datetime(2026, 11, 23, 23, 40, tzinfo=UTC)  # 6:40 in the city
    async with bot_api.connected_officers_bot(home.product, every=0.1):
        await linked(home, api, "an", CHAT)
        home.clock.forward(hours=2)
        texts = [it["text"] for it in await api.waits_for(CHAT, 2)]
    assert ["Nhắc theo giờ cố định" in it for it in texts] == [False, True]


async def test_a_slot_is_taken_once_however_many_ask(a_home: Home, api: BotApi) -> None:
    """Two processes at the same moment send one digest."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        sent = [await bot.digests() for _ in range(3)]
        assert sent == [1, 0, 0]


async def test_what_waits_is_told_in_numbers_without_what_is_restricted(a_home: Home, api: BotApi) -> None:
    """`/hangdoi`: open, unread, overdue, one's own; a case with an exclusion is not counted, nor another unit's."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product):
        await linked(home, api, "an", CHAT)
        await linked(home, api, "thanh", CHAT + 1)
        for number in range(2):
            await home.citizen(f"citizen {number}").sends(TIP)
        await home.citizen("third").sends(COMPLAINT)
        officer = await home.session("an")
        first, _ = await home.product.review.queue(officer)
        await home.product.review.open(officer, first.id)
        await home.product.casework.act(officer, first.id, "claim")
        assert "Đang mở: 2. Chưa đọc: 1. Quá hạn: 0. Anh/chị thụ lý: 1." in await commands(api, CHAT, "/hangdoi")
        assert "Đang mở: 0." in await commands(api, CHAT + 1, "/hangdoi")
        assert "/lienket" in await commands(api, CHAT + 2, "/hangdoi")


async def test_counts_are_for_who_may_see_them_and_hide_small_ones(a_home: Home, api: BotApi) -> None:
    """`/thongke`: months, with what is below five hidden; an officer is turned away."""
    await a_home.join(("chi", "area-770", "head"))
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product):
        await linked(home, api, "chi", CHAT)
        await linked(home, api, "an", CHAT + 1)
        await home.citizen().sends(TIP)
        assert "2026-11: <5" in await commands(api, CHAT, "/thongke")
        for number in range(6):
            await home.citizen(f"citizen {number}").sends(TIP)
        assert "2026-11: 7" in await commands(api, CHAT, "/thongke")
        assert "2026-11" not in await commands(api, CHAT + 1, "/thongke")


async def test_quiet_hours_hold_back_all_but_danger(a_home: Home, api: BotApi) -> None:
    """`/tamnghi`: at night a new tip pings nobody who asked for quiet; somebody in danger pings everybody."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        assert "22-6" in await commands(api, CHAT, "/tamnghi 22h - 6h")
        assert "ví dụ" in await commands(api, CHAT, "/tamnghi mai")
        home.clock.forward(hours=13)  # 23:20 in the city
        await home.citizen().sends(TIP)
        home.clock.forward(minutes=1)
        assert await bot.looks() == 0
        await home.citizen("second").sends("Cứu với, nó đang cầm dao chém người ở 12 Lê Văn Sỹ quận 3, máu nhiều lắm")
        home.clock.forward(minutes=1)
        assert await bot.looks() == 1
        assert "KHẨN" in api.sent[CHAT][-1]["text"]
        await commands(api, CHAT, "/tamnghi tắt")
        await home.citizen("fourth").sends(TIP)
        home.clock.forward(minutes=1)
        assert await bot.looks() == 1


@pytest.mark.parametrize(
    ("words", "quiet"),
    [("22-6", "22-6"), ("22h-6h", "22-6"), ("22:00 - 06:00", "22-6"), ("12 13", "12-13"), ("22 đến 6", "22-6"),
     ("tắt", ""), ("OFF", "")],
)  # fmt: skip
def test_quiet_hours_are_read_as_people_write_them(words: str, quiet: str) -> None:
    """One form is kept."""
    assert officer_notifications.parse_quiet(words) == quiet


@pytest.mark.parametrize("words", ["", "mai", "25-3", "6", "6-6", "22-6-7", "-1 3", "9" * 500])
def test_other_words_are_no_hours(words: str) -> None:
    """And are answered with an example."""
    with pytest.raises(errors.Refused, match=r"officers\.quiet\.how"):
        officer_notifications.parse_quiet(words)


async def test_a_deadline_that_comes_near_is_told_once_and_never_a_restricted_one(a_home: Home, api: BotApi) -> None:
    """Three hours before, to the unit; looked for every hour, told in one."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await linked(home, api, "thanh", CHAT + 1)
        await home.citizen().sends("Đêm qua ở quận 3 có người đổ rác thải xuống kênh Nhiêu Lộc")
        await home.citizen("second").sends(COMPLAINT)
        officer = await home.session("an")
        (row,) = await home.product.review.queue(officer)
        await home.product.casework.act(officer, row.id, "claim")
        home.clock.forward(hours=1)
        await bot.looks()
        told = []
        for _ in range(30):
            home.clock.forward(hours=1)
            await home.product.reminders.tick()
            if await bot.looks():
                told.append(api.sent[CHAT][-1]["text"])
        assert [it for it in told if "Sắp tới hạn" in it] == told[:1]
        assert len(told) == 1
        assert all("Sắp tới hạn" not in it["text"] for it in api.sent[CHAT + 1])


async def test_who_read_an_urgent_case_and_did_nothing_does_not_hold_it_back(a_home: Home, api: BotApi) -> None:
    """The next hour the others are told, until somebody takes it; if all have read it, all are told again."""
    await a_home.join(CHI)
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await linked(home, api, "chi", CHAT + 1)
        await home.citizen().sends(TIP)
        reader = await home.session("an")
        other = await home.session("chi")
        (row,) = await home.product.review.queue(reader)
        assert row.urgency == "P1"
        await bot.looks()
        await home.product.review.open(reader, row.id)

        async def an_hour_on() -> list[int]:
            before = {chat: len(api.sent[chat]) for chat in (CHAT, CHAT + 1)}
            home.clock.forward(hours=1)
            await home.product.reminders.tick()
            await bot.looks()
            new = {chat: [it["text"] for it in api.sent[chat][before[chat] :]] for chat in before}
            return [chat - CHAT for chat, texts in new.items() if any("chưa ai nhận" in it for it in texts)]

        assert await an_hour_on() == [1]
        await home.product.review.open(other, row.id)
        assert await an_hour_on() == [0, 1]
        await home.product.casework.act(other, row.id, "claim")
        assert await an_hour_on() == []


def test_every_kind_of_word_has_its_words() -> None:
    """A kind without them would silence all that comes after it."""
    for kind in (*officer_notifications.KINDS, "digest"):
        for lang in locales.LANGUAGES:
            assert locales.say(lang, f"ping.{kind}")


async def test_an_overseer_who_is_asked_is_told_and_an_unknown_word_holds_nothing_up(a_home: Home, api: BotApi) -> None:
    """A row of a kind that nobody knows is passed over, and is gone."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product, every=3600) as bot:
        await linked(home, api, "kiem", CHAT)
        await home.citizen().sends(TIP)
        officer = await home.session("an")
        (row,) = await home.product.review.queue(officer)
        await home.product.store.outbox.add([Ping(bytes(16), "vks-tp", "no such kind", home.clock())])
        await home.product.casework.act(officer, row.id, "consult", Fields(unit="vks-tp"))
        assert await bot.looks() == 1
        assert "xin ý kiến" in api.sent[CHAT][-1]["text"]
        assert await home.pings() == []

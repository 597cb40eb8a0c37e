"""The officers' bot with real python-telegram-bot against the emulated Bot API: links, pings, digests, and no words."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import locales
from bot import wiring
from bot.serve import officers_bot
from bot.serve.messengers import Messenger
from tests.fakes import bot_api
from tests.fakes.bot_api import BotApi
from tests.fakes.home import CHEAP, Home
from tests.fakes.people import CHI
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN as COMPLAINT
from tips import errors
from tips.cases import deadlines, outbox
from tips.cases.case import code_of
from tips.cases.pings import Ping
from tips.desk import officer_notifications
from tips.desk.actions import Fields
from tips.ports.desk import Chat, ContactState

CHAT = 5150
IN_DANGER_OF_POLICE = (
    "Cứu với, nó đang cầm dao chém người ở 12 Lê Văn Sỹ quận 3, máu nhiều lắm, "
    "công an phường Võ Thị Sáu nhận tiền bao che, đừng gửi cho công an phường"
)


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


def with_bot(home: Home, api: BotApi, public_url: str = "https://tinbao.example") -> Home:
    own = replace(home.settings, officers_token=bot_api.TOKEN, telegram_api=api.url, public_url=public_url)
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
    """`/thongke`: closed months, with what is below five hidden; an officer is turned away."""
    await a_home.join(("chi", "area-770", "head"))
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product):
        await linked(home, api, "chi", CHAT)
        await linked(home, api, "an", CHAT + 1)
        for number in range(7):
            await home.citizen(f"citizen {number}").sends(TIP)
        await home.product.closing.tick()
        assert "2026-11" not in await commands(api, CHAT, "/thongke")
        home.clock.forward(days=45)
        await home.product.closing.tick()
        told = await commands(api, CHAT, "/thongke")
        assert "2026-11: 7" in told
        assert "2026-12: <5" in told
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


# --- which case, and until when ---------------------------------------------------------------------------------------


async def the_code(home: Home) -> str:
    return code_of((await home.the_case()).id)


async def test_a_word_about_a_case_says_which_and_until_when_and_leads_there(a_home: Home, api: BotApi) -> None:
    """Its code, a button to it at the desk, its due time as an entity that a telephone shows in its own; no more."""
    home = with_bot(a_home, api, "https://tinbao.example")
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        case = await home.the_case()
        assert await bot.looks() == 1
        sent = api.sent[CHAT][-1]
        assert sent["text"].splitlines()[1] == f"Vụ {code_of(case.id)}."
        (button,) = api.rows(CHAT)[0]
        assert button["url"] == f"https://tinbao.example/desk/case/{case.id.hex()}"
        (entity,) = sent["entities"]
        units = sent["text"].encode("utf-16-le")
        shown = units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
        assert case.due_at is not None
        assert (entity["type"], entity["unix_time"]) == ("date_time", int(case.due_at.timestamp()))
        assert shown == deadlines.moment(case.due_at)
        assert sent["protect_content"] in (True, "true")
        assert sent["link_preview_options"]["is_disabled"]
        for word in ("karaoke", "770", "Quận", case.category):
            assert word not in sent["text"]


async def test_where_telegram_takes_no_link_the_address_stands_in_the_text(a_home: Home, api: BotApi) -> None:
    """A desk in the house has a name without a dot, or no https: the whole message would be refused."""
    home = with_bot(a_home, api, "http://desk:8138")
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        assert await bot.looks() == 1
        case = await home.the_case()
        assert f"http://desk:8138/desk/case/{case.id.hex()}" in api.sent[CHAT][-1]["text"].splitlines()
        assert api.rows(CHAT) == []


async def test_a_restricted_case_is_named_nowhere_even_where_somebody_is_in_danger(a_home: Home, api: BotApi) -> None:
    """P0 goes out at once, as words without a case; no row that waits to be told, and no topic, names it."""
    home = with_bot(a_home, api)
    api.has_topics = True
    async with bot_api.connected_officers_bot(home.product) as bot:
        for name, chat in (("an", CHAT), ("thanh", CHAT + 1)):
            await linked(home, api, name, chat)
        await home.citizen().sends(IN_DANGER_OF_POLICE)
        (case,) = await home.cases()
        assert (case.urgency, case.restricted) == ("P0", True)
        assert [(it.kind, it.case, it.due) for it in await home.pings()] == [("urgent", None, None)]
        assert await bot.looks() == 1
        assert code_of(case.id) not in str(api.sent)
        assert api.topics[CHAT] == api.topics[CHAT + 1] == {}


async def test_many_cases_at_once_are_one_word(a_home: Home, api: BotApi) -> None:
    """A flood rings once; a handful is told one by one."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        for number in range(officer_notifications.MOST_APART + 1):
            await home.citizen(f"citizen {number}").sends(TIP)
        assert await bot.looks() == 1
        assert "Vụ" not in api.sent[CHAT][-1]["text"]
        for number in range(2):
            await home.citizen(f"later {number}").sends(TIP)
        assert await bot.looks() == 2


# --- topics -----------------------------------------------------------------------------------------------------------


async def test_each_case_has_one_topic_in_each_chat(a_home: Home, api: BotApi) -> None:
    """Named by its code; further words about it go there; the digest, which is about none, does not."""
    home = with_bot(a_home, api)
    api.has_topics = True
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        receipt = await home.citizen().sends(TIP)
        await bot.looks()
        someone = home.citizen("somebody else")
        await someone.says(receipt)
        await someone.says("Biển số xe là 59X1-12345, chạy lúc 23 giờ.")
        await bot.looks()
        assert list(api.topics[CHAT].values()) == [await the_code(home)]
        threads = [it.get("message_thread_id") for it in api.sent[CHAT][-2:]]
        assert [int(it) for it in threads if it] == list(api.topics[CHAT]) * 2
        await bot.digests()
        assert api.sent[CHAT][-1].get("message_thread_id") is None


async def test_a_topic_that_the_officer_deleted_is_made_again(a_home: Home, api: BotApi) -> None:
    """And the word is not lost."""
    home = with_bot(a_home, api)
    api.has_topics = True
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        await bot.looks()
        api.topics[CHAT].clear()
        await home.product.store.outbox.add([await another_ping(home)])
        assert await bot.looks() == 1
        assert list(api.topics[CHAT].values()) == [await the_code(home)]
        assert int(api.sent[CHAT][-1]["message_thread_id"]) in api.topics[CHAT]


async def test_where_a_chat_has_no_topics_the_word_comes_without(a_home: Home, api: BotApi) -> None:
    """The bot may have them, and this chat not."""
    home = with_bot(a_home, api)
    api.has_topics = True
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        api.refusals.append(("createForumTopic", 400))
        assert await bot.looks() == 1
        assert api.topics[CHAT] == {}


async def another_ping(home: Home) -> Ping:
    """A further word about the one case."""
    row = await home.the_case()
    return Ping(b"p" * 16, row.unit, "answer", home.clock(), (), row.id, row.due_at)


async def test_two_processes_make_one_topic(a_home: Home, api: BotApi) -> None:
    """Who is second takes its own away again."""
    home = with_bot(a_home, api)
    api.has_topics = True
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        await home.product.store.outbox.add([await another_ping(home)])
        await home.product.officer_notifications.gather()
        two = await home.product.store.outbox.claim(home.clock(), 9)
        became = await asyncio.gather(*(bot.teller.pushes.deliver(it) for it in two))
        assert became == [outbox.DELIVERED] * 2
        assert len(api.topics[CHAT]) == 1


# --- exactly once -----------------------------------------------------------------------------------------------------


async def test_two_processes_send_each_word_once(a_home: Home, api: BotApi) -> None:
    """Four that look at the same moment, on two products over one database: each chat gets each word once."""
    await a_home.join(CHI)
    home = with_bot(a_home, api)
    async with (
        wiring.open_product(home.product.settings, now=home.clock, cost=CHEAP) as other,
        bot_api.connected_officers_bot(home.product) as here,
    ):
        await linked(home, api, "an", CHAT)
        await linked(home, api, "chi", CHAT + 1)
        for number in range(3):
            await home.citizen(f"citizen {number}").sends(TIP)
        there = replace(here.teller, notifications=other.officer_notifications)
        looks = (it() for it in (here.looks, there.tell_waiting, here.digests, there.tell_digest))
        assert sum(await asyncio.gather(*looks)) == 2 * (3 + 1)
        for chat in (CHAT, CHAT + 1):
            words = [it["text"] for it in api.sent[chat][1:]]
            assert len(words) == len(set(words)) == 3 + 1


async def test_what_a_process_died_over_is_sent_by_another(a_home: Home, api: BotApi) -> None:
    """Its claim lapses."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        await home.product.officer_notifications.gather()
        assert len(await home.product.store.outbox.claim(home.clock(), 9, timedelta(0))) == 1
        assert await bot.looks() == 1


async def test_who_blocked_the_bot_is_unlinked_quietly(a_home: Home, api: BotApi) -> None:
    """No dead letter, and nothing further waits for them."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        for number in range(2):
            await home.citizen(f"citizen {number}").sends(TIP)
        api.blocked.add(CHAT)
        assert await bot.looks() == 0
        assert await home.product.store.officer_chats.chats(["an"]) == []
        assert await home.product.store.outbox.dead() == []
        assert await home.product.store.outbox.claim(home.clock() + timedelta(days=9), 9) == []


@pytest.mark.parametrize("status", [429, 500, 502])
async def test_a_word_that_telegram_does_not_take_now_comes_later_once(a_home: Home, api: BotApi, status: int) -> None:
    """As long after as it asked for, and at least as the pause says."""
    home = with_bot(a_home, api)
    api.retry_after = 400
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        api.refusals += [("sendMessage", status)]
        assert await bot.looks() == 0
        await bot_api.connected(home.product)
        home.clock.forward(seconds=14 if status != 429 else 399)
        assert await bot.looks() == 0
        home.clock.forward(seconds=30)
        assert await bot.looks() == 1
        assert len(api.sent[CHAT]) == 2


async def test_what_waited_until_it_was_night_lets_people_sleep(a_home: Home, api: BotApi) -> None:
    """Quiet hours hold for a word that was put off as well: it is not sent, then or later."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await commands(api, CHAT, "/tamnghi 22-6")
        home.clock.moment = datetime(2026, 11, 23, 14, 59, tzinfo=UTC)  # 21:59 in the city
        await home.citizen().sends(TIP)
        api.refusals += [("sendMessage", 500)]
        assert await bot.looks() == 0
        await bot_api.connected(home.product)
        home.clock.forward(minutes=5)
        assert await bot.looks() == 0
        home.clock.forward(hours=10)
        assert await bot.looks() == 0


async def test_who_left_meanwhile_is_told_nothing(a_home: Home, api: BotApi) -> None:
    """A word that waits is for who is still there."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        await home.product.officer_notifications.gather()
        roster = home.product.roster()
        others = tuple(it for it in roster.people if it.name != "an")
        without = replace(home.product.officer_notifications, roster=lambda: replace(roster, people=others))
        assert await replace(bot.teller, notifications=without).tell_waiting() == 0
        assert len(api.sent[CHAT]) == 1


async def test_while_telegram_is_away_words_wait_and_use_up_no_try(a_home: Home, api: BotApi) -> None:
    """What is claimed and cannot be begun is given back."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        away = replace(bot.teller, messenger=Messenger("officers", ContactState.TROUBLE))
        for _ in range(2 * outbox.MOST_TRIES):
            assert await away.tell_waiting() == 0
        assert await bot.looks() == 1


# --- hearing ----------------------------------------------------------------------------------------------------------


async def test_a_code_whose_words_come_twice_links_and_says_so_twice(a_home: Home, api: BotApi) -> None:
    """A process that died before it confirmed: the officer is not told that the code is wrong."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product):
        code = await home.product.officer_notifications.code("an")
        said = await commands(api, CHAT, f"/lienket {code}")
        assert await commands(api, CHAT, f"/lienket {code}") == said


async def test_what_cannot_be_answered_is_heard_once_and_stops_nothing(a_home: Home, api: BotApi) -> None:
    """An answer that Telegram refuses, an update that is none of ours, another process that polls: it goes on."""
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product):
        api.refusals += [("sendMessage", 400)]
        await api.says(CHAT, "/start", entities=[{"type": "bot_command", "offset": 0, "length": 6}])
        await api.brings({"message": {"message_id": 7, "date": 1, "chat": {"id": -5, "type": "group", "title": "g"}}})
        assert "/lienket" in await commands(api, CHAT, "/start")
        assert len(api.sent[CHAT]) == 1


async def test_another_process_that_polls_is_no_trouble(
    a_home: Home, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram lets one hear: the other waits for its turn, and goes on telling meanwhile."""
    monkeypatch.setattr(officers_bot, "POLL", 0.02)
    home = with_bot(a_home, api)
    async with bot_api.connected_officers_bot(home.product) as bot:
        await linked(home, api, "an", CHAT)
        await home.citizen().sends(TIP)
        api.refusals += [("getUpdates", 409)] * 20
        await api.until(lambda: len(api.refusals) < 10)
        assert bot.teller.messenger.is_up
        assert await bot.looks() == 1
        await api.until(lambda: not api.refusals)
        assert "Đang mở: 1." in await commands(api, CHAT, "/hangdoi")


class Away:
    """Counts that nobody can ask for."""

    async def workload(self, *_: object) -> None:
        raise errors.StoreUnavailable


async def test_a_store_that_is_away_is_said_to_who_asks(a_home: Home, api: BotApi) -> None:
    """An officer who gets no answer would ask again and again."""
    home = with_bot(a_home, api)
    counts: Any = Away()
    ill = replace(home.product, store=replace(home.product.store, statistics=counts))
    async with bot_api.connected_officers_bot(ill):
        await linked(home, api, "an", CHAT)
        assert await commands(api, CHAT, "/hangdoi") == locales.say("vi", errors.StoreUnavailable.key)

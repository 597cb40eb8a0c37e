"""Being told that an answer waits, and leaving no trace in the chat: who asks for it is told, and nobody is known."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from starlette.routing import Route

from bot import key_files
from bot.serve import announcing, citizens_bot, web
from bot.serve.announcing import Announcer
from bot.serve.messengers import Messenger
from bot.wiring import Product
from handlers.telegram import Telegram
from storage import mapping, tables
from storage.engine import Database
from tests.fakes import bot_api, loopback
from tests.fakes.bot_api import BotApi
from tests.fakes.home import Clock, Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import RECEIPT
from tips.cases import outbox
from tips.desk.actions import Fields
from tips.intake import reporter_notifications
from tips.intake.reporter_notifications import Address
from tips.intake.turns import Inbound
from tips.ports.desk import ContactState

QUESTION = "Phòng số mấy, thưa anh chị?"
CHAT = 77_001_234
TOLD = "Bạn có tin nhắn mới."


@dataclass
class Running:
    """The bot by webhook, with a clock of its own for what deletes itself later."""

    home: Home
    product: Product
    api: BotApi
    announcer: Announcer
    messenger: Messenger
    waited: asyncio.Event
    waits: list[float]

    async def looks(self) -> int:
        """The look for news that runs every 20 seconds."""
        self.home.clock.forward(seconds=announcing.LOOK)
        return await self.announcer.announce()

    async def reports(self, chat: int = CHAT) -> str:
        await self.api.says(chat, TIP)
        await self.api.presses(chat, "submit")
        code = RECEIPT.search(self.api.sent[chat][-1]["text"])
        assert code
        return code.group()

    async def asks(self) -> bytes:
        """The officer asks the reporter of the first case in the queue."""
        officer = await self.home.session("an")
        row = (await self.product.review.queue(officer))[0]
        await self.product.casework.act(officer, row.id, "ask", Fields(text=QUESTION))
        return row.id

    async def news(self) -> bytes:
        """Who reported asks to be told, and is asked something."""
        await self.api.presses(CHAT, "notify")
        return await self.asks()

    async def addresses(self) -> int:
        return len(await self.product.store.addresses.every())


@pytest.fixture
async def running(a_home: Home) -> AsyncIterator[Running]:
    waited, waits = asyncio.Event(), []

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        await waited.wait()

    async with bot_api.serving() as api, contextlib.AsyncExitStack() as stack:
        port = loopback.free_port()
        own = replace(a_home.settings, telegram_token=bot_api.TOKEN, telegram_api=api.url, telegram_webhook=True)
        product = replace(a_home.product, settings=replace(own, public_url=f"http://127.0.0.1:{port}"))
        bot = Bot(bot_api.TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api.url)))
        stack.push_async_callback(bot.session.close)
        handler = Telegram(product.reception, wait)
        hook = citizens_bot.Webhook(bot, handler.dispatcher(), "s")
        routes = [Route(citizens_bot.PATH, hook.receive, methods=["POST"])]
        await stack.enter_async_context(loopback.serving(web.build(product, frozenset({"intake"}), routes), port))
        api.webhook, api.secret = f"http://127.0.0.1:{port}{citizens_bot.PATH}", "s"
        messenger = Messenger("telegram", ContactState.UP)
        announcer = Announcer(product.reporter_notifications)
        announcer.by("telegram", functools.partial(handler.tell, bot), messenger)
        yield Running(a_home, product, api, announcer, messenger, waited, waits)
        waited.set()


async def test_who_asked_is_told_once_in_words_for_a_lock_screen(running: Running) -> None:
    """Neutral words, nothing of the tip or the question; once for each piece of news, and only who asked."""
    await running.reports(CHAT + 1)
    await running.asks()
    assert await running.looks() == 0  # nobody asked to be told
    await running.reports()
    await running.api.presses(CHAT, "notify")
    assert await running.looks() == 0  # nothing has happened yet
    officer = await running.home.session("an")
    for row in await running.product.review.queue(officer):
        await running.product.casework.act(officer, row.id, "ask", Fields(text=QUESTION))
    running.home.clock.forward(hours=1)
    assert await running.looks() == 1
    assert running.api.sent[CHAT][-1]["text"] == TOLD
    assert await running.looks() == 0
    assert all(it["text"] != TOLD for it in running.api.sent[CHAT + 1])


async def test_two_processes_that_look_tell_once(running: Running) -> None:
    """Whoever takes the slot tells; the other one finds it taken."""
    await running.reports()
    await running.api.presses(CHAT, "notify")
    await running.asks()
    running.home.clock.forward(hours=1)
    look = [running.announcer.announce() for _ in range(4)]
    assert sum(await asyncio.gather(*look)) == 1


async def test_an_internal_note_is_no_news(running: Running) -> None:
    """What officers write for each other makes no telephone ring."""
    await running.reports()
    await running.api.presses(CHAT, "notify")
    officer = await running.home.session("an")
    (row,) = await running.product.review.queue(officer)
    await running.product.casework.act(officer, row.id, "note", Fields(text="ghi nội bộ"))
    running.home.clock.forward(hours=1)
    assert await running.looks() == 0


@pytest.mark.parametrize("words", ["STOP", "dừng báo", "/dung", "quên tôi đi", "/quen"])
async def test_stop_destroys_the_address_and_the_case_lives_on(running: Running, words: str) -> None:
    """It needs no receipt, works at any time, and whoever holds the receipt still reads the question."""
    code = await running.reports()
    await running.api.presses(CHAT, "notify")
    assert await running.addresses() == 1
    await running.api.says(CHAT, words)
    assert await running.addresses() == 0
    await running.asks()
    running.home.clock.forward(hours=1)
    assert await running.looks() == 0
    await running.api.says(CHAT, code)
    assert QUESTION in running.api.sent[CHAT][-1]["text"]


async def test_stop_of_one_leaves_the_others(running: Running) -> None:
    """Only the chat that says it is forgotten."""
    for chat in (CHAT, CHAT + 1):
        await running.reports(chat)
        await running.api.presses(chat, "notify")
    await running.api.says(CHAT, "stop")
    assert await running.addresses() == 1


async def test_the_receipt_on_another_phone_may_take_the_news_over(running: Running) -> None:
    """A case has one address: where it was asked for last."""
    code = await running.reports()
    await running.api.presses(CHAT, "notify")
    await running.api.says(CHAT + 1, code)
    await running.api.presses(CHAT + 1, "notify")
    await running.asks()
    running.home.clock.forward(hours=1)
    assert await running.looks() == 1
    assert running.api.sent[CHAT + 1][-1]["text"] == TOLD
    assert running.api.sent[CHAT][-1]["text"] != TOLD


async def test_without_a_receipt_nobody_is_registered(running: Running) -> None:
    """Who has sent nothing here is asked for the receipt first."""
    await running.api.says(CHAT, "/bao")
    assert "mã tra cứu" in running.api.sent[CHAT][-1]["text"]
    assert await running.addresses() == 0


async def test_no_table_knows_a_chat(running: Running, database_url: str) -> None:
    """The address is sealed; a case without one looks like a case with one."""
    await running.reports()
    await running.api.presses(CHAT, "notify")
    database = Database(database_url)
    for table in tables.metadata.tables.values():
        for row in await database.rows(sa.select(table)):
            assert str(CHAT).encode() not in b"|".join(_bytes(value) for value in row)
    await database.close()
    (_, sealed), *_ = await running.product.store.addresses.every()
    await running.api.says(CHAT + 1, await running.reports(5))
    await running.api.presses(CHAT + 1, "notify")
    assert {len(it) for _, it in await running.product.store.addresses.every()} == {len(sealed)}


@dataclass(frozen=True)
class Keys:
    """A process's keys; those it does not name are made up."""

    relay: bytes
    lost: frozenset[bytes] = frozenset()

    def relay_key(self) -> bytes:
        return self.relay

    def lost_relays(self) -> frozenset[bytes]:
        return self.lost


async def test_an_address_that_a_process_cannot_open_is_left_to_the_one_that_can(running: Running) -> None:
    """Another host, or another folder of keys: it looks, tells nobody, and destroys nothing."""
    await running.reports()
    await running.api.presses(CHAT, "notify")
    await running.asks()
    running.home.clock.forward(hours=1)
    another = replace(running.product.reporter_notifications, secrets=Keys(bytes(32)))
    assert await another.claim() == []
    assert await running.addresses() == 1
    assert await running.looks() == 1


async def test_after_a_power_cut_the_address_is_nobodys(running: Running) -> None:
    """The key was in memory: once a cold start says so, the row that is left is cleared away."""
    await running.reports()
    await running.api.presses(CHAT, "notify")
    await running.asks()
    running.home.clock.forward(hours=1)
    gone = frozenset({reporter_notifications.relay_id(running.product.reporter_notifications.secrets.relay_key())})
    another = replace(running.product.reporter_notifications, secrets=Keys(bytes(32), gone))
    assert await another.claim() == []
    assert await running.addresses() == 0


def test_only_another_boot_of_the_machine_has_lost_a_relay_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second folder of keys in the same boot takes nothing from the first; after a power cut its key is gone."""
    boot, kept = tmp_path / "boot_id", tmp_path / "secrets"
    boot.write_text("one\n")
    kept.mkdir()
    monkeypatch.setattr(key_files, "BOOT", boot)
    first = key_files.open_run(tmp_path / "a", kept, Clock(), demo=True)
    assert key_files.open_run(tmp_path / "b", kept, Clock(), demo=True).lost_relays() == frozenset()
    boot.write_text("two\n")
    after = key_files.open_run(tmp_path / "c", kept, Clock(), demo=True)
    assert reporter_notifications.relay_id(first.relay_key()) in after.lost_relays()
    assert (
        reporter_notifications.relay_id(after.relay_key())
        not in key_files.open_run(tmp_path / "c", kept, Clock(), demo=True).lost_relays()
    )


async def test_who_blocked_the_bot_is_forgotten_quietly(running: Running) -> None:
    """They are gone: no further try, no dead letter, and no address; the receipt still opens the case."""
    code = await running.reports()
    await running.news()
    running.api.blocked.add(CHAT)
    assert await running.looks() == 0
    assert await running.addresses() == 0
    assert await running.product.store.addresses.dead() == 0
    running.api.blocked.clear()
    await running.api.says(CHAT, code)
    assert QUESTION in running.api.sent[CHAT][-1]["text"]


@pytest.mark.parametrize("status", [500, 502])
async def test_who_could_not_be_told_is_told_later(running: Running, status: int) -> None:
    """The platform is away: the news wait, and are told once."""
    await running.reports()
    await running.news()
    running.api.refusals += [("sendMessage", status)]
    assert await running.looks() == 0
    running.home.clock.forward(minutes=1)
    assert await running.looks() == 1
    assert await running.looks() == 0


async def test_a_platform_that_asks_for_time_gets_it(running: Running) -> None:
    """Not a second less."""
    await running.reports()
    await running.news()
    running.api.retry_after = 400
    running.api.refusals += [("sendMessage", 429)]
    assert await running.looks() == 0
    running.home.clock.forward(seconds=375)
    assert await running.looks() == 0
    assert await running.looks() == 1


async def test_news_that_nobody_takes_are_a_dead_letter_until_the_next(running: Running) -> None:
    """The address stays, as a number; what comes later is told."""
    await running.reports()
    await running.news()
    running.api.refusals += [("sendMessage", 400)]
    assert await running.looks() == 0
    assert await running.product.store.addresses.dead() == 1
    assert await running.looks() == 0
    await running.asks()
    assert await running.looks() == 1
    assert await running.product.store.addresses.dead() == 0


async def test_a_platform_that_stays_away_makes_a_dead_letter_within_days(running: Running) -> None:
    """So many tries and no more."""
    await running.reports()
    await running.news()
    running.api.refusals += [("sendMessage", 500)] * 99
    for _ in range(40):
        running.home.clock.forward(hours=3)
        await running.looks()
    assert await running.product.store.addresses.dead() == 1
    assert 99 - len(running.api.refusals) == outbox.MOST_TRIES


async def test_a_channel_that_is_down_keeps_its_news_and_uses_up_no_try(running: Running) -> None:
    """However long it takes; once it is up they are told."""
    await running.reports()
    await running.news()
    running.messenger.failed("TimeoutError")
    for _ in range(2 * outbox.MOST_TRIES):
        assert await running.looks() == 0
    running.messenger.answered()
    assert await running.looks() == 1


async def test_each_channel_tells_its_own_and_an_unknown_one_waits(running: Running) -> None:
    """Another channel registers by its name; one that nobody serves here is left to who does."""
    told: list[tuple[str, str]] = []

    async def tell(chat: str, lang: str) -> outbox.Told:
        told.append((chat, lang))
        return outbox.DELIVERED

    await running.reports()
    await running.api.presses(CHAT, "notify")
    case = await running.asks()
    await running.product.reporter_notifications.ask(case, Address("toy", "toy chat", "en"))
    await running.asks()
    assert await running.looks() == 0
    running.announcer.by("toy", tell, Messenger("toy", ContactState.UP))
    assert await running.looks() == 1
    assert told == [("toy chat", "en")]
    assert TOLD not in [it["text"] for it in running.api.sent[CHAT]]


async def test_a_process_that_died_at_it_is_followed_by_another(running: Running) -> None:
    """Its claim lapses, and nobody is forgotten."""
    await running.reports()
    await running.news()
    key = reporter_notifications.relay_id(running.product.reporter_notifications.secrets.relay_key())
    died = await running.product.store.addresses.claim(key, running.home.clock(), 9, lease=timedelta(0))
    assert len(died) == 1
    assert await running.looks() == 1


async def test_who_is_told_while_the_process_ends_is_told_once(running: Running, database_url: str) -> None:
    """What was begun comes to its end before the process does: the next one finds nothing to tell."""
    sending, sent = asyncio.Event(), asyncio.Event()

    async def tell(chat: str, lang: str) -> outbox.Told:
        sending.set()
        await sent.wait()
        return outbox.DELIVERED

    await running.reports()
    case = await running.news()
    await running.product.reporter_notifications.ask(case, Address("toy", "chat", "vi"))
    await running.asks()
    running.announcer.by("toy", tell, Messenger("toy", ContactState.UP))
    look = asyncio.create_task(running.looks())
    await sending.wait()
    look.cancel()
    await asyncio.sleep(0.01)
    sent.set()
    with pytest.raises(asyncio.CancelledError):
        await look
    database = Database(database_url)
    assert [it.news_from for it in await database.rows(sa.select(mapping.table("address")))] == [None]
    await database.close()


async def test_one_channel_that_is_slow_holds_no_other_up(running: Running) -> None:
    """Whoever waits for it waits alone."""
    stuck = asyncio.Event()

    async def tell(chat: str, lang: str) -> outbox.Told:
        await stuck.wait()
        return outbox.DELIVERED

    for chat in (CHAT, CHAT + 1):
        await running.reports(chat)
        await running.api.presses(chat, "notify")
    officer = await running.home.session("an")
    one, other = await running.product.review.queue(officer)
    await running.product.reporter_notifications.ask(one.id, Address("slow", "chat", "vi"))
    for row in (one, other):
        await running.product.casework.act(officer, row.id, "ask", Fields(text=QUESTION))
    running.announcer.by("slow", tell, Messenger("slow", ContactState.UP))
    look = asyncio.create_task(running.looks())
    await running.api.until(
        lambda: any(it["text"] == TOLD for chat in (CHAT, CHAT + 1) for it in running.api.sent[chat])
    )
    stuck.set()
    assert await look == 2


async def test_the_web_chat_has_no_address_to_keep(a_home: Home) -> None:
    """Asked all the same, it says so."""
    someone = a_home.citizen()
    await someone.sends(TIP)
    outcome = await someone.hears(Inbound("choose", choice="notify"))
    assert next(say.key for reply in outcome.replies for say in reply.says) == "notify.no_messenger"


@pytest.mark.parametrize("how", ["/xoa", "xoá cuộc trò chuyện", "the button"])
async def test_erasing_deletes_both_sides_and_says_what_stays(running: Running, how: str) -> None:
    """The person's messages, the summary that repeats the tip, the receipt; then what stays is said."""
    own = (await running.api.says(CHAT, TIP))["message"]["message_id"]
    await running.api.presses(CHAT, "submit")
    if how == "the button":
        assert "erase" in running.api.buttons(CHAT)
        await running.api.presses(CHAT, "erase")
    else:
        await running.api.says(CHAT, how)
    assert own in running.api.deleted[CHAT]
    (left,) = running.api.left(CHAT)
    assert "Vẫn còn" in left
    await running.api.presses(CHAT, "submit")
    assert TIP not in running.api.left(CHAT)[-1]  # the draft went as well


async def test_elsewhere_erasing_drops_the_draft_and_names_the_quick_exit(a_home: Home) -> None:
    """A page has no messages to delete for somebody: it says what does."""
    someone = a_home.citizen()
    await someone.says(TIP)
    outcome = await someone.says("/xoa")
    assert [say.key for reply in outcome.replies for say in reply.says] == ["erased.draft"]
    assert (await someone.says("gửi")).receipt is None


async def test_erasing_waits_where_telegram_asks_for_it(running: Running) -> None:
    """A 429 delays the deletion and does not skip it."""
    running.waited.set()
    await running.api.says(CHAT, TIP)
    running.api.refusals += [("deleteMessages", 429)]
    await running.api.says(CHAT, "/xoa")
    assert len(running.api.left(CHAT)) == 1
    assert running.waits == [1.0]


@pytest.mark.parametrize("minutes", ["10", "60"])
async def test_a_receipt_deletes_itself_after_the_chosen_time(running: Running, minutes: str) -> None:
    """The button stands beside the receipt; until the time is over the message is there."""
    code = await running.reports()
    assert f"burn:{minutes}" in running.api.buttons(CHAT)
    await running.api.presses(CHAT, f"burn:{minutes}")
    assert any(code in text for text in running.api.left(CHAT))
    assert running.waits == [float(minutes) * 60]
    running.waited.set()
    async with asyncio.timeout(10):
        while any(code in text for text in running.api.left(CHAT)):
            await asyncio.sleep(0.01)


async def test_a_made_up_time_deletes_nothing(running: Running) -> None:
    """An old button, or a number that nobody offered, is answered."""
    await running.reports()
    await running.api.presses(CHAT, "burn:-5")
    assert running.waits == []
    assert "/xoa" in running.api.sent[CHAT][-1]["text"]


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()

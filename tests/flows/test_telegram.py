"""Telegram with real aiogram against an emulated Bot API over HTTP: the whole story, and everything that goes wrong."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

import locales
from handlers import delivery
from tests.fakes import bot_api, gallery
from tests.fakes.bot_api import BotApi
from tests.fakes.home import Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import RECEIPT
from tips.desk.actions import Fields

CHAT = 77_001_234


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with bot_api.serving() as served:
        yield served


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_the_whole_story_over_telegram(a_home: Home, api: BotApi, webhook: bool) -> None:
    """From the first message to the officer's question and the citizen's answer."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=webhook):
        await api.says(CHAT, TIP)
        await api.waits_for(CHAT, 1)
        assert "submit" in api.buttons(CHAT)
        await api.presses(CHAT, "submit")
        shown = await api.waits_for(CHAT, 2)
        code = RECEIPT.search(shown[-1]["text"])
        assert code
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        await a_home.product.casework.act(officer, row.id, "ask", Fields(text="Phòng số mấy?"))
        await api.says(CHAT, code.group())
        shown = await api.waits_for(CHAT, 3)
        assert "Phòng số mấy?" in shown[-1]["text"]
        await api.says(CHAT, "phòng 6")
        await api.waits_for(CHAT, 4)
        opened = await a_home.product.review.open(officer, row.id)
        assert [piece.content.text for piece in opened.thread] == ["Phòng số mấy?", "phòng 6"]


async def test_the_same_update_twice_is_one_turn(a_home: Home, api: BotApi) -> None:
    """Telegram may bring an update again; nobody is answered twice and no tip is stored twice."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        update = await api.says(CHAT, TIP)
        await api.brings(update)
        pressed = await api.presses(CHAT, "submit")
        await api.brings(pressed)
        assert len(await a_home.cases()) == 1
        assert len(api.sent[CHAT]) == 2


@pytest.mark.parametrize("status", [429, 500, 502])
async def test_a_receipt_that_telegram_refused_is_offered_again(
    a_home: Home, api: BotApi, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal delays the receipt and loses nothing."""
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.01)
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        await api.says(CHAT, TIP)
        api.refusals += [("sendMessage", status)] * 2
        await api.presses(CHAT, "submit")
        assert RECEIPT.search(api.sent[CHAT][-1]["text"])


async def test_a_receipt_that_was_never_taken_comes_with_the_next_message(
    a_home: Home, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Telegram takes nothing, the receipt stays due; it is the first thing said afterwards."""
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.01)
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        await api.says(CHAT, TIP)
        api.refusals += [("sendMessage", 500)] * 100
        await api.presses(CHAT, "submit")
        assert len(api.sent[CHAT]) == 1
        api.refusals.clear()
        await api.says(CHAT, "alo")
        assert any(RECEIPT.search(it["text"]) for it in api.sent[CHAT][1:])
        assert len(await a_home.cases()) == 1


async def test_two_quick_messages_of_one_person_do_not_race(a_home: Home, api: BotApi) -> None:
    """Fragments that arrive together all end up in one tip."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        parts = [f"mảnh số {number} của vụ cướp ở quận 3 tối qua" for number in range(12)]
        await asyncio.gather(*(api.says(CHAT, part) for part in parts))
        await api.presses(CHAT, "submit")
        if not RECEIPT.search(api.sent[CHAT][-1]["text"]):
            await api.presses(CHAT, "submit")
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        opened = await a_home.product.review.open(officer, row.id)
        assert all(part in opened.tip.text for part in parts)


@pytest.mark.parametrize(
    ("headers", "body"),
    [({}, b"{}"), ({"X-Telegram-Bot-Api-Secret-Token": "wrong"}, b"{}"), ({"right": "1"}, b"no json")],
    ids=["no secret", "wrong secret", "no json"],
)
async def test_a_stranger_at_the_webhook_gets_nothing(
    a_home: Home, api: BotApi, headers: dict[str, str], body: bytes
) -> None:
    """401, and nothing was said to anybody."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True) as url:
        if headers.pop("right", None):
            headers = {"X-Telegram-Bot-Api-Secret-Token": api.secret}
        async with httpx.AsyncClient() as client:
            answer = await client.post(url + "/telegram", content=body, headers=headers)
        assert answer.status_code == 401
        assert not api.sent


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"sticker": {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1,
                      "is_animated": False, "is_video": False}}, "chưa đọc được"),
        ({"document": {"file_id": "e", "file_unique_id": "e", "file_size": 0}}, "trống"),
        ({"document": {"file_id": "d", "file_unique_id": "d", "file_size": 3 * 10**7}}, "20 MB"),
        ({"document": {"file_id": "d", "file_unique_id": "d", "file_size": 5, "mime_type": "a/x"}}, "không nhận được"),
        ({"photo": [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]}, "Đã nhận tệp thứ 1"),
        ({"location": {"latitude": 10.7823, "longitude": 106.6840}}, "gần nơi nào"),
        ({"location": {"latitude": 21.03, "longitude": 105.85}}, "ngoài TP.HCM"),
        ({"text": "/khonglenh"}, "không biết lệnh"),
        ({"text": "   "}, "trống"),
        ({"text": "👍👍"}, "ký hiệu"),
    ],
)  # fmt: skip
async def test_whatever_is_sent_gets_a_clear_answer(
    a_home: Home, api: BotApi, content: dict[str, object], words: str
) -> None:
    """Files, stickers, places, signs and unknown commands are answered in words."""
    api.files |= {"p": gallery.picture("JPEG"), "d": b"MZ no picture", "e": b""}
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        await api.sends(CHAT, **content)
        assert words in api.sent[CHAT][-1]["text"]


async def test_an_edited_message_changes_its_fragment(a_home: Home, api: BotApi) -> None:
    """What the person corrected in place is what is sent."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        update = await api.says(CHAT, TIP)
        await api.edits(CHAT, update["message"]["message_id"], TIP.replace("karaoke", "bida"))
        await api.presses(CHAT, "submit")
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        assert "bida" in (await a_home.product.review.open(officer, row.id)).tip.text


async def test_an_expired_button_and_a_second_start_lose_nothing(a_home: Home, api: BotApi) -> None:
    """The draft is still there, and is shown again."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        await api.says(CHAT, TIP)
        await api.presses(CHAT, "area:999")
        assert TIP in api.sent[CHAT][-1]["text"]
        await api.says(CHAT, "/start")
        assert TIP in api.sent[CHAT][-1]["text"]


@pytest.mark.parametrize("way", ["added", "written to"])
async def test_a_group_is_left_with_a_word_where_to_write(a_home: Home, api: BotApi, way: str) -> None:
    """Where others read along, nothing is taken."""
    group = {"id": -5, "type": "group", "title": "g"}
    message = {**api.message(CHAT, text=TIP), "chat": group}
    bot = {"id": 4242, "is_bot": True, "first_name": "Tin Báo"}
    added = {"chat": group, "from": message["from"], "date": 1, "old_chat_member": {"status": "left", "user": bot}}
    added |= {"new_chat_member": {"status": "member", "user": bot}}
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        await api.brings({"my_chat_member": added} if way == "added" else {"message": message})
        assert [it["text"] for it in api.sent[-5]] == [locales.say("vi", "group.leaving")]
        assert [it["chat_id"] for it in api.called("leaveChat")] == ["-5"]
        assert not api.sent[CHAT]


async def test_another_bot_is_not_answered(a_home: Home, api: BotApi) -> None:
    """Or two of them would talk for ever."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        message = api.message(CHAT, text=TIP)
        message["from"]["is_bot"] = True
        await api.brings({"message": message})
        assert not api.sent


async def test_updates_out_of_order_lose_nothing(a_home: Home, api: BotApi) -> None:
    """A button that overtakes its message, and an edit of what never came, are answered; then the tip goes its way."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        await api.presses(CHAT, "submit")
        await api.edits(CHAT, 999, "sửa một tin chưa tới")
        await api.says(CHAT, TIP)
        await api.presses(CHAT, "submit")
        assert RECEIPT.search(api.sent[CHAT][-1]["text"])
        assert len(await a_home.cases()) == 1


async def test_a_forwarded_message_is_a_message(a_home: Home, api: BotApi) -> None:
    """Somebody else's words that are passed on are the tip; who wrote them is not kept."""
    async with bot_api.connected_citizens_bot(a_home, api, webhook=True):
        origin = {"type": "hidden_user", "sender_user_name": "Tên Của Ai Đó", "date": 1}
        await api.says(CHAT, TIP, forward_origin=origin)
        assert TIP in api.sent[CHAT][-1]["text"]
        await api.presses(CHAT, "submit")
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        opened = await a_home.product.review.open(officer, row.id)
        assert "Tên Của Ai Đó" not in opened.tip.to_bytes().decode()

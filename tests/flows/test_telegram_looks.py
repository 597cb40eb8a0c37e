"""How the citizens' bot looks and what it spares people, told by an emulated Bot API as strict as the real one."""

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import locales
from handlers import speech
from handlers.speech import Choice, Style
from handlers.telegram import buttons, messages
from tests.fakes import bot_api, gallery, home
from tests.fakes.bot_api import BotApi
from tests.fakes.home import Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import RECEIPT
from tips.desk.actions import Fields
from tips.intake import phrases
from tips.intake.turns import Option, Reply, Say

CHAT = 77_001_234
WEB = "https://tin.example/"
GIVES_AWAY = f"{TIP} Tôi là bảo vệ của quán, tên Hùng, số 0903123456."
DESK = "area-770"  # of Quận 3
MOST = 4096  # UTF-16 units of one message


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Home]:
    """A home whose web chat has an address that Telegram takes for a button."""
    async with home.opened(tmp_path) as opened:
        reception = opened.product.reception
        reception.conversation = replace(reception.conversation, web=WEB)
        yield opened


@pytest.fixture
async def api(city: Home) -> AsyncIterator[BotApi]:
    """The bot, by webhook."""
    async with bot_api.serving() as served, bot_api.connected_citizens_bot(city, served, webhook=True):
        yield served


def marked(message: dict[str, Any], kind: str) -> list[str]:
    """The words that entities of a kind cover, as Telegram counts them."""
    units = message["text"].encode("utf-16-le")
    spans = [(it["offset"], it["offset"] + it["length"]) for it in message.get("entities") or [] if it["type"] == kind]
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in spans]


def labels(api: BotApi, at: int = -1) -> list[list[str]]:
    return [[it["text"] for it in row] for row in api.rows(CHAT, at)]


async def reports(api: BotApi, words: str = TIP) -> str:
    await api.says(CHAT, words)
    await api.presses(CHAT, "submit")
    code = RECEIPT.search(api.sent[CHAT][-1]["text"])
    assert code
    return code.group()


# --- receipts ---------------------------------------------------------------------------------------------------------


async def test_a_receipt_stands_in_letters_of_its_own_and_a_tap_copies_it(api: BotApi) -> None:
    """Exactly the code is monospaced, a button copies exactly it, and it may be passed on."""
    code = await reports(api)
    shown = api.sent[CHAT][-1]
    assert marked(shown, "code") == [code]
    assert [it["copy_text"]["text"] for row in api.rows(CHAT) for it in row if "copy_text" in it] == [code]
    assert not shown.get("protect_content")


async def test_every_receipt_that_is_due_has_its_button(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that come together are told apart."""
    monkeypatch.setattr("handlers.delivery.LONGEST_WAIT", 0.01)
    await api.says(CHAT, TIP)
    api.refusals += [("sendMessage", 500)] * 200
    await api.presses(CHAT, "submit")
    await api.says(CHAT, TIP)
    await api.presses(CHAT, "submit")
    api.refusals.clear()
    await api.says(CHAT, "alo")
    shown = next(it for it in api.sent[CHAT] if len(marked(it, "code")) == 2)
    buttons = [it for row in shown["reply_markup"]["inline_keyboard"] for it in row if "copy_text" in it]
    assert [it["copy_text"]["text"] for it in buttons] == marked(shown, "code")
    assert len({it["text"] for it in buttons}) == 2


async def test_a_receipt_keeps_its_other_buttons_when_one_was_pressed(api: BotApi) -> None:
    """The choice of minutes goes as one; copying and erasing stay."""
    await reports(api)
    await api.presses(CHAT, "burn")
    assert [it.partition(":")[0] for it in api.buttons(CHAT, -2)] == ["notify", "erase"]
    assert any("copy_text" in it for row in api.rows(CHAT, -2) for it in row)
    assert RECEIPT.search(api.sent[CHAT][-2]["text"])


# --- what is chosen ---------------------------------------------------------------------------------------------------


async def test_what_was_chosen_takes_the_place_of_the_buttons(api: BotApi) -> None:
    """The message says which button it was, in the units that Telegram counts in; nothing is left to press twice."""
    await api.says(CHAT, f"🚨🚨 {TIP}")
    await api.presses(CHAT, "submit")
    summary = api.sent[CHAT][0]
    assert summary["text"].endswith("\n\n✓ Gửi tin")
    assert marked(summary, "bold")[-1] == "✓ Gửi tin"
    assert api.buttons(CHAT, 0) == []
    assert [it["url"] for row in api.rows(CHAT, 0) for it in row] == [WEB]


async def test_a_choice_that_led_nowhere_can_be_made_again(city: Home, api: BotApi) -> None:
    """Beyond a limit the summary keeps its buttons."""
    city.product.reception.rate_limits = replace(city.product.reception.rate_limits, tips_an_hour=1)
    await reports(api)
    await api.says(CHAT, TIP)
    summary = len(api.sent[CHAT]) - 1
    await api.presses(CHAT, "submit", summary)
    assert "✓" not in api.sent[CHAT][summary]["text"]
    assert "submit" in api.buttons(CHAT, summary)


async def test_a_summary_shows_ones_own_words_folded_and_labels_bold(api: BotApi) -> None:
    """What somebody wrote is told from what is said of it."""
    await api.says(CHAT, f"🚨 {TIP}")
    (quoted,) = marked(api.sent[CHAT][-1], "expandable_blockquote")
    assert f"🚨 {TIP}" in quoted
    assert {"Ở đâu:", "Việc gì:", "Sẽ đọc được:"} <= set(marked(api.sent[CHAT][-1], "bold"))


async def test_a_summary_that_changes_changes_in_place(api: BotApi) -> None:
    """Whoever takes something out of the tip sees the summary change, and no second one."""
    await api.says(CHAT, GIVES_AWAY)
    assert "0903123456" in api.sent[CHAT][-1]["text"]
    before = len(api.sent[CHAT])
    await api.presses(CHAT, "edit:identifying")
    assert len(api.sent[CHAT]) == before
    assert "0903123456" not in api.sent[CHAT][-1]["text"]
    assert "submit" in api.buttons(CHAT)
    await api.presses(CHAT, "submit")
    assert RECEIPT.search(api.sent[CHAT][-1]["text"])


async def test_a_summary_that_stays_as_it_is_is_not_sent_again(api: BotApi) -> None:
    """Telegram says that nothing was modified, and that is all right."""
    await api.says(CHAT, TIP)
    for _ in range(3):
        await api.presses(CHAT, "area:999")
    assert len(api.sent[CHAT]) == 1
    assert len(api.called("editMessageText")) == 1


@pytest.mark.parametrize("status", [400, 403, 429, 500])
async def test_a_summary_that_cannot_change_in_place_is_sent(api: BotApi, status: int) -> None:
    """Too old, or Telegram does not want to: people see it all the same."""
    await api.says(CHAT, GIVES_AWAY)
    api.refusals += [("editMessageText", status)]
    await api.presses(CHAT, "edit:identifying")
    assert len(api.sent[CHAT]) == 2
    assert "0903123456" not in api.sent[CHAT][-1]["text"]


async def test_the_answer_to_a_webhook_stops_a_button_s_clock(api: BotApi) -> None:
    """No call is made for it, which whoever pressed would wait for."""
    await api.says(CHAT, TIP)
    api.holds("answerCallbackQuery")
    await api.presses(CHAT, "submit")
    assert RECEIPT.search(api.sent[CHAT][-1]["text"])
    assert len(api.called("answerCallbackQuery")) == 1
    assert api.held == []


async def test_a_courtesy_that_telegram_refuses_costs_nothing(api: BotApi) -> None:
    """The receipt comes without it."""
    await api.says(CHAT, TIP)
    api.refusals += [("editMessageText", 429)]
    await api.presses(CHAT, "submit")
    assert RECEIPT.search(api.sent[CHAT][-1]["text"])


async def test_short_buttons_stand_two_a_row_and_the_one_that_sends_alone(api: BotApi) -> None:
    """Long ones alone: no label is cut off on a telephone."""
    await api.says(CHAT, TIP)
    assert ["Gửi tin"] in labels(api)
    assert ["Đừng gửi cho…", "Viết lại nội dung"] in labels(api)
    for at in (0, -1):
        assert all(len(label) <= 18 for row in labels(api, at) if len(row) > 1 for label in row)
        assert max(map(len, labels(api, at))) == 2
        await api.presses(CHAT, "submit")


# --- what is spared ---------------------------------------------------------------------------------------------------


async def test_nothing_that_is_sent_has_a_preview_or_is_read_as_markup(city: Home, api: BotApi) -> None:
    """An address in a text is not fetched by Telegram, and no text of a person looks like ours."""
    code = await reports(api, f"<b>*{TIP}*</b> https://example.org/")
    await asked(city)
    await api.presses(CHAT, "burn")
    await api.says(CHAT, code)
    await api.says(CHAT, "/minhbach")
    await api.says(CHAT, "/xoa")
    said = [*api.called("sendMessage"), *api.called("editMessageText")]
    assert len(said) > 6
    assert all(it["link_preview_options"] == {"is_disabled": True} for it in said)
    assert not any(it.get("parse_mode") for it in said)


async def test_what_only_one_person_should_have_is_not_passed_on(city: Home, api: BotApi) -> None:
    """The summary and an officer's letter are protected; a receipt, which has to be copied, and small talk are not."""
    code = await reports(api)
    await asked(city)
    await api.says(CHAT, code)
    await api.says(CHAT + 1, "alo")
    summary, receipt, letter = api.sent[CHAT]
    assert "Phòng số mấy?" in letter["text"]
    assert [bool(it.get("protect_content")) for it in (summary, receipt, letter)] == [True, False, True]
    assert not api.sent[CHAT + 1][-1].get("protect_content")


async def asked(city: Home) -> None:
    officer = await city.session("an")
    (row,) = await city.product.review.queue(officer)
    await city.product.casework.act(officer, row.id, "ask", Fields(text="Phòng số mấy?"))


async def test_people_see_that_their_file_is_being_looked_at(api: BotApi) -> None:
    """From the first moment; and a refusal of it costs nothing."""
    api.files["p"] = gallery.picture("JPEG")
    photo = [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]
    await api.sends(CHAT, photo=photo)
    first = [name for name, _ in api.calls if name in {"sendChatAction", "getFile"}]
    assert sorted(first) == ["getFile", "sendChatAction"]
    api.refusals += [("sendChatAction", 429)]
    await api.sends(CHAT, photo=photo)
    assert "thứ 2" in api.sent[CHAT][-1]["text"]


async def test_erasing_and_burning_answer_in_the_language_of_the_chat(api: BotApi) -> None:
    """Of what is begun there; where nothing is, of the person's app."""
    api.languages[CHAT] = "en-GB"
    await reports(api)
    await api.presses(CHAT, "burn")
    assert api.sent[CHAT][-1]["text"].startswith(locales.say("en", "burn.set", minutes="10"))
    await api.presses(CHAT, "burn:-5")
    assert api.sent[CHAT][-1]["text"] == locales.say("en", "burn.late")
    await api.presses(CHAT, "erase", 1)
    assert api.sent[CHAT][-1]["text"] == locales.say("en", "erased")
    await api.says(CHAT + 1, "There is a man selling drugs near the market in District 3 every night")
    await api.says(CHAT + 1, "/erase")
    assert api.sent[CHAT + 1][-1]["text"] == locales.say("en", "erased")


# --- before anybody writes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_the_bot_introduces_itself_in_every_language(city: Home, webhook: bool) -> None:
    """Commands, the button that shows them, and what is said before the first message, with the safer address."""
    async with bot_api.serving() as api, bot_api.connected_citizens_bot(city, api, webhook=webhook):
        await api.until(lambda: len(api.called("setMyShortDescription")) == len(locales.LANGUAGES))
        by_lang = {it.get("language_code") or "vi": it["commands"] for it in api.called("setMyCommands")}
        described = {it.get("language_code") or "vi": it["description"] for it in api.called("setMyDescription")}
        (button,) = api.called("setChatMenuButton")
    assert set(by_lang) == set(described) == set(locales.LANGUAGES)
    assert all(phrases.command(f"/{it['command']}") for commands in by_lang.values() for it in commands)
    assert by_lang["en"][-1]["description"] == locales.say("en", "command.help")
    assert all(WEB in text and len(text) <= 512 for text in described.values())
    assert all(len(it["short_description"]) <= 120 for it in api.called("setMyShortDescription"))
    assert button["menu_button"] == {"type": "commands"}


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
@pytest.mark.parametrize("method", ["setMyCommands", "setMyDescription", "setChatMenuButton"])
async def test_an_introduction_that_telegram_refuses_keeps_nobody_waiting(
    city: Home, webhook: bool, method: str
) -> None:
    """Too often, or no: the bot answers all the same."""
    async with bot_api.serving() as api:
        api.refusals += [(method, 429)]
        async with bot_api.connected_citizens_bot(city, api, webhook=webhook):
            await api.says(CHAT, "alo")
            assert await api.waits_for(CHAT, 1)


async def test_the_greeting_names_what_the_messenger_knows_and_the_way_around_it(api: BotApi) -> None:
    """Once, before any words of theirs; the way is a plain link, which tells the page nothing of who comes."""
    await api.says(CHAT, "/start")
    await api.says(CHAT, "/start")
    first, second = api.sent[CHAT]
    (bold,) = marked(first, "bold")
    assert locales.say("vi", "warn.messenger", address=WEB).startswith(bold)
    assert [it for row in api.rows(CHAT, 0) for it in row if "url" in it] == [
        {"text": locales.say("vi", "telegram.web"), "url": WEB}
    ]
    assert WEB not in second["text"]
    assert not any("url" in it for row in api.rows(CHAT, 1) for it in row)


@pytest.mark.parametrize("web", ["http://tin.example/", "https://localhost/", "http://127.0.0.1:8138/"])
async def test_an_address_that_telegram_would_not_take_is_told_without_a_button(city: Home, web: str) -> None:
    """A button that it refuses would cost the whole message."""
    reception = city.product.reception
    reception.conversation = replace(reception.conversation, web=web)
    async with bot_api.serving() as api, bot_api.connected_citizens_bot(city, api, webhook=True):
        await api.says(CHAT, "/start")
        assert web in api.sent[CHAT][-1]["text"]
        assert not any("url" in it for row in api.rows(CHAT) for it in row)


# --- posters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", ["q3", "770", "quan-3", "Quan_3"])
async def test_a_posters_link_brings_its_place_along(city: Home, api: BotApi, payload: str) -> None:
    """The greeting says the place, nobody is asked for it, and the tip goes to its desk."""
    await api.says(CHAT, f"/start {payload}")
    assert locales.say("vi", "start.place", place="Quận 3") in api.sent[CHAT][-1]["text"]
    await reports(api, "Tối nào quán karaoke đầu hẻm cũng bán ma tuý, mỗi đêm chừng 10 giờ.")
    assert (await city.the_case()).unit == DESK


@pytest.mark.parametrize("payload", ["", " nonsense", " phuong-5", " 999999", " a=b&c", " " + "q3" * 40])
async def test_a_link_that_names_no_one_place_is_an_ordinary_start(api: BotApi, payload: str) -> None:
    """Nothing is said of a place, and nothing is kept of the link."""
    await api.says(CHAT, f"/start{payload}")
    assert "Nơi xảy ra" not in api.sent[CHAT][-1]["text"]
    assert locales.say("vi", "welcome") in api.sent[CHAT][-1]["text"]


@pytest.mark.parametrize(
    "words",
    [["Quán karaoke đường Nguyễn Trãi quận 5 bán ma tuý mỗi đêm"],
     ["Quán karaoke đầu hẻm bán ma tuý", "ở quận 5", "mỗi đêm chừng 10 giờ"],
     ["Quán karaoke đầu hẻm bán ma tuý mỗi đêm", "à không, ở quận 5"]],
    ids=["at once", "later", "as a correction"],
)  # fmt: skip
async def test_words_that_name_another_place_win_over_the_poster(api: BotApi, words: list[str]) -> None:
    """The poster hangs where somebody passed by, not always where it happened."""
    await api.says(CHAT, "/start 770")
    for it in words:
        await api.says(CHAT, it)
    assert "Ở đâu: Quận 5" in api.sent[CHAT][-1]["text"]


async def test_a_ward_that_several_districts_have_is_the_one_near_the_poster(api: BotApi) -> None:
    """A poster answers what would have been asked."""
    await api.says(CHAT, "/start 770")
    await api.says(CHAT, "Quán karaoke ở phường 5 bán ma tuý mỗi đêm")
    assert "Ở đâu: Phường Bàn Cờ" in api.sent[CHAT][-1]["text"]


async def test_a_posters_link_changes_no_tip_that_is_begun(api: BotApi) -> None:
    """Its place stays as it was told."""
    await api.says(CHAT, TIP)
    await api.says(CHAT, "/start q5")
    assert "Quận 3" in api.sent[CHAT][-1]["text"]
    assert "Quận 5" not in api.sent[CHAT][-1]["text"]


# --- how paragraphs look, and how long ones are cut -------------------------------------------------------------------

JOINTS = {"paragraphs": "\n\n", "lines": "\n", "sentences": ". ", "words": " ", "none": ""}
Shows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def shows(monkeypatch: pytest.MonkeyPatch) -> Shows:
    """Paragraphs of one style as the messages that are sent; each is one that the Bot API takes."""

    def shown(style: Style, *texts: str) -> list[dict[str, Any]]:
        monkeypatch.setitem(speech.STYLES, "plain", style)  # type: ignore[misc]
        reply = Reply(tuple(Say("plain", {"text": it}) for it in texts))
        made = [it.model_dump(exclude_unset=True, exclude_none=True) for it in messages.of_reply(CHAT, reply, "vi")]
        assert not [it for message in made if (it := bot_api.wrong_text(message["text"], message.get("entities", [])))]
        return made

    return shown


def test_labels_are_bold_and_count_as_telegram_counts(shows: Shows) -> None:
    """An emoji in front is two units; only what stands before the first colon is a label."""
    (message,) = shows(Style.LABELLED, "😀 Nơi xảy ra: Quận 3: chợ\nkhông có nhãn\n👮🏽 Nhận tin: 🏢 Đội 4")
    assert marked(message, "bold") == ["😀 Nơi xảy ra:", "👮🏽 Nhận tin:"]


def test_long_lists_and_a_persons_own_words_are_folded(shows: Shows) -> None:
    """So that the buttons stay in sight; the label of a folded list is still bold."""
    units = "Không nhận: " + ", ".join(f"Công an phường {it}" for it in range(40))
    (message,) = shows(Style.LABELLED, units)
    assert marked(message, "expandable_blockquote") == [units]
    assert marked(message, "bold") == ["Không nhận:"]
    assert [it["type"] for it in message["entities"]] == ["expandable_blockquote", "bold"]  # what holds others first
    (message,) = shows(Style.QUOTE, "😀 lời của tôi\nhai dòng", "nữa")
    assert marked(message, "expandable_blockquote") == ["😀 lời của tôi\nhai dòng", "nữa"]


def test_numbers_to_call_are_left_to_the_telephone(shows: Shows) -> None:
    """Telegram makes them links by itself; each stands first in its line."""
    (message,) = shows(Style.CALL, "113 Công an\n115 Cấp cứu")
    assert message["text"] == "113 Công an\n115 Cấp cứu"
    assert "entities" not in message


@pytest.mark.parametrize("style", [Style.PLAIN, Style.QUOTE, Style.LABELLED, Style.WARNING])
@pytest.mark.parametrize(
    "joint", ["\n\n", "\n", ". ", " ", ""], ids=["paragraphs", "lines", "sentences", "words", "none"]
)
def test_a_long_text_is_cut_at_the_best_end_and_nothing_is_lost(shows: Shows, style: Style, joint: str) -> None:
    """No character is halved, every piece looks as the whole did, and only the blank at a cut is gone."""
    chance = random.Random(4)
    words = ["".join(chance.choices("ạbđ😀👮🏽q", k=chance.randint(5, 60))) for _ in range(500)]
    text = joint.join(words)
    made = shows(style, text)
    assert len(made) > 3
    assert "".join("".join(it["text"].split()) for it in made) == "".join(text.split())
    assert min(len(it["text"].encode("utf-16-le")) for it in made[:-1]) > MOST  # octets: at least half full
    for message in made[:-1] if joint.strip() else ():
        assert message["text"].endswith(joint.strip())
    if style is Style.QUOTE:
        assert all(marked(it, "expandable_blockquote") == [it["text"]] for it in made)


def test_what_goes_on_with_a_cut_line_has_no_label(shows: Shows) -> None:
    """A colon in the middle of a long line makes no label of what stands before it in the next message."""
    made = shows(Style.LABELLED, "Không nhận: " + "Công an phường, " * 400 + "cuối: hết")
    assert [bold for it in made for bold in marked(it, "bold")] == ["Không nhận:"]


def test_paragraphs_stay_whole_where_they_fit(shows: Shows) -> None:
    """The next message begins with a paragraph; buttons stand under the last."""
    texts = [f"{number} " + "chữ " * 300 for number in range(7)]
    made = shows(Style.PLAIN, *texts)
    assert [text for it in made for text in it["text"].split("\n\n")] == [it.strip() for it in texts]


def test_buttons_stand_under_the_last_piece() -> None:
    """And under no other."""
    reply = Reply((Say("plain", {"text": "chữ " * 3000}),), (Option("skip", Say("option.skip")),))
    *first, last = messages.of_reply(CHAT, reply, "vi")
    assert last.reply_markup
    assert first
    assert not any(it.reply_markup for it in first)


def test_one_button_stands_out_though_there_are_two_ways_to_send() -> None:
    """Each has a row of its own."""
    choices = [Choice("submit", "Gửi tin"), Choice("submit:hide", "Gửi, giấu"), Choice("back", "Quay lại")]
    rows = buttons.two_a_row(choices)
    assert [[it.callback_data for it in row] for row in rows] == [["submit"], ["submit:hide"], ["back"]]
    assert [bool(row[0].style) for row in rows] == [True, False, False]

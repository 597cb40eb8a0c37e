"""Where a platform has no buttons: whatever can be chosen is chosen by what the menu says, number or word."""

from dataclasses import replace

import pytest

import locales
from handlers.menus import menu
from handlers.speech import spoken
from tests.unit.test_conversation import TALK, Chat
from tips.intake.draft import Draft
from tips.intake.mailbox_steps import ADD_ANYWAY, DISPUTE, NOTIFY
from tips.intake.numbering import numbered
from tips.intake.prompts import BACK, READERS, SEND_ANYWAY
from tips.intake.stages import Stage
from tips.intake.summary import EXCLUDE
from tips.intake.turns import Decision, Inbound, Post, Reply, Submit

MENUS = {"messenger": True, "menus": True, "push": True}
DISTRICTS = {"3": "770", "8": "776", "11": "772"}
TALKS = {
    "a question of place and office": ["công an phường lấy tiền chung chi mỗi tháng của mấy quán nhậu"],
    "a question of place": ["có người bán ma tuý trong quán cà phê mỗi tối"],
    "several places": ["đánh bạc ở phường 5 mỗi tối"],
    "a summary": ["Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý"],
    "whom not": ["Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý", "!exclude"],
    "whom more closely": ["Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý", "!exclude:city_department"],
    "an edit": ["Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý", "!edit:what"],
    "danger": ["nó đang cầm dao chém người ở chợ Bà Chiểu quận Bình Thạnh, cứu với"],
    "words that are none": ["cho hỏi làm căn cước ở đâu"],
    "a greeting": ["xin chào"],
}


class Written(Chat):
    """A conversation on such a platform."""

    def hears(self, heard: Inbound) -> str:
        return super().hears(replace(heard, **MENUS))  # type: ignore[arg-type]


def after(*said: str) -> Written:
    chat = Written()
    for it in said:
        chat.presses(it[1:]) if it.startswith("!") else chat.says(it)
    return chat


def by_id(chat: Chat) -> dict[str, int]:
    return {choice: number for number, choice in numbered(chat.draft).items()}


def lines(chat: Chat) -> dict[str, str]:
    """What has to be written for each option, as the last turn's menus say it."""
    found = {}
    for reply in chat.replies:
        message = spoken(reply, chat.draft.lang)
        said = [line for it in menu(message.choices, by_id(chat), chat.draft.lang) for line in it.text.split("\n")]
        for choice in message.choices:
            (line,) = [it for it in said if it.endswith(choice.label) and it[0] in "123456789•"]
            found[choice.id] = choice.label if line.startswith("•") else line.partition(".")[0]
    return found


def decided(chat: Chat, heard: Inbound) -> Decision:
    return TALK.respond(chat.draft, replace(heard, **MENUS))  # type: ignore[arg-type]


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize("said", TALKS.values(), ids=TALKS.keys())
def test_writing_what_the_menu_says_is_choosing_it(lang: str, said: list[str]) -> None:
    """Every option of every stage, by its number."""
    chat = after(f"!lang:{lang}", *said)
    written = lines(chat)
    assert list(written) == list(chat.offered)
    for choice, text in written.items():
        typed, pressed = decided(chat, Inbound("text", text=text)), decided(chat, Inbound("choose", choice=choice))
        assert replace(typed, draft=replace(typed.draft, numbered_before=())) == pressed, choice


TOLD = ("welcome", "messenger")
INSIDE = (NOTIFY, READERS, EXCLUDE, BACK, DISPUTE, ADD_ANYWAY, SEND_ANYWAY)  # all that an open mailbox can offer


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_in_a_mailbox_a_number_is_an_answer_and_a_name_is_a_choice(lang: str) -> None:
    """An officer asks how many: three is no third choice. Whatever the menu names is understood as it stands there."""
    inside = replace(Draft(bytes(32), lang), stage=Stage.MAILBOX, mailbox="A", menus=True, notices_given=TOLD)
    inside = replace(inside, offered=tuple(it.id for it in INSIDE), listed=tuple(it.id for it in INSIDE))
    assert not numbered(inside)
    assert TALK.respond(inside, Inbound("text", text="3", **MENUS)).effect == Post("3")
    choices = spoken(Reply((), INSIDE), lang).choices
    for choice, line in zip(choices, menu(choices, {}, lang)[0].text.split("\n")[1:], strict=True):
        typed = TALK.respond(inside, Inbound("text", text=line.removeprefix("• "), **MENUS))
        assert typed == TALK.respond(inside, Inbound("choose", choice=choice.id, **MENUS)), choice


def test_several_offices_are_shut_out_by_their_numbers_inside_a_mailbox_too() -> None:
    """There numbers mean what is listed."""
    inside = replace(Draft(bytes(32)), stage=Stage.MAILBOX, mailbox="A")
    listing = TALK.respond(inside, Inbound("choose", choice="exclude", **MENUS)).draft
    effect = TALK.respond(listing, Inbound("text", text="1 và 3", **MENUS)).effect
    assert isinstance(effect, Post)
    assert [it.kind for it in effect.shut_out] == ["ward_police", "city_department"]
    effect = TALK.respond(listing, Inbound("text", text="số 2", **MENUS)).effect
    assert isinstance(effect, Post)
    assert [it.kind for it in effect.shut_out] == ["district_police"]


@pytest.mark.parametrize(
    "typed", ["1", " 1 ", "1.", "1)", "số 1", "chọn 1", "chon so 1", "1 nha", "một", "dạ 1", "mot nhe", "1️⃣", "１"]
)
def test_a_number_is_a_number_however_it_is_typed(typed: str) -> None:
    """On a cheap phone, with its own keys, or copied."""
    chat = after(TALKS["a summary"][0])
    assert chat.offered[0] == "submit"
    assert decided(chat, Inbound("text", text=typed)) == decided(chat, Inbound("choose", choice="submit"))


def test_a_number_beyond_the_menu_is_no_part_of_the_tip() -> None:
    """It stands for nothing; the menu is shown again."""
    chat = after(TALKS["a summary"][0])
    chat.says("19")
    assert "19" not in chat.draft.text
    assert "submit" in chat.offered


@pytest.mark.parametrize("answer", ["3", "11", "8"])
def test_where_a_place_is_asked_for_a_number_is_a_district(answer: str) -> None:
    """It cancels nothing and skips nothing; whatever else can be chosen there has a name."""
    chat = after(TALKS["a question of place"][0])
    assert not numbered(chat.draft)
    chat.says(answer)
    assert chat.draft.begun
    assert chat.district() or answer in chat.draft.text


def test_one_office_after_the_other_by_number_shuts_both_out_and_sends_nothing() -> None:
    """The list's numbers go on to count, and the menu after it begins behind them."""
    chat = after(TALKS["a summary"][0], "!exclude")
    chat.says("2")
    assert lines(chat)["submit"] == "11"
    chat.says("1")
    assert chat.effect is None
    assert {it.kind for it in chat.draft.kept} >= {"district_police", "ward_police"}
    chat.says("11")
    assert isinstance(chat.effect, Submit)


def test_a_menu_begins_at_one_again_once_somebody_wrote_words() -> None:
    """Nobody means an office by a number any more."""
    chat = after(TALKS["a summary"][0], "!exclude")
    for it in ("2", "có hai người nữa"):
        chat.says(it)
    assert lines(chat)["submit"] == "1"


@pytest.mark.parametrize("answer", ["3", "8", "11"])
@pytest.mark.parametrize(
    "text", ["có người bán ma tuý trong hẻm ở phường 1", TALKS["a question of place and office"][0]]
)
def test_no_list_takes_the_number_of_a_district_for_another_place_or_office(text: str, answer: str) -> None:
    """Whatever is listed there is numbered behind all districts."""
    chat = after(text)
    assert chat.draft.stage is Stage.ASKING
    assert min(numbered(chat.draft), default=31) == 31
    chat.says(answer)
    assert chat.district() in {None, DISTRICTS[answer]}
    assert chat.effect is None


def test_in_a_mailbox_too_one_office_after_the_other_is_shut_out() -> None:
    """The second number is no word for the officer."""
    inside = replace(Draft(bytes(32)), stage=Stage.MAILBOX, mailbox="A")
    listing = TALK.respond(inside, Inbound("choose", choice="exclude", **MENUS)).draft
    first = TALK.respond(listing, Inbound("text", text="1", **MENUS)).draft
    effect = TALK.respond(replace(first, offered=("readers", "back")), Inbound("text", text="2", **MENUS)).effect
    assert isinstance(effect, Post)
    assert [it.kind for it in effect.shut_out] == ["district_police"]

"""Everybody can: no step needs an accent, a button, a map, a pen, or reading more than three short sentences."""

import re

import pytest

import locales
from tests.unit.test_conversation import Chat
from tests.unit.test_menus import TALKS, Written
from tips.evidence.files import File
from tips.intake import phrases
from tips.intake.conversation import CHOICES
from tips.intake.stages import Stage
from tips.intake.turns import Inbound, Submit

SENTENCE = re.compile(r"[^.!?…。！？]+[.!?…。！？]?")
MOST, LONGEST = 3, 34  # sentences of a step, and words of one of them
BESIDE = {"warn.messenger", "danger", "danger.numbers", "plain", "exclude.done"}  # said once, or not a step
CITED = re.compile(r"TP\.HCM|\(.*?\)|“.*?”")
ASKED = {
    name: said
    for name, said in TALKS.items()
    if name in {"a question of place and office", "a question of place", "several places", "whom not", "an edit"}
}
PRESSED_ONLY = {"yes", "area", "category", "include:", "exclude:", "submit", "edit", "lang"}  # or numbered, or in words
VOICE = File(b"e" * 16, b"k" * 32, "audio", "audio/ogg", 12, 1, "aa", "bb")


def sentences(text: str) -> list[str]:
    plain = CITED.sub("x", text)
    return [it for it in SENTENCE.findall(plain) if re.search(r"\w", it)]


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize("said", ASKED.values(), ids=ASKED.keys())
def test_whatever_is_asked_is_at_most_three_short_sentences(lang: str, said: list[str]) -> None:
    """In every language; what a person needs to know beside it stands elsewhere."""
    chat = Chat()
    chat.presses(f"lang:{lang}")
    for it in said:
        chat.presses(it[1:]) if it.startswith("!") else chat.says(it)
    says = [say for reply in chat.replies for say in reply.says if say.key not in BESIDE]
    assert says
    told = [it for say in says for it in sentences(locales.render(lang, say))]
    assert len(told) <= MOST, told
    assert max(len(it.split()) for it in told) <= LONGEST


@pytest.mark.parametrize("key", ["welcome.ask", "summary.ask", "receipt.keep", "ask.receipt", "exclude.ask"])
@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_what_to_do_next_is_said_in_three_sentences_too(lang: str, key: str) -> None:
    """Where a person has to act: beginning, sending, keeping the receipt, coming back."""
    assert len(sentences(locales.say(lang, key))) <= MOST


def test_a_recording_alone_is_a_tip_that_plain_letters_send() -> None:
    """Who cannot write speaks; one bare word sends it."""
    for chat in (Chat(), Written()):
        chat.hears(Inbound("file", file=VOICE))
        if chat.draft.stage is Stage.ASKING:
            chat.says("bo qua")
        chat.says("gui")
        assert isinstance(chat.effect, Submit)


def test_whatever_can_be_chosen_can_be_written_without_accents() -> None:
    """Each choice that has no list has a word of plain letters."""
    plain = {choice for phrase, choice in phrases.load().commands if phrases.command(phrases.fold(phrase)) == choice}
    written = {choice.partition(":")[0] for choice in plain}
    wanted = {name for name in CHOICES if name not in PRESSED_ONLY}
    assert wanted <= written | {"exclude"}


def test_a_whole_story_needs_no_button_no_accent_and_no_map() -> None:
    """From fear to sending, on a keyboard of plain letters."""
    chat = Written()
    for it in ("cong an phuong lay tien chung chi moi thang cua may quan nhau", "o duong le van sy quan 3", "gui"):
        chat.says(it)
    assert isinstance(chat.effect, Submit)
    assert chat.draft.begun


@pytest.mark.parametrize("cry", ["113", "115", "sos", "cứu", "cuu voi", "cứu tui với", "救命", "SOS!"])
def test_who_only_cries_for_help_gets_the_numbers_to_call(cry: str) -> None:
    """It is no advertising, and nothing is asked first."""
    for chat in (Chat(), Written()):
        chat.says(cry)
        assert any(say.key == "danger" for say in chat.replies[0].says)


@pytest.mark.parametrize("answer", ["có mấy chục người tụ tập ở quận 8 mỗi tối", "ko có ai hết", "không ai"])
def test_an_answer_that_only_begins_like_a_yes_or_is_a_no_shuts_nobody_out(answer: str) -> None:
    """Else the desk that could act would lose a tip that accuses nobody."""
    chat = Chat()
    chat.says("tụi nó đá gà hoài ko ai dẹp")
    assert chat.draft.slot in {"accused", "both"}
    chat.says(answer)
    assert not any(it.kind == "unknown" for it in chat.draft.kept)

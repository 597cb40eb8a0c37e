"""Which language is heard, and when it changes: from the first words, and at any moment by a word or a press."""

import pytest

import locales
from tests.unit.test_conversation import COMPLETE, TALK, TRIAGER, Chat
from tips.crypto import receipt
from tips.intake import phrases
from tips.intake.draft import Draft
from tips.intake.stages import Stage
from tips.intake.turns import Inbound, ReplyKind

CHINESE = "有人每天晚上在卡拉OK厅贩毒"
HEARD = [
    (CHINESE, "zh"),
    ("phường 22, quận Bình Thạnh有人在卖毒品，公安收钱", "zh"),
    ("我在 Nguyễn Huệ 街看到有人打架", "zh"),
    ("你好", "zh"),
    ("好", "zh"),
    ("Quán 福满楼 ở đường Trần Hưng Đạo bán ma tuý", None),
    ("quán có bảng chữ 大酒店 đánh bạc mỗi tối", None),
    ("ông 李 bán ma tuý", None),
    ("there is a gambling house behind the market", "en"),
    ("They sell fake pills at 中华药店 in district 5", "en"),
    ("다낭 근처에서 도박을 해요", "ko"),
    ("មានគេលក់គ្រឿងញៀន", "km"),
    ("ここで麻薬を売っている人がいる", None),
    ("ban ma tuy o karaoke duong le van sy q3", None),
    ("113", None),
    ("…", None),
]
STORY = {  # each stage, and what brings it about
    Stage.IDLE: (),
    Stage.ASIDE: ("alo",),
    Stage.ASKING: ("có sòng bạc lớn",),
    Stage.SUMMARY: (COMPLETE,),
    Stage.EDITING: (COMPLETE, "/edit:what"),
}


def at(stage: Stage) -> Chat:
    """A conversation that has come to a stage."""
    chat = Chat()
    for step in STORY[stage]:
        chat.presses(step[1:]) if step.startswith("/") else chat.says(step)
    assert chat.draft.counts_as is stage
    return chat


@pytest.mark.parametrize(("text", "code"), HEARD)
def test_a_language_is_heard_from_words_and_not_from_a_name_among_them(text: str, code: str | None) -> None:
    """More words of it than of others."""
    heard = TALK.languages.heard_in(text)
    assert (heard.code if heard else None) == code


@pytest.mark.parametrize("before", ["nothing", "start", "greeting"])
def test_the_first_words_tell_the_language(before: str) -> None:
    """Also after a platform's own "/start", and after a greeting."""
    chat = Chat()
    if before == "start":
        chat.hears(Inbound("start", messenger=True))
    if before == "greeting":
        chat.says("alo")
    assert any("\u4e00" <= it <= "\u9fff" for it in chat.says(CHINESE))
    assert chat.draft.lang == "zh"
    assert chat.draft.text == CHINESE


def test_later_words_change_no_language() -> None:
    """A place, a name or a copied message in another one is part of the tip."""
    chat = Chat()
    chat.says(COMPLETE)
    chat.says(CHINESE)
    assert chat.draft.lang == "vi"
    assert CHINESE in chat.draft.text


def test_a_language_that_was_asked_for_stays() -> None:
    """Whatever language the tip is then written in."""
    chat = Chat()
    chat.says("english")
    chat.says(CHINESE)
    assert chat.draft.lang == "en"


@pytest.mark.parametrize("stage", STORY)
@pytest.mark.parametrize("word", ["中文", "/lang zh", "/ngonngu tieng trung", "/ZH", "Chinese", "Tiếng Hoa", "lang:zh"])
def test_a_language_is_asked_for_at_any_moment_and_nothing_is_lost(stage: Stage, word: str) -> None:
    """By a word, a command or a press; the reply comes in it, and shows where the tip stands."""
    chat = at(stage)
    before = chat.draft
    said = chat.presses(word) if ":" in word else chat.says(word)
    assert locales.say("zh", "language_set") in said
    assert chat.draft.lang == "zh"
    assert (chat.draft.text, chat.draft.files, chat.draft.aside) == (before.text, before.files, before.aside)
    assert (chat.draft.counts_as, chat.draft.slot) == (before.counts_as, before.slot)


def test_a_language_is_asked_for_in_an_open_mailbox() -> None:
    """Which stays open, and gets none of these words."""
    code = receipt.of_seed(bytes(32)).shown
    chat = Chat(Draft(bytes(32), lang="vi", mailbox=code))
    said = chat.says("english")
    assert chat.effect is None
    assert chat.draft.mailbox == code
    assert locales.say("en", "mailbox.ask") in said


@pytest.mark.parametrize("stage", STORY)
def test_who_asks_for_a_language_without_naming_one_is_shown_all(stage: Stage) -> None:
    """By their own names, and then where the tip stands."""
    chat = at(stage)
    before = chat.draft.text
    chat.says("/lang")
    labels = [locales.render("vi", option.label) for reply in chat.replies for option in reply.options]
    assert {it for code, it in locales.NAMES.items() if code != "vi"} <= set(labels)
    assert chat.draft.text == before
    assert chat.draft.counts_as is stage


@pytest.mark.parametrize(("text", "name"), [("다낭에서 매일 밤 도박을 해요", "한국어"), ("មានគេលក់គ្រឿងញៀន", "ភាសាខ្មែរ")])
def test_a_language_that_waits_is_told_what_there_is_and_its_words_are_a_tip(text: str, name: str) -> None:
    """One sentence in each language that is spoken, a button for each, once; nothing is turned away."""
    chat = Chat()
    said = chat.says(text)
    for code in locales.LANGUAGES:
        assert locales.say(code, "language_waiting", name=name) in said
        assert f"lang:{code}" in chat.offered
    assert chat.draft.text == text
    assert locales.say("vi", "language_waiting", name=name) not in chat.says(text)
    assert chat.draft.text == f"{text}\n{text}"


@pytest.mark.parametrize("word", ["한국어", "/lang ko", "/ko", "in korean", "ភាសាខ្មែរ", "/lang km"])
def test_a_language_that_waits_and_is_asked_for_is_no_part_of_the_tip(word: str) -> None:
    """The languages that there are stand under the answer; the summary after it."""
    chat = at(Stage.SUMMARY)
    chat.says(word)
    assert {f"lang:{code}" for code in locales.LANGUAGES} <= set(chat.offered)
    assert chat.draft.text == COMPLETE
    assert chat.replies[-1].kind is ReplyKind.SUMMARY


@pytest.mark.parametrize(
    ("text", "option"),
    [("发送", "submit"), ("好的，发送。", "submit"), ("跳过", "skip"), ("不知道", "skip"), ("取消", "cancel"),
     ("有", "yes"), ("没有", "no"), ("修改地点", "edit:where"), ("帮助", "help"), ("停止通知", "silence"),
     ("清除聊天记录", "erase"), ("返回", "back"), ("语言", "lang")],
)  # fmt: skip
def test_commands_are_understood_as_they_are_typed(text: str, option: str) -> None:
    assert phrases.command(text) == option


@pytest.mark.parametrize(
    ("text", "rest"),
    [("不对，是 quận 5", "是 quận 5"), ("不对", ""), ("写错了 phường 22", "phường 22"), ("不对劲，有人跟踪我", None),
     ("à không, quận 5", "quận 5"), ("sorry, district 5", "district 5")],
)  # fmt: skip
def test_corrections_are_known_by_how_they_begin(text: str, rest: str | None) -> None:
    assert phrases.correction(text) == rest


@pytest.mark.parametrize(
    ("text", "topic"),
    [("这里安全吗？", "safe"), ("谁能看到我的线索", "readers"), ("要多久才有结果？", "wait"), ("要钱吗", "cost"),
     ("可以发照片吗", "evidence"), ("Telegram 知道我是谁吗", "safe"),
     ("公安收钱，他们知道我是谁，昨天晚上还派人来我家门口站着威胁我，怎么办", None)],
)  # fmt: skip
def test_questions_about_the_channel_are_known(text: str, topic: str | None) -> None:
    """A long one tells something."""
    assert phrases.question(text) == topic


@pytest.mark.parametrize(("answer", "shut"), [("有", True), ("没有", False), ("好像有", True)])
def test_whether_somebody_in_office_is_involved_is_answered_in_chinese(answer: str, shut: bool) -> None:
    """It is always asked: whoever is named in these letters is found by no machine."""
    chat = Chat()
    chat.says(f"{CHINESE} phường 22, quận Bình Thạnh")
    assert chat.draft.slot == "accused"
    chat.says(answer)
    (promise,) = [reply.promise for reply in chat.replies if reply.promise]
    assert bool(promise.excluded) is shut


@pytest.mark.parametrize("text", [CHINESE, "加微信赚钱", "有人办假证", "hẻm 51 有人打人", "公安"])
def test_what_triage_cannot_read_is_a_tip_and_is_said_so_once(text: str) -> None:
    """Never set aside as out of scope or advertising, never given a category that was guessed."""
    chat = Chat()
    notice = locales.say("zh", "language_unread")
    assert notice in chat.says(text)
    assert chat.draft.text == text
    assert TALK.triage(chat.draft).category is None
    assert notice not in chat.says(text)


@pytest.mark.parametrize(
    "text", ["ここで麻薬を売っている人がいる", "ที่นี่มีคนขายยาเสพติด", "тут продают наркотики каждую ночь"]
)
def test_words_in_letters_that_the_table_does_not_know_are_a_tip_if_the_person_says_so(text: str) -> None:
    """Nobody is turned away for a language: it is taken, or asked whether it is one; of Quận 5, where it says so."""
    assert TRIAGER.triage(text).intent == "tip"
    assert TRIAGER.triage(text).urgency == "P2"
    chat = Chat()
    asked = locales.say("vi", "intent.unclear") in chat.says(f"{text} quận 5")
    assert asked or text.startswith("ここ"), "only what has signs that triage learnt with Chinese may be taken at once"
    if asked:
        chat.presses("send_anyway")
    assert chat.draft.begun
    assert chat.district() == "774"


@pytest.mark.parametrize(("text", "key"), [("你好", "intent.greeting"), ("安全吗？", "answer.safe")])
def test_a_greeting_and_a_question_in_chinese_are_answered(text: str, key: str) -> None:
    """And can be sent all the same."""
    chat = Chat()
    assert locales.say("zh", key) in chat.says(text)
    assert not chat.draft.begun
    assert "send_anyway" in chat.offered


@pytest.mark.parametrize("text", ["救命，他拿刀砍人", "我被关在房间里，快报警", "着火了！"])
def test_a_cry_for_help_in_chinese_is_answered_with_whom_to_call(text: str) -> None:
    """Before anything else."""
    chat = Chat()
    chat.says(text)
    assert chat.replies[0].kind is ReplyKind.DANGER
    assert TALK.triage(chat.draft).urgency == "P0"


def test_a_browser_s_wishes_are_gone_through_in_their_order() -> None:
    """The first that is spoken; Vietnamese where none is."""
    assert locales.nearest("ko-KR,ko;q=0.9,zh-CN;q=0.8,en;q=0.7") == "zh"
    assert locales.nearest("en_GB.UTF-8") == "en"
    assert locales.nearest("fr, kok, enx") == "vi"
    assert locales.nearest("") == "vi"

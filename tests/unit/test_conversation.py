"""The conversation, by itself: what is said next to what was said, with no store and no channel."""

import re
import secrets
from dataclasses import dataclass, field, replace

import pytest

import locales
from scripts.learning import messages
from tests.fakes.people import full_roster
from tips.crypto import receipt
from tips.evidence.files import File
from tips.intake import phrases
from tips.intake.conversation import Conversation
from tips.intake.draft import Draft, from_bytes
from tips.intake.languages import Languages
from tips.intake.stages import Stage
from tips.intake.turns import Decision, Forget, Inbound, LookUp, Missing, Post, Reply, ReplyKind, Say, Submit
from tips.organisation import units
from tips.triage import Triager

ORGANISATION = units.load("hcmc-districts")
ROSTER = full_roster(ORGANISATION)
TRIAGER = Triager(ORGANISATION)
TALK = Conversation(
    newest_triager=lambda: TRIAGER,
    roster=lambda: ROSTER,
    unit_name=lambda code: Say("plain", {"text": code}),
    operator=lambda lang: Say("plain", {"text": "the operator"}),
    web="https://tip.example/",
    languages=Languages(locales.TABLE, locales.LANGUAGES),
)
COMPLETE = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý"


@dataclass
class Chat:
    """One conversation; after every turn the draft goes through its stored form, as in real life."""

    draft: Draft = field(default_factory=lambda: Draft(secrets.token_bytes(32)))
    last: Decision | None = None

    def says(self, text: str) -> str:
        return self.hears(Inbound("text", text=text))

    def presses(self, choice: str) -> str:
        return self.hears(Inbound("choose", choice=choice))

    def hears(self, heard: Inbound) -> str:
        self.last = TALK.respond(self.draft, heard)
        kept = from_bytes(self.last.draft.to_bytes())
        assert isinstance(kept, Draft)
        self.draft = kept
        return "\n".join(locales.render(self.draft.lang, say) for reply in self.last.replies for say in reply.says)

    def finds_no_mailbox(self) -> None:
        assert self.last
        self.draft = TALK.answered(self.last, Missing()).draft

    @property
    def offered(self) -> tuple[str, ...]:
        return self.draft.offered

    @property
    def replies(self) -> tuple[Reply, ...]:
        return self.last.replies if self.last else ()

    @property
    def effect(self) -> object:
        return self.last.effect if self.last else None

    def district(self) -> str | None:
        return TALK.triage(self.draft).area.district


def test_a_complete_text_needs_no_question() -> None:
    """What, where and when in one message: the summary, with the way to send it."""
    chat = Chat()
    assert COMPLETE in chat.says(COMPLETE)
    assert "submit" in chat.offered
    chat.presses("submit")
    assert isinstance(chat.effect, Submit)


@pytest.mark.parametrize("answer", ["chỗ gần nhà sách", "không biết nữa", "quận 3", "phường 1", "!skip"])
def test_what_is_missing_is_asked_for_once(answer: str) -> None:
    """Whatever comes back, the next turn is the summary: no tip takes more than three."""
    chat = Chat()
    chat.says("có người bán ma tuý trong quán cà phê mỗi tối")
    assert chat.draft.slot == "where"
    chat.presses("skip") if answer == "!skip" else chat.says(answer)
    assert "submit" in chat.offered
    chat.presses("submit")
    assert isinstance(chat.effect, Submit)


def test_whatever_is_asked_can_be_skipped() -> None:
    """A person who answers nothing still reaches the summary."""
    chat = Chat()
    chat.says("có người bán ma tuý")
    for _ in range(4):
        if "submit" in chat.offered:
            break
        chat.presses("skip")
    assert "submit" in chat.offered


def test_fragments_over_several_messages_are_one_tip() -> None:
    """All of them are in the text that is sent."""
    chat = Chat()
    for piece in ("có tụi bán ma tuý", "ở hẻm 212", "nguyễn thiện thuật quận 3", "tối nào cũng có"):
        chat.says(piece)
    assert all(piece in chat.draft.text for piece in ("212", "nguyễn thiện thuật", "tối nào"))
    assert chat.district() == "770"


@pytest.mark.parametrize("correction", ["à không, quận 8", "nhầm, quận 8 mới đúng", "a khong quan 8"])
def test_a_correction_replaces_the_place(correction: str) -> None:
    """The summary then names the other desk; the correction is no part of the tip."""
    chat = Chat()
    chat.says(COMPLETE)
    assert "area-776" in chat.says(correction)
    assert chat.district() == "776"


@pytest.mark.parametrize("words", ["huỷ hết đi đừng lưu", "hủy", "Huỷ giùm em", "/huy", "cancel", "thoi khong gui nua"])
def test_cancelling_forgets_everything(words: str) -> None:
    """Nothing of the draft stays."""
    chat = Chat()
    chat.says(COMPLETE)
    chat.says(words)
    assert isinstance(chat.effect, Forget)
    assert chat.draft.text == ""


@pytest.mark.parametrize("words", ["tôi có an toàn không?", "co ai biet toi la ai khong", "có tốn tiền không"])
def test_a_question_in_the_middle_is_answered_and_is_no_part_of_the_tip(words: str) -> None:
    """Then the summary stands again."""
    chat = Chat()
    chat.says(COMPLETE)
    said = chat.says(words)
    assert chat.draft.text == COMPLETE
    assert COMPLETE in said
    assert "submit" in chat.offered


@pytest.mark.parametrize(("typed", "district"), [("1", None), ("gửi đi", None), ("gui", None), ("ok gui", None)])
def test_a_typed_word_presses_the_button(typed: str, district: str | None) -> None:
    """Text where a button was expected is understood."""
    chat = Chat()
    chat.says(COMPLETE)
    chat.says(typed)
    assert isinstance(chat.effect, Submit)


def test_which_of_two_places_is_one_question_with_choices() -> None:
    """A name that several districts have: the person chooses, by button, number or word."""
    for answer in ("press", "2", "word"):
        chat = Chat()
        chat.says("bán ma tuý ở phường Tân Phú mỗi tối")
        areas = [it for it in chat.offered if it.startswith("area:")]
        assert len(areas) >= 2
        wanted = areas[1]
        if answer == "press":
            chat.presses(wanted)
        else:
            chat.says(answer if answer == "2" else TRIAGER.area_name(wanted.partition(":")[2]))
        assert "submit" in chat.offered


def test_danger_comes_before_any_question_and_can_still_be_a_tip() -> None:
    """The numbers to call stand before a question, and in a message of their own after a summary."""
    chat = Chat()
    assert "113" in chat.says("cứu với nó đang cầm dao chém người").splitlines()[0]
    assert [reply.kind for reply in chat.replies] == [ReplyKind.DANGER, ReplyKind.TALK]
    chat.says("ngã tư Bảy Hiền")
    assert [reply.kind for reply in chat.replies] == [ReplyKind.SUMMARY, ReplyKind.DANGER]
    while "submit" not in chat.offered:
        chat.presses("skip")
    chat.presses("submit")
    assert isinstance(chat.effect, Submit)


@pytest.mark.parametrize(
    "words", ["chào shop", "làm lại căn cước ở đâu vậy ạ", "hôm nay trời có mưa không", "VAY TIỀN NHANH add zalo ngay"]
)
def test_what_is_no_tip_is_answered_and_not_kept_unless_the_person_insists(words: str) -> None:
    """No fragment of it is in the draft; *send anyway* makes it a tip."""
    chat = Chat()
    chat.says(words)
    assert chat.draft.text == ""
    assert "send_anyway" in chat.offered
    chat.presses("send_anyway")
    assert chat.draft.text == words


def test_what_gives_the_reporter_away_is_pointed_out_and_can_be_taken_out() -> None:
    """The telephone number and where the writer lives are blanked, the rest stays."""
    chat = Chat()
    said = chat.says("quán karaoke lê văn sỹ quận 3 bán ma tuý mỗi tối, nhà tôi đối diện, gọi tôi 0903123456")
    assert "0903123456" in said
    assert "edit:identifying" in chat.offered
    chat.presses("edit:identifying")
    assert "0903123456" not in chat.draft.text
    assert "ma tuý" in chat.draft.text


def test_the_accused_is_told_to_be_shut_out() -> None:
    """The summary says so, and the receiving unit is another."""
    chat = Chat()
    said = chat.says("công an phường Võ Thị Sáu quận 3 nhận tiền bảo kê sòng bạc mỗi tháng")
    assert "px05" in said
    assert re.search(r"KHÔNG đọc được \(\d+\): .*area-770", said)


def test_nobody_is_ever_asked_for_name_number_or_papers() -> None:
    """No text of the catalogue that asks something asks for these."""
    for key, text in locales.catalogue("vi")._catalog.items():  # type: ignore[attr-defined]
        if isinstance(key, str) and key.startswith(("ask.", "edit.")):
            assert not any(word in text.lower() for word in ("họ tên", "số điện thoại", "căn cước", "cccd")), key


def test_a_receipt_is_looked_up_in_any_state() -> None:
    """Also in the middle of another tip, and however it is written."""
    chat = Chat()
    chat.says(COMPLETE)
    chat.says(receipt.of_seed(secrets.token_bytes(32)).shown.lower().replace("-", " "))
    assert isinstance(chat.effect, LookUp)
    assert chat.draft.text == COMPLETE


@pytest.mark.parametrize("first", ["", COMPLETE])
def test_a_receipt_with_a_slip_goes_into_no_tip_unless_it_is_meant_so(first: str) -> None:
    """It is said that there is no such receipt; sent all the same, it is words, and none of them is lost."""
    chat, wrong = Chat(), "7QX2-M4KD-9RYH-T5WB-3NCF-J8GZ-VPEA"
    if first:
        chat.says(first)
    chat.says(wrong)
    assert isinstance(chat.effect, LookUp)
    chat.finds_no_mailbox()
    assert wrong not in chat.draft.text
    chat.presses("send_anyway")
    assert chat.draft.text == "\n".join(filter(None, (first, wrong)))


@pytest.mark.parametrize(
    "words", ["xe mau den bien so cuoi 41", "phong 6 lau 2 cua sau chung cu", "o quan bida sau cho nha bon tui"]
)
def test_in_a_mailbox_what_is_no_receipt_is_words(words: str) -> None:
    """They are filed, accents or not; only what passes the check is looked up."""
    chat = Chat(Draft(bytes(32), stage=Stage.MAILBOX, mailbox=receipt.of_seed(bytes(32)).shown))
    chat.says(words)
    assert chat.effect == Post(words)


SLIPPED = "7QX2-M4KD-9RYH-T5WB-3NCF-J8GZ-VPEA"  # no receipt: its check fails


def test_in_a_mailbox_a_receipt_with_a_slip_goes_to_nobody_unless_the_person_says_so() -> None:
    """Who mistyped another code would give its readers all but one sign of it."""
    chat = Chat(Draft(bytes(32), stage=Stage.MAILBOX, mailbox=receipt.of_seed(bytes(32)).shown))
    for words in (SLIPPED, f"mã kia là {SLIPPED} nha"):
        chat.says(words)
        assert chat.effect == LookUp(SLIPPED)
        chat.finds_no_mailbox()
    chat.presses("send_anyway")
    assert chat.effect == Post("mã kia là nha")


def test_in_a_mailbox_a_yes_beside_words_that_wait_means_these() -> None:
    chat = Chat(Draft(bytes(32), stage=Stage.MAILBOX, mailbox=receipt.of_seed(bytes(32)).shown))
    chat.says(f"{SLIPPED} bọn nó vẫn bán nhé")
    chat.finds_no_mailbox()
    chat.says("ok")
    assert chat.effect == Post("bọn nó vẫn bán nhé")


@pytest.mark.parametrize(
    "written",
    [
        "mã cũ {} đó, mất xe rồi", "mất xe ở quận 3, mã cũ {}", "mã\n{}\nmất xe", "{}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("between", ["-", " - ", "–", " – ", "\u2011", "_", ", ", "/", "\n", ".", "", " "])
def test_no_receipt_is_part_of_a_tip_however_its_groups_are_parted(written: str, between: str) -> None:
    """Whoever reads the tip could read what another one's reporter is told."""
    code = receipt.of_seed(bytes(32)).shown.replace("-", between)
    chat = Chat()
    chat.says(written.format(code))
    assert isinstance(chat.effect, LookUp)
    assert receipt.parse(chat.effect.typed) == receipt.of_seed(bytes(32))
    assert not chat.draft.fragments
    assert "".join(code.split()) not in chat.draft.aside


def test_a_receipt_with_a_slip_among_words_is_part_of_no_tip() -> None:
    chat = Chat()
    chat.says(f"{COMPLETE} mã trước {SLIPPED}")
    chat.finds_no_mailbox()
    chat.presses("send_anyway")
    assert SLIPPED not in chat.draft.text
    assert COMPLETE in chat.draft.text


def test_who_leaves_a_mailbox_is_shown_the_tip_that_was_begun_before_it() -> None:
    """And not asked for a new one, whose words would join it."""
    chat = Chat()
    chat.says(COMPLETE)
    chat.draft = replace(chat.draft, stage=Stage.MAILBOX, mailbox=receipt.of_seed(bytes(32)).shown, offered=("back",))
    shown = chat.says("quay lại")
    assert COMPLETE in shown
    assert locales.say("vi", "mailbox.left") not in shown


@pytest.mark.parametrize(
    "words",
    [
        "đừng", "Đừng!", "đừng nha", "đừng đi", "đừng mà", "thôi đừng", "dừng", "dừng lại", "dung", "dung gui", "Dung",
        "huy", "Huy", "gọi đi", "gọi giùm tui", "không", "khoan", "khoan đã", "dạ", "vâng ạ", "được", "chưa", "Dũng",
        "đừng gửi tin",
    ],
)  # fmt: skip
def test_what_may_mean_something_else_sends_erases_and_adds_nothing(words: str) -> None:
    """A name, a "don't", a yes without a verb: it is said what to write instead."""
    chat = Chat()
    chat.says(COMPLETE)
    told = chat.says(words)
    assert chat.effect is None
    if words != "Dũng":  # a name is as good a word as any
        assert chat.draft.text == COMPLETE
        assert locales.say("vi", "summary.unclear") in told


@pytest.mark.parametrize("words", ["Huy", "huy", "đừng", "Dũng"])
def test_a_name_in_answer_to_the_question_erases_nothing_and_accuses_nobody(words: str) -> None:
    chat = Chat()
    chat.says("chủ quán bida đánh bạc")
    assert chat.draft.stage is Stage.ASKING
    chat.says(words)
    assert chat.effect is None
    assert chat.draft.begun
    assert not [it for it in chat.draft.kept if it.kind == "unknown"]


@pytest.mark.parametrize(
    "words",
    [
        "đúng", "đúng rồi", "dung roi", "Đúng hết rồi", "gởi đi", "goi di", "gửi đi anh", "oki gửi giúp con",
        "có, gửi đi", "thôi gửi đi", "gửi giùm em", "ok em", "đúng rồi gửi đi",
    ],
)  # fmt: skip
def test_what_means_yes_sends(words: str) -> None:
    chat = Chat()
    chat.says(COMPLETE)
    chat.says(words)
    assert isinstance(chat.effect, Submit)


def test_a_receipt_beside_a_file_goes_to_nobody() -> None:
    """Whoever reads the file would hold the key of another mailbox: the file is taken, the code is not."""
    own = receipt.of_seed(secrets.token_bytes(32)).shown
    file = File(bytes(16), bytes(32), "image", "image/jpeg", 1, 1, "", "")
    inside = TALK.respond(Draft(bytes(32), stage=Stage.MAILBOX, mailbox=own), Inbound("file", text=own, file=file))
    assert inside.effect == Post("", file)
    outside = TALK.respond(Draft(bytes(32)), Inbound("file", text=own, file=file))
    assert (outside.draft.files, outside.draft.fragments, outside.effect) == ((file,), (), None)
    assert [say.key for say in outside.replies[0].says] == ["file.taken", "receipt.alone", "ask.where"]


def test_what_looked_like_a_receipt_replaces_what_was_to_be_written_anew() -> None:
    """Sent all the same, it is the answer to what was asked: here the whole text."""
    chat = Chat()
    chat.says(COMPLETE)
    chat.presses("edit:what")
    plates = "51F1 2345 59A2 6789 50H3 1111 51G9"
    chat.says(plates)
    chat.finds_no_mailbox()
    chat.presses("send_anyway")
    assert chat.draft.text == plates


@pytest.mark.parametrize("said", ["có", "dạ có", "yes", "thôi", "ủa", "等一下"])
def test_a_word_that_may_mean_anything_is_no_part_of_a_tip_and_sends_nothing(said: str) -> None:
    """Beside a summary the person is told that nothing was sent; a cross or a yes would have been guessed."""
    chat = Chat()
    chat.says(COMPLETE)
    told = chat.says(said)
    assert locales.say(chat.draft.lang, "summary.unclear") in told
    assert chat.effect is None
    assert chat.draft.text == COMPLETE
    assert "submit" in chat.offered


def test_whoever_names_a_person_who_must_not_read_is_told_that_only_offices_can_be_shut_out() -> None:
    """The words stay in the tip; an office by the same words is shut out."""
    chat = Chat()
    chat.says(COMPLETE)
    assert locales.say("vi", "exclude.not_understood") in chat.says("đừng gửi cho ông Bảy hàng xóm")
    assert "ông Bảy" in chat.draft.text
    assert locales.say("vi", "exclude.not_understood") not in chat.says("đừng gửi cho công an phường")
    assert [it.kind for it in chat.draft.kept] == ["ward_police"]


def test_two_hundred_offices_are_said_as_one() -> None:
    """Where nobody knows the place every ward is shut out: that is what is said, and how many they are."""
    chat = Chat()
    chat.says("công an phường lấy tiền chung chi mỗi tháng của mấy quán nhậu")
    told = chat.presses("skip")
    assert locales.say("vi", "units.every.ward_police", number="168") in told
    assert "ward-" not in told


def test_unaccented_answers_are_kept_word_for_word() -> None:
    """Whatever people answer to a question stands in the tip: our own messages, bare, cut into clauses."""
    clauses = {phrases.fold(part) for text in messages.texts() for part in re.split(r"[,.;!?]", text)}
    assert len(clauses) > 1000
    assert not [it for it in clauses if receipt.looks_like(it) or receipt.is_receipt(it)]


def test_english_is_answered_in_english() -> None:
    """And the language can be chosen at any time."""
    chat = Chat()
    assert "send" in chat.says("someone sells drugs every night in a karaoke bar in district 3").lower()
    assert chat.draft.lang == "en"
    chat.presses("lang:vi")
    assert chat.draft.lang == "vi"


@pytest.mark.parametrize("begun", [False, True])
def test_who_would_read_it_is_told_beforehand_and_nothing_of_that_is_kept(begun: bool) -> None:
    """The same readers as for such a tip; what was begun stays as it was."""
    chat, asked = Chat(), "sòng bạc ở phường 22 Bình Thạnh, công an phường ăn chia"
    if begun:
        chat.says(COMPLETE)
    before = chat.draft.text
    said = chat.says(f"/aidoc {asked}")
    other = Chat()
    other.says(asked)
    (found,) = [reply.promise for reply in other.replies if reply.promise]
    assert all(code in said for code in (found.owner, *found.excluded))
    assert chat.draft.text == before
    assert asked not in chat.draft.to_bytes().decode()
    assert not chat.draft.kept or begun


def test_how_to_ask_who_would_read_is_told_where_nothing_is_asked() -> None:
    """A command alone explains itself."""
    assert "/aidoc" in Chat().says("/aidoc")


@pytest.mark.parametrize(
    ("words", "place"),
    [("Quận 3", "Quận 3"), ("quan 3.", "Quận 3"), ("phuong xuan hoa", "Phường Xuân Hòa"), ("“Quận 3”", "Quận 3")],
)
def test_an_area_s_name_alone_is_where_somebody_begins(words: str, place: str) -> None:
    """As a poster asks for it where its link brings none: it is said, and counts for the words that follow."""
    chat = Chat()
    assert locales.say("vi", "start.place", place=place) in chat.says(words)
    assert not chat.draft.begun
    chat.says("Tối nào quán karaoke đầu hẻm cũng bán ma tuý, mỗi đêm chừng 10 giờ")
    assert chat.district() == "770"


@pytest.mark.parametrize("words", ["12 Lê Văn Sỹ quận 3", "chợ Bến Thành", "quận 3 gần nhà thờ"])
def test_a_place_with_more_than_an_area_s_name_is_not_reduced_to_it(words: str) -> None:
    """What tells where exactly is a part of the tip, or is offered to be sent."""
    chat = Chat()
    chat.says(words)
    assert words in (chat.draft.text, chat.draft.aside)


def test_places_around_a_point_stay_on_offer_while_something_else_is_said() -> None:
    """A file that is turned down in between does not take the list away."""
    chat = Chat()
    chat.says(COMPLETE)
    chat.hears(Inbound("location", lat=10.7823, lon=106.6840))
    places = [it for it in chat.offered if it.startswith("area:")]
    assert places
    chat.hears(Inbound("file", problem="broken"))
    assert [it for it in chat.offered if it.startswith("area:")] == places

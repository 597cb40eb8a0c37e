"""Who may not read a tip, as its writer decides: by a press, in words, and taken back by a press alone."""

import random
from dataclasses import replace
from typing import Final

import pytest

import locales
from tests.fakes.people import full_roster
from tests.unit.test_conversation import COMPLETE, ORGANISATION, TALK, Chat
from tips.evidence.files import File
from tips.intake.promise import Promise
from tips.intake.turns import Inbound, ReplyKind, Submit
from tips.organisation.units import HELD, UnitKind
from tips.triage import By

DRUGS: Final = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý"
NO_PLACE: Final = "có người bán ma tuý trong quán cà phê mỗi tối"
KINDS: Final = [kind for kind in ORGANISATION.conflicts]


def promise(chat: Chat) -> Promise:
    """What the summary says."""
    (found,) = [reply.promise for reply in chat.replies if reply.kind is ReplyKind.SUMMARY]
    assert found
    return found


def excluded(chat: Chat) -> set[str]:
    return set(promise(chat).excluded)


@pytest.mark.parametrize("kind", KINDS)
def test_every_summary_says_who_reads_and_who_does_not_by_name(kind: str) -> None:
    """Both lists, whoever was pressed: no unit stands in both, and each stands in the text."""
    chat = Chat()
    chat.says(DRUGS)
    said = chat.presses(f"exclude:{kind}")
    found = promise(chat)
    assert not set(found.readers) & set(found.excluded)
    every = {code for code in found.excluded if code.startswith(("ward-", "area-"))} if "(168)" in said else set()
    assert all(code in said for code in {found.owner, *found.excluded} - every)
    assert (len(every) > 168) is (kind == "city_police_leadership")  # whoever has them all says so, and how many
    assert all(code in said for code in found.next if code != HELD)


@pytest.mark.parametrize("kind", KINDS)
def test_a_press_on_do_not_send_only_adds_and_counts_at_once(kind: str) -> None:
    """The next turn is the summary again; pressing further never lets anybody back in."""
    chat = Chat()
    chat.says(DRUGS)
    before: set[str] = set()
    for choice in (f"exclude:{kind}", "exclude:ward_police", "exclude:pc04", f"exclude:{kind}"):
        chat.presses(choice)
        assert before <= excluded(chat)
        before = excluded(chat)
    assert {"pc04", "area-770"} <= before


RECEIVERS: Final = {
    "unknown": "pc04", "ward_police": "px05", "district_police": "px05", "city_department": "bca-c01",
    "city_police_leadership": "bca-c01", "ward_peoples_committee": "pc03", "city_peoples_committee": "bca-c03",
    "court_or_procuracy": "vks-tc", "other_official": "pc03", "area-770": "px05", "duty": "bca-c01",
}  # fmt: skip


@pytest.mark.parametrize(("choice", "owner"), RECEIVERS.items())
def test_the_receiver_after_a_choice_is_the_conflict_tables(choice: str, owner: str) -> None:
    """And is never one that was shut out."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses(f"exclude:{choice}")
    assert promise(chat).owner == owner
    if choice in ORGANISATION.units:
        assert choice in excluded(chat)


@pytest.mark.parametrize("typed", ["1 4", "1,4", "1 và 4", "1, 4."])
def test_several_numbers_in_one_message_are_several_presses(typed: str) -> None:
    """The menu's first and fourth: ward police, and the whole city police."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude")
    chat.says(typed)
    assert {"catp", *ORGANISATION.wards_of("770")} <= excluded(chat)
    assert chat.draft.text == DRUGS


def test_going_back_keeps_what_was_pressed() -> None:
    """Out of the menu, the summary is as it was."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude:ward_police")
    before = excluded(chat)
    chat.presses("exclude")
    chat.presses("back")
    assert excluded(chat) == before


def test_an_office_named_in_the_menu_is_shut_out_and_the_words_stay() -> None:
    """Who writes instead of pressing is understood."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude")
    chat.says("công an quận 3")
    assert "area-770" in excluded(chat)
    assert chat.draft.text == f"{DRUGS}\ncông an quận 3"


@pytest.mark.parametrize(
    "words",
    [
        "dung gui phuong toi", "đừng gửi cho phường nào hết", "dung gui may phuong", "chan phuong", "cấm phường đọc",
        "chặn tất cả các phường", "chặn hết công an phường", "bỏ phường ra", "đừng gửi cho q3", "đừng gửi cho quận 3",
        "đừng cho quận biết", "đừng gửi ai ở quận 3 hết", "đừng gửi tất cả các phường ở quận 3",
    ],
)  # fmt: skip
def test_whoever_begins_by_dont_send_means_the_offices_that_follow(words: str) -> None:
    """Accents or not, whatever the grammar; the words stay in the tip."""
    chat = Chat()
    chat.says(COMPLETE)
    told = chat.says(words)
    assert words in chat.draft.text
    assert TALK.triage(chat.draft).route.excluded, told
    assert {it.by for it in chat.draft.kept} == {By.REPORTER}


def test_one_is_let_in_again_by_a_press_on_its_name_after_who_would_read_was_shown() -> None:
    """What triage found wrongly, the person takes back; it takes that press, and the words before it say who reads."""
    chat = Chat()
    chat.says("công an quận 3 nhận tiền bảo kê quán karaoke đường Lê Văn Sỹ quận 3 bán ma tuý")
    assert "area-770" in excluded(chat)
    assert "include:area-770" not in chat.offered
    said = chat.presses("exclude")
    assert "include:area-770" in chat.offered
    assert "area-770 đọc lại: nơi nhận là" in said
    chat.presses("include:area-770")
    assert "area-770" not in excluded(chat)
    chat.presses("exclude:area-770")
    assert "area-770" in excluded(chat)


def test_new_words_against_one_who_was_let_in_shut_it_out_again() -> None:
    """A press is about what was said before it."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude:area-770")
    chat.presses("exclude")
    chat.presses("include:area-770")
    assert "area-770" not in excluded(chat)
    chat.says("công an quận 3 nhận tiền bảo kê quán này mỗi tháng")
    assert "area-770" in excluded(chat)


ACCUSING: Final = "công an quận 3 nhận tiền bảo kê quán này mỗi tháng"


@pytest.mark.parametrize("way", ["words", "edit:what", "edit:when", "edit:who", "edit:where", "correction", "menu"])
def test_words_against_one_who_was_let_in_count_wherever_they_are_written(way: str) -> None:
    """In the place of the text, as a correction, as an answer."""
    chat = Chat()
    chat.says(DRUGS)
    for choice in ("exclude:area-770", "exclude", "include:area-770"):
        chat.presses(choice)
    assert promise(chat).owner == "area-770"
    if way.startswith("edit:") or way == "menu":
        chat.presses("exclude" if way == "menu" else way)
    chat.says(f"à không, {ACCUSING}" if way == "correction" else ACCUSING)
    assert "area-770" in excluded(chat)


@pytest.mark.parametrize(
    "choice", ["city_police_leadership", "catp", "ward_police", "ward-27139", "district_police", "area-770", "unknown"]
)
def test_shutting_out_whoever_is_above_or_below_shuts_out_one_who_was_let_in(choice: str) -> None:
    """A press on the whole city police means its desks too."""
    chat = Chat()
    chat.says(DRUGS)
    for pressed in ("exclude:area-770", "exclude", "include:area-770", f"exclude:{choice}"):
        chat.presses(pressed)
    assert "area-770" in excluded(chat)


def test_blanking_what_tells_on_the_writer_takes_no_press_back() -> None:
    """The words are the same but for the blank."""
    chat = Chat()
    chat.says(f"{ACCUSING}, tôi là bảo vệ của quán")
    for pressed in ("exclude", "include:area-770", "edit:identifying"):
        chat.presses(pressed)
    assert "area-770" not in excluded(chat)


def test_a_department_can_be_narrowed_afterwards() -> None:
    """All of them are shut out at once; then one by its name, and the others back by one press."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude:city_department")
    departments = {it.code for it in ORGANISATION.units.values() if it.kind == UnitKind.CITY_DEPARTMENT}
    assert departments <= excluded(chat)
    assert "exclude:pc08" in chat.offered
    chat.presses("exclude:pc08")
    assert departments <= excluded(chat)
    chat.presses("include:city_department")
    assert departments & excluded(chat) == {"pc08", "px05"}


MESSAGES: Final = (
    "công an phường Võ Thị Sáu quận 3 có nhận tiền", "à không, quận 8", "quận 10", "tối qua lại có", "công an phường",
    "không phải công an đâu", "csgt cũng vô đó", "chủ tịch phường biết hết", "viện kiểm sát", "chỗ gần chợ", "phường 1",
)  # fmt: skip
PRESSES: Final = (
    "lang:en", "lang:vi", "area:776", "area:27139", "category:gambling.any", "back", "skip", "no", "edit:where",
    "edit:what", "danger", "exclude", "exclude:unknown", "exclude:ward_police", "exclude:district_police",
    "exclude:pc04", "exclude:ward_peoples_committee", "exclude:vks-tp",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_nothing_but_a_press_on_a_name_lets_anybody_in_again(seed: int) -> None:
    """Any message, edit, correction of place or language, in any order: the list only grows."""
    choose = random.Random(seed)
    chat, before = Chat(), set[str]()
    chat.says(choose.choice((DRUGS, NO_PLACE, MESSAGES[0])))
    for _ in range(14):
        said = choose.choice((*MESSAGES, *PRESSES))
        chat.presses(said) if said in PRESSES else chat.says(said)
        if any(reply.kind is ReplyKind.SUMMARY for reply in chat.replies):
            assert before <= excluded(chat), said
            before = excluded(chat)


def test_both_send_buttons_send_to_whom_they_say() -> None:
    """The second one keeps it from the ward police and the desk of the place; its line stands above it."""
    chat = Chat()
    said = chat.says(DRUGS)
    found = promise(chat)
    assert found.hide
    assert chat.offered[:2] == ("submit", "submit:hide")
    assert "area-770" in found.readers
    assert "area-770" in found.hide.excluded
    assert said.index("Gửi, giấu") < said.index("Đúng hết chưa")
    for choice, expected in (("submit", found), ("submit:hide", found.hide)):
        chat.presses(choice)
        assert isinstance(chat.effect, Submit)
        assert chat.effect.readers == expected.readers
        assert tuple(sorted(chat.effect.triage.route.excluded)) == expected.excluded


def test_a_second_send_button_stands_only_where_it_hides_something() -> None:
    """Not for matters that nobody protects, nor once the police of the place is shut out."""
    for text in (
        "Tai nạn giao thông ở vòng xoay Dân Chủ quận 3 tối qua",
        "Tối nào cũng có đánh nhau ở công viên quận 3",
    ):
        chat = Chat()
        chat.says(text)
        assert "submit:hide" not in chat.offered
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude:unknown")
    assert "submit:hide" not in chat.offered
    assert "submit" in chat.offered
    assert chat.presses("submit:hide")
    assert chat.effect is None


def test_nobody_gets_it_whom_the_summary_did_not_name() -> None:
    """The roster changed between the summary and the press: a new summary, and nothing is sent."""
    chat = Chat()
    chat.says(DRUGS)
    later = replace(TALK, roster=lambda: full_roster(ORGANISATION, without=("area-770",)))
    decision = later.respond(chat.draft, Inbound("choose", choice="submit"))
    assert decision.effect is None
    assert decision.replies[0].says[0].key == "summary.changed"
    assert decision.replies[0].promise and decision.replies[0].promise.owner == "duty"
    again = later.respond(decision.draft, Inbound("choose", choice="submit"))
    assert isinstance(again.effect, Submit)


def test_a_number_means_the_last_list_and_never_sends_by_a_slip() -> None:
    """Below the summary the departments are listed: "2" is the second of these, not the second way to send."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude:city_department")
    chat.says("2")
    assert chat.effect is None
    assert any(it.units == ("pc02",) for it in chat.draft.kept)


@pytest.mark.parametrize("typed", ["1, 2, 99", "0 1", "99"])
def test_numbers_that_stand_for_nothing_are_no_part_of_the_tip(typed: str) -> None:
    """The menu is shown again, and the text stays as it was."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude")
    chat.says(typed)
    assert chat.draft.text == DRUGS
    assert "exclude:ward_police" in chat.offered


def test_where_both_are_asked_one_number_is_a_place_and_several_are_choices() -> None:
    """Most districts are numbers."""
    for typed, shut in (("3", False), ("1 4", True)):
        chat = Chat()
        chat.says("thằng bán ma tuý khoe có chỗ dựa")
        assert chat.draft.slot == "both"
        chat.says(typed)
        assert ("catp" in excluded(chat)) is shut
        assert (TALK.triage(chat.draft).area.district == "770") is not shut


@pytest.mark.parametrize(
    "answer",
    [
        "có",
        "đúng rồi",
        "dạ đúng",
        "ok",
        "ừ có",
        "không biết ai nhưng có",
        "chắc là mấy ông quận",
        "hình như có",
        "dạ có, công an phường đó",
    ],
)
def test_a_yes_shuts_somebody_out_though_it_names_nobody(answer: str) -> None:
    """Who says that somebody is involved is not sent to the police of the place."""
    chat = Chat()
    chat.says("thằng bán ma tuý ở đường Lê Văn Sỹ quận 3 khoe có chỗ dựa")
    assert chat.draft.slot == "accused"
    assert "Đã chặn" in chat.says(answer)
    assert "area-770" in excluded(chat)


@pytest.mark.parametrize(
    "wish", ["gửi viện kiểm sát giùm", "tui chỉ tin viện kiểm sát thôi", "only the procuracy please"]
)
@pytest.mark.parametrize("where", ["menu", "summary"])
def test_whoever_is_trusted_is_offered_and_not_shut_out(wish: str, where: str) -> None:
    """In the menu of whom to shut out, too."""
    chat = Chat()
    chat.says(DRUGS)
    if where == "menu":
        chat.presses("exclude")
    chat.says(wish)
    assert "vks-tp" not in excluded(chat)
    assert "submit:vks-tp" in chat.offered


def test_a_wish_for_one_above_never_climbs_down() -> None:
    """Who asks for the ministry does not get the desk of the place when the ministry is late."""
    chat = Chat()
    chat.says(f"{DRUGS}. Nhờ chuyển lên bộ công an giùm")
    chat.presses("submit:bca-c01")
    assert isinstance(chat.effect, Submit)
    assert chat.effect.readers[0] == "bca-c01"
    assert "area-770" not in chat.effect.readers


def test_one_who_could_never_receive_it_is_not_said_to_be_shut_out() -> None:
    """What is said beside the list agrees with the list."""
    chat = Chat()
    chat.says(DRUGS)
    said = chat.presses("exclude:other_official")
    assert "Đã chặn" not in said
    assert not excluded(chat)
    assert "exclude:ttra-tp" in chat.offered


def test_the_menu_stays_small_and_quick_however_many_are_shut_out() -> None:
    """A messenger takes a hundred buttons at most, and nobody waits for another's list."""
    chat = Chat()
    chat.says(DRUGS)
    for code in sorted(ORGANISATION.wards_of("770") | ORGANISATION.wards_of("776") | ORGANISATION.wards_of("774")):
        chat.presses(f"exclude:{code}")
    chat.presses("exclude")
    assert len([it for it in chat.offered if it.startswith("include:")]) == 12
    assert len(chat.offered) < 30


def test_the_council_is_nobody_that_can_be_shut_out() -> None:
    """What it holds only several offices open together, and every chain ends there."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude:held")
    assert "held" not in {it for one in chat.draft.kept for it in one.units}
    assert TALK.triager.chosen("held") is None


def test_what_files_and_a_place_are_about_is_left_to_a_person() -> None:
    """No matter is made up from the name of a place."""
    file = File(bytes(16), bytes(32), "audio", "audio/mp4", 1, 1, "", "")
    chat = Chat()
    chat.hears(Inbound("file", file=file))
    said = chat.says("quận 3")
    assert "để người trực xếp loại" in said
    chat.presses("submit")
    assert isinstance(chat.effect, Submit)
    assert chat.effect.triage.category is None


@pytest.mark.parametrize("way", ["submit", "asked"])
def test_danger_can_be_said_at_any_moment_of_a_tip(way: str) -> None:
    """While something is asked, too: it is most urgent then, and the numbers come."""
    chat = Chat()
    chat.says(DRUGS if way == "submit" else NO_PLACE)
    assert "danger" in chat.offered
    assert "113" in chat.presses("danger")
    assert TALK.triage(chat.draft).urgency == "P0"


LABELS: Final = [
    (lang, kind)
    for lang in ("vi", "en")
    for kind in KINDS
    if kind not in {"city_peoples_committee", "court_or_procuracy"}
]


@pytest.mark.parametrize(("lang", "kind"), LABELS)
def test_a_buttons_words_press_it(lang: str, kind: str) -> None:
    """Who copies a label shuts out as much as who presses it."""
    typed, pressed = Chat(), Chat()
    for chat in (typed, pressed):
        chat.says(DRUGS)
        chat.presses("exclude")
    typed.says(locales.say(lang, f"option.exclude.{kind}"))
    pressed.presses(f"exclude:{kind}")
    assert excluded(pressed) <= excluded(typed)


def test_a_dont_send_in_the_menu_is_no_farewell() -> None:
    """It was asked whom not to send it to."""
    chat = Chat()
    chat.says(DRUGS)
    chat.presses("exclude")
    chat.says("đừng gửi")
    assert chat.draft.text == DRUGS


@pytest.mark.parametrize(
    "words",
    ["đừng gửi công an quận nha, tin này ai đọc vậy?", "công an quận 3 nhận tiền đó, gửi ở đây có an toàn không?"],
)
@pytest.mark.parametrize("at", ["first", "summary"])
def test_a_demand_beside_a_question_is_kept_and_the_question_answered(words: str, at: str) -> None:
    """Nothing that says who may read is only answered: whoever is accused is shut out, or asked about."""
    chat = Chat()
    if at == "summary":
        chat.says(DRUGS)
    chat.says(words)
    assert words in chat.draft.text
    if at == "summary":
        assert chat.draft.slot == "accused" or "area-770" in excluded(chat)


def test_a_threat_beside_a_question_is_danger_and_not_only_answered() -> None:
    """Who asks whether it is safe, because they were found out, gets numbers to call."""
    chat = Chat()
    chat.says(DRUGS)
    words = "nó biết tôi báo rồi nó đòi giết tôi, vậy có an toàn không?"
    assert "113" in chat.says(words)
    assert words in chat.draft.text
    assert TALK.triage(chat.draft).urgency == "P0"


def test_under_a_tip_that_is_shown_beside_an_open_mailbox_the_press_is_about_that_tip() -> None:
    """The case in the mailbox is another one."""
    chat = Chat()
    chat.says(DRUGS)
    chat.draft = replace(chat.draft, mailbox="a receipt")  # pasted meanwhile; then the tip's summary is shown again
    chat.presses("exclude:district_police")
    assert chat.effect is None
    assert "area-770" in excluded(chat)

"""A threat against whoever reports is danger: whom to call comes first."""

import pytest

from tips.organisation import units
from tips.triage import Corrections, Triager

TRIAGER = Triager(units.load("hcmc-districts"))
THREATENED = (
    "nó biết tôi báo rồi nó giết tôi",
    "nó dọa chém tôi nếu báo",
    "tụi nó đang tìm tôi để xử",
    "no ham giet ca nha toi",
    "they said they will kill me if I report",
    "nó biết nhà em rồi, em sợ",
    # written before the rules that find them
    "nó nhắn tin nói sẽ đốt nhà tôi",
    "nó biết em tố rồi đang cho người kiếm em",
    "ong do doa lay mang con toi neu toi noi ra",
    "anh ta đòi đâm em nếu em đi báo",
    "lộ rồi, tụi nó canh trước nhà tôi, cứu",
    "he found out I reported him and now he is looking for me",
    "tui no noi ma bao cong an la tui no giet",
    "my boss threatened to hurt my kids if I talk",
    # written to break the rules
    "nó kêu giang hồ tới đòi xử tôi vì tôi tố nó",
    "sáng nay nó nhắn: mày báo công an tao giết cả nhà mày",
    "ổng nói lộ ra là ổng chém chết tôi",
    "tụi nó biết em là người báo rồi, tụi nó đang đứng trước nhà em",
    "họ đe sẽ thủ tiêu tôi nếu tôi ra làm chứng",
    "chong toi cam dao doi giet toi neu toi di bao",
    "anh ta dọa tạt axit vào mặt tôi",
    "bị lộ rồi, tụi nó đi theo em từ chiều",
    "no doa giet con toi",
    "toi bi doa giet vi to cao ong chu tich",
    "I am being followed, they know I reported them",
    "he says he will burn my house down if I talk to police",
    "nó đòi lấy mạng tôi",
    "tụi đòi nợ dọa đốt nhà tôi tối nay",
)
NOT_THREATENED = (
    "nó dọa kiện tôi",
    "nó dọa đuổi việc em",
    "xin giữ kín vì sợ bị trả thù",
    "nó chém chết ông Tư năm ngoái",
    "nó mà biết tôi báo chắc nó giận",
    "anh ta dọa giết con chó nhà bên",
    "có ai biết tôi báo không",
    "hôm qua tụi nó đánh bạn tôi gãy tay",
    "chủ nợ dọa tung hình lên mạng",
    "nó biết nhà tôi bán tạp hoá nên hay ghé mua thuốc lá",
    # written to break the rules
    "tôi sẽ báo công an nếu nó không trả tiền",
    "nó hăm he đòi kiện em ra toà nếu em đăng bài",
    "chủ trọ dọa đuổi tôi ra khỏi nhà",
    "em sợ nó biết em báo",
    "xin đừng để nó biết tôi báo",
    "nhà tôi bị nó đập cửa kính hôm qua",
    "nó đánh tôi hôm kia ở quán nhậu",
    "mẹ tôi đòi đánh tôi vì tôi hư",
    "nó giết chó của tôi ăn thịt",
    "bị công ty dọa sa thải nếu báo",
    "nó nói sẽ giết heo tết đem cho tôi",
    "tụi nó chém nhau trước nhà tôi",
    "có người bị đâm trước nhà em tối qua",
    "tôi thấy nó chém một anh thanh niên",
    "nghe nói hắn giết người ở quê rồi trốn vô đây, tôi thấy sợ",
    "đang tìm em tôi bị lạc",
    "tôi đi tìm con tôi",
    "nó đốt rác trước nhà tôi mỗi tối",
    "they burn plastic next to my house and it will hurt my kids",
    "he killed my dog",
    "I want to report a man who stabbed someone near my house",
    "nó dọa tung clip của em",
    "nếu tôi báo thì có bị gì không",
    "biết nhà tôi có máy lạnh nó vô lấy trộm rồi chạy",
    "bên cho vay đòi xử lý tôi theo pháp luật",
    "tòa xử tôi thua kiện",
)


@pytest.mark.parametrize("text", THREATENED)
def test_a_threat_against_the_writer_is_danger_now(text: str) -> None:
    found = TRIAGER.triage(text)
    assert (found.danger, found.urgency, found.hotlines[0]) == (True, "P0", "113")
    assert "danger.threat" in [it.rule for it in found.reasons]


@pytest.mark.parametrize("text", NOT_THREATENED)
def test_a_suit_a_fear_or_what_was_done_to_others_is_no_danger_to_the_writer(text: str) -> None:
    assert not [it for it in TRIAGER.triage(text).reasons if it.rule.startswith("danger")]


@pytest.mark.parametrize(
    "text", ["có bị lộ danh tính không ạ", "nếu tôi báo mà bị trả thù thì công an có bảo vệ không"]
)
def test_a_question_whether_it_is_safe_is_no_emergency(text: str) -> None:
    assert not TRIAGER.triage(text).danger


@pytest.mark.parametrize("text", ["bán số đề ở chợ Xóm Chiếu mỗi chiều", "alo", ""])
def test_whoever_says_that_they_are_in_danger_now_is(text: str) -> None:
    """Whatever they wrote: the press is enough."""
    found = TRIAGER.triage(text, Corrections(danger=True))
    assert (found.danger, found.urgency, found.hotlines[0]) == (True, "P0", "113")
    assert found.intent in {"tip", "emergency"}
    assert "danger.chosen" in [it.rule for it in found.reasons]


def test_a_fire_still_names_the_fire_brigade() -> None:
    assert "114" in TRIAGER.triage("nhà tôi đang cháy, có người kẹt bên trong", Corrections(danger=True)).hotlines

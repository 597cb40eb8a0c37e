"""How many turns it takes from fear to receipt: the text, at most one answer, sending it."""

from typing import Final

import pytest

from scripts.learning import messages
from tests.unit.test_conversation import Chat
from tips.intake.stages import Stage
from tips.intake.turns import ReplyKind, Submit

MESSAGES: Final = messages.texts()[::5]  # some thousands are enough
ANSWERS: Final = ("!skip", "!no", "!exclude:unknown", "!exclude:ward_police", "phường 5 quận 8", "không biết nữa", "có")

# Nobody in office is named: what strangers tried, and what they got no say about.
INDIRECT: Final = (
    "mấy ảnh áo xanh lấy phong bì của quán nhậu đường Phạm Thế Hiển quận 8",
    "xe 113 đậu trước cửa nhà bán số đề hẻm 41 quận 6 hoài mà không vô",
    "quán bida đó có người chống lưng nên bán ma tuý không sợ ai, quận 11",
    "trinh sát ăn chia với tụi bán cần sa bến xe miền Tây",
    "sếp lớn trên quận bảo kê cho bãi xe lậu ở Tân Phú",
    "có đoàn kiểm tra là biết trước, lần nào tới cũng dọn sạch, lò mổ lậu Hóc Môn",
    "ba nó làm ở công an quận nên nó bán ma tuý ngay cổng trường, quận 4",
    "bồ câu chặn xe xin tiền ở cầu Kênh Tẻ quận 7",
    "chỗ làm căn cước nhận 500 ngàn cho làm nhanh, quận Bình Tân",
    "cb thuế đòi 5tr mỗi tháng mới để yên, sạp vải chợ Tân Bình",
    "phường bắt tiểu thương đóng tiền không biên lai, chợ Bà Chiểu Bình Thạnh",
    "báo phường rồi mà đâu vẫn vào đó, quán karaoke ôm quận 12",
)


def turns_of(text: str, answer: str) -> int:
    """The turns until it is sent; 0: it is taken for no tip."""
    chat = Chat()
    chat.says(text)
    if not chat.draft.begun:
        return 0
    turns = 1
    while chat.draft.stage is Stage.ASKING and turns < 5:
        choice = answer[1:] if answer[1:] in chat.offered else "skip"
        chat.presses(choice) if answer.startswith("!") else chat.says(answer)
        turns += 1
    chat.presses("submit")
    assert isinstance(chat.effect, Submit), text
    return turns + 1


@pytest.mark.parametrize("part", range(7))
def test_no_tip_takes_more_than_three_turns_whatever_is_answered(part: int) -> None:
    """Every message of the project's own, each with another answer to what is asked."""
    taken = [turns_of(text, ANSWERS[at % len(ANSWERS)]) for at, text in enumerate(MESSAGES[part::7])]
    assert set(taken) == {0, 2, 3}


@pytest.mark.parametrize("text", INDIRECT)
def test_whom_a_tip_hints_at_is_shut_out_or_asked_about_or_two_taps_away(text: str) -> None:
    """None of them goes to the desk hinted at because nobody asked."""
    chat = Chat()
    chat.says(text)
    asked = chat.draft.slot in {"accused", "both"}
    shut = any(reply.promise and reply.promise.excluded for reply in chat.replies)
    assert asked or shut
    chat.presses("exclude:unknown")
    (found,) = [reply.promise for reply in chat.replies if reply.kind is ReplyKind.SUMMARY]
    assert found
    police = [code for code in found.readers if code.startswith(("area-", "ward-"))]
    assert not police

"""What could tell who wrote a tip is found, and looked for only where it may stand."""

import unicodedata

import pytest

from tips.organisation import units
from tips.triage import Triager

TRIAGER = Triager(units.load("hcmc-districts"))
TELLING = [
    ("gọi em số 0903 123 456 nha", "phone", "0903 123 456"),
    ("sdt +84.903.123.456", "phone", "+84.903.123.456"),
    ("cccd 079123456789 của em", "id_number", "079123456789"),
    ("mail ten.toi@example.com", "email", "ten.toi@example.com"),
    ("tôi là Nguyễn Văn Tư ở xóm này", "name", "tôi là Nguyễn Văn Tư"),
    ("my name is Anna Lee, I rent here", "name", "my name is Anna Lee"),
    ("cô chủ nhiệm lớp 7A2 thu tiền", "class", "lớp 7A2"),
    ("nhà tui số 15/3 kế bên", "home", "nhà tui số 15/3"),
    ("em ở phòng 204 tầng 2", "home", "em ở phòng 204"),
]
TELLING_NOBODY = [
    "công an phường nhận 500 ngàn mỗi tháng từ năm 2023",
    "quán mở từ 22h tới 3h sáng, 15 bàn",
    "lớp học thêm thu tiền, khoa nội bệnh viện đòi phong bì",
]


@pytest.mark.parametrize(("text", "rule", "said"), TELLING)
def test_a_passage_that_tells_who_wrote_is_found(text: str, rule: str, said: str) -> None:
    found = [(it.rule, text[slice(*it.span)]) for it in TRIAGER.triage(text).identifying]
    assert (rule, said) in found


@pytest.mark.parametrize("text", TELLING_NOBODY)
def test_a_number_or_a_word_alone_tells_nobody(text: str) -> None:
    assert TRIAGER.triage(text).identifying == ()


@pytest.mark.parametrize(("text", "said"), [("22h30 nó bán ở đó", "22h30"), ("đóng tiền T7", "T7"), ("họp CN", "CN")])
def test_a_time_on_a_clock_answers_when(text: str, said: str) -> None:
    when = TRIAGER.triage(text).slots.when
    assert when
    assert text[slice(*when)] == said


def test_accents_that_are_scattered_hide_no_number() -> None:
    text = unicodedata.normalize("NFD", "số điện thoại 0903123456")
    assert [it.rule for it in TRIAGER.triage(text).identifying] == ["phone"]

"""What a stranger tried: shouts of a few words, offices and places alone, police as the wrongdoer, other tongues."""

import pytest

from tips.organisation import units
from tips.triage import Band, Triager

TRIAGER = Triager(units.load("hcmc-districts"))
TIPS = {"tip", "emergency"}


@pytest.mark.parametrize(
    "text",
    [
        "cháy ở quận 7",
        "bắt cóc trẻ em ở quận 7",
        "chém nhau ở quận 7",
        "em tự tử đây",
        "vĩnh biệt mọi người, em mệt rồi, thuốc ngủ em có 50 viên",
        "có bom ở quận 7",
        "Con tui 8 tuổi đi lạc từ sáng chưa về",
        "trẻ lạc ở quận 7",
        "con nít rớt xuống hố ga, kêu không nghe trả lời",
        "thằng bé bị kéo lên xe bán tải, mới đây",
    ],
)
def test_a_life_in_danger_is_seen_in_a_few_plain_words(text: str) -> None:
    """And whom to call is told."""
    found = TRIAGER.triage(text)
    assert (found.urgency, found.danger) == ("P0", True)
    assert found.hotlines


@pytest.mark.parametrize(
    "text",
    [
        "ngay bay gio dang da ga",
        "giá xăng đang tăng chóng mặt",
        "tụi nhỏ đang hút cỏ",
        "hẻm 5 quận 4",
        "q10",
        "bơm xăng gian",
    ],
)
def test_now_and_a_place_alone_are_no_danger(text: str) -> None:
    """Nobody is told to call for help."""
    assert not TRIAGER.triage(text).danger


@pytest.mark.parametrize(
    "text",
    [
        "thằng bồ cũ theo dõi em",
        "bơm xăng gian",
        "đinh tặc",
        "chào ad, làm cccd ở phường bị đòi 200k có đúng không",
        "59X3-123.45",
        "b á n m a t ú y ở h ẻ m 1 2 q u ậ n 4",
        "asdkjh qwe zxc",
        "cụ già mất trí đi lạc 2 ngày",
    ],
)
def test_few_odd_or_broken_words_are_never_no_tip(text: str) -> None:
    """Whether they are one is asked where they cannot be read."""
    assert TRIAGER.triage(text).intent in TIPS


@pytest.mark.parametrize(
    "text",
    [
        "công an phường 5 quận 3 nhận tiền quán bar",
        "anh công an phường Bình Thới nợ tiền không trả còn dọa bắt",
        "tại vì công an xã Bà Điểm là người nhà nó",
        "người lấy lời khai tát vào mặt cháu tôi, cháu mới 15 tuổi, ở quận 4",
        "người hỏi cung con tôi kêu gia đình lo 200 triệu, quận Bình Thạnh",
        "Ô. trưởng CAP bật đèn xanh cho xây lụi, P. Thới An Q12",
        "Csđt q1 dung nhục hình",
        "mấy anh áo vàng bóp trăm rưỡi",
        "bo cau chan xe xin tien",
        "mấy anh đeo hàm đi xe mô tô trắng chặn xe tải lấy 200k",
    ],
)
def test_police_who_did_it_are_shut_out_or_asked_about(text: str) -> None:
    """By their office, their task, their uniform."""
    assert TRIAGER.triage(text).band is not Band.NO


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "bữa lên làm hộ khẩu người ngồi quầy đòi 500 ngàn mới đóng dấu, ai không đưa thì ngâm",
            "ward_peoples_committee",
        ),
        ("bị mấy ổng còng tay đánh trong phòng tạm giữ suốt đêm ép ký giấy nhận tội", "ward_police"),
        ("mấy ông mang phù hiệu chặn xe vòi tiền, không đưa thì đòi giữ bằng lái", "city_department"),
    ],
)
def test_officials_whom_no_word_names_are_shut_out_where_the_whole_leaves_little_doubt(text: str, kind: str) -> None:
    """Whoever they are, every unit of that kind that could be meant; the desk is told that no word names them."""
    found = TRIAGER.triage(text)
    assert kind in {it.kind for it in found.accusations}
    assert "accused.unnamed" in {it.rule for it in found.reasons}
    assert found.route.excluded


@pytest.mark.parametrize("text", ["công an quận 7", "ca q10", "CSGT", "viện kiểm sát"])
def test_an_office_of_which_nothing_is_said_is_asked_about_and_shut_out_of_nothing(text: str) -> None:
    """Who names one may want it to read the tip, or not."""
    found = TRIAGER.triage(text)
    assert found.band is Band.ASK
    assert not found.route.excluded


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Đội trưởng đội hình sự quận 8 bảo kê sòng bạc", "area-776"),
        ("csgt quận 12 đòi 500 ngàn mới thả xe", "area-761"),
    ],
)
def test_a_department_of_a_district_is_that_districts_force(text: str, unit: str) -> None:
    """Not the city's department alone."""
    assert unit in TRIAGER.triage(text).route.excluded


@pytest.mark.parametrize(
    ("text", "district"), [("quán bar ở Phú Mỹ Hưng bán ma túy", "778"), ("trộm ở Tân Phú Đồng Nai", None)]
)
def test_a_quarter_is_better_known_than_a_commune_of_its_name_and_another_province_is_elsewhere(
    text: str, district: str | None
) -> None:
    """Phú Mỹ Hưng of Quận 7; Tân Phú of Đồng Nai."""
    assert TRIAGER.triage(text).area.district == district

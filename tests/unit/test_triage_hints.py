"""Somebody in office who is hinted at: where nothing accuses plainly, one question tells."""

import pytest

from tips.organisation import units
from tips.triage import Band, Triager, as_json

ORG = units.load("hcmc-districts")
TRIAGER = Triager(ORG)
TRIED = (  # what strangers tried first
    "mấy ảnh áo xanh lấy phong bì",
    "xe 113 đậu trước cửa số đề",
    "có người chống lưng",
    "trinh sát ăn chia",
    "sếp lớn trên quận bảo kê",
    "có đoàn kiểm tra là biết trước",
    "ba nó làm ở công an quận nên nó bán ma tuý",
    "bo cau chan xe xin tien",
    "chỗ làm căn cước nhận 500 ngàn cho làm nhanh",
    "cb thue doi 5tr moi de yen",
    "Phường bắt tiểu thương đóng tiền không biên lai",
    "báo phường rồi mà đâu vẫn vào đó",
)
WRITTEN_BEFORE_THE_RULES = (
    "quán này đầu tháng có người tới gom phong bì đem lên trển",
    "mở tới 3 giờ sáng mà chưa bao giờ bị hỏi giấy tờ, chắc có ai đỡ",
    "chủ bãi khoe anh rể ngồi trên quận, ai dám đụng",
    "tui kêu 113 mấy chục lần, tới nơi nói chuyện với chủ rồi quay xe về",
    "cu co kiem tra la tiem dong cua truoc nua tieng",
    "xe biển xanh ghé ăn nhậu chùa hoài ở cái quán có tiếp viên đó",
    "muốn được giấy phép thì phải kẹp thêm 3 triệu vô hồ sơ",
    "ông trên đó ký cho nó hết, tụi tui kiện không lại",
    "thằng đó là cháu của sếp nên bắt xong chiều thả",
    "moi sap dong 200 ngan tien ve sinh ma khong ai dua giay",
    "người mặc sắc phục đứng nói chuyện với chủ sòng mỗi tối",
    "đơn của tụi tui nộp ba lần rồi bị ngâm, hỏi ai cũng chỉ qua chỗ khác",
    "cò đứng ngay cửa nói đưa 2 triệu thì bên trong làm liền",
    "the uniformed guys get an envelope from the casino every month",
    "somebody important protects that massage place",
    "we called many times and nobody ever comes",
    "her husband works for the police so they never get raided",
    "trạm cân đó xe nào kẹp tiền thì khỏi lên cân",
    "có chú trong ngành bảo lãnh nên sòng mở công khai",
    "mấy cha kiểm tra xuống là chủ dúi tiền",
    "dan xay khong phep keu hoai khong ai xuong, nghe noi lo lot het roi",
    "xin cái mộc đỏ mà hành cả tháng, biết điều là có liền",
    "chủ quán nói thẳng là đã mua đứt mấy ông ở trển",
    "bữa nào sắp bố ráp nó cũng nhận được tin nhắn",
    "đoàn tới, chủ mời vô phòng lạnh, ra về ai cũng xách quà",
    "ho noi co nguoi lo het o tren roi khong so gi",
    "xe ben chở quá tải chạy ngang chốt, tài xế thò tay đưa cuộn tiền",
)
CLEAN = (
    "tối nào quán nhậu kế bên cũng hát karaoke tới 2 giờ sáng",
    "thằng kế nhà bán ma tuý đá cho học sinh, giao ở công viên",
    "bà chủ trọ lấy cọc của em rồi đổi ổ khóa",
    "hai thanh niên giật túi xách trên cầu Bình Triệu lúc 7 giờ tối",
    "nhóm cho vay 20 phần trăm một tháng tạt sơn nhà người ta",
    "xe tải đổ xà bần xuống rạch ban đêm",
    "người ta gọi điện giả làm công an biểu chuyển tiền vô tài khoản an toàn",
    "công ty quỵt lương công nhân rồi dọn máy móc đi",
    "thấy ông kia đánh con dã man",
    "tiệm cầm đồ nhận xe ăn cắp",
    "someone is selling fake passports on Bui Vien street",
    "men fighting with knives outside the bar last night",
    "nhà đó nuôi nhốt chó, mổ chui, nước thải hôi",
    "web bán vé giả, nhận tiền xong chặn",
    "có đám đá gà sau nghĩa trang mỗi chủ nhật",
    "nó lấy xe em đi cầm rồi trốn về quê",
    "da bao cong an phuong roi, mong giai quyet som",
    "sàn tiền ảo lừa 300 người, trưởng nhóm tên Khải",
    "phòng khám tiêm filler không phép làm hư mũi người ta",
    "thanh niên bẻ khóa xe máy trong hẻm, camera quay được mặt",
)
FOUND = 24  # of those, at least; 18 when the rules were first tried


@pytest.mark.parametrize("text", TRIED)
def test_an_indirect_accusation_is_found_or_asked_about(text: str) -> None:
    assert TRIAGER.triage(text).band is not Band.NO


def test_so_are_most_that_no_rule_was_made_for() -> None:
    assert sum(TRIAGER.triage(text).band is not Band.NO for text in WRITTEN_BEFORE_THE_RULES) >= FOUND


def test_a_clean_tip_is_seldom_asked_and_accuses_nobody() -> None:
    bands = [TRIAGER.triage(text).band for text in CLEAN]
    assert Band.SURE not in bands
    assert bands.count(Band.ASK) <= 0.15 * len(CLEAN)


@pytest.mark.parametrize("text", ["alo", "cho hỏi làm căn cước ở công an quận nào", "thời tiết hôm nay sao", ""])
def test_nothing_is_asked_of_what_is_no_tip(text: str) -> None:
    assert TRIAGER.triage(text).band is Band.NO


@pytest.mark.parametrize(
    ("text", "kind", "units"),
    [
        ("trinh sát quận 4 ăn chia với tụi bán ma tuý", "district_police", ("area-773",)),
        ("sếp lớn trên quận bảo kê", "district_police", ()),
        ("mấy anh áo vàng chặn xe tải đòi 200 ngàn", "city_department", ("pc08",)),
    ],
)
def test_a_plain_one_is_sure_and_names_its_unit(text: str, kind: str, units: tuple[str, ...]) -> None:
    found = TRIAGER.triage(text)
    assert found.band is Band.SURE
    assert [(it.kind, it.units) for it in found.accusations] == [(kind, units)]


def test_the_line_of_a_triage_tells_the_band_and_excludes_nobody_while_it_is_a_question() -> None:
    def line(text: str) -> dict[str, object]:
        return as_json("1", TRIAGER.triage(text), ORG, lambda reason: reason.rule)

    asked = line("ba nó làm ở công an quận nên nó bán ma tuý")
    assert asked["accused"] == {"kind": "none", "unit": None, "band": "ask"}
    assert asked["excluded"] == []
    sure = line("đừng gửi cho công an quận 3, quán đó bán ma tuý")
    assert sure["accused"] == {"kind": "district_police", "unit": "area-770", "band": "sure"}
    assert "area-770" in sure["excluded"]  # type: ignore[operator]

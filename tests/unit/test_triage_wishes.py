"""Whom a person does not want to read a tip, and whom they want to: heard in their own words, before any button."""

import pytest

from tips.organisation import units
from tips.triage import Band, By, Triager

ORG = units.load("hcmc-districts")
TRIAGER = Triager(ORG)
WHOLE_POLICE = "city_police_leadership"
SHUT_OUT = {
    # without accents, beside a text that has them
    "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý. dung gui cong an quan 3": "district_police",
    "Tối nào quán ở quận 3 cũng bán ma tuý, toi khong muon cong an quan doc tin nay": "district_police",
    "đừng gửi cho bất kỳ công an nào": WHOLE_POLICE,
    "gửi ai cũng được trừ công an phường": "ward_police",
    "đừng gửi cho mấy thằng công an phường": "ward_police",
    # beside a tip, in the same breath
    "ban ma tuy o quan 3, tôi không muốn công an quận đọc tin này": "district_police",
    "co song bac o quan karaoke duong le van sy q3, tui khong muon ca quan biet": "district_police",
    "có sòng bạc ở quán 212 đường Lê Văn Sỹ quận 3. Làm ơn đừng gửi cho công an phường": "ward_police",
    "bán ma tuý ở quận 3, tin này không được gửi cho UBND phường": "ward_peoples_committee",
    "bán ma tuý quận 3 mà đừng cho công an khu vực biết nha, ổng ăn tiền": "district_police",
    "casino in district 1, please do not let the district police read this": "district_police",
    # what strangers tried first
    "đừng gửi cho công an phường": "ward_police",
    "tôi không muốn công an quận đọc tin này": "district_police",
    "đừng để công an quận biết": "district_police",
    "giấu công an quận 3 giùm": "district_police",
    "khong duoc cho ubnd phuong biet": "ward_peoples_committee",
    "dung bao cho ca q5 nha": "district_police",
    "tin này không cho công an phường coi": "ward_police",
    "làm ơn né mấy ông phường ra": "ward_peoples_committee",
    "dont let the district police see this": "district_police",
    "please keep this from the ward police": "ward_police",
    "do not send it to the police": WHOLE_POLICE,
    # written before the rules that find them
    "tin này xin đừng để lọt tới công an phường": "ward_police",
    "em năn nỉ đừng chuyển xuống công an quận": "district_police",
    "chỉ mong công an phường 5 quận 3 đừng biết vụ này": "ward_police",
    "ai đọc cũng được trừ công an phường": "ward_police",
    "giữ kín với công an quận giùm em": "district_police",
    "ko mún ca quận bit đâu": "district_police",
    "xin anh chị khỏi báo cho csgt": "city_department",
    "hổng muốn UBND phường coi được": "ward_peoples_committee",
    "chủ tịch phường là không được cho biết nha": "ward_peoples_committee",
    "please make sure the ward police never see this": "ward_police",
    "I don't want city hall to know": "city_peoples_committee",
    "hide my report from the traffic police": "city_department",
    "vui lòng không chuyển đơn này cho viện kiểm sát": "court_or_procuracy",
    "đừng cho mấy ổng bên phường hay": "ward_peoples_committee",
    "dug gưi pc08 nha": "city_department",
    "đừng báo công an": WHOLE_POLICE,
    "khỏi gửi công an khu vực nha": "district_police",
    "hk muon ca p biet": "ward_police",
    "đừg đưa cho công an phường coi nha": "ward_police",
    "không muốn gửi tin này cho công an thành phố": WHOLE_POLICE,
    "quán cà phê số 9 Trần Bình Trọng quận 5 ghi số đề mỗi chiều, đừng cho công an phường biết": "ward_police",
    "ban ma tuy o hem 45 nguyen trai q5 dung bao cho ca phuong nha": "ward_police",
    "They sell pills at the bar on Bui Vien every night. Please do not tell the ward police.": "ward_police",
    # written to break the rules
    "đừng cho công an biết tôi báo nha": WHOLE_POLICE,
    "mấy anh đừng có chuyển về công an phường tân định giùm": "ward_police",
    "tôi sợ lắm, xin đừng để công an phường 12 quận gò vấp thấy tên tôi": "ward_police",
    "chuyện này chỉ mình anh chị biết thôi, đừng nói với ủy ban": "ward_peoples_committee",
    "không gửi cho công an quận được không ạ": "district_police",
    "k gửi ca phường nha ad": "ward_police",
    "Ông trưởng công an phường là anh bà chủ nên đừng gửi cho công an phường": "ward_police",
    "công an phường ăn tiền của nó rồi nên tôi không muốn họ đọc": "ward_police",
    "đừng chuyển xuống phường": "ward_police",
    "đừng để lọt vô tay công an phường": "ward_police",
    "tôi không muốn tin này đến tay công an huyện hóc môn": "district_police",
    "em không muốn cho mấy anh công an phường biết đâu": "ward_police",
    "mong đừng để bên ủy ban nhân dân phường hay chuyện": "ward_peoples_committee",
    "khỏi cần báo công an phường, họ biết hết rồi": "ward_police",
    "nhớ giấu giùm em với công an khu vực": "district_police",
    "tránh công an phường ra giùm tui": "ward_police",
    "loại công an quận 8 ra giúp": "district_police",
    "trừ công an phường ra thì ai đọc cũng được": "ward_police",
    "báo ai thì báo chứ đừng báo công an phường": "ward_police",
    "I don't trust the ward police, do not forward this to them": "ward_police",
    "never tell the district police about this": "district_police",
    "don't share this with the people's committee": "ward_peoples_committee",
    "please don't pass it on to city police": WHOLE_POLICE,
    "I do not want my report to be read by the traffic police": "city_department",
    "without the ward police knowing": "ward_police",
    "đừng gởi tới chủ tịch phường": "ward_peoples_committee",
    "không đồng ý cho công an phường xem": "ward_police",
    "tuyệt đối không cho công an phường biết": "ward_police",
    "đừng để chủ tịch ubnd thành phố biết": "city_peoples_committee",
    "đừng gửi viện kiểm sát": "court_or_procuracy",
    "không nên gửi cho công an quận vì có người quen bên đó": "district_police",
    "dung de tui ca phuong biet": "ward_police",
}
NOT_SHUT_OUT = (
    "an tien cua chu quan nhau, thang nao cung thay co nguoi dem phong bi vao tru so cong an phuong",
    "chu quan ban ma tuy o q3, no ham khong duoc bao cong an",
    "nó dặn đừng báo công an, quán này ở quận 3",
    # somebody else's words: a threat, and evidence
    "nó dặn đừng báo công an",
    "nó hăm không được báo công an",
    "tụi nó cấm không cho tôi báo công an",
    "he told me not to call the police",
    # questions
    "công an phường có đọc được không?",
    # facts
    "công an phường không biết vụ này",
    "công an quận không đọc đơn của tôi",
    # written before the rules that find them
    "chủ nhà nói đừng báo công an phường, báo là đuổi tụi em ra",
    "ông xã tôi kêu đừng gửi cho công an quận, sợ phiền",
    "bà chủ không cho tụi em báo công an",
    "nó nhắn: đừng báo công an, không là nó giết",
    "they said don't call the police or we will find you",
    "she does not want the police to know about her son",
    "tin gửi xong công an phường có biết không vậy",
    "công an phường không đọc được phải không",
    "hôm đó tôi không báo công an phường vì sợ",
    "nó sợ, không muốn công an biết nên dọn đi",
    "tụi nó né công an bằng cách đổi chỗ mỗi đêm",
    "quán giấu công an phường chuyện bán bia cho trẻ em",
    "em chưa dám báo công an quận",
    "công an phường không cho ai coi camera",
    "cả xóm không ai dám gửi đơn cho công an phường",
    # written to break the rules
    "nó nói nếu báo công an thì nó đốt nhà",
    "ổng hăm mày mà báo công an phường tao giết",
    "anh tôi dặn tôi đừng có báo công an phường, báo là mệt",
    "bà con khuyên đừng báo công an vì không ai giải quyết",
    "chủ trọ cấm không được báo công an",
    "nạn nhân không muốn báo công an",
    "công ty kêu tụi em giấu công an chuyện tai nạn",
    "tụi nó canh để tránh công an",
    "cảnh sát giao thông không cho tôi coi biên bản",
    "công an phường không muốn nhận đơn",
    "ủy ban phường không cho xây",
    "công an quận không muốn cho tôi biết kết quả",
    "nó chạy trốn công an quận 7",
    "không được công an phường cho phép mà vẫn mở",
    "quán không được công an phường cấp phép",
    "cô ấy không cho tôi báo công an",
    "nó không để ai báo công an",
    "tôi không biết công an phường có nhận tiền không",
    "tôi không thấy công an phường xuống",
    "tôi không biết báo công an phường hay công an quận",
    "đừng lo công an phường ăn tiền rồi",
    "anh chị đừng bỏ qua, công an phường xuống kiểm tra giùm",
    "đừng để nó trốn, báo công an phường liền giùm",
    "đừng chậm trễ, mong công an quận xuống liền",
    "please don't wait, send the police now",
    "I do not know if the police came",
    "the police told me not to tell anyone",
    "they don't want the police to come",
    "my husband said never tell the police",
    "we could not reach the ward police",
    "tụi nó đánh xong không cho ai gọi công an",
    "khỏi phải nói công an phường làm ngơ",
    "nói hoài công an phường không xuống",
    "không ai dám báo công an phường vì sợ trả thù",
    "thằng đó né công an giỏi lắm",
    "đang bị công an quận 8 truy nã mà vẫn né được",
    "quán giấu ma tuý, công an phường tới kiểm tra không thấy",
    "Giấu công an phường để bán hàng cấm",
)
WANTED = {
    "co song bac o quan 8, gửi lên viện kiểm sát giùm": ("vks-tp",),
    "co song bac o quan 8. gui len vien kiem sat gium": ("vks-tp",),
    "hàng xóm tôi bán ma tuý ở quận 5, xin chuyển cho công an thành phố": ("duty",),
    "gửi lên viện kiểm sát giùm": ("vks-tp",),
    "chuyển cho thanh tra thành phố": ("ttra-tp",),
    "nhờ đưa lên công an thành phố": ("duty",),
    "gui cho pc04 gium": ("pc04",),
    "please forward this to the procuracy": ("vks-tp",),
    # written before the rules that find them
    "xin gửi tới bộ công an": ("bca-c01",),
    "tôi muốn thanh tra chính phủ đọc tin này": ("ttcp",),
    "nhờ chuyển thanh tra công an giùm em": ("px05",),
    "gửi cho công an quận 3 giúp tôi": ("area-770",),
    "chuyen toi pc03 nha": ("pc03",),
    "send this to the city inspectorate please": ("ttra-tp",),
    "nhờ anh chị đưa cho viện kiểm sát với thanh tra thành phố": ("vks-tp", "ttra-tp"),
    # written to break the rules
    "nhờ chuyển viện kiểm sát nhân dân thành phố": ("vks-tp",),
    "xin chuyển tới pc08 xử lý": ("pc08",),
    "tôi muốn gửi lên thanh tra thành phố": ("ttra-tp",),
    "mong bộ công an đọc được tin này": ("bca-c01",),
    "gửi giùm cho phòng cảnh sát hình sự": ("pc02",),
    "báo giùm công an quận 5": ("area-774",),
    "nhờ báo công an phường bến thành": ("ward-26743",),
    "please send to the district police of district 3": ("area-770",),
    "kính gửi công an quận 10, tôi xin trình báo việc mất xe": ("area-771",),
    "chuyển lên trên bộ công an giùm, ở đây không ai xử": ("bca-c01",),
}
NOT_WANTED = (
    "nó gửi tiền cho công an phường mỗi tháng",
    "chủ quán đưa cho csgt 2 triệu",
    "tôi đã gửi đơn lên viện kiểm sát rồi mà im luôn",
    "họ chuyển hồ sơ cho công an quận rồi bỏ đó",
    "mỗi chiều thằng nhỏ đem đưa cho công an phường một bịch",
    # written to break the rules
    "công an phường gửi đơn lên viện kiểm sát rồi im",
    "mẹ tôi gửi đơn cho công an quận 3 lần",
    "báo công an phường mấy lần không ai tới",
    "đưa cho công an phường 5 triệu là yên",
    "gửi cho csgt mỗi xe 200",
    "nhờ đưa cho công an phường 2 triệu là xong",
    "muốn mở quán phải gửi cho công an phường",
    "mỗi tháng gửi phong bì cho công an quận",
    "tài xế đưa giấy tờ cho csgt kẹp tiền",
    "bà chủ sai tôi đem đưa cho công an phường",
    "đưa công an phường coi giấy thì họ đòi thêm",
    "hàng tuần chủ sòng nhờ tôi đưa cho công an khu vực",
    "nó nhờ tôi chuyển cho công an phường",
    "chủ quán nhờ gửi cho công an phường giùm",
    "tôi phải đưa cho công an phường mới được mở",
    "tôi muốn công an phường trả lại xe",
)


def chosen(text: str) -> list[str]:
    """The kinds that the writer shuts out."""
    return [it.kind for it in TRIAGER.triage(text).accusations if it.by is By.REPORTER]


@pytest.mark.parametrize(("text", "kind"), SHUT_OUT.items())
def test_whom_the_writer_does_not_want_is_shut_out_as_their_choice(text: str, kind: str) -> None:
    found = TRIAGER.triage(text)
    assert [it.kind for it in found.accusations] == [kind]
    assert chosen(text) == [kind]
    assert found.route.excluded
    assert not set(found.route.chain) & found.route.excluded
    assert "wish.shut_out" in [it.rule for it in found.reasons]
    assert found.band is Band.SURE
    assert found.intent == "tip"  # a wish that comes first is kept for what follows


@pytest.mark.parametrize("text", NOT_SHUT_OUT)
def test_somebody_elses_words_questions_and_facts_shut_nobody_out_by_choice(text: str) -> None:
    assert chosen(text) == []
    assert TRIAGER.triage(text).wanted == ()


@pytest.mark.parametrize(("text", "units"), WANTED.items())
def test_whom_the_writer_asks_for_is_wanted_and_never_accused_by_that(text: str, units: tuple[str, ...]) -> None:
    found = TRIAGER.triage(text)
    assert found.wanted == units
    assert found.accusations == ()
    assert found.intent == "tip"


@pytest.mark.parametrize("text", NOT_WANTED)
def test_what_is_given_to_an_office_is_no_wish(text: str) -> None:
    """Or the one who takes the money would be let in."""
    assert TRIAGER.triage(text).wanted == ()


def test_a_unit_is_named_by_the_place_behind_it() -> None:
    (one,) = TRIAGER.triage("đừng gửi cho công an phường Nhiêu Lộc quận 3").accusations
    assert one.units == ("ward-27142",)
    (one,) = TRIAGER.triage("giấu công an quận 3 giùm").accusations
    assert one.units == ("area-770",)


BOTH = {
    "tôi không muốn công an quận đọc tin này, gửi lên viện kiểm sát giùm": ("district_police", ("vks-tp",)),
    "tôi không muốn công an quận đọc tin này. gửi lên viện kiểm sát giùm": ("district_police", ("vks-tp",)),
    "tôi không muốn công an quận đọc tin này\ngửi lên viện kiểm sát giùm": ("district_police", ("vks-tp",)),
    "đừng gửi công an phường, gửi viện kiểm sát giùm tôi": ("ward_police", ("vks-tp",)),
    "đừng gửi cho công an phường mà gửi lên thanh tra thành phố": ("ward_police", ("ttra-tp",)),
}


@pytest.mark.parametrize(("text", "expected"), BOTH.items())
def test_one_is_shut_out_and_another_asked_for_and_neither_turns_round(
    text: str, expected: tuple[str, tuple[str, ...]]
) -> None:
    """Whoever is trusted is not taken for whoever is not, however the two are joined."""
    kind, wanted = expected
    assert chosen(text) == [kind]
    assert TRIAGER.triage(text).wanted == wanted


@pytest.mark.parametrize("joint", [" nên ", " vì vậy ", ", ", ". ", "\n", " "])
@pytest.mark.parametrize(("office", "code"), {"viện kiểm sát": "vks-tp", "thanh tra công an": "px05"}.items())
def test_a_wish_right_behind_an_accusation_is_not_turned_round(joint: str, office: str, code: str) -> None:
    """Who is to get it stays clean, however the two are joined."""
    found = TRIAGER.triage(f"công an quận 3 nhận tiền bảo kê sòng bạc{joint}gửi {office} giùm")
    assert found.wanted == (code,)
    assert code not in found.route.excluded
    assert "area-770" in found.route.excluded


def test_several_offices_in_one_wish_are_all_shut_out() -> None:
    assert set(chosen("xin đừng chuyển cho công an phường hay công an quận")) == {"ward_police", "district_police"}


def test_they_are_the_office_that_was_named_before() -> None:
    assert chosen("tôi không tin công an phường, đừng cho họ đọc") == ["ward_police"]
    assert chosen("I don't trust the ward police, do not forward this to them") == ["ward_police"]


def test_a_wish_leaves_an_accusation_of_the_same_office_standing() -> None:
    found = TRIAGER.triage("công an phường 5 quận 3 nhận tiền của chủ sòng bạc, đừng gửi cho công an phường")
    assert {it.by for it in found.accusations} == {By.WORDS, By.REPORTER}
    found = TRIAGER.triage("công an quận 3 nhận tiền của chủ sòng, nhờ gửi công an quận 3 giúp tôi coi lại")
    assert [(it.kind, it.units) for it in found.accusations] == [("district_police", ("area-770",))]


def test_of_the_same_kind_and_units_the_wish_is_kept() -> None:
    found = TRIAGER.triage("công an quận 3 nhận tiền của chủ sòng, đừng gửi cho công an quận 3")
    assert [(it.kind, it.units, it.by) for it in found.accusations] == [
        ("district_police", ("area-770",), By.REPORTER),
    ]


def test_one_more_wish_takes_no_exclusion_away() -> None:
    text = "chủ tịch phường Nhiêu Lộc quận 3 nhận tiền cho xây lố 2 tầng"
    before = TRIAGER.triage(text).route.excluded
    for more in (". đừng gửi cho công an phường đó", ". đừng gửi cho công an quận", ". gửi lên viện kiểm sát giùm"):
        text += more
        after = TRIAGER.triage(text).route.excluded
        assert before <= after
        before = after


@pytest.mark.parametrize(
    "text", ["sòng bạc q5. không muốn viện kiểm sát bỏ qua vụ này", "song bac q5 trong nha hang. tui tin vien kiem sat"]
)
def test_a_fear_that_a_trusted_office_does_nothing_shuts_it_out_of_nothing(text: str) -> None:
    """Only strong words accuse whom people turn to."""
    assert not TRIAGER.triage(text).route.excluded & {"vks-tp", "vks-tc"}

"""Written words: what people paste is taken, and what everybody is told leads nobody away."""

import pytest

from tips.cases import written_words

ORDINARY = (
    "Người dân P.Tam Bình, TP.Vinh, Q.Tân Phú. Mọi việc như cũ.",
    "Zalo 2.0 hỏng; trung tâm 24/7 vẫn trực, số 13 Trần Quốc Thảo.",
    "Bồi thường 12.500.000 đồng, nộp trước 17h00 ngày 05/12/2026.",
    "Theo khoản 2 Điều 9 Luật số 25/2018/QH14 ngày 12/6/2018.",
    "Từ 3/2 đến 9/2/2027 nơi xử lý chỉ trực việc khẩn cấp.",
    "Nghỉ lễ ngày 12/11/2026, làm bù ngày 15/11/2026.",
    "Nghỉ từ 12/11/2026 - 15/11/2026.",
    "Nghỉ 12-11-2026, 13-11-2026 và 2026-11-14.",
    "Nghỉ 01/02-09/02/2027.",
    "Thiệt hại 1.500.000 đồng.",
    "Thiệt hại từ 10.000.000 - 15.000.000 đồng.",
    "Thiệt hại 1.500.000.000đ.",
    "Thiệt hại 1,500,000,000 VNĐ mỗi năm.",
    "Theo Điều 5.1, 5.2, 5.3, 6.1 Nghị định 144/2021/NĐ-CP.",
    "Theo Quyết định số 1234/2026/QĐ-UBND ngày 12/11/2026.",
    "Kênh Zalo gián đoạn, các kênh khác vẫn nhận tin.",
    "Từ 8:00-17:00, trừ thứ bảy.",
    "Từ 08:00-17:00 ngày 12/11/2026.",
    "Từ 8.00-17.00.",
    "Tin ở TP.HCM, Q.Tân Bình, P.An Khánh, TP.Thủ Đức v.v. vẫn nhận.",
    "tp.hcm vẫn nhận",
    "PGS.TS Nguyễn Văn A và ThS.BS B",
    "Ở các quận 1, 3, 4, 5, 6, 8, 10, 11, 12 kênh Zalo hỏng.",
    "v.v...",
    "Đợi... xin lỗi.",
    "Đợi…xin lỗi.",
    "Kênh hỏng.Hãy dùng kênh khác.",
    "Giai đoạn 2026-2030 và 2031 - 2035.",
    "Khẩn cấp gọi 113, 114, 115 hoặc 1022.",
    "Máy hỏng từ 9 giờ 30 đến 10 giờ 45 ngày 23/11.",
    "系统维护。请稍候。2026年11月12日恢复。",
    "We are down from 8 a.m. to 5 p.m., e.g. for repairs.",
    "Có 1.234 người, 5.678 lượt và 12.345.678 lượt xem.",
    "Lưu ý:kênh Zalo:gián đoạn",
    "Tháng 11/2026 và 12/2026",
    "Quy định tại khoản 1.a, mục 2.3.4 của Luật số 25/2018/QH14.",
    "Bản 1.2.3 đã xong; 50% máy, 3,5 giờ.",
    "Lúc 9h30, 10g15, 12/11/2026 8:00.",
    "Nhóm A.B.C. vẫn làm.",
)

LINKS = (
    "Vào Q.Me/tinbao",
    "Vào TP.Com nhé",
    "Vào P.Tam.com nhé",
    "Vào tinbao.com/a?b=c",
    "Vào TinBao.Site",
    "Vào tinbao.site",
    "Vào tinbao。com",
    "Mở tg://resolve?domain=tinbao",
    "Vào ｔｉｎｂａｏ．ｃｏｍ",
    "Nhắn ＠tinbao_moi",
    "vào trang TINBAO.COM",
    "t.me/abc",
    "T.Me/abc",
    "http://a.vn",
    "https:/a",
    "viết cho a@b.vn",
    "Vào tinbao․com nhé",
    "Vào tinbao.соm",
    "Vào tinbao .com",
    "Vào tinbao.xn--p1ai",
    "Vào báotin.vn",
    "Vào 举报.com",
    "tin-bao.com.vn",
    "TP.HCM.com",
    "www.tinbao",
    "Vào tinbao.com.",
    "bit.ly/3xY",
    "x.com",
    "zalo.me/0901234567",
)

NUMBERS = (
    "Gọi 09O1 234 567",
    "Gọi 84.901.234.567 đồng bào nhé",
    "Gọi 0️⃣9️⃣0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣",
    "Gọi 90 01 23/04 56 ngay",
    "Gọi 0901–234–567 ngay",
    "Gọi 0901,234,567 ngay",
    "Gọi 0901·234·567 ngay",
    "Gọi 0901/234/567 ngay",
    "Gọi 0901 234 567 ngay",
    "Gọi 0901.234.567 đồng chí An",
    "Gọi 0901 234.567 đồng",
    "Gọi +84 (901) 234-567",
    "Gọi 09 01 23 45 67",
    "Gọi 09.01.23.45.67",
    "Gọi 09/01/23/45/67",
    "Gọi 09/01 23/04 56",
    "Gọi 1900 1234",
    "Gọi 18.00.23.45",
    "Gọi 028 3829 7187",
    "Gọi 3829-7187",
    "Gọi 0901_234_567",
    "Gọi 0901:234:567",
    "Gọi 0901, 234, 567",
    "Gọi 0901；234；567",
    "Gọi ０９０１２３４５６７",
    "Gọi ٠٩٠١٢٣٤٥٦٧",
    "Gọi 0-9-0-1-2-3-4-5-6-7",
    "Gọi 901.234.567 nhé",
    "Gọi ⓪⑨0 1 2 3 4 5 6 7",
)


@pytest.mark.parametrize("words", ORDINARY)
def test_ordinary_sentences_are_told(words: str) -> None:
    """Days, hours, sums, articles of law, short forms: nobody has to write around a rule."""
    assert written_words.may_be_told(words, 500)


@pytest.mark.parametrize("words", LINKS)
def test_no_link_is_told_in_whatever_letters(words: str) -> None:
    """As browsers and messengers make links of it, or a reader would type it."""
    assert not written_words.may_be_told(words, 500, numbers=True)


@pytest.mark.parametrize("words", NUMBERS)
def test_no_telephone_number_is_told_however_it_is_parted(words: str) -> None:
    """Where numbers are told, it may be."""
    assert not written_words.may_be_told(words, 500)
    assert written_words.may_be_told(words, 500, numbers=True)


@pytest.mark.parametrize("words", ["", " ", "a" * 11, "hai\ndòng", "a\u202eb", "a\x00b"])
def test_words_for_everybody_are_one_short_line_that_can_be_printed(words: str) -> None:
    assert not written_words.may_be_told(words, 10)


def test_what_is_pasted_looks_as_it_did() -> None:
    """Spaces are plain, what has no width is gone, lines are lines, and letters are in one form."""
    assert written_words.pasted(" Zalo\u00a0không\tgửi\u200b được\r\nnữa.\u2028 \ufeff") == "Zalo không gửi được\nnữa."
    assert written_words.pasted("Cu\u0309a") == "C\u1ee7a"

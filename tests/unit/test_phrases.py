"""What short messages mean: English, and questions about this channel in the middle of a tip."""

import json
import unicodedata
from pathlib import Path

import pytest

from scripts.learning import messages
from tips.intake import languages, phrases

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = (
    "There is a gambling house behind the market, they play cards every night",
    "My neighbour beats his wife, I can hear her scream through the wall",
    "I saw two men stealing a motorbike on Nguyen Trai street this morning",
    "The massage parlour near Ben Thanh market keeps girls locked upstairs and takes their passports",
    "Somebody sells pills outside the school gate in Tan Binh around 5 pm, please look into it",
    "traffic police at the Saigon bridge asked me for 500k with no receipt",
    "is this anonymous?",
    "hello, can you help me?",
    "how do I send photos",
    "A taxi driver at the airport charged us two million for a short ride and threatened us when we refused to pay",
    "please forward this to the procuracy",
    "don\u2019t let the ward police see this",
    "The landlord of our building in Thao Dien burns plastic every evening, kids are coughing",
    "they dump chemicals into the canal at night",
    "Fake job agency on Le Lai took my deposit and vanished",
    "my boss hits the workers and keeps their phones",
    "Someone was stabbed outside the bar ten minutes ago, call an ambulance",
    "The officer kept my passport until I paid him",
    "Trash trucks from the Hoa Phat company unload in the rice field in Binh Chanh every Sunday",
    "he follows girls home from the bus stop",
)
OTHER = (
    "ok", "hello", "alo alo ai do", "chi oi em can help gap", "check mail giup em nha",
    "team leader ban hang fake o shop",
    "karaoke no name quan 3 full do", "ban vape pod cho hs", "no hack facebook cua em roi xin tien",
    "bo cau chan xe xin tien", "tui no ban ma tuy o quan 8", "to be or nang", "an com chua ban", "so to me do em",
)  # fmt: skip


def bare(text: str) -> str:
    plain = unicodedata.normalize("NFD", text).replace("đ", "d").replace("Đ", "D")
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_known(text: str) -> None:
    assert languages.tells("english.json", text)


@pytest.mark.parametrize("text", OTHER)
def test_words_that_english_lent_make_no_english(text: str) -> None:
    assert not languages.tells("english.json", text)


def test_no_vietnamese_message_is_taken_for_english_even_without_accents() -> None:
    """The labelled messages and the project's own."""
    rows = [json.loads(it) for it in (ROOT / "tests/data/dev_chat.jsonl").read_text("utf-8").splitlines()]
    own = [it.text for it in messages.read() if it.style not in {"foreign", "mixed"}]
    vietnamese = [it["text"] for it in rows if it["style"] != "english"] + [it for it in own if not it.isascii()]
    assert [
        it for it in vietnamese if languages.tells("english.json", it) or languages.tells("english.json", bare(it))
    ] == []


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("gửi hình được không", "evidence"),
        ("gui anh dc ko", "evidence"),
        ("em đính kèm clip được không ạ", "evidence"),
        ("mất mã rồi làm sao", "receipt"),
        ("em quên mã rồi", "receipt"),
        ("I lost my code, what now?", "receipt"),
        ("ai đọc tin này", "readers"),
        ("công an phường có đọc được không", "readers"),
        ("who reads this?", "readers"),
        ("bao lâu có kết quả vậy", "wait"),
        ("có bị lộ tên không", "safe"),
    ],
)
def test_a_question_about_this_channel_is_known(text: str, topic: str) -> None:
    assert phrases.question(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "nó giật điện thoại, tôi mất mã OTP rồi mất hết tiền trong ngân hàng",
        "bị lừa mất mã OTP giờ làm sao",
        "Bà chủ hụi đổi ứng dụng nên mấy chị em mất mã đăng nhập, tiền gửi trong đó không ai rút ra được nữa",
        "em bị đánh mất máu nhiều",
        "nó dọa trả thù tôi",
        "nó gửi hình con dao cho tôi",
        "facebook của nó tên Hùng Q5",
        "thằng đó bán cả năm, báo lâu rồi chưa thấy dẹp",
    ],
)
def test_what_only_sounds_like_a_question_is_part_of_the_tip(text: str) -> None:
    assert phrases.question(text) is None

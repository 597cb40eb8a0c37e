"""Text is folded at reading: what the keyboard, a disguise or haste made of a word is read as the word."""

import json
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.learning import messages, noise
from tips.triage import mending, vocabulary
from tips.triage.text import parse

ROOT = Path(__file__).resolve().parents[2]
OWN = [it.text for it in messages.read() if it.style != "foreign"][::2]  # of every voice
MEANT = [
    # telex
    ("ddanhs bacj", "đánh bạc"),
    ("congan nhaanj tieenf", "cong an nhận tiền"),
    ("coong an phuowngf", "công an phường"),
    ("tham nhungx", "tham nhũng"),
    ("nguwowif dduwowcj nguowif nguoiwf dduocwj", "người được người người được"),
    ("tienef dduongwf danhsd", "tiền đường đánh"),
    ("nhwngx giuwx quyeenf quoocs", "những giữ quyền quốc"),
    ("hoaf thuyr giangr casi", "hòa thủy giảng casi"),
    ("đanhs tiênf", "đánh tiền"),
    ("công an nhaanj tiền", "công an nhận tiền"),
    # VNI
    ("ma tuy1", "ma túy"),
    ("d9anh1 ba5c", "đánh bạc"),
    ("co6ng an nha65n tie62n", "công an nhận tiền"),
    ("tieng61 vie65t", "tiếng việt"),
    # where keys stand in a text, what only looks like English or a number is keys too
    ("nos cos teen laf gif, ddanhs bacj nhaanj tieenf", "nó có tên là gì đánh bạc nhận tiền"),
    ("nha2 to6i o73 qua65n 1, ba1n ma tuy1", "nhà tôi ở quận 1 bán ma túy"),
    ("ddang ddc tieenf", "đang được tiền"),
    # broken letters
    ("m.a t.u.ý", "ma tuý"),
    ("m a  t u y", "ma tuy"),
    ("m a t u y", "ma tuy"),
    ("c ô n g a n", "công an"),
    ("t-ú-y m.a.t.u.y", "túy ma tuy"),
    ("c.s.g.t", "cảnh sát giao thông"),
    # hidden letters
    ("c*ng an", "công an"),
    ("đ*nh b*c", "đánh bạc"),
    ("m4 túy, m@ túy, c0ng an", "ma túy ma túy công an"),
    # stretched
    ("đánhhhh bạcccc", "đánh bạc"),
    ("ngoaiiiii trờiii quáaaa cứuuu", "ngoai trời quá cứu"),
    # case, scripts, hidden signs
    ("MA tuÝ mA TuY", "ma tuý ma tuy"),
    ("ｍａ ｔｕý", "ma tuý"),
    ("𝐦𝐚 𝓉𝓊𝓎 ⓜⓐ 🅜🅐 🄼🄰 ᴍᴀ ᵐᵃ", "ma tuy ma ma ma ma ma"),
    ("m\u200ba t\u2060uý", "ma tuý"),
    (unicodedata.normalize("NFD", "ma tuý công an"), "ma tuý công an"),
    ("mа tuу сông an", "ma tuy công an"),
]
LEFT_ALONE = [
    "em có thẻ max, xe van, room teen, test app",
    "the owner sits in town at dawn and trips on loans",
    "5tr 2k5 q3 p12 51f-123.45 79n1-555.55 iphone15 a4 h2o mp3",
    "quan1 phuong5 to3 lop10a1 hem51 thu2 khu2a lo5 tang2 kp4",
    "0903123456 12/3/2025 22h30 5g 4.500.000đ 123a456 vip1 win11",
    "momo test sex tax app rex box bus bar max mix chef boss gif gas low show",
    "zalo facebook karaoke massage taxi grab shipper iphone camera video clip",
    "has been seen here these there three tree queen teen room moon door own town",
    "n.v.a t.h p.q.x t.p p.an phú q.tân bình",
    "em a t k đi",
    "a b c d",
    "xoong boong haha hihi kkk huhu hmm",
    "https://example.com/abc?x=1 ten@example.com",
]
FOREIGN = [
    "la policía del distrito me pide dinero cada semana para no cerrar mi tienda",
    "jemand verkauft Drogen vor der Schule in unserer Straße",
    "ada orang jual narkoba di depan sekolah setiap malam",
    "humihingi ng pera ang pulis sa mga tindera",
    "polis her ay esnaftan para istiyor",
    "тут продают наркотики каждую ночь",
    "មានគេលក់គ្រឿងញៀន",
    "다낭에서 매일 밤 도박을 해요",
    "ที่นี่มีคนขายยาเสพติด",
    "有人在学校门口卖毒品",
]
KEYS_AT_RANDOM = ["asdkjh qwe zxc", "jkhgf dsfg kjh", "sdfsdf sdfsdf", "ghghgh", "asjdhaskjd askjdhaksj", "poiuyt rewq"]
OURS = [
    "công an phường nhận tiền của mấy quán nhậu",
    "co nguoi ban ma tuy truoc truong hoc",
    "ctt e bi lua dc 50tr, ko bit bao ai",
    "the police take money from shops every night near the market",
    "someone is selling weed next to my kid's school",
]


@pytest.mark.parametrize(("typed", "meant"), MEANT)
def test_what_was_meant_is_read(typed: str, meant: str) -> None:
    """In words, with the accents that were typed."""
    read = parse(typed)
    assert read.raws == meant.split()
    assert read.words == parse(meant).words


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_no_slip_is_left_alone(text: str) -> None:
    """Plates, sums, streets, English, brands, initials: nothing is mended."""
    pieces = mending_of(text)
    assert pieces == []


def mending_of(text: str) -> list[tuple[str, list[str]]]:
    """What was read otherwise than as runs of letters and digits."""
    read = parse(text)
    spans = list(dict.fromkeys(zip(read.starts, read.ends, strict=True)))
    said = {text[start:end].lower() for start, end in spans}
    known = {"k", "kp", "tr", "h", "đ", "hmm"}
    return [
        (text[start:end], [raw for raw, first in zip(read.raws, read.starts, strict=True) if first == start])
        for start, end in spans
        if text[start:end].lower() not in {*read.raws, *known}
    ] + [(it, []) for it in said if not it.isalnum()]


def test_of_the_projects_own_messages_only_what_is_stretched_or_hidden_is_mended() -> None:
    """Nobody typed these with the keys of a keyboard: hardly anything else may be found, one in a thousand."""
    mended = [it for text in OWN for it, _ in mending_of(text) if it.lower() not in vocabulary.words()]
    unmeant = [it for it in mended if not mending._STRETCHED.search(it.lower())]
    assert len(unmeant) <= len(OWN) / 1000, unmeant


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("aáàăâeêioôơuưynhgcbdđmtsfrxjw1256789 .*-_@0ABC\u200b\u0301\n"), max_size=60))
def test_offsets_stay_right_and_nothing_is_changed(text: str) -> None:
    """Each word stands for something of the original, in order."""
    read = parse(text)
    assert read.original == text
    assert all(0 <= start < end <= len(text) for start, end in zip(read.starts, read.ends, strict=True))
    assert read.starts == sorted(read.starts)
    sizes = {len(it) for it in (read.words, read.raws, read.canons, read.starts, read.ends, read.breaks, read.pairs)}
    assert len(sizes) == 1


TYPED_AS = {
    "telex": (dict(zip("\u0301\u0300\u0309\u0303\u0323", "sfrxj", strict=True)), {"\u0306": "w", "\u031b": "w"}, "dd"),
    "vni": (
        dict(zip("\u0301\u0300\u0309\u0303\u0323", "12345", strict=True)),
        {"\u0302": "6", "\u0306": "8", "\u031b": "7"},
        "d9",
    ),
}


@pytest.mark.parametrize("keyboard", TYPED_AS)
def test_a_whole_text_typed_by_its_keys_is_read(keyboard: str) -> None:
    """Every accent of the project's own messages as its keys: 97 of 100 words are the same."""
    texts = [it for it in OWN[::5] if sum(not sign.isascii() for sign in it) * 12 > len(it)]
    wanted = [set(parse(it).canons) for it in texts]
    found = [set(parse(" ".join(by_keys(word, keyboard) for word in it.split())).canons) for it in texts]
    assert len(texts) > 200
    assert sum(len(it & by) for it, by in zip(wanted, found, strict=True)) >= 0.97 * sum(map(len, wanted))


def by_keys(word: str, keyboard: str) -> str:
    """A word as its keys, that of its tone behind its letters."""
    tones, marks, barred = TYPED_AS[keyboard]
    keys, tone = "", ""
    for sign in unicodedata.normalize("NFD", word.lower()):
        if sign in tones:
            tone = tones[sign]
        elif unicodedata.combining(sign):
            keys += marks.get(sign, keys[-1])
        elif not sign.isalpha() and tone:
            keys, tone = keys + tone + sign, ""
        else:
            keys += barred if sign == "đ" else sign
    return keys + tone


def test_a_mended_word_stands_where_it_was_typed() -> None:
    text = "quán Hoa: m.a t.u.ý, ddanhs bacj, c*ng an nhaanj"
    read = parse(text)
    said = [read.said(at, at + 1) for at in range(len(read.words))]
    assert said == ["quán", "Hoa", "m.a", "t.u.ý", "ddanhs", "bacj", "c*ng", "an", "nhaanj"]


def test_every_vietnamese_word_of_the_data_is_a_syllable() -> None:
    """The rhymes of `typing.json` hold whatever the labelled messages say with accents."""
    rows = [json.loads(it)["text"] for it in (ROOT / "tests/data/dev_chat.jsonl").read_text("utf-8").splitlines()]
    said = {raw for text in rows for raw in parse(text).raws if not raw.isascii()}
    assert len(said) > 500
    assert sum(not vocabulary.known(it) for it in said) <= len(said) // 50


@pytest.mark.parametrize("text", FOREIGN)
def test_a_foreign_language_is_strange(text: str) -> None:
    assert parse(text).strange >= 0.5


@pytest.mark.parametrize("text", KEYS_AT_RANDOM)
def test_keys_hit_at_random_are_strange(text: str) -> None:
    assert parse(text).strange >= 0.5


@pytest.mark.parametrize("text", [*OURS, "", "0903 123 456"])
def test_vietnamese_and_english_are_not_strange(text: str) -> None:
    assert parse(text).strange < 0.3


def test_no_word_that_somebody_typed_is_kept() -> None:
    """What is remembered is the data's, and stays as it was."""
    from tips.triage import text as texts

    parse("ma tuý")
    known = dict(texts._known())
    parse("đâylàmộttừriêng congchuyenrieng ddanhs")
    assert dict(texts._known()) == known
    assert "congchuyenrieng" not in known


@pytest.mark.parametrize("typed", [noise.telex, noise.vni, noise.slipped, noise.dotted, noise.run_on])
def test_no_way_of_typing_makes_reading_fail(typed: noise.Noise) -> None:
    """A word keeps its place in what was typed, whatever it is read as."""
    chance = random.Random(1)
    for words in OWN[::3]:
        found = parse(text := typed(words, chance))
        assert all(0 <= first < after <= len(text) for first, after in zip(found.starts, found.ends, strict=True))


def test_no_beating_of_keys_makes_reading_fail() -> None:
    """Half syllables, tones and digits in any order: "gis", "quas", "ddw^2"."""
    chance = random.Random(2)
    for _ in range(20_000):
        parse("".join(chance.choice("aeiouygqdnwsfrxjz^1234567 .*đư") for _ in range(chance.randint(1, 30))))

"""What people are told is so: no text claims what a setting or the code denies."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

import locales
from handlers import speech
from tips.cases.case import State
from tips.crypto import receipt
from tips.desk.actions import step
from tips.evidence import kinds, limits
from tips.intake import conversation, draft_vault
from tips.intake.draft import MAX_TEXT
from tips.intake.languages import NAMED
from tips.organisation import taxonomy, units
from tips.people import session

LANGUAGES: Final = locales.LANGUAGES
PRESS: Final = re.compile(r"(?:[Bb]ấm|[Cc]họn|[Pp]ress|[Cc]hoose|按|选) ?“([^”]+)”")
DENIALS: Final = ("chỉ nhận chữ", "words only", "không nhận được ảnh", "text only")
ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "locales"
MESSAGE, LABEL, CALLBACK = 2000, 48, 64  # characters of Zalo's messages, of a label; bytes that a Telegram button sends
DENOUNCING: Final = {"vi": "tố cáo|đơn tố", "en": "denounc|denunciation", "zh": "控告|告发|检举"}
HEADER: Final = [
    "Project-Id-Version",
    "POT-Creation-Date",  # else the moment of compiling stands there, and no two builds of a release are alike
    "Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "X-Read-By",
]  # fmt: skip
VIETNAMESE: Final = re.compile(r"[\u00c0-\u00d6\u00d8-\u01b0\u1ea0-\u1ef9]")
FOREIGN: Final = re.compile(r"[\u00c0-\u024f\u1ea0-\u1ef9\u1780-\u17ff\u3040-\u9fff\uac00-\ud7a3]")
SENTENCE: Final = re.compile(r"^[A-Z][^\n]*\w+ \w+ \w+|\w+ \w+ \w+[.!?]$")
NAMES: Final = re.compile(
    r"Tin Báo|Bình Thạnh|Luật Tố cáo|Điều \d+|/aidoc sòng bạc ở phường 22 Bình Thạnh, công an phường ăn chia|"
    r"phường 22, quận|CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM|Độc lập - Tự do - Hạnh phúc"
)
# What reads words has to know some: triage, and the patterns of what people and officers type.
READING: Final = (
    "tips/triage/",
    "tips/intake/phrases.py",
    "tips/intake/languages.py",
    "tips/desk/officer_notifications.py",
    "tips/cases/written_words.py",
)
SPOKEN: Final = {
    "bot/commands/__init__.py": ("A place, such as “quận 3”.",),
    "tips/organisation/templates.py": ("Công an ",),  # a name, in every language
}
NO_LANGUAGE: Final = {
    "bot/commands/error_messages.py": ['"en"'],  # a terminal's own language, where it asks for none of ours
    "handlers/exports/templates/report.html": ['"vi"'],  # the state's name and its motto
    "tips/data/phrases.json": ['"ko"'],  # "no", as people write it
    "tips/data/words.json": ['"ko"'],
    "tips/triage/letters.py": ['"vi"'],  # a syllable
    "tips/triage/place_numbers.py": ['"vi"'],
}
A_START: Final = {  # the first bytes of one file of each kind that a text names
    "JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "GIF": b"GIF89a", "BMP": b"BM", "TIFF": b"II*\x00",
    "WebP": b"RIFF\0\0\0\0WEBP", "HEIC": b"\0\0\0\x18ftypheic", "AVIF": b"\0\0\0\x18ftypavif",
    "MP4": b"\0\0\0\x18ftypisom", "MOV": b"\0\0\0\x14ftypqt  ", "3GP": b"\0\0\0\x18ftyp3gp4",
    "MKV": b"\x1a\x45\xdf\xa3", "WebM": b"\x1a\x45\xdf\xa3", "AVI": b"RIFF\0\0\0\0AVI ",
    "WMV": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    "M4A": b"\0\0\0\x18ftypM4A ", "MP3": b"\xff\xfb\x90\0", "AAC": b"\xff\xf1\x50\x80", "AMR": b"#!AMR\n",
    "OGG": b"OggS", "Opus": b"OggS", "FLAC": b"fLaC", "WAV": b"RIFF\0\0\0\0WAVE", "PDF": b"%PDF-1.7",
}  # fmt: skip


def texts(lang: str) -> dict[str, str]:
    return {key: text for key, text in locales.catalogue(lang)._catalog.items() if key and isinstance(key, str)}  # type: ignore[attr-defined]


def _blank(label: str) -> str:
    return re.sub(r"\{\w+\}", "{}", label)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_button_that_a_text_names_is_one(lang: str) -> None:
    """By its label, in the same language."""
    labels = {text for key, text in texts(lang).items() if re.match(r"(option|page|desk|burn|whoreads)\.", key)}
    named = {name for text in texts(lang).values() for name in PRESS.findall(text)}
    assert named
    assert {_blank(it) for it in named} <= {_blank(it) for it in labels}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_of_file_that_is_said_to_be_taken_is_known(lang: str) -> None:
    """And nothing says any more that only words are."""
    taken = re.split(r"PDF", texts(lang)["file.unknown"])[0] + "PDF"
    named = set(re.findall(r"\b(?:[A-Z]{2}[A-Za-z0-9]*|WebP|WebM|Opus|3GP)\b", taken))
    assert {"JPEG", "MP4", "PDF", "AMR"} <= named
    for name in named:
        assert kinds.family(A_START[name].ljust(kinds.HEAD, b"\0")), name
    everything = " ".join(texts(lang).values()).lower()
    assert not [it for it in DENIALS if it in everything.replace("trong mục này tôi chỉ nhận chữ", "")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sizes_lengths_and_times_are_those_of_the_code(lang: str) -> None:
    """Numbers that stand in texts, each held against where it is decided."""
    said = texts(lang)
    assert not [key for key, text in said.items() if re.search(r"\d+ ?MB", text)], "sizes are filled in"
    signs = str(len(receipt.of_seed(bytes(32)).shown.replace("-", "")))
    assert all(signs in said[key] for key in ("answer.receipt", "ask.receipt", "intent.status"))
    assert str(limits.MOST_PIXELS // 1_000_000) in said["file.too_many_pixels"]
    assert MAX_TEXT == step.MAX_WORDS
    assert f"{step.MAX_WORDS:,}" in said["error.too_long"].replace(".", ",")
    assert str(int(draft_vault.LIFE.total_seconds() // 3600)) in said["about.kept.text"]
    assert str(int(session.IDLE.total_seconds() // 60)) in said["desk.sessions.why"]
    rule = units.load().terms.deadline(State.RECEIVED)
    assert rule
    assert f"{rule['by_urgency']['P2']['hours']}" in said["answer.wait"]
    assert f"{rule['by_urgency']['P3']['working_days']}" in said["answer.wait"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nobody_is_told_that_they_denounce(lang: str) -> None:
    """A tip is a report that anybody may give; *tố cáo* is another thing in law, and said where they are told apart."""
    said = {key for key, text in texts(lang).items() if re.search(DENOUNCING[lang], text, re.IGNORECASE)}
    assert said <= {"about.limits.text"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_fits_the_smallest_platform(lang: str) -> None:
    """2,000 characters, with long names filled in; a button's label is short, and what it sends fits its 64 bytes."""
    for key, text in texts(lang).items():
        filled = re.sub(r"\{\w+\}", "x" * 200, text)
        assert len(filled) <= MESSAGE, key
        if key.startswith("option."):
            assert len(_blank(text)) <= LABEL, key
    ids = [f"exclude:{code}" for code in units.load().units] + [f"category:{code}" for code in taxonomy.categories()]
    ids += [*conversation.CHOICES, *(f"{NAMED}:{it.code}" for it in locales.TABLE)]
    assert all(len(it.encode()) <= CALLBACK for it in ids)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_shown_with_a_label_has_one(lang: str) -> None:
    """Each line up to its first plain colon, whatever a language's own colon looks like."""
    labelled = [texts(lang)[key] for key, style in speech.STYLES.items() if style is speech.Style.LABELLED]
    assert [line for text in labelled for line in text.splitlines() if not re.match(r"[^:：]+: ", line)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_is_in_its_own_language(lang: str) -> None:
    """Letters of another one stand in names only: of places, laws and commands."""
    row = next(it for it in locales.TABLE if it.code == lang)
    others = [it.word for it in locales.TABLE if it.word and it.code != lang]
    for key, text in texts(lang).items():
        words = NAMES.sub("", re.sub(r"\{\w+\}", "", text))
        assert not any(re.search(word, words) for word in others), key
        if lang != locales.SOURCE:
            assert not VIETNAMESE.search(words), key
        if row.word and not key.endswith(".name") and re.search(r"\w", words):
            assert re.search(row.word, words), key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_catalogue_is_sorted_and_says_who_read_it(lang: str) -> None:
    """One header, and the keys in order: two people who add some seldom meet."""
    text = (FOLDER / lang / "LC_MESSAGES/tinbao.po").read_text("utf-8")
    header, *entries = text.split("\n\n")
    keys = [re.match(r'msgid "(.+)"\n', it)[1] for it in entries]  # type: ignore[index]
    assert keys == sorted(set(keys))
    assert re.findall(r'^"([\w-]+): ', header, re.MULTILINE) == HEADER
    assert f'"Language: {lang}\\n"' in header
    assert not re.search(r"^#|fuzzy", text, re.MULTILINE)


def test_vietnamese_words_are_spelt_in_one_way() -> None:
    """The mark stands as in most of the catalogue, a file is `tệp`, and no word of the program's own is shown."""
    mixed = re.compile(r"[Kk]hóa|[Xx]óa|[Hh]ủy|[Hh]óa|[Tt]ọa|[Dd]ọa|\b[Ff]ile\b|\bpolicy\b")
    said = locales.catalogue("vi")._catalog  # type: ignore[attr-defined]
    assert [key for key, words in said.items() if mixed.search(words)] == []


def test_no_text_for_people_stands_in_the_code() -> None:
    """Neither words with accents nor whole sentences, beside what is read and what a machine tells those who run it."""
    found = []
    for folder in ("handlers", "tips", "bot", "storage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if not name.startswith(READING):
                found += [f"{name}: {it!r}" for it in _said(path) if it not in SPOKEN.get(name, ())]
    assert found == []


def _said(path: Path) -> list[str]:
    """The strings of a module that people could read."""
    tree = ast.parse(path.read_text("utf-8"))
    beside = set()  # docstrings, and what only a developer or a log sees
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            beside.add(id(body[0].value))
        if isinstance(node, ast.Raise | ast.Assert) or (
            isinstance(node, ast.Call) and "log." in ast.unparse(node.func)
        ):
            beside |= {id(it) for it in ast.walk(node)}
    strings = [it for it in ast.walk(tree) if isinstance(it, ast.Constant) and isinstance(it.value, str)]
    said = [it.value.replace("Tin Báo", "") for it in strings if id(it) not in beside]  # type: ignore[union-attr]
    english = path.relative_to(ROOT).parts[0] in {"bot", "storage"}
    return [it for it in said if FOREIGN.search(it) or (not english and SENTENCE.search(it))]


@pytest.mark.parametrize("kind", ["html", "js"])
def test_no_text_for_people_stands_in_pages_and_scripts(kind: str) -> None:
    """What stands between tags or in quotes comes from a catalogue."""
    for path in sorted((ROOT / "handlers").rglob(f"*.{kind}")):
        text = path.read_text("utf-8").replace("Tin Báo", "").replace("×", "").replace("·", "")
        text = re.sub(r"\{[{%#].*?[}%#]\}|//[^\n]*|/\*.*?\*/|<!--.*?-->", "", text, flags=re.DOTALL)
        assert not FOREIGN.search(text), path.name
        words = re.findall(r">([^<>]+)<", text) if kind == "html" else re.findall(r"[\"'`]([^\"'`\n]+)[\"'`]", text)
        assert not [it for it in words if re.search(r"[A-Z][a-z]+ [a-z]+ [a-z]+", it)], path.name


def test_no_language_is_named_in_two_places() -> None:
    """The table names them; whatever else depends on a language follows from it."""
    codes = "|".join(it.code for it in locales.TABLE)
    named = re.compile(rf"[\"'](?:{codes})[\"']|[\"']/(?:{codes})[\"']|lang:(?:{codes})\b|/[?]lang=(?:{codes})\b")
    names = re.compile("|".join(rf"[\"'>]{it.name}[\"'<]" for it in locales.TABLE))
    folders = ("bot", "handlers", "storage", "tips", "locales")
    listed = [
        path for it in folders for path in (ROOT / it).rglob("*") if path.suffix in {".py", ".html", ".js", ".json"}
    ]
    found = {}
    for path in listed:
        text = path.read_text("utf-8")
        if not path.name.endswith(("_weights.json", "languages.json")) and (
            hits := named.findall(text) + names.findall(text)
        ):
            found[str(path.relative_to(ROOT))] = sorted(set(hits))
    assert found == NO_LANGUAGE
    for lang in LANGUAGES:
        assert not [key for key in texts(lang) if re.search(rf"[._](?:{codes})$", key)]

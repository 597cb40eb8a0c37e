"""What people are told is so: no text claims what a setting or the code denies."""

import re
from pathlib import Path
from typing import Final

import pytest

import locales
from tips.cases import policy
from tips.cases.case import State
from tips.crypto import receipt
from tips.desk.actions import step
from tips.evidence import kinds, limits
from tips.intake import draft_vault
from tips.intake.draft import MAX_TEXT
from tips.people import session

LANGUAGES: Final = ("vi", "en")
PRESS: Final = re.compile(r"(?:[Bb]ấm|[Cc]họn|[Pp]ress|[Cc]hoose) “([^”]+)”")
DENIALS: Final = ("chỉ nhận chữ", "words only", "không nhận được ảnh", "text only")
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
    rule = policy.deadline(State.RECEIVED)
    assert rule
    assert f"{rule['by_urgency']['P2']['hours']}" in said["answer.wait"]
    assert f"{rule['by_urgency']['P3']['working_days']}" in said["answer.wait"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_is_offered_only_where_there_is_a_catalogue(lang: str) -> None:
    """A button for each, and for no other."""
    offered = {key.rpartition(".")[2] for key in texts(lang) if key.startswith("option.lang.")}
    assert offered == set(locales.LANGUAGES)
    assert {path.name for path in Path(locales.__file__).parent.iterdir() if (path / "LC_MESSAGES").is_dir()} == offered

"""What a summary showed is what is sent: its triage is kept with the draft, and only with the words it was made of."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.test_conversation import COMPLETE, TALK, TRIAGER, Chat
from tips.intake.turns import Submit
from tips.triage import Triager, kept

ROOT = Path(__file__).parents[2]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is triaged."""
    texts: list[str] = []
    triage = Triager.triage

    def noted(self: Triager, text: str, *chosen: object) -> object:
        texts.append(text)
        return triage(self, text, *chosen)  # type: ignore[arg-type]

    monkeypatch.setattr(Triager, "triage", noted)
    return texts


def test_sending_what_was_shown_triages_nothing_anew(counted: list[str]) -> None:
    chat = Chat()
    chat.says(COMPLETE)
    shown = TALK.triage(chat.draft)
    assert counted == [COMPLETE]
    chat.presses("submit")
    assert counted == [COMPLETE]
    assert isinstance(chat.effect, Submit)
    assert chat.effect.triage == shown


def test_skipping_the_question_triages_nothing_anew(counted: list[str]) -> None:
    chat = Chat()
    chat.says("công an phường nhận tiền bảo kê sòng bài")
    chat.presses("skip")
    assert len(counted) == 1


def test_whatever_changes_a_tip_is_triaged_with_it(counted: list[str]) -> None:
    """Further words, a place, danger, somebody let in: nothing that was found before is sent beside them."""
    chat = Chat()
    chat.says("công an phường 5 quận 3 nhận tiền bảo kê sòng bài")
    assert "ward_police" in {it.kind for it in TALK.triage(chat.draft).accusations}
    chat.says("chủ sòng còn bán ma tuý cho học sinh")
    assert len(counted) == 2
    chat.presses("danger")
    assert len(counted) == 3
    assert TALK.triage(chat.draft).urgency == "P0"
    chat.presses("edit:where")
    chat.says("phường Bàn Cờ")
    assert len(counted) == 4
    chat.presses("exclude:other_official")
    assert "other_official" in {it.kind for it in TALK.triage(chat.draft).accusations}


def test_a_triage_of_other_words_or_of_another_program_is_not_taken_up(counted: list[str]) -> None:
    chat = Chat()
    chat.says(COMPLETE)
    assert chat.draft.found
    chat.draft = replace(chat.draft, found=replace(chat.draft.found, digest="0" * 16))
    chat.presses("submit")
    assert counted == [COMPLETE, COMPLETE]


def test_a_triage_is_the_same_when_it_is_taken_up_again() -> None:
    """For every labelled message, through JSON."""
    lines = (ROOT / "tests/data/dev_chat.jsonl").read_text("utf-8").splitlines()
    for found in (TRIAGER.triage(json.loads(line)["text"]) for line in lines):
        assert TRIAGER.again(json.loads(json.dumps(kept.plain(found))), ()) == found

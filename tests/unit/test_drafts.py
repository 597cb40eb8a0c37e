"""Drafts as they are stored: one from before goes on, one from a later version is left alone."""

import json

import pytest

from tips import errors
from tips.evidence.files import File
from tips.intake.draft import Draft, Due, Fragment, Stub, from_bytes
from tips.intake.stages import Stage
from tips.triage import Accusation, By

BEFORE = """{"seed":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","lang":"en","stage":"asking",
"slot":"where","fragments":[["có người bán","","7"],["quận 3","where","8"]],"files":[{"envelope":
"65656565656565656565656565656565","key":"6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b","kind":"image",
"mime":"image/jpeg","size":12,"chunks":1,"original":"aa","clean":"bb"}],"asked":["where"],"settled":["when"],
"area":"770","category":null,"told":["welcome","danger"],"messenger":true,"offered":["skip","cancel"],"seen":["7","8"],
"due":["0000000000000000000000000000000000000000000000000000000000000000"],"mailbox":"","aside":"xyz"}"""
SAME = Draft(
    seed=bytes(range(32)),
    lang="en",
    stage=Stage.ASKING,
    slot="where",
    fragments=(Fragment("có người bán", "", "7"), Fragment("quận 3", "where", "8")),
    files=(File(b"e" * 16, b"k" * 32, "image", "image/jpeg", 12, 1, "aa", "bb"),),
    asked=("where",),
    settled=("when",),
    area="770",
    notices_given=("welcome", "danger"),
    messenger=True,
    offered=("skip", "cancel"),
    seen=("7", "8"),
    due=(Due("00" * 32),),
    aside="xyz",
)
CHOSEN = Draft(
    seed=bytes(32),
    kept=(Accusation("ward_police", ("ward-27139",), by=By.REPORTER, whole=True), Accusation("city_department")),
    let_in=("area-770",),
    danger=True,
    promised={"submit": ("px05", "vks-tp"), "submit:hide": ("pc04",)},
    due=(Due("11" * 32, "px05", "2026-11-29T08:00:00+00:00"),),
)


def test_a_draft_from_before_versions_were_written_down_goes_on() -> None:
    """As it lay in homes until then, word for word; and its stub."""
    assert from_bytes(BEFORE.encode()) == SAME
    assert from_bytes(b'{"seen":["7"]}') == Stub(("7",))


def test_what_is_stored_is_what_is_loaded() -> None:
    """Under the names that it always had; of a receipt that is due, more is told by now."""
    assert from_bytes(SAME.to_bytes()) == SAME
    assert from_bytes(CHOSEN.to_bytes()) == CHOSEN
    before, now = json.loads(BEFORE), json.loads(SAME.to_bytes())
    assert now.pop("due") == [[before.pop("due")[0], "", ""]]
    assert before.items() <= now.items()
    assert from_bytes(Stub(("7",)).to_bytes()) == Stub(("7",))


def test_a_draft_of_a_later_version_is_not_guessed_at() -> None:
    """It stays for the program that wrote it."""
    with pytest.raises(errors.NotOpened):
        from_bytes(json.dumps({**json.loads(SAME.to_bytes()), "v": 3}).encode())

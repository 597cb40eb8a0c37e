"""Drafts as they are stored: one from before goes on, one from a later version is left alone."""

import json

import pytest

from tips import errors
from tips.evidence.files import File
from tips.intake.draft import Draft, Fragment, Stub, from_bytes
from tips.intake.stages import Stage

BEFORE = """{"seed":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","lang":"en","stage":"asking",
"slot":"where","fragments":[["có người bán","","7"],["quận 3","where","8"]],"files":[{"envelope":
"65656565656565656565656565656565","key":"6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b","kind":"image",
"mime":"image/jpeg","size":12,"chunks":1,"original":"aa","clean":"bb"}],"asked":["where"],"settled":["when"],
"area":"770","category":null,"told":["welcome","danger"],"messenger":true,"offered":["skip","cancel"],"seen":["7","8"],
"due":["0000000000000000000000000000000000000000000000000000000000000000"],"mailbox":"","aside":"xyz"}"""
SAME = Draft(
    bytes(range(32)),
    "en",
    Stage.ASKING,
    "where",
    (Fragment("có người bán", "", "7"), Fragment("quận 3", "where", "8")),
    (File(b"e" * 16, b"k" * 32, "image", "image/jpeg", 12, 1, "aa", "bb"),),
    ("where",),
    ("when",),
    "770",
    None,
    ("welcome", "danger"),
    True,
    ("skip", "cancel"),
    ("7", "8"),
    ("00" * 32,),
    "",
    "xyz",
)


def test_a_draft_from_before_versions_were_written_down_goes_on() -> None:
    """As it lay in homes until then, word for word; and its stub."""
    assert from_bytes(BEFORE.encode()) == SAME
    assert from_bytes(b'{"seen":["7"]}') == Stub(("7",))


def test_what_is_stored_is_what_is_loaded() -> None:
    """Under the names that it always had."""
    assert from_bytes(SAME.to_bytes()) == SAME
    assert json.loads(BEFORE).items() <= json.loads(SAME.to_bytes()).items()
    assert from_bytes(Stub(("7",)).to_bytes()) == Stub(("7",))


def test_a_draft_of_a_later_version_is_not_guessed_at() -> None:
    """It stays for the program that wrote it."""
    with pytest.raises(errors.NotOpened):
        from_bytes(json.dumps({**json.loads(SAME.to_bytes()), "v": 2}).encode())

"""No word goes through: a mark in every place that a format has for one, and a search in all bytes of the copy.

exiftool knows many places and not all; these tests do not ask it.
"""

import zlib
from pathlib import Path

import pytest

from tests.fakes import planting
from tests.fakes.planting import MARK, found
from tests.flows.test_cleaning import cleaned


@pytest.mark.parametrize("name", planting.WITH_MARK)
async def test_no_mark_goes_through(name: str, tmp_path: Path) -> None:
    """Neither in the copy's bytes nor in what is packed in them, in no spelling."""
    data = planting.WITH_MARK[name](tmp_path)
    assert found(data), "nothing was planted: this test would show nothing"
    copy = await cleaned(data)
    assert not found(b"".join(copy.chunks()))
    copy.close()


@pytest.mark.parametrize(
    "data",
    [
        MARK.encode(),
        MARK.encode("utf-16-le"),
        MARK.encode("utf-16-be"),
        b"%PDF stream " + zlib.compress(b"before " + MARK.encode()) + b" endstream",
        zlib.compress(zlib.compress(MARK.encode("utf-16-be"))),
        MARK.encode().hex().encode(),
    ],
)
def test_the_search_finds_a_mark_however_it_is_written(data: bytes) -> None:
    """So that the test above can fail."""
    assert found(b"noise" + data + b"noise")

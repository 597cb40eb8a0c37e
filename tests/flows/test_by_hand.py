"""What somebody missed who lived a home's first three years by hand, from the book."""

from pathlib import Path

import pytest

import locales
from bot import key_files
from tips import errors


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_no_text_shows_a_backslash(lang: str) -> None:
    catalogue = Path(locales.__file__).parent / lang / "LC_MESSAGES" / "tinbao.po"
    assert "\\\\" not in catalogue.read_text()


def test_a_key_that_is_missing_is_copied_and_no_home_is_made_anew(tmp_path: Path) -> None:
    with pytest.raises(errors.BadSetting, match="copy it from the machine") as refused:
        key_files.secret(tmp_path / "release.key")
    assert "init" not in str(refused.value)

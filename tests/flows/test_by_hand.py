"""What somebody missed who lived a home's first three years by hand, from the book."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import locales
from bot import condition, key_files
from bot.commands import doctor, recovery
from tests.fakes.desk import browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.machines import Machines
from tests.fakes.people import AN, QUAN
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_shared_out_anew import founded, splits
from tips import errors

__all__ = ["founded"]


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_no_text_shows_a_backslash(lang: str) -> None:
    catalogue = Path(locales.__file__).parent / lang / "LC_MESSAGES" / "tinbao.po"
    assert "\\\\" not in catalogue.read_text()


def test_a_key_that_is_missing_is_copied_and_no_home_is_made_anew(tmp_path: Path) -> None:
    with pytest.raises(errors.BadSetting, match="copy it from the machine") as refused:
        key_files.secret(tmp_path / "release.key")
    assert "init" not in str(refused.value)


# --- cases that nobody can read ---------------------------------------------------------------------------------------


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    """A home in which Quận 7 has nobody, nor anybody above it."""
    async with opened(tmp_path, (AN, QUAN), database_url) as home:
        yield home


async def test_cases_that_nobody_can_read_are_named_to_who_looks_after_the_home(
    office: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a list, by `doctor`, and on the page of the home's condition; there was nowhere to learn their ids."""
    assert await doctor.CHECKS["held"](office.product) == "each case is somebody's to read"
    await office.citizen().sends(TIP.replace("q3", "q7").replace("quận 3", "quận 7"))
    row = await office.the_case()
    assert row.state == "held"
    said = await doctor.CHECKS["held"](office.product)
    assert isinstance(said, doctor.Advice)
    assert "1 cases wait for the quorum" in said
    assert (await condition.look(office.product)).held == 1
    async with browser(office) as client:
        await log_in(client, office, "quan")
        assert "Vụ chưa ai đọc được" in (await client.get("/desk/condition")).text
    assert await recovery.list_held(office.product.settings, as_json=True) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["id"] == row.id.hex()
    assert found["code"] == row.code


# --- what is said when a version is in force --------------------------------------------------------------------------


def test_who_shares_the_key_out_anew_is_told_to_keep_the_old_paper(founded: Machines) -> None:
    """Every backup of before opens by the former shares alone, until the last of them is gone."""
    assert splits(founded, "Lan Anh", "Phúc").returncode == 0
    done = founded.signed("Lan Anh", "Minh")
    assert done.returncode == 0, done.stderr
    assert "follow it within a quarter of a minute" in done.stderr
    assert "keep the former shares for 35 days" in done.stderr

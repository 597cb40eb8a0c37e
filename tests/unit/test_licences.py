"""The licences of what the product runs on are known, and one that is not on the list is found."""

import sys
from pathlib import Path

import pytest

from scripts import check_licences

ROOT = Path(__file__).parents[2]


def package(folder: Path, name: str, *lines: str) -> None:
    """What an installed package says of itself."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("\n".join(("Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines)) + "\n")


def problems(folder: Path, *names: str, notice: str = "") -> int:
    """How many problems the check finds with packages of a lock."""
    (folder / "lock").write_text("".join(f"{name}==1.0 \\\n    --hash=sha256:00\n" for name in names))
    (folder / "notice").write_text(notice)
    return check_licences.main(folder / "lock", folder / "notice", [str(folder)])


def test_every_licence_of_ours_is_on_the_list() -> None:
    """As `make check` sees it."""
    assert check_licences.main(ROOT / "requirements/run.lock", ROOT / "NOTICE", sys.path) == 0


@pytest.mark.parametrize(
    "lines",
    [
        ("License-Expression: AGPL-3.0-only",),
        ("License-Expression: MIT AND GPL-3.0-only",),
        ("License-Expression: (MIT OR Apache-2.0) AND SSPL-1.0",),
        ("Classifier: License :: OSI Approved :: GNU Affero General Public License v3",),
        ("License: ask me",),
        (),
    ],
)
def test_a_licence_that_is_not_on_the_list_is_found(
    lines: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the package is named."""
    package(tmp_path, "harmless", "License-Expression: MIT OR GPL-3.0-only")
    package(tmp_path, "late-guest", *lines)
    assert problems(tmp_path, "harmless", "late-guest") == 1
    assert "late-guest" in capsys.readouterr().err


def test_what_asks_for_something_in_return_is_named_in_the_notice(tmp_path: Path) -> None:
    """LGPL and MPL are taken where NOTICE says what follows."""
    package(tmp_path, "lender", "License-Expression: LGPL-3.0-only")
    assert problems(tmp_path, "lender") == 1
    assert problems(tmp_path, "lender", notice="lender: LGPL-3.0-only, unchanged.\n") == 0


def test_a_package_that_is_not_here_is_not_passed_over(tmp_path: Path) -> None:
    """In the lock, for another system, and nobody looked."""
    assert problems(tmp_path, "elsewhere") == 1

"""The house: what must hold of the checkout itself."""

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRACKED = [ROOT / line for line in subprocess.run(
    ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()]  # fmt: skip
NO_PRODUCT = {"tests", "bench", "scripts", "docs"}


def test_every_package_stands_in_the_layers() -> None:
    """A new top-level package takes its place in the import arrow, or this fails."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    layered = {name.strip() for layer in contract["layers"] for name in layer.split("|")}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NO_PRODUCT
    assert packages == layered


def test_every_locked_requirement_has_a_hash_and_no_address() -> None:
    """What is installed is what was resolved, wherever it comes from."""
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text
        assert "index-url" not in text
        pinned = re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE)
        assert pinned
        assert len(re.findall(r"==[^\n]*\\\n    --hash=sha256:", text)) == len(pinned)


def test_no_tracked_file_names_a_place_of_one_machine() -> None:
    """The project speaks of itself alone."""
    places = re.compile(rb"(?<![\w.])/(?:work|root|home/[a-z]+)/[a-z]")
    found = [path for path in TRACKED if path.is_file() and places.search(path.read_bytes())]
    assert found == []


def test_make_help_names_every_target() -> None:
    """`make help` is the list of what there is."""
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony
    for target in phony.group(1).split():
        assert re.search(rf"^  make {target}\b", shown, re.MULTILINE), target


def test_both_catalogues_have_every_key() -> None:
    """Vietnamese and English say the same things, with the same values filled in."""
    import locales

    vi, en = (locales.catalogue(lang)._catalog for lang in ("vi", "en"))  # type: ignore[attr-defined]
    assert set(vi) == set(en)
    for key in set(vi) - {""}:
        assert set(re.findall(r"{(\w+)}", vi[key])) == set(re.findall(r"{(\w+)}", en[key])), key


def test_the_story_of_a_tip_names_every_module() -> None:
    """`tips/__init__.py` is the map of the product: a module that it does not name has no place in it."""
    import tips

    found = {path.stem for path in (ROOT / "tips").glob("*.py")} | {path.name for path in (ROOT / "tips").glob("*/")}
    by_room = [*(ROOT / "tips").glob("*/*.py"), *(ROOT / "tips").glob("*/*/*.py")]
    found |= {path.stem for path in by_room if path.parent.name not in {"triage", "ports", "data"}}
    named = set(re.findall(r"`(\w+)`", tips.__doc__ or ""))
    assert {name for name in found if not name.startswith("__")} <= named


def test_every_claim_of_the_threat_model_names_a_test_that_exists() -> None:
    """Each component's section names tests, and each of them is there; a claim that none can hold is marked *said*."""
    text = (ROOT / "docs" / "threat-model.md").read_text()
    named = re.findall(r"`((?:unit|flows|web|contract)/\w+\.py)::(\w+)`", text)
    missing = [f"{file}::{name}" for file, name in named if not defined(ROOT / "tests" / file, name)]
    assert missing == []
    for section in text.split("\n## ")[1:]:
        title = section.splitlines()[0]
        claims = re.split(r"\n- ", section)[1:]
        assert claims, title
        assert [claim[:60] for claim in claims if "::" not in claim and "*said*" not in claim.lower()] == [], title


def test_every_mutant_names_a_test_that_exists() -> None:
    """A guard's test that was renamed would let `make mutants` run nothing."""
    text = (ROOT / "scripts" / "mutants.py").read_text()
    named = re.findall(r'"tests/([\w/]+\.py)::(\w+)', text)
    assert len(named) >= 20
    assert [name for file, name in named if not defined(ROOT / "tests" / file, name)] == []


def test_every_mutant_finds_the_guard_that_it_takes_out() -> None:
    """A guard that was written anew would let `make mutants` take out nothing."""
    from scripts import mutants

    assert [it.name for it in mutants.MUTANTS if (ROOT / it.file).read_text().count(it.old) != 1] == []


def defined(file: Path, name: str) -> bool:
    return file.is_file() and re.search(rf"def {name}\(", file.read_text()) is not None

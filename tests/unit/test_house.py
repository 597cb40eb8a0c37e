"""The house: what must hold of the checkout itself."""

import contextlib
import importlib
import re
import subprocess
import sys
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


def test_every_catalogue_has_every_key() -> None:
    """All languages say the same things, with the same values filled in."""
    import locales

    source, *others = (locales.catalogue(lang)._catalog for lang in locales.LANGUAGES)  # type: ignore[attr-defined]
    for other in others:
        assert set(other) == set(source)
        for key in set(source) - {""}:
            assert set(re.findall(r"{(\w+)}", other[key])) == set(re.findall(r"{(\w+)}", source[key])), key


def test_whatever_data_and_code_name_has_words() -> None:
    """Categories and their groups, states, roles, event kinds, actions, jobs: a page would fail without."""
    import locales
    from handlers.desk.view_models import UNKNOWN
    from tips.cases import ledger, lifecycle
    from tips.cases.case import State
    from tips.clock.jobs import JobName
    from tips.desk import actions
    from tips.desk.actions.step import passing
    from tips.organisation import taxonomy
    from tips.organisation.roles import Role
    from tips.ports.desk import ContactState

    codes = taxonomy.categories()
    told = {taxonomy.group_of(it) for it in codes if not taxonomy.has(it, taxonomy.Flag.NO_EARLY_SIGN)}
    keys = [f"category.{it}" for it in codes] + [f"group.{it}" for it in told]
    keys += [f"state.{it}" for it in (*State, UNKNOWN)] + [f"desk.role.{it}" for it in Role]
    keys += [f"desk.done.{it}" for it in lifecycle.ActionName]
    keys += [f"desk.sure.{it}" for it, row in actions.TABLE.items() if row.lasts is not passing]
    keys += [f"job.{it}" for it in JobName] + [f"desk.condition.state.{it}" for it in ContactState]
    keys += [f"ledger.{it}" for it in ledger.Kind] + [f"result.{it}" for it in lifecycle.results()]
    for lang in locales.LANGUAGES:
        known = locales.catalogue(lang)._catalog  # type: ignore[attr-defined]
        assert [key for key in keys if key not in known] == []


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


def test_every_mutant_is_a_program(tmp_path: Path) -> None:
    """One that fails for want of a name would turn any test red and prove nothing."""
    from scripts import mutants

    for number, it in enumerate(mutants.MUTANTS):
        text = (ROOT / it.file).read_text().replace(it.old, it.new)
        (tmp_path / f"{number}_{Path(it.file).name}").write_text(text)
    ruff = [Path(sys.executable).with_name("ruff"), "check", "--isolated", "-q", "--select", "F821,E9", tmp_path]
    assert subprocess.run(ruff, capture_output=True, text=True, check=False).stdout == ""


def test_every_word_of_the_glossary_is_borne_by_the_code() -> None:
    """A class that is renamed takes its word along."""
    rows = [line for line in (ROOT / "docs" / "glossary.md").read_text().splitlines() if line.startswith("| ")]
    named = [found[1] for row in rows[1:] if (found := re.search(r"`([\w.]+)` \|$", row))]
    assert len(named) == len(rows) - 1
    assert [name for name in named if not exists(name)] == []


def test_every_decision_has_a_date_a_status_and_a_place_in_the_index() -> None:
    """A decision that was overtaken says by which."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    found = sorted(folder.glob("0*.md"))
    assert [int(path.name[:4]) for path in found] == list(range(1, len(found) + 1))
    for number, path in enumerate(found, start=1):
        title, _, state = path.read_text().splitlines()[:3]
        dated = re.fullmatch(r"\*(20\d\d-\d\d-\d\d) · (.+)\*", state)
        assert dated, path.name
        assert f"| [{number}]({path.name}) | {title.removeprefix(f'# {number}. ')} | {dated[1]} | {dated[2]} |" in index


def test_every_step_of_the_walkthrough_is_there() -> None:
    """A function that moved takes its stop along."""
    text = (ROOT / "docs" / "walkthrough.md").read_text().split("## Where things are")[0]
    named = re.findall(r"`((?:bot|handlers|storage|tips)\.[\w.]+)`", text)
    assert len(named) >= 10
    assert [name for name in named if not exists(name)] == []


def test_every_file_that_a_recipe_names_is_there() -> None:
    """And there are as many recipes as somebody new asked for."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert len(re.findall(r"^\*\*[A-Z]", text, re.MULTILINE)) >= 14
    named = re.findall(r"`((?:bot|docs|handlers|locales|scripts|storage|tests|tips)/[\w./*]*)`", text)
    named = [name for name in named if "NAME" not in name and "XX" not in name]
    assert [name for name in named if not list(ROOT.glob(name.rstrip("/")))] == []


def test_every_file_of_data_is_told_of() -> None:
    """Whoever adds one says whether it is written or made, and by what."""
    told = set(re.findall(r"`([\w/]+\.json)`", (ROOT / "docs" / "data.md").read_text()))
    assert {path.name for path in (ROOT / "tips" / "data").glob("*.json")} <= told


def test_what_is_made_from_sources_of_this_repository_is_what_they_make() -> None:
    """The area tables and the map of tiles; the models take minutes, see `make learn`."""
    from scripts import draw_tiles, make_areas

    assert make_areas.OUT.read_text() == make_areas.made()
    assert draw_tiles.OUT.read_text() == draw_tiles.made()


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        with contextlib.suppress(ModuleNotFoundError):
            found: object = importlib.import_module(".".join(parts[:length]))
            for part in parts[length:]:
                found = getattr(found, part, None)
            return found is not None
    return False


def defined(file: Path, name: str) -> bool:
    return file.is_file() and re.search(rf"def {name}\(", file.read_text()) is not None


def test_the_changelog_is_by_version_newest_first() -> None:
    """Keep a Changelog's headings: what is not released yet on top, then each version with the day of its cut."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first, *released = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert first == "Unreleased"
    cut = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) - (\d{4}-\d\d-\d\d)", it) for it in released]
    assert all(cut)
    told = [(tuple(map(int, it.groups()[:3])), it[4]) for it in cut if it]
    assert told == sorted(told, reverse=True)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= kinds

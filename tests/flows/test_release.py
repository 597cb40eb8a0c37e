"""What is given away of a version: the same bytes from the same commit, whole, and refused where it would mislead."""

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import home, loopback, served

pytestmark = pytest.mark.slow  # by itself: a version is built thrice, and installed
NOT_KEPT = (".git", ".venv", ".tools", "dist", "sbom.json", "__pycache__", ".*_cache", ".hypothesis", "*.mo")
WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org")
VERSION = tomllib.loads((served.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
SECTION = re.compile(rf"^## {re.escape(VERSION)} - [0-9-]{{10}}\n", re.MULTILINE)
TIP = '{"text": "ban ma tuy o karaoke duong le van sy q3"}\n{"choose": "submit"}\n'


def git(place: Path, *words: str) -> str:
    return subprocess.run(["git", *WHO, *words], cwd=place, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of this checkout whose one commit cuts the version."""
    place = tmp_path_factory.mktemp("cut") / "repository"
    shutil.copytree(served.ROOT, place, ignore=shutil.ignore_patterns(*NOT_KEPT), symlinks=True)
    changes = place / "CHANGELOG.md"
    told = SECTION.sub("", changes.read_text("utf-8"))  # what came since goes with it
    changes.write_text(told.replace("## Unreleased\n", f"## Unreleased\n\n## {VERSION} - 2026-12-01\n", 1), "utf-8")
    git(place, "init", "-q")
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "Cut the version", "--date", "2026-12-01T08:00:00+0700")
    return place


def released(place: Path) -> subprocess.CompletedProcess[str]:
    """What `make release` runs once the SBOM is there."""
    sbom = place.parent / "sbom.json"
    sbom.write_text("{}\n")
    command = [sys.executable, "scripts/release.py", "--sbom", str(sbom)]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)


def clone(cut: Path, place: Path) -> Path:
    git(place.parent, "clone", "-q", str(cut), str(place))
    return place


@pytest.fixture(scope="module")
def dist(cut: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = clone(cut, tmp_path_factory.mktemp("first") / "checkout")
    done = released(place)
    assert done.returncode == 0, done.stderr
    return place / "dist"


def test_a_commit_gives_the_same_bytes_wherever_it_is_built(cut: Path, dist: Path, tmp_path: Path) -> None:
    """From another folder, at another time, by somebody with other habits; the sums are those of the files."""
    before = os.umask(0o077)
    try:
        place = clone(cut, tmp_path / "elsewhere, with a space")
    finally:
        os.umask(before)
    for path in place.rglob("*.py"):
        os.utime(path, (1, 1))
    assert released(place).returncode == 0
    made = {it.name: it.read_bytes() for it in dist.iterdir()}
    assert {it.name: it.read_bytes() for it in (place / "dist").iterdir()} == made
    wheel, sdist = f"tinbao-{VERSION}-py3-none-any.whl", f"tinbao-{VERSION}.tar.gz"
    assert set(made) == {wheel, sdist, "run.lock", "sbom.json", "SHA256SUMS"}
    sums = dict(reversed(line.split("  ")) for line in made.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}


def test_the_sdist_builds_the_wheel(dist: Path, tmp_path: Path) -> None:
    """By its own backend, with nothing but what is in it."""
    with tarfile.open(dist / f"tinbao-{VERSION}.tar.gz") as files:
        files.extractall(tmp_path, filter="data")
        when = str(files.getmembers()[0].mtime)
    source = tmp_path / f"tinbao-{VERSION}"
    for needed in ("CHANGELOG.md", "requirements/run.lock", "tests/flows/test_release.py", "scripts/release.py"):
        assert (source / needed).is_file()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    dated = {**os.environ, "SOURCE_DATE_EPOCH": when}
    subprocess.run(command, cwd=source, env=dated, check=True, capture_output=True)
    name = f"tinbao-{VERSION}-py3-none-any.whl"
    assert (tmp_path / name).read_bytes() == (dist / name).read_bytes()


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in an environment of its own, without a network; what it runs on is what is at hand."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place / "venv", with_pip=True)
    (wheel,) = dist.glob("*.whl")
    pip = [place / "venv/bin/python", "-m", "pip", "install", "-q", "--no-index", "--no-deps", wheel]
    subprocess.run(pip, check=True, capture_output=True, cwd=place)
    (packages,) = place.glob("venv/lib/python*/site-packages")
    at_hand = [it for it in sys.path if it.endswith("-packages")]
    (packages / "at-hand.pth").write_text("\n".join(at_hand))
    return place


@pytest.fixture
def folder() -> Iterator[Path]:
    with home.in_memory() as folder:
        yield folder


def test_what_was_installed_founds_a_home_and_takes_a_tip(installed: Path, folder: Path) -> None:
    """Outside the checkout: texts, data, models, migrations, templates and fonts are all in the wheel."""
    own = served.environment(folder, loopback.free_port())
    own = {name: value for name, value in own.items() if not name.startswith("PYTHON")}
    run = functools.partial(command, installed, folder, own)
    signers = folder / "signers.json"
    signers.write_text(run("init", "--trial", "--json"))
    added = ("officer", "add", "an", "--unit", "area-770", "--signers", str(signers))
    own["TINBAO_PASSWORD"] = json.loads(run(*added))["passphrase"]
    turns = [json.loads(line) for line in run("chat", "--json", given=TIP).splitlines()]
    assert turns[-1]["receipt"]
    assert turns[0]["summary"]["owner"] == "area-770"
    (row,) = json.loads(run("queue", "--officer", "an", "--json"))
    assert row["category"].startswith("drugs")
    said = run("doctor")
    assert "✗" not in said
    assert f"Tin Báo {VERSION}, " in said
    assert run("--version") == f"tinbao {VERSION}\n"
    run("poster", "quận 3")
    where = "import bot, tips, sys; print(bot.__file__); print(tips.__file__)"
    python = [installed / "venv/bin/python", "-c", where]
    found = subprocess.run(python, cwd=folder, env=own, check=True, capture_output=True, text=True).stdout
    assert all(line.startswith(str(installed)) for line in found.splitlines())


def command(installed: Path, folder: Path, own: dict[str, str], *words: str, given: str = "") -> str:
    program = [str(installed / "venv/bin/tinbao"), *words]
    done = subprocess.run(program, cwd=folder, env=own, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"`{words[0]}` ended with {done.returncode}"
    return done.stdout


def test_what_would_mislead_is_no_release(cut: Path, tmp_path: Path) -> None:
    """A tree that is not the commit, a version that nobody is told of, or one that was there before."""
    place = clone(cut, tmp_path / "checkout")

    def refused() -> str:
        done = released(place)
        assert done.returncode == 1
        assert not (place / "dist").exists()
        return done.stderr

    (place / "left-lying.py").write_text("")
    assert "1 files are not committed" in refused()
    (place / "left-lying.py").unlink()
    git(place, "tag", f"v{VERSION}")
    assert f"{VERSION} was released before" in refused()
    git(place, "tag", "-d", f"v{VERSION}")
    git(place, "rm", "-q", f"tests/data/homes/{VERSION}.json.gz")
    git(place, "commit", "-q", "-m", "Keep no home")
    assert f"run scripts/keep_home.py {VERSION}" in refused()
    git(place, "reset", "-q", "--hard", "HEAD~1")
    changes = place / "CHANGELOG.md"
    told = changes.read_text("utf-8")
    for other, said in (
        (SECTION.sub("", told), "has no section"),
        (told.replace("## Unreleased\n", "## Unreleased\n\n- Something else.\n"), "under Unreleased"),
    ):
        changes.write_text(other, "utf-8")
        git(place, "commit", "-q", "-a", "-m", "Write it otherwise")
        assert said in refused()

"""Builds what is given away of a version: wheel, sdist, SBOM, the lock with hashes, and their checksums, in `dist/`.

Only what is committed counts: the commit is taken out of git into a folder of its own and built there, dated by the
commit, so that whoever has it gets the same bytes. The wheel is built from the sdist. `make release` runs it.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
HOMES = "tests/data/homes"  # of each version, for the tests of every later one
SUMS = "SHA256SUMS"
SECTION = r"^## {} - \d{{4}}-\d\d-\d\d$"  # of the changelog, with the day of the cut
NEXT = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def main(words: list[str]) -> int:
    """Build the commit that is checked out, or say why it is no release; how many reasons there are."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--sbom", type=Path, required=True, help="what `make sbom` wrote")
    sbom = reading.parse_args(words).sbom
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    found = list(problems(version))
    for problem in found:
        print(f"release: {problem}", file=sys.stderr)
    if not found:
        build(version, sbom)
        print((DIST / SUMS).read_text(), end="")
    return len(found)


def problems(version: str) -> Iterator[str]:
    """Why this commit cannot be given away as this version."""
    if changed := git("status", "--porcelain"):
        yield f"{len(changed.splitlines())} files are not committed: commit them or put them away"
    if not (ROOT / HOMES / f"{version}.json.gz").is_file():
        yield f"no home of {version} is kept: run scripts/keep_home.py {version}"
    if tags := git("tag", "--list", version, f"v{version}").split():
        yield f"{version} was released before (tag {tags[0]}): give pyproject.toml the next number"
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    if not re.search(SECTION.format(re.escape(version)), changes, re.MULTILINE):
        yield f"CHANGELOG.md has no section `## {version} - YYYY-MM-DD`"
    elif (waiting := NEXT.search(changes)) and waiting[1].strip():
        yield f"what CHANGELOG.md has under Unreleased is in this commit: move it to {version}"


def build(version: str, sbom: Path) -> None:
    """Make `dist/` anew."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        source = taken_out(Path(folder))
        subprocess.run(["make", "-s", "locales", f"OWN={sys.executable}"], cwd=source, check=True)
        packed("sdist", source)
        with tarfile.open(DIST / f"tinbao-{version}.tar.gz") as sdist:
            sdist.extractall(Path(folder) / "sdist", filter="data")
        packed("wheel", Path(folder) / "sdist" / f"tinbao-{version}")
        shutil.copyfile(source / "requirements" / "run.lock", DIST / "run.lock")
    shutil.copyfile(sbom, DIST / "sbom.json")
    made = sorted(DIST.iterdir())
    lines = [f"{hashlib.sha256(it.read_bytes()).hexdigest()}  {it.name}\n" for it in made]
    (DIST / SUMS).write_text("".join(lines), "ascii")


def taken_out(folder: Path) -> Path:
    """The commit's files, in a folder that has nothing else."""
    archive, source = folder / "commit.tar", folder / "source"
    git("archive", "--format=tar", f"--output={archive}", "HEAD")
    with tarfile.open(archive) as files:
        files.extractall(source, filter="data")
    return source


def packed(kind: str, source: Path) -> None:
    """Let the backend of pyproject.toml build in a folder, dated by the commit."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(DIST)]
    dated = {**os.environ, "SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct").strip()}
    subprocess.run(command, cwd=source, env=dated, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

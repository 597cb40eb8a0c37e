"""The set-up behind a proxy that looks into TLS: uv and pip trust what the system trusts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_make_tells_uv_to_trust_the_system(tmp_path: Path) -> None:
    """Every call of uv gets it."""
    stub = script(tmp_path / "uv", f'echo "$UV_SYSTEM_CERTS" >> {tmp_path}/told')
    shutil.copy(ROOT / "Makefile", tmp_path)
    subprocess.run(["make", "-s", "lock", f"UV={stub}"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "told").read_text().split() == ["1", "1"]


def test_uv_is_brought_by_a_pip_that_trusts_the_system(tmp_path: Path) -> None:
    """An older pip has its own list; the system's is named to it, and a person's own choice is left."""
    bundle = tmp_path / "bundle"
    bundle.write_text("certificates")
    pip = "echo 'echo \"$PIP_CERT\" >> told' > .tools/bin/pip; chmod 755 .tools/bin/pip"
    python = script(tmp_path / "python", f'case "$*" in *venv\\ .tools*) mkdir -p .tools/bin; {pip};; esac')
    own = {it: os.environ[it] for it in ("HOME",) if it in os.environ} | {"PATH": "/usr/bin:/bin"}
    bring = ["sh", str(ROOT / "scripts" / "bring_uv.sh"), str(python)]
    for more in ({"SSL_CERT_FILE": str(bundle)}, {"SSL_CERT_FILE": "/nowhere", "PIP_CERT": "chosen"}):
        subprocess.run(bring, cwd=tmp_path, check=True, env=own | more, capture_output=True)
    assert (tmp_path / "told").read_text().split() == [str(bundle), "chosen"]


def chosen(folder: Path, *wanted: str) -> subprocess.CompletedProcess[str]:
    choose = ["sh", "scripts/choose_python.sh", *wanted]
    return subprocess.run(choose, cwd=folder, check=False, capture_output=True, text=True)


def test_the_python_that_is_asked_for_is_taken_or_the_remedy_said(tmp_path: Path) -> None:
    """By number, name or path; asked for nothing, the one that was used before."""
    (tmp_path / "scripts").mkdir()
    for name in ("choose_python.sh", "pythons.sh"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = [chosen(tmp_path, wanted) for wanted in (version, f"python{version}", sys.executable)]
    assert [it.returncode for it in found] == [0, 0, 0]
    for it in found:
        asked = subprocess.run([it.stdout.strip(), "--version"], check=True, capture_output=True, text=True)
        assert asked.stdout.startswith(f"Python {version}.")
    for wanted in ("python3.2", "nonsense", "/nowhere/python3"):
        refused = chosen(tmp_path, wanted)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "apt-get install" in refused.stderr
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "made-from").write_text(f"{sys.executable}\n")
    assert chosen(tmp_path).stdout.strip() == sys.executable


def test_the_command_runs_from_a_folder_with_a_space(tmp_path: Path) -> None:
    """And from one whose path is longer than a kernel's `#!` line."""
    folder = tmp_path / "a b" / ("c" * 200)
    script(folder / "bot" / "__main__.py", "").write_text("def main() -> None:\n    print('it runs')\n")
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "put_on_path.py", folder / "scripts")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    subprocess.run([folder / ".venv/bin/python", folder / "scripts/put_on_path.py"], check=True)
    done = subprocess.run([folder / ".venv/bin/tinbao"], cwd="/", check=True, capture_output=True, text=True)
    assert done.stdout == "it runs\n"

"""The set-up behind a proxy that looks into TLS: uv and pip trust what the system trusts."""

import os
import shutil
import subprocess
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
    words = f'case "$*" in *sys.executable*) echo "$0";; *venv\\ .tools*) mkdir -p .tools/bin; {pip};; esac'
    for name in ("python3", *(f"python3.{minor}" for minor in range(11, 20))):
        script(tmp_path / "path" / name, words)
    own = {it: os.environ[it] for it in ("HOME",) if it in os.environ} | {"PATH": f"{tmp_path}/path:/usr/bin:/bin"}
    bring = ["sh", str(ROOT / "scripts" / "bring_uv.sh")]
    for more in ({"SSL_CERT_FILE": str(bundle)}, {"SSL_CERT_FILE": "/nowhere", "PIP_CERT": "chosen"}):
        subprocess.run(bring, cwd=tmp_path, check=True, env=own | more, capture_output=True)
    assert (tmp_path / "told").read_text().split() == [str(bundle), "chosen"]

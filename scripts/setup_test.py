"""Brings what the tests need beside Python: PostgreSQL, PgBouncer, promtool, chromium with fonts, strace, exiftool,
ffmpeg, poppler, LibreOffice, and node with npm's age-encryption.

The system's own come first; else, as root, Debian's packages by apt-get; else those unpacked below `.tools`.
What was found is written to `.tools/paths.json`, which `tests/tools.py` reads. What cannot be had ends the run with the
remedy: no test is ever skipped for want of a tool.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
UNPACKED = TOOLS / "debian"
APT = TOOLS / "apt"
FONT = "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"
AGE = TOOLS / "age"  # what npm brings
AGE_PACKAGES = ("age-encryption@0.3.1",)
IGNORE_SYSTEM = os.environ.get("TINBAO_IGNORE_SYSTEM") == "1"  # for trying the unpacked way on a full machine


class Need(NamedTuple):
    """A tool, where it may stand, and the Debian packages that bring it."""

    name: str
    find: Callable[[pathlib.Path], pathlib.Path | None]
    packages: tuple[str, ...]


def command(name: str) -> Callable[[pathlib.Path], pathlib.Path | None]:
    """Finds a command below a root folder, or on the PATH for the system's root."""

    def find(root: pathlib.Path) -> pathlib.Path | None:
        if root == pathlib.Path("/"):
            found = shutil.which(name)
            return pathlib.Path(found) if found else None
        found = root / "usr/bin" / name
        return found if found.exists() else None

    return find


def service(name: str) -> Callable[[pathlib.Path], pathlib.Path | None]:
    """Finds a program that only administrators start."""

    def find(root: pathlib.Path) -> pathlib.Path | None:
        found = root / "usr/sbin" / name
        return found if found.exists() else None

    return find


def postgres(root: pathlib.Path) -> pathlib.Path | None:
    """The newest folder with initdb and pg_ctl."""
    folders = sorted(root.glob("usr/lib/postgresql/*/bin"), key=lambda it: int(re.sub(r"\D", "", it.parent.name)))
    able = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    return able[-1] if able else None


def font(root: pathlib.Path) -> pathlib.Path | None:
    """A font that has every Vietnamese sign."""
    found = root / FONT.lstrip("/")
    return found if found.exists() else None


NEEDS = (
    Need("postgres_bin", postgres, ("postgresql",)),
    Need("promtool", command("promtool"), ("prometheus",)),
    Need("pgbouncer", service("pgbouncer"), ("pgbouncer",)),
    Need("nginx", service("nginx"), ("nginx-light",)),
    Need("chromium", command("chromium"), ("chromium", "libatomic1")),
    Need("font", font, ("fonts-noto-core",)),
    Need("strace", command("strace"), ("strace",)),
    Need("exiftool", command("exiftool"), ("libimage-exiftool-perl",)),
    Need("ffmpeg", command("ffmpeg"), ("ffmpeg",)),  # makes the tests' films, and judges what became of them
    Need("pdftoppm", command("pdftoppm"), ("poppler-utils",)),
    Need("node", command("node"), ("nodejs",)),  # runs age-encryption, which opens our backups
    Need("npm", command("npm"), ("npm",)),
    Need("soffice", command("soffice"), ("libreoffice-calc-nogui",)),  # reads the spreadsheets that we write
)

DEPLOY = (  # what `make test-deploy` needs besides, as root
    Need("debootstrap", service("debootstrap"), ("debootstrap",)),
    Need("systemd-nspawn", command("systemd-nspawn"), ("systemd-container",)),
)


def main(words: list[str]) -> int:
    roots = [UNPACKED] if IGNORE_SYSTEM else [pathlib.Path("/"), UNPACKED]
    needs = (*NEEDS, *DEPLOY) if words == ["deploy"] else NEEDS
    found = {need.name: look(need, roots) for need in needs}
    missing = [need for need in needs if found[need.name] is None]
    if missing:
        bring(missing)
        found = {need.name: look(need, roots) for need in needs}
    missing = [need for need in needs if found[need.name] is None]
    for need in missing:
        print(f"setup: {need.name} is missing. Remedy: apt-get install {' '.join(need.packages)}", file=sys.stderr)
    if missing:
        return 1
    paths = {name: str(wrapped(name, path)) for name, path in found.items() if path}
    if not age_encryption(paths["npm"]):
        print(f"setup: npm cannot bring {' '.join(AGE_PACKAGES)}. Remedy: let it reach its registry", file=sys.stderr)
        return 1
    paths["age"] = str(AGE)
    (TOOLS / "paths.json").write_text(json.dumps(paths, indent=1))
    return 0


def look(need: Need, roots: list[pathlib.Path]) -> pathlib.Path | None:
    return next((path for root in roots if (path := need.find(root))), None)


def age_encryption(npm: str) -> bool:
    """An independent age, in a folder of its own; brought once."""
    wanted = AGE / "brought"
    if wanted.exists() and wanted.read_text() == " ".join(AGE_PACKAGES):
        return True
    run([npm, "install", "--silent", "--no-package-lock", "--ignore-scripts", "--prefix", str(AGE), *AGE_PACKAGES])
    if not (AGE / "node_modules/age-encryption").is_dir():
        return False
    wanted.write_text(" ".join(AGE_PACKAGES))
    return True


def bring(missing: list[Need]) -> None:
    packages = [package for need in missing for package in need.packages]
    print(f"setup: bringing {', '.join(packages)}", file=sys.stderr)
    if os.geteuid() == 0 and not IGNORE_SYSTEM:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-q"], environment)
        run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages], environment)
    elif shutil.which("apt-get"):
        unpack(packages)


def unpack(packages: list[str]) -> None:
    """Download packages with all they depend on into `.tools`, and unpack them there; needs no rights."""
    for folder in (APT / "lists/partial", APT / "cache/archives/partial", UNPACKED):
        folder.mkdir(parents=True, exist_ok=True)
    own = ["-o", f"Dir::State::lists={APT}/lists", "-o", f"Dir::Cache={APT}/cache", "-o", "APT::Sandbox::User="]
    run(["apt-get", *own, "update", "-q"])
    listed = subprocess.run(
        ["apt-cache", *own, "depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts",
         "--no-breaks", "--no-replaces", "--no-enhances", *packages],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    names = sorted({line for line in listed.splitlines() if re.match(r"^[a-z0-9]", line)})
    archives = APT / "debs"
    archives.mkdir(exist_ok=True)
    for at in range(0, len(names), 40):
        subprocess.run(["apt-get", *own, "download", "-q", *names[at : at + 40]], cwd=archives, check=False)
    for archive in sorted(archives.glob("*.deb")):
        run(["dpkg-deb", "-x", str(archive), str(UNPACKED)])
    shutil.rmtree(archives)


def run(words: list[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(words, env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode:
        print(f"setup: {' '.join(words[:3])} failed: {done.stderr.decode(errors='replace')[-400:]}", file=sys.stderr)


def wrapped(name: str, path: pathlib.Path) -> pathlib.Path:
    """An unpacked program through a small script that shows it its own libraries and fonts."""
    if not path.is_relative_to(UNPACKED) or name in {"postgres_bin", "font"}:
        return path
    libraries = sorted(
        {str(it.parent) for it in UNPACKED.glob("usr/lib/**/*.so*")} | {str(UNPACKED / "usr/lib/chromium")}
    )
    program = UNPACKED / "usr/lib/chromium/chromium" if name == "chromium" else path
    fonts = TOOLS / "fonts.conf"
    fonts.write_text(
        f'<?xml version="1.0"?><fontconfig><dir>{UNPACKED}/usr/share/fonts</dir>'
        f"<dir>/usr/share/fonts</dir><cachedir>{TOOLS}/fontcache</cachedir></fontconfig>\n"
    )
    script = TOOLS / f"{name}.sh"
    lines = [
        "#!/bin/sh",
        f"export LD_LIBRARY_PATH={':'.join(libraries)}",
        f"export FONTCONFIG_FILE={fonts}",
        f"export PERL5LIB={UNPACKED}/usr/share/perl5",
        f"export NODE_PATH={UNPACKED}/usr/share/nodejs:{UNPACKED}/usr/lib/nodejs PATH={UNPACKED}/usr/bin:$PATH",
        f'exec {program} "$@"',
    ]
    script.write_text("\n".join(lines) + "\n")
    script.chmod(0o755)
    return script


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

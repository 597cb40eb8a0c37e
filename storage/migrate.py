"""Migrations, driven from code: nobody needs to be in a certain folder.

Of several processes that start at once one upgrades and the others wait. What fails leaves nothing behind: all steps
are one transaction, on both databases.
"""

from __future__ import annotations

import functools
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import exc

from storage import engine
from tips import errors

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS: Final = Path(__file__).parent / "migrations"
PATIENCE: Final = 120  # seconds that a process waits while another upgrades a large home
LOCK: Final = int.from_bytes(b"tinbao")  # PostgreSQL's name for the one who upgrades
_NAMES: Final = re.compile(r'^(revision|down_revision) = (?:"(\w+)"|None)$', re.MULTILINE)


@functools.cache
def revisions(scripts: Path) -> tuple[str, ...]:
    """The revisions of the scripts, oldest first; read from their text, as Alembic costs every start 0.3 s."""
    after = {}
    for script in (scripts / "versions").glob("*.py"):
        names = dict(_NAMES.findall(script.read_text("utf-8")))
        after[names["down_revision"]] = names["revision"]
    found, newest = [], ""
    while newest := after.pop(newest, ""):
        found.append(newest)
    assert not after, "the migrations are no single chain"
    return tuple(found)


def upgrade(url: str, to: str = "") -> None:
    """Bring a database to the newest schema. Alembic is only imported where there is something to do.

    Args:
        to: an older revision, for rows of that time; a database that is beyond it stays where it is.

    Raises:
        BadSetting: a later version of the product was here; the message is the remedy.
        NotVerified: its rows don't fit together.
        StoreUnavailable: the database is away or cannot be written.
    """
    created = _engine(url)
    try:
        with created.connect() as connection:
            current = _is_current(connection, to)
        if not current:
            _raise(created, to)
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise errors.StoreUnavailable from error
    finally:
        created.dispose()


def _engine(url: str) -> sa.Engine:
    """An engine whose transactions hold changes of the schema too."""
    if not engine.is_sqlite(url):
        return sa.create_engine(engine.sync_url(url), hide_parameters=True)
    options = {"timeout": PATIENCE, "isolation_level": None, "uri": "file:" in url}
    created = sa.create_engine(engine.sync_url(url), hide_parameters=True, connect_args=options)
    sa.event.listen(created, "connect", engine.set_up)
    return created


def _is_current(connection: sa.Connection, to: str) -> bool:
    """Whether nothing is left to be done.

    Raises:
        BadSetting: the schema is none that this version knows.
    """
    known = revisions(SCRIPTS)
    version = _version(connection)
    if version is not None and version not in known:
        raise errors.BadSetting(
            f"the database has schema {version}, this program knows up to {known[-1]}: a later version of Tin Báo was"
            " here. Install that version, or restore a backup into a new home"
        )
    return version is not None and known.index(version) >= known.index(to or known[-1])


def schema(connection: sa.Connection) -> str:
    """The revision that a database is at; "": it is empty."""
    return _version(connection) or ""


def _version(connection: sa.Connection) -> str | None:
    """The revision that a database is at; None: it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text(engine.SCHEMA)).scalar()


def configuration(connection: sa.Connection) -> Config:
    """Alembic's settings for one connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _raise(created: sa.Engine, to: str) -> None:
    """Run every migration that the database lacks, in one transaction that one process at a time is in."""
    from alembic import command

    with created.connect() as connection:
        _lock(connection)
        if not _is_current(connection, to):  # whoever held the lock before may have done it
            command.upgrade(configuration(connection), to or "head")
            _check_references(connection)
        connection.commit()


def _lock(connection: sa.Connection) -> None:
    """Begin the transaction, and be alone in it.

    A table that is made anew is dropped in between: SQLite would take the rows that refer to it for orphans, unless
    the checking is put off before the transaction begins.
    """
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        if _version(connection) is not None:  # whoever writes by the old schema ends first, and begins no more
            connection.execute(sa.text(f"{engine.SCHEMA} FOR UPDATE"))


def _check_references(connection: sa.Connection) -> None:
    """What was put off at `_lock`."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise errors.NotVerified("rows of this database refer to others that are gone: nothing was upgraded")

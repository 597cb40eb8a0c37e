"""Migrations, driven from code: nobody needs to be in a certain folder.

Of several processes that start at once one upgrades and the others wait. What fails leaves nothing behind: all steps
are one transaction, on both databases.
"""

from __future__ import annotations

import contextlib
import functools
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import exc

from storage import engine, roles, server
from storage.rights import Part
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
        BadSetting: a later version of the product was here, or whoever connects does not own the tables; the message
            is the remedy.
        NotVerified: its rows don't fit together.
        StoreUnavailable: the database is away or cannot be written.
    """
    with _available(), connected(url) as connection:
        current = _is_current(connection, to)
        if not current and not _owns(connection):
            raise errors.BadSetting(
                f"the database has schema {_version(connection) or 'none'}, this program needs {to or _newest()}, and"
                " only its owner brings it on: run `tinbao roles` with the owner's TINBAO_DATABASE_URL, then start this"
            )
    if not current:
        with _available(), connected(url) as connection:
            _raise(connection, to)


def renew_roles(url: str) -> Mapping[Part, str] | None:
    """Give the parts' roles their rights anew, in a database at the newest schema; what they are called.

    None: they could not be made, see `roles.put_into_force`.

    Raises:
        BadSetting: it is SQLite, or see `upgrade`.
        StoreUnavailable: the database is away or cannot be written.
    """
    if engine.is_sqlite(url):
        raise errors.BadSetting("roles by part are PostgreSQL's: set TINBAO_DATABASE_URL to its owner's")
    upgrade(url)
    with _available(), connected(url) as connection:
        if not _owns(connection):
            raise errors.BadSetting(
                "only the tables' owner gives roles their rights: set the owner's TINBAO_DATABASE_URL"
            )
        _lock(connection)
        made = roles.put_into_force(connection)
        connection.commit()
        return roles.names(connection) if made else None


@contextlib.contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise engine.unavailable(error) from error


@contextlib.contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """One connection, whose transactions hold changes of the schema too."""
    created = _engine(url)
    try:
        with created.connect() as connection:
            yield connection
    finally:
        created.dispose()


def _engine(url: str) -> sa.Engine:
    if not engine.is_sqlite(url):
        how = server.arguments(url, serving=False)
        return sa.create_engine(engine.sync_url(url), hide_parameters=True, connect_args=how)
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


def _owns(connection: sa.Connection) -> bool:
    """Whether the tables are whose connects, or may be made by them; a part's role owns none, and SQLite knows none."""
    return connection.dialect.name == "sqlite" or bool(connection.execute(_MAY_BUILD).scalar())


def _newest() -> str:
    return revisions(SCRIPTS)[-1]


_MAY_BUILD: Final = sa.text("""
    SELECT CASE WHEN to_regclass('alembic_version') IS NULL
        THEN has_schema_privilege(current_schema()::text, 'CREATE')
        ELSE (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('alembic_version')) END
""")


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


def _raise(connection: sa.Connection, to: str) -> None:
    """Run every migration that the database lacks, in one transaction that one process at a time is in.

    At the newest schema the parts' roles get their rights: by the table of them as it is now, whatever was added.
    """
    from alembic import command

    _lock(connection)
    if not _is_current(connection, to):  # whoever held the lock before may have done it
        command.upgrade(configuration(connection), to or "head")
        _check_references(connection)
        if connection.dialect.name == "postgresql" and _version(connection) == _newest():
            roles.put_into_force(connection)
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

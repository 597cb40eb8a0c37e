"""Migrations, driven from code: nobody needs to be in a certain folder."""

from __future__ import annotations

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
HEAD: Final = "0001"  # the newest migration


def upgrade(url: str) -> None:
    """Bring a database to the newest schema. Alembic is only imported where there is something to do.

    Raises:
        StoreUnavailable: the database is away or cannot be written.
    """
    try:
        if _version(url) == HEAD:
            return
        _to_head(url)
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise errors.StoreUnavailable from error


def _version(url: str) -> str | None:
    created = sa.create_engine(engine.sync_url(url), hide_parameters=True)
    try:
        with created.connect() as connection:
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    except (exc.OperationalError, exc.ProgrammingError):
        return None
    finally:
        created.dispose()


def configuration(connection: sa.Connection) -> Config:
    """Alembic's settings for one connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _to_head(url: str) -> None:
    """Run every migration that the database lacks, in one transaction."""
    from alembic import command  # 0.3 s

    created = sa.create_engine(engine.sync_url(url), hide_parameters=True)
    if engine.is_sqlite(url):
        sa.event.listen(created, "connect", engine.set_up)
    try:
        with created.begin() as connection:
            command.upgrade(configuration(connection), "head")
    finally:
        created.dispose()

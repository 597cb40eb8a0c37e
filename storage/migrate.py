"""Migrations, driven from code: nobody needs to be in a certain folder."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from storage import engine

SCRIPTS = Path(__file__).parent / "migrations"


def configuration(connection: sa.Connection) -> Config:
    """Alembic's settings for one connection."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


def to_head(url: str) -> None:
    """Run every migration that the database lacks, in one transaction."""
    created = sa.create_engine(engine.sync_url(url), hide_parameters=True)
    if engine.is_sqlite(url):
        sa.event.listen(created, "connect", engine.set_up)
    try:
        with created.begin() as connection:
            command.upgrade(configuration(connection), "head")
    finally:
        created.dispose()

"""Connections to a PostgreSQL server: how long each waits for what, with or without PgBouncer before it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.engine import make_url

POOLER: Final = "pooler"  # `?pooler=1` in an address: connections change hands after each transaction
CONNECTING: Final = 5  # seconds to reach a server
SILENT: Final = 10  # seconds after which a connection whose other end says nothing is lost
LOCKED: Final = 5  # seconds that a statement waits for another's lock
ANSWERING: Final = 60  # seconds that a statement of a process that serves may take
IDLE: Final = 60  # seconds that a transaction of such a process may stand still: it holds locks
NAME: Final = "tinbao"  # as the server's own views name these connections


def connection(url: str) -> dict[str, Any]:
    """An address as arguments of psycopg's: one server, or several (`?host=A:5432&host=B:5432`)."""
    parsed = make_url(address(url))
    return dict(parsed.get_dialect()().create_connect_args(parsed)[1])


def address(url: str) -> str:
    """A database's address as drivers take it: without what it says to us."""
    return make_url(url).difference_update_query([POOLER]).render_as_string(hide_password=False)


def arguments(url: str, *, serving: bool) -> dict[str, Any]:
    """What psycopg connects with, beside the address.

    Args:
        serving: it asks what is answered at once; migrations and backups take as long as they take.
    """
    common = {
        "connect_timeout": CONNECTING,
        "application_name": NAME,
        "keepalives_idle": SILENT
        // 2,  # and so often again: who waits for an answer has sent all, and hears nothing else
        "keepalives_interval": SILENT // 2,
        "keepalives_count": 2,
        "tcp_user_timeout": SILENT * 1000,
    }
    if POOLER in make_url(url).query:  # it passes no settings on, and a prepared statement stays with one connection
        return {**common, "prepare_threshold": None}
    return {**common, "options": _settings()} if serving else common


def _settings() -> str:
    limits = {"lock_timeout": LOCKED, "statement_timeout": ANSWERING, "idle_in_transaction_session_timeout": IDLE}
    return " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())

"""What whoever connects to a database may do there, beside what parts need: for `tinbao doctor`. PostgreSQL only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc

from storage import engine, migrate, rights, roles
from storage.rights import Part


@dataclass(frozen=True, slots=True)
class Standing:
    """How a user of a database stands to some parts."""

    user: str
    groups: Mapping[Part, str]  # the roles of this home
    made: bool  # whether they are there
    owns: bool  # whether the tables are the user's, or nothing is kept from it
    parts: frozenset[Part]  # that are looked at
    missing: tuple[str, ...]  # what these parts need: "SELECT on tip"
    more: tuple[str, ...]  # what they do not: the same, and "rows of tip" that nobody named


def look(url: str, parts: Collection[Part] | None) -> Standing | None:
    """Look at a database as whoever connects; None: it is SQLite, where rights are those of the file.

    Args:
        parts: whose needs; None: those of whose roles the user is a member.

    Raises:
        StoreUnavailable: it is away.
    """
    if engine.is_sqlite(url):
        return None
    try:
        with migrate.connected(url) as connection:
            return _standing(connection, parts)
    except exc.DBAPIError as error:
        raise engine.unavailable(error) from error


def _standing(connection: sa.Connection, wanted: Collection[Part] | None) -> Standing:
    groups = roles.names(connection)
    member = {it for (it,) in connection.execute(_MEMBER, {"names": [*groups.values()]})}
    parts = frozenset(part for part in groups if groups[part] in member) if wanted is None else frozenset(wanted)
    user, owns, builds, made = connection.execute(_USER, {"names": [*groups.values()]}).one()
    seen = connection.execute(_RIGHTS, {"tables": [*rights.TABLES]}).all()
    needed = [_is_needed(it, parts) for it in seen]
    missing = [_said(it) for it, wanted in zip(seen, needed, strict=True) if wanted and not it.can]
    more = [_said(it) for it, wanted in zip(seen, needed, strict=True) if it.can and not wanted]
    strange = [] if owns or missing else [f"rows of {it}" for it in rights.TABLES if _shows_more(connection, it, parts)]
    more += ["CREATE in the schema"] if builds else []
    return Standing(user, groups, made == len(groups), owns, parts, _once(missing), _once([*more, *strange]))


def _is_needed(it: sa.Row[Any], parts: Collection[Part]) -> bool:
    """Whether some part needs a command on a column; on a table, where a command knows no columns."""
    return any(
        right.command == it.command and (not it.column or not right.columns or it.column in right.columns)
        for part in parts
        for right in rights.of(it.table, part)
    )


def _said(it: sa.Row[Any]) -> str:
    return f"{it.command} on {it.table}"


def _once(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _shows_more(connection: sa.Connection, table: str, parts: Collection[Part]) -> bool:
    """Whether a table shows a row that no right of these parts does: row by row, whatever its policies say."""
    shown = [it.rows for part in parts for it in rights.of(table, part) if it.command == "SELECT"]
    if not shown or rights.ANY in shown:
        return False
    ours = " OR ".join(f"({it})" for it in shown)
    other = f"SELECT EXISTS (SELECT FROM {table} WHERE NOT coalesce({ours}, false))"  # noqa: S608 (our own words)
    return bool(connection.exec_driver_sql(other).scalar())


_USER: Final = sa.text("""
    SELECT current_user,
        rolsuper OR rolbypassrls OR coalesce((
            SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('alembic_version')), false),
        has_schema_privilege(current_schema()::text, 'CREATE'),
        (SELECT count(*) FROM pg_roles AS it WHERE it.rolname = ANY (:names) AND NOT it.rolcanlogin)
    FROM pg_roles WHERE rolname = current_user
""")
_MEMBER: Final = sa.text("""
    SELECT rolname FROM pg_roles WHERE rolname = ANY (:names) AND pg_has_role(current_user, oid, 'USAGE')
""")
_RIGHTS: Final = sa.text("""
    WITH it AS (
        SELECT pg_class.oid, relname::text AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = current_schema() AND relname = ANY (:tables)
    )
    SELECT name AS table, attname::text AS column, command, has_column_privilege(it.oid, attnum, command) AS can
    FROM it JOIN pg_attribute ON attrelid = it.oid AND attnum > 0 AND NOT attisdropped
    CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS command
    UNION ALL
    SELECT name, '', command, has_table_privilege(it.oid, command)
    FROM it CROSS JOIN unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS command
    ORDER BY 1, 3
""")

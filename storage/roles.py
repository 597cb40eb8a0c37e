"""The roles of the parts on PostgreSQL: made, and given what `storage.rights` says; and the views of `storage.known`.

A part's role logs nobody in: a process logs in by a role of its own, which is a member. Roles belong to a whole server,
so that a home's are named by its database. The tables' owner keeps every right, and no policy narrows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

import sqlalchemy as sa

from storage import known, rights
from storage.rights import Part, Right

LONGEST: Final = 63  # bytes of a name


def put_into_force(connection: sa.Connection) -> bool:
    """Make views and roles, and give each role its rights and no others, inside the connection's transaction.

    False: whoever connects may make no roles, or somebody logs in by one of these names: there are the views alone.
    """
    for table, policy in connection.execute(_POLICIES, {"tables": [*rights.TABLES]}).all():  # they call functions
        connection.exec_driver_sql(f"DROP POLICY {quoted(policy)} ON {table}")
    connection.exec_driver_sql(";\n".join(known.statements(connection)))
    groups = names(connection)
    if not _made(connection, groups):
        return False
    connection.exec_driver_sql(";\n".join(_statements(connection, groups)))
    return True


def names(connection: sa.Connection) -> Mapping[Part, str]:
    """What the roles of this database's home are called."""
    database, schema = connection.execute(_PLACE).one()
    home = database if schema == "public" else f"{database}.{schema}"
    return {part: _name(home, part) for part in Part}


def _name(home: str, part: Part) -> str:
    name = f"{home}_{part}"
    if len(name.encode()) <= LONGEST:
        return name
    return f"{home.encode()[:32].decode(errors='ignore')}_{hashlib.sha256(home.encode()).hexdigest()[:12]}_{part}"


def quoted(name: str) -> str:
    """A name as SQL has it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _made(connection: sa.Connection, groups: Mapping[Part, str]) -> bool:
    """Whether each role is there now, and logs nobody in."""
    there = {it.rolname: it.rolcanlogin for it in connection.execute(_ROLES, {"names": [*groups.values()]})}
    missing = [it for it in groups.values() if it not in there]
    if any(there.values()) or (missing and not connection.execute(_MAKES_ROLES).scalar()):
        return False
    for name in missing:
        connection.exec_driver_sql(f"CREATE ROLE {quoted(name)} NOLOGIN")
    return True


def _statements(connection: sa.Connection, groups: Mapping[Part, str]) -> Iterator[str]:
    """Everything, from the beginning: what was given or narrowed before goes first."""
    database, schema = connection.execute(_PLACE).one()
    every = ", ".join(map(quoted, groups.values()))
    yield f"GRANT CONNECT ON DATABASE {quoted(database)} TO {every}"
    yield f"REVOKE CREATE ON SCHEMA {quoted(schema)} FROM {every}"
    yield f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {every}"
    for function, parts in rights.FUNCTIONS.items():
        yield f"GRANT EXECUTE ON FUNCTION {function} TO {', '.join(quoted(groups[it]) for it in parts)}"
    for table in rights.TABLES:
        yield f"REVOKE ALL ON {table} FROM {every}"
        if not table.startswith(known.PREFIX):
            yield f"ALTER TABLE {table} {'ENABLE' if rights.narrowed(table) else 'DISABLE'} ROW LEVEL SECURITY"
        for part, group in groups.items():
            for number, right in enumerate(rights.of(table, part)):
                yield from _given(table, f"{part} {number}", group, right, locks=table in rights.LOCKS.get(part, ()))


def _given(table: str, policy: str, group: str, right: Right, *, locks: bool) -> Iterator[str]:
    """A right as statements. To change is given column by column: whoever may change the whole table may lock it."""
    given = right.columns
    if right.command == "UPDATE" and not locks:
        given = given or known.columns(table)
    columns = f" ({', '.join(map(quoted, given))})" if given else ""
    yield f"GRANT {right.command}{columns} ON {table} TO {quoted(group)}"
    if table.startswith(known.PREFIX):
        yield f"GRANT EXECUTE ON FUNCTION {table}() TO {quoted(group)}"
    if rights.narrowed(table):
        using = "" if right.command == "INSERT" else f" USING ({right.rows})"
        check = f" WITH CHECK ({right.new})" if right.command in {"INSERT", "UPDATE"} else ""
        yield f"CREATE POLICY {quoted(policy)} ON {table} FOR {right.command} TO {quoted(group)}{using}{check}"


_PLACE: Final = sa.text("SELECT current_database(), current_schema()")
_ROLES: Final = sa.text("SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname = ANY (:names)")
_MAKES_ROLES: Final = sa.text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
_POLICIES: Final = sa.text(
    "SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema() AND tablename = ANY (:tables)"
)

"""Rows that are found by exact id, and by nothing else: on PostgreSQL a view of each table that the intake looks into.

`known_tip` shows the tips of which the transaction named the id. It is a function's answer: no condition, plan or
statistic of whoever asks comes to see another row. Policies on the tables' rows would not hold that: PostgreSQL looks a
range of ids up in an index before a policy, and counts for anybody what the policy then removed.

What is changed or deleted in a view is changed in its table, if it is still what the view showed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import MetaData, Table

from storage import engine, tables
from storage.tables import LONGEST_STANDING, STANDING

PREFIX: Final = "known_"


@dataclass(frozen=True, slots=True)
class View:
    """Which rows of a table are shown, by a condition on its row `it`; and which columns, where it is not all."""

    rows: str
    columns: tuple[str, ...] = ()
    of: str = ""  # the table, where the view does not bear its name
    changed: str = "true"  # which of them may be changed or deleted


def _named(column: str) -> str:
    """The transaction named this one's id; its names are read once a statement."""
    return f"{column} = ANY ((SELECT nullif(current_setting('{engine.KNOWN}', true), '')::bytea[])::bytea[])"


_OF_CASE: Final = f"EXISTS (SELECT FROM envelope WHERE envelope.id = it.envelope_id AND {_named('envelope.case_id')})"
_WAITS: Final = (  # and no hand has said so of a file whose tip was sent
    "EXISTS (SELECT FROM waiting_file AS w WHERE w.envelope_id = it.envelope_id) AND NOT is_filed(it.envelope_id)"
)
_CLOSING: Final = _named("it.leaf") + " AND it.leaf = ANY (SELECT closing FROM tree_head)"  # noqa: S608 (leaves are no secret)
_ASIDE: Final = "name ~ '^mailbox[.][0-9a-f]+[.][0-9a-f]+$'"  # see migration 0013
_LOOKUP: Final = f"decode(CASE WHEN {_ASIDE} THEN split_part(name, '.', 3) END, 'hex')"

VIEWS: Final[Mapping[str, View]] = {
    "tip": View(_named("it.id")),
    "envelope": View(_named("it.case_id")),
    "reading_grant": View(f"{_named('it.case_id')} OR {_OF_CASE}"),  # wherever a hand has put it
    "mailbox": View(f"{_named('it.lookup')} OR {_named('it.case_id')}"),
    "event": View(f"(it.case_id <> '' AND {_named('it.case_id')}) OR ({_CLOSING})"),  # '': it concerns no case
    "ping": View(_named("it.case_id"), ("id", "case_id", "due_at")),
    "push": View(_named("it.case_id"), ("id", "case_id", "due_at")),  # and not whose chat it is
    "topic": View(_named("it.case_id"), ("case_id",)),
    "blob": View(_named("it.envelope_id"), ("envelope_id", "number"), changed=_WAITS),
    "standing": View(
        f"{STANDING['postgresql']} AND length(it.body) <= {LONGEST_STANDING}", of="event"
    ),  # what was laid down for the whole home, for every part
    "kept": View(_named(_LOOKUP), ("name", "value")),
}


FUNCTIONS: Final = {
    # Whoever may lock a row themselves may lock it against everybody; nobody upgrades while others hold it so.
    "hold_schema()": ("text", "RETURN (SELECT version_num FROM alembic_version FOR KEY SHARE);"),
    "is_filed(bytea)": ("boolean", "RETURN EXISTS (SELECT FROM envelope WHERE id = $1);"),
    # drafts, which every turn finds and puts: a view would cost it three times as much
    "find_draft(bytea)": (
        "TABLE (sealed bytea, version bigint, expires_at bigint)",
        "RETURN QUERY SELECT it.sealed, it.version, it.expires_at FROM draft AS it WHERE it.key = $1;",
    ),
    "put_draft(bytea, bigint, bigint, bytea, bigint)": (
        "boolean",
        "UPDATE draft SET sealed = $1, version = $2, expires_at = $3 WHERE key = $4 AND version = $5; RETURN FOUND;",
    ),
    "drop_draft(bytea, bigint)": ("boolean", "DELETE FROM draft WHERE key = $1 AND version <= $2; RETURN FOUND;"),
}


def table(name: str, dialect: str) -> Table:
    """A table as it is looked into by exact id: SQLite knows no rights, and has no views."""
    return _base(name) if dialect == "sqlite" else _view(name)


def columns(relation: str) -> tuple[str, ...]:
    """The columns of a table, or of a view of one."""
    if not relation.startswith(PREFIX):
        return tuple(tables.metadata.tables[relation].columns.keys())
    name = relation.removeprefix(PREFIX)
    return VIEWS[name].columns or tuple(_base(name).columns.keys())


def _base(name: str) -> Table:
    return tables.metadata.tables[VIEWS[name].of or name]


@functools.cache
def _view(name: str) -> Table:
    return _base(name).to_metadata(MetaData(), name=PREFIX + name)


def statements(connection: sa.Connection) -> Iterator[str]:
    """What makes views and functions anew, as the tables are now; nobody but the owner may use them yet."""
    schema = connection.execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    owned = f"SECURITY DEFINER SET search_path = {schema}, pg_temp"
    for signature, (returns, body) in FUNCTIONS.items():
        yield f"DROP FUNCTION IF EXISTS {signature}"
        yield f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE plpgsql {owned} AS $$BEGIN {body} END$$"
        yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
    for name, view in VIEWS.items():
        shown = [_base(name).columns[it] for it in columns(PREFIX + name)]
        yield from _Made(name, view, shown, connection.dialect, owned).statements()


@dataclass(frozen=True, slots=True)
class _Made:
    """A view in the making."""

    name: str
    view: View
    columns: list[sa.Column[Any]]
    dialect: sa.Dialect
    owned: str  # how its functions run: as the owner, whoever calls them, with the owner's tables in view

    def statements(self) -> Iterator[str]:
        """The view over its function, and what is done where its rows are changed."""
        view = PREFIX + self.name
        typed = ", ".join(f'"{it.name}" {it.type.compile(self.dialect)}' for it in self.columns)
        returns = f"RETURNS TABLE ({typed}) LANGUAGE sql STABLE"
        yield f"DROP VIEW IF EXISTS {view}"
        yield f"DROP FUNCTION IF EXISTS {view}(), change_{view}()"
        yield f"CREATE FUNCTION {view}() {returns} {self.owned} AS $${self._found()}$$"
        yield f"CREATE FUNCTION change_{view}() RETURNS trigger LANGUAGE plpgsql {self.owned} AS $${self._changed()}$$"
        yield f"REVOKE ALL ON FUNCTION {view}(), change_{view}() FROM PUBLIC"
        yield f"CREATE VIEW {view} AS SELECT * FROM {view}()"  # noqa: S608 (all of it our own words, here and below)
        yield (
            f"CREATE TRIGGER change INSTEAD OF UPDATE OR DELETE ON {view} FOR EACH ROW EXECUTE FUNCTION change_{view}()"
        )

    def _found(self) -> str:
        return f"SELECT {self._row('it')} FROM {self._table} AS it WHERE {self.view.rows}"  # noqa: S608

    def _changed(self) -> str:
        """The row as it shall be, or gone; one that is no longer what was shown stays, and counts as not found."""
        keys, others = ([it for it in self.columns if it.primary_key is key] for key in (True, False))
        this = " AND ".join(f'it."{it.name}" = OLD."{it.name}"' for it in keys)
        same = f"{this} AND ROW({self._row('it')}) IS NOT DISTINCT FROM ROW({self._row('OLD')}) AND {self.view.changed}"
        values = ", ".join(f'"{it.name}" = NEW."{it.name}"' for it in others or keys)
        return (
            f"BEGIN IF TG_OP = 'DELETE' THEN DELETE FROM {self._table} AS it WHERE {same};"  # noqa: S608
            f" ELSE UPDATE {self._table} AS it SET {values} WHERE {same}; END IF;"
            " IF NOT FOUND THEN RETURN NULL; ELSIF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END"
        )

    @property
    def _table(self) -> str:
        return self.view.of or self.name

    def _row(self, name: str) -> str:
        return ", ".join(f'{name}."{it.name}"' for it in self.columns)

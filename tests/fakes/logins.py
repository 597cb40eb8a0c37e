"""Logins at a PostgreSQL server, each a member of some part's role, as an operator makes them."""

import contextlib
from collections.abc import Iterator

import psycopg

from storage import migrate
from storage.rights import Part


def raw(url: str) -> str:
    """A database's address as other programs take it."""
    return url.replace("postgresql+psycopg:", "postgresql:")


def as_user(url: str, user: str) -> str:
    """The same database, connected to as somebody else."""
    scheme, rest = url.split("://")
    return f"{scheme}://{user}@{rest.rpartition('@')[2]}"


@contextlib.contextmanager
def created(url: str, name: str, more: str) -> Iterator[str]:
    """A role at the database's server for as long as it is needed; the database's address by its login."""
    with psycopg.connect(raw(url), autocommit=True) as owner:
        owner.execute(f'CREATE ROLE "{name}" LOGIN {more}')
        try:
            yield as_user(url, name)
        finally:
            owner.execute(f'DROP OWNED BY "{name}"')
            owner.execute(f'DROP ROLE "{name}"')


@contextlib.contextmanager
def of_each_part(url: str, tag: str = "1") -> Iterator[dict[Part, str]]:
    """An address for each part, by a login that has its rights; a database that was copied gets its roles first."""
    groups = migrate.renew_roles(url)
    assert groups is not None
    with contextlib.ExitStack() as stack:
        yield {
            part: stack.enter_context(created(url, f"{group}_{tag}", f'IN ROLE "{group}"'))
            for part, group in groups.items()
        }

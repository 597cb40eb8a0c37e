"""`tinbao roles`: each part's role on PostgreSQL, and how a process gets one; and what `tinbao doctor` says of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from bot.settings import Settings
from storage import migrate, roles, standing
from storage.rights import Part
from storage.standing import Standing
from tips import errors

NONE: Final = (
    "this database has no roles by part, so that whoever connects has every right: let its owner make them"
    " (ALTER ROLE … CREATEROLE) or make them yourself, then run `tinbao roles`. They are called "
)
LOGIN: Final = """
A process gets a role of its own by whoever may make roles, in psql, which asks for the password and sends it hashed:

    CREATE ROLE {login} LOGIN IN ROLE {group};
    \\password {login}

and this address in a file that TINBAO_DATABASE_URL_FILE names, with the password after a colon:

    {address}

Where the clock makes the nightly backup (TINBAO_BACKUPS) it needs {backups} as well: GRANT {backups} TO its role."""


def give(settings: Settings) -> int:
    """Bring the database to the newest schema, give the parts' roles their rights anew, and say how they are used.

    Raises:
        BadSetting: see `migrate.renew_roles`; or the roles are not there and cannot be made.
    """
    if migrate.renew_roles(settings.database_url) is None:
        raise errors.BadSetting(_none(_look(settings, ())))
    found = _look(settings, ())
    for part, name in found.groups.items():
        print(f"  {part:9} {name}")
    place, login = urlsplit(settings.database_url), "intake_1"
    address = f"{place.scheme}://{login}@{place.hostname}:{place.port or 5432}{place.path}"
    group, backups = roles.quoted(found.groups[Part.INTAKE]), roles.quoted(found.groups[Part.BACKUPS])
    print(LOGIN.format(login=login, group=group, address=address, backups=backups))
    return 0


def _look(settings: Settings, parts: Collection[Part]) -> Standing:
    found = standing.look(settings.database_url, parts)
    assert found is not None, "only PostgreSQL has roles"
    return found


def _none(found: Standing) -> str:
    return NONE + ", ".join(found.groups.values())


def look(settings: Settings, parts: Collection[str] | None) -> Standing | None:
    """How the user of the database's address stands to the parts of a process; None: it is SQLite.

    Args:
        parts: what serves on this machine; None: that of whose roles the user is a member.

    Raises:
        StoreUnavailable: the database is away.
    """
    wanted = None if parts is None else {Part(it) for it in parts}
    if wanted and Part.CLOCK in wanted and settings.backups:
        wanted.add(Part.BACKUPS)
    return standing.look(settings.database_url, wanted)


def advice(found: Standing, parts: Collection[str] | None) -> str:
    """What should be otherwise; "": nothing.

    Raises:
        BadSetting: the user lacks what the parts need.
    """
    if not found.made:
        return _none(found)
    if found.owns:
        more = f"{found.user} owns the tables, and {_listed(parts or ())} needs far less: `tinbao roles` says how"
        return more if parts else ""
    if found.missing:
        groups = ", ".join(roles.quoted(found.groups[it]) for it in sorted(found.parts))
        raise errors.BadSetting(
            f"{found.user} lacks {_listed(found.missing)}: GRANT {groups} TO {roles.quoted(found.user)}, or have its"
            " owner run `tinbao roles`"
        )
    if found.more:
        return f"{found.user} has more than {_listed(sorted(found.parts)) or 'nothing'} needs: {_listed(found.more)}"
    return ""


def _listed(words: Collection[str]) -> str:
    some = [*words][:8]
    return ", ".join(some) + (" …" if len(words) > len(some) else "")

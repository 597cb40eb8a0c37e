"""Roster versions, sealed seeds, and what else is kept sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from storage import mapping
from storage.engine import Database
from storage.loose_types import NO_OCTETS
from storage.officer_chats import forget_chats
from storage.tables import KeptRow, OrganisationRow, RosterRow, UnitSeedRow
from tips import errors
from tips.cases.ledger import SignedEvent
from tips.crypto import keys
from tips.crypto.keys import SealedSeed
from tips.organisation.roster import SignedRoster
from tips.ports.people import Account

_PERSONAL: Final = {  # table -> the column that says whose a row is
    "person": "name", "session": "name", "link_code": "name", "unit_seed": "holder",
}  # fmt: skip
_OF_A_PLACE: Final = frozenset({"session", "unit_seed"})  # those of them that go when their person moves


class SqlKeyring:
    """See `tips.ports.people.Keyring`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rosters(self) -> list[SignedRoster]:
        """Every version, oldest first."""
        async with self._database.read() as session:
            found = await session.exec(select(RosterRow).order_by(col(RosterRow.version)))
            return [mapping.to_roster(row) for row in found]

    async def newest_roster(self) -> SignedRoster | None:
        """The newest version."""
        async with self._database.read() as session:
            row = (await session.exec(select(RosterRow).order_by(col(RosterRow.version).desc()).limit(1))).first()
        return mapping.to_roster(row) if row else None

    async def add_roster(
        self,
        roster: SignedRoster,
        accounts: Sequence[Account],
        seeds: Sequence[SealedSeed],
        events: Sequence[SignedEvent],
        gone: Sequence[str] = (),
        pieces: Mapping[str, bytes] | None = None,
        moved: Sequence[str] = (),
    ) -> None:
        """A new version with everything it names, in place of what is gone."""
        added = {
            "roster": [mapping.of_roster(roster)],
            "kept": [{"name": name, "value": piece} for name, piece in (pieces or {}).items()],
            "person": [mapping.of_account(it) for it in accounts],
            "unit_seed": [mapping.of_seed(it) for it in seeds],
        }
        try:
            async with self._database.record() as recording:
                connection = recording.connection
                await forget_chats(connection, mapping.table("officer_chat").c.name.in_(gone))
                for name, column in _PERSONAL.items():
                    table = mapping.table(name)
                    names = [*gone, *moved] if name in _OF_A_PLACE else gone
                    await connection.execute(table.delete().where(table.c[column].in_(names)))
                invitation = mapping.table("invitation")
                joined = [it.locked.name for it in accounts]
                await connection.execute(invitation.delete().where(invitation.c.name.in_([*joined, *gone])))
                if pieces:
                    kept = mapping.table("kept").c.name
                    theirs = sa.or_(*(kept.startswith(name, autoescape=True) for name in (keys.RECOVERY, keys.RELEASE)))
                    await connection.execute(mapping.table("kept").delete().where(theirs))
                for name, values in added.items():
                    if values:
                        await connection.execute(mapping.table(name).insert(), values)
                await recording.add(events)
        except IntegrityError as error:
            raise errors.Stale from error

    async def organisation(self, digest: str) -> bytes:
        """A document."""
        async with self._database.read() as session:
            row = (await session.exec(select(OrganisationRow).where(OrganisationRow.digest == digest))).first()
        if row is None:
            raise errors.NotFound
        return row.document

    async def keep_organisation(self, digest: str, document: bytes) -> None:
        """A document in its place."""
        async with self._database.write() as connection:
            table = mapping.table("organisation")
            await connection.execute(table.delete().where(table.c.digest == digest))
            await connection.execute(table.insert().values(digest=digest, document=document))

    async def forget_roster(self, version: int, document: bytes) -> None:
        """Forget a version that is still this one."""
        table = mapping.table("roster")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.version == version, table.c.document == document))

    async def seeds(self, holder: str) -> list[SealedSeed]:
        """What is sealed to a holder."""
        return await self._seeds(holder=holder)

    async def seed_holders(self, unit: str) -> list[SealedSeed]:
        """Every sealed copy of a unit's seeds."""
        return await self._seeds(unit=unit)

    async def holders(self) -> list[tuple[str, int, str]]:
        """Whom each unit's seeds are sealed to; none of the copies themselves is asked for."""
        table = mapping.table("unit_seed")
        found = await self._database.rows(sa.select(table.c.unit, table.c.generation, table.c.holder))
        return [(unit, int(generation), holder) for unit, generation, holder in found]

    async def _seeds(self, **wanted: str) -> list[SealedSeed]:
        async with self._database.read() as session:
            found = await session.exec(select(UnitSeedRow).filter_by(**wanted))
            return [mapping.to_seed(row) for row in found]

    async def add_seeds(self, seeds: Sequence[SealedSeed]) -> None:
        """Further copies."""
        async with self._database.write() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            statement = dialect.insert(mapping.table("unit_seed")).on_conflict_do_nothing()
            await connection.execute(statement, [mapping.of_seed(it) for it in seeds])

    async def drop_seeds(self, seeds: Sequence[SealedSeed]) -> None:
        """Forget copies that are still these."""
        table = mapping.table("unit_seed")
        async with self._database.write() as connection:
            for it in map(mapping.of_seed, seeds):
                # What is of no type of ours reads as NO_OCTETS, and equals nothing.
                known = {name: value for name, value in it.items() if value != NO_OCTETS}
                theirs = (table.c[name] == value for name, value in known.items())
                await connection.execute(table.delete().where(*theirs))

    async def keep(self, name: str, value: bytes) -> None:
        """Keep a named sealed piece, in place of what a hand left there."""
        table = mapping.table("kept")
        async with self._database.write() as connection:
            await connection.execute(table.delete().where(table.c.name == name))
            await connection.execute(table.insert().values(name=name, value=value))

    async def kept(self, name: str) -> bytes:
        """A named sealed piece."""
        async with self._database.read() as session:
            row = (await session.exec(select(KeptRow).where(KeptRow.name == name))).first()
        if row is None:
            raise errors.NotFound
        return row.value

    async def all_kept(self, prefix: str) -> dict[str, bytes]:
        """Every sealed piece whose name begins so."""
        async with self._database.read() as session:
            found = await session.exec(select(KeptRow).where(col(KeptRow.name).startswith(prefix, autoescape=True)))
            return {row.name.removeprefix(prefix): row.value for row in found}

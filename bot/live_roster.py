"""The roster in force, and the organisation that it names: what every part asks who may receive, with which key."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import storage
from bot import key_files
from tips import errors
from tips.organisation import documents, roster, succession, templates, units, working_days
from tips.organisation.documents import Document
from tips.organisation.roster import APART, UNDERWAY, Roster, SignedRoster, Signers
from tips.organisation.units import Areas, Organisation, Unit
from tips.organisation.working_days import Calendar
from tips.people.proposals import Enrolment
from tips.ports.people import Keyring

NOT_YET: Final = "nobody has signed this home's roster yet: run `tinbao roster apply`"


@dataclass(frozen=True, slots=True)
class _InForce:
    roster: Roster
    stored: SignedRoster  # the same, as its signers signed it
    organisation: Organisation
    coming: Organisation | None = None  # what it names for a later day; None: nothing, or its document is nowhere yet


class LiveRoster:
    """The newest verified roster; a version that the signers before did not sign is never used.

    It is kept outside the database with its organisation, so that who takes rows away brings nobody back, and stops
    nothing.
    """

    def __init__(self, store: storage.Store, signers: Signers, secrets: Path, now: Callable[[], datetime]) -> None:
        self._store, self._signers, self._secrets, self._now = store, signers, secrets, now
        self._current: _InForce | None = None
        self._calendar = working_days.USUAL
        self._asked = frozenset[str]()  # of whom older versions were asked
        self._turn = asyncio.Lock()  # a version that waits for its document comes into force after no newer one

    def __call__(self) -> Roster:
        """The version that was verified last."""
        return self._in_force().roster

    @property
    def stored(self) -> SignedRoster:
        """The same, as its signers signed it."""
        return self._in_force().stored

    def organisation(self) -> Organisation:
        """The organisation that it names for today."""
        now, coming = self._in_force(), self._in_force().roster.coming
        return now.coming if now.coming and coming and coming.at <= self._now() else now.organisation

    def knowing(self, unit: str) -> Organisation:
        """The organisation in force; for a unit that only the coming one has, that one: its people join ahead of it."""
        now, coming = self.organisation(), self._in_force().coming
        return coming if coming and unit in coming.units and unit not in now.units else now

    def receiving(self) -> list[Unit]:
        """Units in which people can join: those in force, and those that only the coming organisation has."""
        now, coming = self.organisation().units, self._in_force().coming
        later = coming.units if coming else {}
        return [it for it in {**later, **now}.values() if it.receives]

    def go_by(self, calendar: Calendar) -> None:
        """From now on these are the working days; deadlines that run keep their day."""
        now = self._in_force()
        if self._calendar != calendar:
            self._calendar, coming = calendar, now.coming and _going_by(calendar, now.coming)
            self._current = replace(now, organisation=_going_by(calendar, now.organisation), coming=coming)

    def areas(self) -> Areas:
        """The area tables of that organisation."""
        return self.organisation().areas

    def _in_force(self) -> _InForce:
        if self._current is None:
            raise errors.BadSetting(NOT_YET)
        return self._current

    async def refresh(self) -> Roster:
        """Look for a newer version and verify it; one that is older than what was believed once is passed over.

        A row that does not follow from what is believed is passed over as well: an audit names it.

        Raises:
            NotVerified: no stored version is signed as it must be, and none was believed before; or the organisation
                that it names is nowhere: the one in use stays.
            BadSetting: the home has no roster.
        """
        async with self._turn:
            return await self._refreshed()

    async def _refreshed(self) -> Roster:
        if self._current is None and (kept := key_files.kept_roster(self._secrets)):
            await self._take(_of_itself(kept), kept)
        signed = await self._store.keyring.newest_roster()
        if signed and (self._current is None or signed.version > self().version):
            await self._believe(signed)
        now = self._in_force()
        if now.roster.coming and now.coming is None:
            now = self._current = replace(now, coming=await self._coming(now.roster))
        if now.roster.former.keys() - now.roster.past.keys() - self._asked:
            self._asked = frozenset(now.roster.former)
            self._current = replace(now, roster=roster.with_past(now.roster, await self._older()))
        return self()

    async def _believe(self, newest: SignedRoster) -> None:
        """Take a version into use; where it does not follow at once, by those in between, as far as they lead."""
        try:
            found = [(self.check(newest), newest)]
        except errors.NotVerified:
            before = self._current.roster if self._current else None
            stored = await self._store.keyring.rosters()
            found = [(roster.parse(it.document), it) for it in succession.walk(before, self._signers, stored)]
            if not found and before is None:
                raise
        if found:
            await self._take(*found[-1])
            key_files.keep_roster(self._secrets, found[-1][1])

    async def _take(self, newest: Roster, signed: SignedRoster) -> None:
        """Put a verified version into force, and its organisation wherever it is not kept yet."""
        if self._current and self().organisation_digest == newest.organisation_digest:
            organisation = self._current.organisation
        else:
            organisation = await self._read(newest.organisation, newest.organisation_digest)
        same = self._current and self().coming == newest.coming
        coming = self._current.coming if self._current and same else await self._coming(newest)
        self._current = _InForce(newest, signed, organisation, coming)

    async def _coming(self, newest: Roster) -> Organisation | None:
        """The organisation of a later day; a document that is gone by then stops nothing, and an audit names it."""
        if newest.coming is None:
            return None
        with contextlib.suppress(errors.NotVerified):
            return await self._read(newest.coming.organisation, newest.coming.digest)
        return None

    async def _read(self, name: str, digest: str) -> Organisation:
        """An organisation that a verified roster names, kept from now on wherever it is not."""
        document = kept_document(self._secrets, digest) or await document_of(name, digest, self._store.keyring)
        try:
            found = units.of_document(document)
        except errors.BadSetting as error:  # nobody signs what was not checked
            raise errors.NotVerified(str(error)) from error
        if document.digest == digest:
            await self._keep(document)
        return _going_by(self._calendar, found)

    async def _keep(self, document: Document) -> None:
        if key_files.kept_organisation(self._secrets, document.digest) != document.data:
            key_files.keep_organisation(self._secrets, document.digest, document.data)
        if await stored(self._store.keyring, document.digest) == document.data:
            return
        with contextlib.suppress(errors.NotPermitted):  # whoever serves one part leaves it to the owner's commands
            await self._store.keyring.keep_organisation(document.digest, document.data)

    async def _older(self) -> list[Roster]:
        """The versions that are stored and hold: earlier programs did not write down where those worked who left."""
        stored = await self._store.keyring.rosters()
        return [roster.parse(it.document) for it in succession.walk(None, self._signers, stored)]

    def check(self, signed: SignedRoster) -> Roster:
        """The roster of a version that is not in force yet.

        Raises:
            NotVerified: it does not follow from the one that is.
        """
        if self._current is None:
            return succession.begin(self._signers, signed)
        return succession.follow(self(), signed)

    async def put_into_force(self, step: Enrolment) -> None:
        """Store a version that every process will believe; one that lacks a signature would close the home for good.

        Raises:
            NotVerified: it does not follow.
            Refused: who goes by it may have worked on for longer than it allows.
        """
        after = self.check(step.roster)
        if self._current and roster.is_late(self(), after, self._now()):
            raise errors.Refused("error.roster_late")
        self._check_time(after)
        await self._make_way(step.roster.version)
        if step.organisation:  # before the version that names it: no process ever looks for it in vain
            await self._keep(step.organisation)
        await self._store.keyring.add_roster(
            step.roster, step.accounts, step.seeds, step.events, step.gone, step.pieces or None, step.moved
        )
        await self.refresh()

    def _check_time(self, after: Roster) -> None:
        """That nobody's keys end long before now, which would take back what they did since, nor long after.

        Raises:
            Refused: a clock was wrong when it was proposed, or its signers took too long.
        """
        now, longest, known = self._now(), UNDERWAY + APART, self().past if self._current else {}
        for name, them in after.past.items():
            for it in them:
                if it.until and it not in known.get(name, ()) and not now - longest <= it.until <= now + longest:
                    raise errors.Refused("error.request_time", name)

    async def _make_way(self, version: int) -> None:
        """Forget the row of a version that nobody believes: a hand that put it there would stop every later one."""
        stored = [it for it in await self._store.keyring.rosters() if it.version == version]
        if stored and self._current and self().version < version:
            with contextlib.suppress(errors.NotVerified):
                self.check(stored[0])
                return  # somebody else's, which is true, and comes first
            await self._store.keyring.forget_roster(version, stored[0].document)


def _going_by(calendar: Calendar, organisation: Organisation) -> Organisation:
    """An organisation whose terms are reckoned by these working days."""
    return replace(organisation, terms=replace(organisation.terms, calendar=calendar))


def _of_itself(kept: SignedRoster) -> Roster:
    """A version that was believed when it was kept."""
    return succession.begin(roster.parse(kept.document).signers, kept)


def kept_document(secrets: Path, digest: str) -> Document | None:
    """A document that a verified roster names, as it is kept beside the secrets; None: it is not."""
    return documents.believed(key_files.kept_organisation(secrets, digest), digest)


def known_organisation(secrets: Path, now: datetime) -> Organisation | None:
    """The organisation that this home's processes believed last, without its database; None: there is no home.

    Raises:
        NotVerified: what is kept is not what was signed.
    """
    kept = key_files.kept_roster(secrets)
    if kept is None:
        return None
    named = _of_itself(kept)
    if named.coming and named.coming.at <= now and (come := kept_document(secrets, named.coming.digest)):
        return units.of_document(come)
    name, digest = named.organisation, named.organisation_digest
    found = kept_document(secrets, digest) or templates.signed_as(name, digest)
    return units.of_document(found) if found else None


async def stored(keyring: Keyring, digest: str) -> bytes:
    """What lies in the database under a document's digest; b"": nothing."""
    try:
        return await keyring.organisation(digest)
    except errors.NotFound:
        return b""


async def document_of(name: str, digest: str, keyring: Keyring) -> Document:
    """The document of an organisation that a verified roster names: a row that has its digest, or what shipped.

    Raises:
        NotVerified: there is none; the message is the remedy.
    """
    found = documents.believed(await stored(keyring, digest), digest) or templates.signed_as(name, digest)
    if found is None and name in templates.names():
        shipped = templates.newest(name)
        found = shipped if shipped.digest == digest else None
    if found is None:
        raise errors.NotVerified(
            f"the organisation that the roster names ({digest[:16]}) is nowhere: bring"
            f" {key_files.ORGANISATION.format(digest)} back into TINBAO_SECRETS, from another machine or a copy"
        )
    return found

"""The roster in force, and the organisation that it names: what every part asks who may receive, with which key."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import storage
from bot import key_files
from tips import errors
from tips.organisation import documents, roster, templates, units
from tips.organisation.documents import Document
from tips.organisation.roster import Roster, SignedRoster, Signer
from tips.organisation.units import Areas, Organisation
from tips.people.enrolment import Enrolment
from tips.ports.people import Keyring


class LiveRoster:
    """The newest verified roster; a version that the pinned signers did not sign is never used.

    It is kept outside the database with its organisation, so that who takes rows away brings nobody back, and stops
    nothing.
    """

    def __init__(self, store: storage.Store, signers: tuple[Signer, ...], secrets: Path) -> None:
        self._store, self._signers, self._secrets = store, signers, secrets
        self._current: tuple[Roster, Organisation] | None = None
        self._asked = frozenset[str]()  # of whom older versions were asked
        self._turn = asyncio.Lock()  # a version that waits for its document comes into force after no newer one

    def __call__(self) -> Roster:
        """The version that was verified last."""
        return self._in_force()[0]

    def organisation(self) -> Organisation:
        """The organisation that it names."""
        return self._in_force()[1]

    def areas(self) -> Areas:
        """The area tables of that organisation."""
        return self.organisation().areas

    def _in_force(self) -> tuple[Roster, Organisation]:
        if self._current is None:
            raise errors.BadSetting("there is no roster yet: run `tinbao init`")
        return self._current

    async def refresh(self) -> Roster:
        """Look for a newer version and verify it; one that is older than what was believed once is passed over.

        Raises:
            NotVerified: the newest stored version is not signed as it must be, or the organisation that it names is
                nowhere; the one in use stays.
            BadSetting: the home has no roster.
        """
        async with self._turn:
            return await self._refreshed()

    async def _refreshed(self) -> Roster:
        if self._current is None and (kept := key_files.kept_roster(self._secrets)):
            await self._take(self.check(kept))
        signed = await self._store.keyring.newest_roster()
        if signed and (self._current is None or signed.version > self._current[0].version):
            await self._take(self.check(signed))
            key_files.keep_roster(self._secrets, signed)
        current, organisation = self._in_force()
        if current.former.keys() - current.past.keys() - self._asked:
            self._asked = frozenset(current.former)
            self._current = roster.with_past(current, await self._older()), organisation
        return self()

    async def _take(self, newest: Roster) -> None:
        """Put a verified version into force, and its organisation wherever it is not kept yet."""
        if self._current and self._current[0].organisation_digest == newest.organisation_digest:
            self._current = newest, self._current[1]
            return
        document = await self._document(newest)
        try:
            self._current = newest, units.of_document(document)
        except errors.BadSetting as error:  # nobody signs what was not checked
            raise errors.NotVerified(str(error)) from error
        if document.digest == newest.organisation_digest:
            await self._keep(document)

    async def _document(self, newest: Roster) -> Document:
        return kept_document(self._secrets, newest) or await document_of(newest, self._store.keyring)

    async def _keep(self, document: Document) -> None:
        if key_files.kept_organisation(self._secrets, document.digest) != document.data:
            key_files.keep_organisation(self._secrets, document.digest, document.data)
        if await stored(self._store.keyring, document.digest) != document.data:
            await self._store.keyring.keep_organisation(document.digest, document.data)

    async def _older(self) -> list[Roster]:
        """The versions that are stored and hold: earlier programs did not write down where those worked who left."""
        found = []
        for it in await self._store.keyring.rosters():
            with contextlib.suppress(errors.NotVerified):
                found.append(roster.verify(it, self._signers))
        return found

    def check(self, signed: SignedRoster) -> Roster:
        """The roster of a version that is not in force yet.

        Raises:
            NotVerified: the pinned signers did not sign it as they must.
        """
        return roster.verify(signed, self._signers)

    async def put_into_force(self, step: Enrolment) -> None:
        """Store a version that every process will believe; one that lacks a signature would close the home for good."""
        self.check(step.roster)
        if step.organisation:  # before the version that names it: no process ever looks for it in vain
            await self._keep(step.organisation)
        await self._store.keyring.add_roster(step.roster, step.accounts, step.seeds, (step.event,), step.gone)
        await self.refresh()


def kept_document(secrets: Path, named: Roster) -> Document | None:
    """The document of a verified roster's organisation, as it is kept beside the secrets; None: it is not."""
    digest = named.organisation_digest
    return documents.believed(key_files.kept_organisation(secrets, digest), digest)


def known_organisation(secrets: Path) -> Organisation | None:
    """The organisation that this home's processes believed last, without its database; None: there is no home.

    Raises:
        NotVerified: what is kept is not what was signed.
    """
    kept = key_files.kept_roster(secrets)
    if kept is None:
        return None
    named = roster.verify(kept, key_files.signers(secrets))
    found = kept_document(secrets, named) or templates.signed_as(named.organisation, named.organisation_digest)
    return units.of_document(found) if found else None


async def stored(keyring: Keyring, digest: str) -> bytes:
    """What lies in the database under a document's digest; b"": nothing."""
    try:
        return await keyring.organisation(digest)
    except errors.NotFound:
        return b""


async def document_of(named: Roster, keyring: Keyring) -> Document:
    """The document of the organisation that a verified roster names: a row that has its digest, or what shipped.

    Raises:
        NotVerified: there is none; the message is the remedy.
    """
    digest = named.organisation_digest
    found = documents.believed(await stored(keyring, digest), digest) or templates.signed_as(named.organisation, digest)
    if found is None and named.organisation in templates.names():
        shipped = templates.newest(named.organisation)
        found = shipped if shipped.digest == digest else None
    if found is None:
        raise errors.NotVerified(
            f"the organisation that the roster names ({digest[:16]}) is nowhere: bring"
            f" {key_files.ORGANISATION.format(digest)} back into TINBAO_SECRETS, from another machine or a copy"
        )
    return found

"""The roster in force: what every part of a process asks who may receive, with which key."""

from __future__ import annotations

import contextlib
from pathlib import Path

import storage
from bot import key_files
from tips import errors
from tips.organisation import roster, templates
from tips.organisation.roster import Roster, SignedRoster, Signer
from tips.organisation.units import Organisation
from tips.people.enrolment import Enrolment


class LiveRoster:
    """The newest verified roster; a version that the pinned signers did not sign is never used.

    It is kept outside the database, so that who takes the newest row away brings nobody back.
    """

    def __init__(
        self, store: storage.Store, organisation: Organisation, signers: tuple[Signer, ...], secrets: Path
    ) -> None:
        self._store, self.organisation, self._signers, self._secrets = store, organisation, signers, secrets
        self._current: Roster | None = None
        self._asked = frozenset[str]()  # of whom older versions were asked

    def __call__(self) -> Roster:
        """The version that was verified last."""
        if self._current is None:
            raise errors.BadSetting("there is no roster yet: run `tinbao init`")
        return self._current

    async def refresh(self) -> Roster:
        """Look for a newer version and verify it; one that is older than what was believed once is passed over.

        Raises:
            NotVerified: the newest stored version is not signed as it must be; the one in use stays.
            BadSetting: the home has no roster, or is of another organisation.
        """
        if self._current is None and (kept := key_files.kept_roster(self._secrets)):
            self._current = self.check(kept)
        signed = await self._store.keyring.newest_roster()
        if signed and (self._current is None or signed.version > self._current.version):
            self._current = self.check(signed)
            key_files.keep_roster(self._secrets, signed)
        if self._current and self._current.former.keys() - self._current.past.keys() - self._asked:
            self._asked = frozenset(self._current.former)
            self._current = roster.with_past(self._current, await self._older())
        return self()

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
        return self._checked(roster.verify(signed, self._signers))

    def _checked(self, newest: Roster) -> Roster:
        here = self.organisation
        legacy = templates.signed_as(newest.organisation, newest.organisation_digest)
        if (newest.organisation, newest.organisation_digest) != (here.name, here.digest) and (
            legacy is None or legacy.digest != here.digest
        ):
            raise errors.BadSetting(f"the roster was signed for another organisation than {here.name}: set TINBAO_ORG")
        return newest

    async def put_into_force(self, step: Enrolment) -> None:
        """Store a version that every process will believe; one that lacks a signature would close the home for good."""
        self.check(step.roster)
        await self._store.keyring.add_roster(step.roster, step.accounts, step.seeds, (step.event,), step.gone)
        await self.refresh()

"""The roster in force: what every part of a process asks who may receive, with which key."""

from __future__ import annotations

from pathlib import Path

import storage
from bot import key_files
from tips import errors
from tips.organisation import roster, succession
from tips.organisation.roster import Roster, SignedRoster, Signers
from tips.organisation.units import Organisation
from tips.people.proposals import Enrolment


class LiveRoster:
    """The newest verified roster; a version that the pinned signers did not sign is never used.

    It is kept outside the database, so that who takes the newest row away brings nobody back.
    """

    def __init__(self, store: storage.Store, organisation: Organisation, signers: Signers, secrets: Path) -> None:
        self._store, self.organisation, self._signers, self._secrets = store, organisation, signers, secrets
        self._current: Roster | None = None
        self._stored: SignedRoster | None = None  # the same version, as its signers signed it
        self._asked = frozenset[str]()  # of whom older versions were asked

    def __call__(self) -> Roster:
        """The version that was verified last."""
        if self._current is None:
            raise errors.BadSetting("nobody has signed this home's roster yet: run `tinbao roster apply`")
        return self._current

    @property
    def stored(self) -> SignedRoster:
        """The same, as its signers signed it."""
        if self._stored is None:
            raise errors.BadSetting("nobody has signed this home's roster yet: run `tinbao roster apply`")
        return self._stored

    async def refresh(self) -> Roster:
        """Look for a newer version and verify it; one that is older than what was believed once is passed over.

        A row that does not follow from what is believed is passed over as well: an audit names it.

        Raises:
            NotVerified: no stored version is signed as it must be, and none was believed before.
            BadSetting: the home has no roster, or is of another organisation.
        """
        if self._current is None and (kept := key_files.kept_roster(self._secrets)):
            self._current = self._checked(succession.begin(roster.parse(kept.document).signers, kept))
            self._stored = kept
        signed = await self._store.keyring.newest_roster()
        if signed and (self._current is None or signed.version > self._current.version):
            await self._believe(signed)
        if self._current and self._current.former.keys() - self._current.past.keys() - self._asked:
            self._asked = frozenset(self._current.former)
            self._current = roster.with_past(self._current, await self._older())
        return self()

    async def _believe(self, newest: SignedRoster) -> None:
        """Take a version into use; where it does not follow at once, by those in between, as far as they lead."""
        try:
            self._use(newest)
        except errors.NotVerified:
            for it in succession.walk(self._current, self._signers, await self._store.keyring.rosters()):
                self._use(it)
            if self._current is None:
                raise

    def _use(self, signed: SignedRoster) -> None:
        self._current, self._stored = self.check(signed), signed
        key_files.keep_roster(self._secrets, signed)

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
            return self._checked(succession.begin(self._signers, signed))
        return self._checked(succession.follow(self._current, signed))

    def _checked(self, newest: Roster) -> Roster:
        expected = (self.organisation.name, self.organisation.digest)
        if (newest.organisation, newest.organisation_digest) != expected:
            raise errors.BadSetting(
                f"the roster was signed for another organisation than {expected[0]}: set TINBAO_ORG"
            )
        return newest

    async def put_into_force(self, step: Enrolment) -> None:
        """Store a version that every process will believe; one that lacks a signature would close the home for good."""
        self.check(step.roster)
        await self._store.keyring.add_roster(step.roster, step.accounts, step.seeds, step.events, step.gone)
        await self.refresh()

"""New homes: what is tried before one is made, its first rows and secrets, and the version with which it begins."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import storage
from bot import key_files, organisation_files
from bot.live_roster import LiveRoster
from bot.settings import Settings
from bot.wiring import Now, believed_time, wall_clock
from storage import migrate
from tips import errors
from tips.crypto.keys import FULL_COST, Cost
from tips.crypto.sealing import Random
from tips.people.founding import Founding, found, found_by
from tips.people.proposals import Enrolment
from tips.people.signer_keys import PublicSigner


async def initialise(
    settings: Settings,
    *,
    now: Now = wall_clock,
    random: Random = os.urandom,
    cost: Cost = FULL_COST,
    trial: bool = False,
    tell: Callable[[Founding], None] = lambda made: None,
) -> Founding:
    """Make a new home whose signers share this shell; whatever a start needs is tried before anything of it is made.

    Args:
        tell: shows what is shown once, before it is kept: what nobody could read founds no home.

    Raises:
        BadSetting: there is one already, the organisation is unknown, or something that a start needs is missing.
    """
    organisation = organisation_files.organisation(settings.organisation)
    believed = believed_time(settings, now, trial=trial)
    check_new_home(settings)
    made = found(organisation, believed(), random, cost, trial=trial)
    async with _empty_store(settings) as store:
        tell(made)
        await store.keyring.keep_organisation(organisation.digest, organisation.document.data)
        await _keep(store, made)
        signed = made.enrolment
        await store.keyring.add_roster(signed.roster, signed.accounts, (), signed.events)
    key_files.store(settings.secrets, made.secrets)
    return made


async def initialise_for(
    settings: Settings, signers: Sequence[PublicSigner], needed: int, tell: Callable[[Founding], None]
) -> Founding:
    """Make a new home that serves once its signers, each on a machine of theirs, have signed its first roster.

    Args:
        settings: where it is.
        signers: who signs.
        needed: how many of them have to.
        tell: writes the request, before anything is kept.

    Raises:
        BadSetting: see `initialise`.
        Refused: these cannot sign, or one branch of them could alone.
    """
    organisation = organisation_files.organisation(settings.organisation)
    now = believed_time(settings, wall_clock, trial=False)
    check_new_home(settings)
    made = found_by(organisation, signers, needed, now(), os.urandom)
    async with _empty_store(settings) as store:
        tell(made)
        await store.keyring.keep_organisation(organisation.digest, organisation.document.data)
        await _keep(store, made)
    key_files.store(settings.secrets, made.secrets)
    return made


async def _keep(store: storage.Store, made: Founding) -> None:
    for name, value in made.kept.items():
        await store.keyring.keep(name, value)


async def begin(settings: Settings, first: Enrolment) -> None:
    """Put the first version of a home into force, or that with which it comes back from a backup.

    Where this very one is, there is nothing to do: whoever was stopped half way finishes so.

    Raises:
        NotVerified: too few of its signers signed it, or another one is in force.
    """
    migrate.upgrade(settings.database_url)
    pinned = key_files.signers(settings.secrets)
    async with storage.open_store(settings.database_url) as store:
        live = LiveRoster(store, pinned, settings.secrets, wall_clock)
        with contextlib.suppress(errors.BadSetting):  # there is none before the first
            await live.refresh()
            if live.stored.document == first.roster.document:
                return
        await live.put_into_force(first)


def check_new_home(settings: Settings) -> None:
    """That a home can be made where the settings say, and be run there.

    Raises:
        BadSetting: there is one already, or a folder cannot be used.
    """
    if (settings.secrets / "signers.json").exists():
        raise errors.BadSetting(
            "this home exists already: for a new one choose another TINBAO_HOME and"
            " TINBAO_SECRETS; what this one lacks, copy from the machine on which it was made"
        )
    key_files.check_run(settings.run, demo=settings.demo)
    key_files.check_writable(settings.home, "TINBAO_HOME", "choose a folder that you may write")
    key_files.check_writable(settings.secrets, "TINBAO_SECRETS", "choose a folder that you may write")


@asynccontextmanager
async def _empty_store(settings: Settings) -> AsyncIterator[storage.Store]:
    """The store of a new home: both of its servers were reached, and nobody's home is in it.

    Raises:
        BadSetting: one cannot be reached, or another home is in the database.
    """
    try:
        migrate.upgrade(settings.database_url)
    except errors.StoreUnavailable as error:
        raise errors.BadSetting("the database (TINBAO_DATABASE_URL) cannot be reached or written") from error
    async with storage.open_store(settings.database_url, settings.drafts_url or None) as store:
        try:
            await store.drafts.get(bytes(16))
        except errors.StoreUnavailable as error:
            raise errors.BadSetting("the store of drafts (TINBAO_DRAFTS_URL) cannot be reached") from error
        if await store.keyring.newest_roster():
            raise errors.BadSetting("another home is in this database: choose another TINBAO_DATABASE_URL")
        yield store

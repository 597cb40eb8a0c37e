"""The composition root: the only module that knows every part. Everything else receives what it needs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import storage
from bot import secrets
from bot.cleaning import Cleaning
from bot.settings import Settings
from bot.vitals import Vitals
from storage import migrate
from tips import errors, organisation, roster
from tips.accounts import Logins
from tips.audit import Report, audit
from tips.budget import Budgets, Memory
from tips.climbing import Climber
from tips.conversation import Conversation, Say
from tips.devices import Devices
from tips.files import Files
from tips.flood import Crowd
from tips.founding import PROCESSES, Founding, Secrets, found
from tips.intake import Intake
from tips.keys import Cost
from tips.mailbox import Mailboxes
from tips.news import News
from tips.notices import Notices
from tips.organisation import Organisation
from tips.ports import Counters
from tips.progress import Progress
from tips.reception import Reception
from tips.reminders import Reminders
from tips.review import Review
from tips.roster import Roster
from tips.sealing import Random
from tips.shredding import Shredder
from tips.signs import Watch
from tips.triage import Triager

Now = Callable[[], datetime]
FULL_COST: Final = Cost()


def wall_clock() -> datetime:
    """The present moment, aware, in UTC; the product gets it as a parameter."""
    return datetime.now(UTC)


class LiveRoster:
    """The newest verified roster; a version that the pinned signers did not sign is never used."""

    def __init__(self, store: storage.Store, home: Organisation, signers: tuple[roster.Signer, ...]) -> None:
        self._store, self._organisation, self._signers = store, home, signers
        self._current: Roster | None = None

    def __call__(self) -> Roster:
        """The version that was verified last."""
        if self._current is None:
            raise errors.BadSetting("there is no roster yet: run `tinbao init`")
        return self._current

    async def refresh(self) -> Roster:
        """Look for a newer version and verify it.

        Raises:
            NotVerified: the newest stored version is not signed as it must be; the one in use stays.
            BadSetting: the home has no roster, or is of another organisation.
        """
        signed = await self._store.keyring.newest_roster()
        if signed is None:
            raise errors.BadSetting("there is no roster yet: run `tinbao init`")
        if self._current is None or signed.version > self._current.version:
            self._current = self._checked(roster.verify(signed, self._signers))
        return self._current

    def _checked(self, newest: Roster) -> Roster:
        own = (self._organisation.name, self._organisation.digest)
        if (newest.organisation, newest.organisation_digest) != own:
            raise errors.BadSetting(f"the roster was signed for another organisation than {own[0]}: set TINBAO_ORG")
        return newest


@dataclass(frozen=True, slots=True)
class Product:
    """Everything put together, for one process."""

    settings: Settings
    organisation: Organisation
    triager: Triager
    store: storage.Store
    run: secrets.RunFolder
    counters: Counters
    roster: LiveRoster
    now: Now
    random: Random
    cost: Cost
    reception: Reception
    review: Review
    progress: Progress
    logins: Logins
    climber: Climber
    shredder: Shredder
    news: News
    notices: Notices
    watch: Watch
    reminders: Reminders
    vitals: Vitals

    async def audit(self) -> Report:
        """Whether everything stored is what was signed."""
        return await audit(self.store.cases, self.store.ledger, self.store.blobs, self.roster())

    def reception_without_budgets(self) -> Reception:
        """For the terminal, where whoever types is at the machine already."""
        free = Budgets(self.counters, None, None, None)
        return replace(self.reception, budgets=free)


@asynccontextmanager
async def open_product(
    settings: Settings, *, now: Now = wall_clock, random: Random = os.urandom, cost: Cost = FULL_COST
) -> AsyncIterator[Product]:
    """Open a home that `init` made.

    Raises:
        BadSetting: something is missing or unsafe; the message is the remedy.
    """
    if not settings.home.is_dir():
        raise errors.BadSetting(f"there is no home at TINBAO_HOME ({settings.home.name}): run `tinbao init`")
    own = secrets.load(settings.secrets, PROCESSES)
    run = secrets.open_run(settings.run, settings.secrets, now, demo=settings.demo)
    migrate.upgrade(settings.database_url)
    async with (
        storage.open_store(settings.database_url, settings.drafts_url or None) as store,
        _counters(settings, run, now) as counters,
    ):
        yield await _put_together(settings, store, own, run, counters, now, random, cost)


@asynccontextmanager
async def _counters(settings: Settings, run: secrets.RunFolder, now: Now) -> AsyncIterator[Counters]:
    """Beside the drafts where processes share these, else in memory."""
    alone = Memory(now, settings.processes)
    if not settings.drafts_url:
        yield alone
        return
    from storage.counters import SharedCounters

    async with SharedCounters(settings.drafts_url, run.count_key, alone, now) as shared:
        yield shared


async def _put_together(
    settings: Settings,
    store: storage.Store,
    own: Secrets,
    run: secrets.RunFolder,
    counters: Counters,
    now: Now,
    random: Random,
    cost: Cost,
) -> Product:
    home = organisation.load(settings.organisation)
    triager = Triager(home)
    live = LiveRoster(store, home, own.signers)
    await live.refresh()
    intake = Intake(store.tips, live, own.signing["intake"], now, random, Crowd(now))
    mailboxes = Mailboxes(store.cases, live, own.signing["intake"], now, random)
    evidence = Files(Cleaning(), store.blobs, now, random)
    news = News(store.addresses, run, now, random)
    reception = Reception(
        conversation=Conversation(triager, _unit_names(home), settings.operator, f"{settings.public_url}/"),
        intake=intake,
        mailboxes=mailboxes,
        drafts=store.drafts,
        files=evidence,
        news=news,
        secrets=run,
        budgets=Budgets(counters),
        now=now,
        random=random,
        welcome_after_loss=_recent_loss(run, now),
    )
    review = Review(store.cases, live, home, evidence, now, random)
    return Product(
        settings=settings,
        organisation=home,
        triager=triager,
        store=store,
        run=run,
        counters=counters,
        roster=live,
        now=now,
        random=random,
        cost=cost,
        reception=reception,
        review=review,
        progress=Progress(review),
        logins=Logins(store.accounts, store.keyring, live, Devices(run, random), now, random),
        climber=Climber(store.cases, home.overseers, own.release, own.signing["clock"], now, random),
        shredder=Shredder(store.cases, own.signing["clock"], now, random),
        news=news,
        notices=Notices(store.links, store.outbox, live, now, random),
        reminders=Reminders(store.cases, store.outbox, live, now, random),
        vitals=Vitals(store),
        watch=Watch(store.statistics, store.outbox, live, home, now, random),
    )


def _unit_names(home: Organisation) -> Callable[[str], Say]:
    """How citizens are told of a unit: an area's desk by its area."""

    def named(code: str) -> Say:
        unit = home.unit(code)
        if unit.kind == "area_desk":
            return Say("unit.area_desk", {"name": unit.name})
        return Say("plain", {"text": unit.name})

    return named


def _recent_loss(run: secrets.RunFolder, now: Now) -> Callable[[], bool]:
    lost = run.lost_since()
    return lambda: lost is not None and now() - lost < secrets.LOSS_TOLD_FOR


async def initialise(
    settings: Settings, *, now: Now = wall_clock, random: Random = os.urandom, cost: Cost = FULL_COST
) -> Founding:
    """Make a new home.

    Raises:
        BadSetting: there is one already, or the organisation is unknown.
    """
    if (settings.secrets / "signers.json").exists():
        raise errors.BadSetting("this home exists already: choose another TINBAO_HOME, or remove it and its secrets")
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = found(organisation.load(settings.organisation), now(), random, cost)
    migrate.upgrade(settings.database_url)
    async with storage.open_store(settings.database_url) as store:
        await store.keyring.add_roster(made.roster, made.accounts, (), (made.event,))
        for name, value in made.kept.items():
            await store.keyring.keep(name, value)
    secrets.store(settings.secrets, made.secrets)
    return made

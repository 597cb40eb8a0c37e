"""The composition root: the only module that knows every part. Everything else receives what it needs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import locales
import storage
from bot import key_files
from bot.cleaner.client import Cleaning
from bot.live_roster import LiveRoster
from bot.serve.health import Health
from bot.settings import Settings
from storage import migrate
from tips import errors
from tips.clock.departures import Departures
from tips.clock.early_signs import EarlySigns
from tips.clock.escalation import Escalation
from tips.clock.jobs import Job, JobName, Jobs
from tips.clock.leases import Leases
from tips.clock.reminders import Reminders
from tips.clock.retention import Retention
from tips.clock.rounds import Rounds
from tips.crypto.keys import Cost, Identity
from tips.crypto.sealing import Random, derive
from tips.desk.audit import Report, audit
from tips.desk.casework import Casework
from tips.desk.exports import Exports
from tips.desk.late_exclusion import LateExclusion
from tips.desk.officer_notifications import OfficerNotifications
from tips.desk.review import Review
from tips.desk.writing import Writer
from tips.evidence.files import Files
from tips.intake.conversation import Conversation
from tips.intake.draft_vault import Vault
from tips.intake.flood import Crowd
from tips.intake.mailbox import Mailboxes
from tips.intake.rate_limits import Memory, RateLimits
from tips.intake.reception import Reception
from tips.intake.reporter_notifications import ReporterNotifications
from tips.intake.submission import Intake
from tips.intake.turns import Say
from tips.organisation import units
from tips.organisation.roster import CLOCK, INTAKE, PROCESSES
from tips.organisation.units import Organisation
from tips.people.device_cookies import Devices
from tips.people.enrolment import Registrar
from tips.people.founding import Founding, Secrets, found
from tips.people.logins import Logins
from tips.ports.intake import Counters
from tips.triage import Triager

Now = Callable[[], datetime]
FULL_COST: Final = Cost()


def wall_clock() -> datetime:
    """The present moment, aware, in UTC; the product gets it as a parameter."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Product:
    """Everything put together, for one process."""

    settings: Settings
    organisation: Organisation
    triager: Triager
    store: storage.Store
    run: key_files.RunFolder
    counters: Counters
    roster: LiveRoster
    now: Now
    random: Random
    cost: Cost
    reception: Reception
    mailboxes: Mailboxes
    review: Review
    casework: Casework
    departures: Departures
    logins: Logins
    escalation: Escalation
    retention: Retention
    reporter_notifications: ReporterNotifications
    officer_notifications: OfficerNotifications
    early_signs: EarlySigns
    reminders: Reminders
    leases: Leases
    jobs: Jobs
    exports: Exports
    health: Health

    async def audit(self) -> Report:
        """Whether everything stored is what was signed."""
        return await audit(self.store.cases, self.store.ledger, self.store.blobs, self.roster())

    def registrar(self, admins: Sequence[Identity]) -> Registrar:
        """Who makes the next roster version, signed by these admins."""
        return Registrar(self.roster(), self.organisation, admins, self.now(), self.random, self.cost)

    def unlimited_reception(self) -> Reception:
        """For the terminal, where whoever types is at the machine already."""
        free = RateLimits(self.counters, None, None, None)
        return replace(self.reception, rate_limits=free)


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
    secrets = key_files.load(settings.secrets, PROCESSES)
    key_files.check_run(settings.run, demo=settings.demo)
    migrate.upgrade(settings.database_url)
    async with storage.open_store(settings.database_url, settings.drafts_url or None) as store:
        live = LiveRoster(store, units.load(settings.organisation), secrets.signers)
        believed = believed_time(settings, now, trial=(await live.refresh()).trial)
        run = key_files.open_run(settings.run, settings.secrets, believed, demo=settings.demo)
        async with _counters(settings, run, believed) as counters:
            yield _put_together(settings, store, live, secrets, run, counters, believed, random, cost)


@asynccontextmanager
async def _counters(settings: Settings, run: key_files.RunFolder, now: Now) -> AsyncIterator[Counters]:
    """Beside the drafts where processes share these, else in memory."""
    alone = Memory(now, settings.processes)
    if not settings.drafts_url:
        yield alone
        return
    from storage.counters import SharedCounters

    async with SharedCounters(settings.drafts_url, run.count_key, alone, now) as shared:
        yield shared


def believed_time(settings: Settings, now: Now, *, trial: bool) -> Now:
    """The clock of a home: the machine's own, which only a trial home lets anybody move.

    Raises:
        BadSetting: `TINBAO_NOW` is set for a home that is none.
    """
    if settings.moved is None:
        return now
    if not trial:
        raise errors.BadSetting(
            "TINBAO_NOW moves time only in a home made by `tinbao init --trial`, and this is none: unset it"
        )
    return settings.moved.clock(now)


def _put_together(
    settings: Settings,
    store: storage.Store,
    live: LiveRoster,
    secrets: Secrets,
    run: key_files.RunFolder,
    counters: Counters,
    now: Now,
    random: Random,
    cost: Cost,
) -> Product:
    organisation = live.organisation
    triager = Triager(organisation)
    intake = Intake(live, secrets.signing[INTAKE], now, random, Crowd(now))
    mailboxes = Mailboxes(store.cases, live, secrets.signing[INTAKE], now, random)
    evidence = Files(Cleaning(), store.blobs, now, random)
    reporter_notifications = ReporterNotifications(store.addresses, run, now, random)
    conversation = Conversation(
        triager, _unit_names(organisation), settings.operator, f"{settings.public_url}/", locales.LANGUAGES
    )
    reception = Reception(
        conversation=conversation,
        intake=intake,
        mailboxes=mailboxes,
        vault=Vault(store.drafts, run, now, random, _recent_loss(run, now)),
        files=evidence,
        reporter_notifications=reporter_notifications,
        rate_limits=RateLimits(counters),
        random=random,
    )
    writer = Writer(store.cases, live, now, random)
    exclusion = LateExclusion(store.cases, live, writer, evidence, now, random)
    leases = Leases(store.clockwork, derive(secrets.signing[CLOCK], b"tinbao leases"), now, random)
    rounds = Rounds(store.cases, store.clockwork, now)
    logins = Logins(store.accounts, store.keyring, live, Devices(run, random), now, random)
    clock = secrets.signing[CLOCK]
    escalation = Escalation(store.cases, rounds, organisation.oversight, secrets.release, clock, now, random)
    retention = Retention(store.cases, rounds, clock, now, random)
    departures = Departures(store.cases, rounds, live, clock, now, random)
    reminders = Reminders(store.cases, rounds, store.outbox, live, now, random)
    early_signs = EarlySigns(store.statistics, store.outbox, leases, live, organisation, now, random)

    async def free() -> int:  # by the newest roster: who joined a moment ago has not left
        await live.refresh()
        return await departures.tick()

    jobs = (
        Job(JobName.ESCALATE, timedelta(minutes=15), escalation.tick),
        Job(JobName.FREE, timedelta(minutes=15), free),
        Job(JobName.DESTROY, timedelta(hours=1), retention.tick),
        Job(JobName.REMIND, timedelta(hours=1), reminders.tick),
        Job(JobName.EARLY_SIGNS, timedelta(hours=1), early_signs.tick),
        Job(JobName.DRAFTS, timedelta(minutes=10), lambda: store.drafts.expire(now())),
        Job(JobName.FILES, timedelta(hours=1), lambda: store.blobs.expire(now())),
        Job(JobName.SESSIONS, timedelta(minutes=5), logins.forget_idle),
    )
    return Product(
        settings=settings,
        organisation=organisation,
        triager=triager,
        store=store,
        run=run,
        counters=counters,
        roster=live,
        now=now,
        random=random,
        cost=cost,
        reception=reception,
        mailboxes=mailboxes,
        review=Review(store.cases, live, evidence, writer, exclusion, now),
        casework=Casework(store.cases, live, organisation, writer, exclusion, now),
        departures=departures,
        logins=logins,
        escalation=escalation,
        retention=retention,
        reporter_notifications=reporter_notifications,
        officer_notifications=OfficerNotifications(store.officer_chats, store.outbox, live, now, random),
        reminders=reminders,
        early_signs=early_signs,
        leases=leases,
        jobs=Jobs(jobs, leases, now),
        exports=Exports(store.statistics, store.ledger, secrets.signing[INTAKE], now, random),
        health=Health(store),
    )


def _unit_names(organisation: Organisation) -> Callable[[str], Say]:
    """How citizens are told of a unit: an area's desk by its area."""

    def named(code: str) -> Say:
        unit = organisation.unit(code)
        if unit.kind == "area_desk":
            return Say("unit.area_desk", {"name": unit.name})
        return Say("plain", {"text": unit.name})

    return named


def _recent_loss(run: key_files.RunFolder, now: Now) -> Callable[[], bool]:
    lost = run.lost_since()
    return lambda: lost is not None and now() - lost < key_files.LOSS_TOLD_FOR


async def initialise(
    settings: Settings,
    *,
    now: Now = wall_clock,
    random: Random = os.urandom,
    cost: Cost = FULL_COST,
    trial: bool = False,
    tell: Callable[[Founding], None] = lambda made: None,
) -> Founding:
    """Make a new home; whatever a start needs is tried before anything of it is made.

    Args:
        tell: shows what is shown once, before it is kept: what nobody could read founds no home.

    Raises:
        BadSetting: there is one already, the organisation is unknown, or something that a start needs is missing.
    """
    organisation = units.load(settings.organisation)
    believed = believed_time(settings, now, trial=trial)
    check_new_home(settings)
    made = found(organisation, believed(), random, cost, trial=trial)
    async with _empty_store(settings) as store:
        tell(made)
        await store.keyring.add_roster(made.roster, made.accounts, (), (made.event,))
        for name, value in made.kept.items():
            await store.keyring.keep(name, value)
    key_files.store(settings.secrets, made.secrets)
    return made


def check_new_home(settings: Settings) -> None:
    """That a home can be made where the settings say, and be run there.

    Raises:
        BadSetting: there is one already, or a folder cannot be used.
    """
    if (settings.secrets / "signers.json").exists():
        raise errors.BadSetting("this home exists already: choose another TINBAO_HOME, or remove it and its secrets")
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

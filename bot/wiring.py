"""The composition root: the only module that knows every part. Everything else receives what it needs."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import locales
import storage
from bot import backups, key_files, tree_files
from bot.cleaner.client import Cleaning
from bot.live_roster import LiveRoster
from bot.live_standing import LiveStanding
from bot.sealed_pieces import SealedPieces
from bot.serve.health import Health
from bot.settings import Settings
from bot.tree_files import ChainEndsFile, HeadFile, TallyFiles
from handlers.exports.files import ExportFiles
from storage import migrate
from tips import errors
from tips.cases.home_texts import TextName
from tips.cases.ledger import Kind
from tips.clock import backup_rotation
from tips.clock.departures import Departures
from tips.clock.early_signs import EarlySigns
from tips.clock.escalation import Escalation
from tips.clock.jobs import Job, JobName, Jobs
from tips.clock.leases import Leases
from tips.clock.mending import Mending
from tips.clock.readers_left import Keepers
from tips.clock.reminders import Reminders
from tips.clock.retention import Retention
from tips.clock.rounds import Rounds
from tips.crypto.keys import FULL_COST, Cost, verify_key
from tips.crypto.sealing import Random, derive
from tips.desk.audit import Report, audit
from tips.desk.casework import Casework
from tips.desk.exports import Exports
from tips.desk.former_desks import FormerDesks
from tips.desk.holidays import Holidays
from tips.desk.incidents import Incidents
from tips.desk.late_exclusion import LateExclusion
from tips.desk.laying_down import LayingDown
from tips.desk.moves import Moves
from tips.desk.officer_notifications import OfficerNotifications
from tips.desk.own_texts import OwnTexts
from tips.desk.reorganisation import Reorganisation
from tips.desk.review import Review
from tips.desk.search import Search
from tips.desk.undelivered import Undelivered
from tips.desk.unit_templates import UnitTemplates
from tips.desk.writing import Writer
from tips.evidence.files import Files
from tips.intake.conversation import Conversation
from tips.intake.draft_vault import Vault
from tips.intake.flood import Crowd
from tips.intake.languages import Languages
from tips.intake.mailbox import Mailboxes
from tips.intake.rate_limits import Memory, RateLimits
from tips.intake.reception import Reception
from tips.intake.reporter_notifications import ReporterNotifications
from tips.intake.submission import Intake
from tips.intake.tallies import Tallies
from tips.intake.turns import Say
from tips.organisation.roster import APART, CLOCK, DESK, INTAKE, PROCESSES, Roster
from tips.organisation.units import Organisation, UnitKind
from tips.people.device_cookies import Devices
from tips.people.enrolment import Registrar
from tips.people.founding import Secrets
from tips.people.invitations import Invitations
from tips.people.logins import Logins
from tips.people.recovery import Custody
from tips.ports.clock import ChainEnds
from tips.ports.desk import Tallied
from tips.ports.intake import Counters
from tips.statistics.archive import Archive
from tips.statistics.closing import Closing
from tips.statistics.recount import Recount
from tips.transparency.continuity import Continuity
from tips.transparency.filing import Filings
from tips.transparency.heads import BelievedHeads, Heads
from tips.transparency.publication import Publication
from tips.triage import Triager

Now = Callable[[], datetime]
SIGNS_AS: Final[Mapping[str, str]] = {"intake": INTAKE, "desk": DESK, "officers": DESK, "clock": CLOCK}  # by part
CHANNELS: Final = ("web", "telegram", "zalo", "zalo_oa", "terminal")  # as tallies know them


def wall_clock() -> datetime:
    """The present moment, aware, in UTC; the product gets it as a parameter."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Product:
    """Everything put together, for one process."""

    settings: Settings
    store: storage.Store
    run: key_files.RunFolder
    counters: Counters
    roster: LiveRoster
    standing: LiveStanding
    now: Now
    random: Random
    cost: Cost
    reception: Reception
    mailboxes: Mailboxes
    review: Review
    search: Search
    casework: Casework
    departures: Departures
    logins: Logins
    invitations: Invitations
    custody: Custody
    escalation: Escalation
    retention: Retention
    reporter_notifications: ReporterNotifications
    officer_notifications: OfficerNotifications
    undelivered: Undelivered
    own_texts: OwnTexts
    moves: Moves
    holidays: Holidays
    incidents: Incidents
    unit_templates: UnitTemplates
    reorganisation: Reorganisation
    early_signs: EarlySigns
    closing: Closing
    heads: Heads
    reminders: Reminders
    leases: Leases
    jobs: Jobs
    exports: Exports
    export_files: ExportFiles
    archive: Archive
    recount: Recount
    health: Health
    publication: Publication
    signs_as: frozenset[str]  # the processes whose keys are here

    @property
    def organisation(self) -> Organisation:
        """The one in force."""
        return self.roster.organisation()

    @property
    def triager(self) -> Triager:
        """Reads texts for it."""
        return self.reception.conversation.triager

    async def audit(self) -> Report:
        """Whether everything stored is what was signed."""
        it = self.store
        pieces = self.custody.pieces
        return await audit(it.cases, it.ledger, it.blobs, it.keyring, self.roster(), self.heads, self.now(), pieces)

    def registrar(self) -> Registrar:
        """Who makes the next roster version, for its signers to sign."""
        return self.reorganisation.registrar()

    async def check_clock(self) -> None:
        """That this machine's clock is not behind what the log was told.

        Raises:
            BadSetting: it is.
        """
        with contextlib.suppress(errors.NotFound):
            hour = (await self.publication.newest()).hour
            if hour and self.now() < hour - APART:
                raise errors.BadSetting("the machine's clock is behind the log's newest head: set it first")

    def unlimited_reception(self) -> Reception:
        """For the terminal, where whoever types is at the machine already."""
        free = RateLimits(self.counters, None, None, None)
        return replace(self.reception, rate_limits=free)


@asynccontextmanager
async def open_product(
    settings: Settings,
    parts: Collection[str] | None = None,
    *,
    now: Now = wall_clock,
    random: Random = os.urandom,
    cost: Cost = FULL_COST,
) -> AsyncIterator[Product]:
    """Open a home that `init` made.

    Args:
        parts: what of it serves here: only the keys of these are loaded. None: whatever can, by the keys that are here.

    Raises:
        BadSetting: something is missing or unsafe; the message is the remedy.
    """
    if not settings.home.is_dir():
        raise errors.BadSetting(
            f"there is no home at TINBAO_HOME ({settings.home.name}): say where it is; `tinbao init` makes a new one"
        )
    secrets = key_files.load(settings.secrets, settings.credentials, _signing(settings, parts))
    folder = key_files.check_run(settings.run, demo=settings.demo)
    migrate.upgrade(settings.database_url)

    def roster() -> Roster:
        return live()

    with tree_files.slot(folder) as slot:
        book = TallyFiles(folder, slot, *secrets.counting, roster, random)
        ends = ChainEndsFile(settings.secrets)
        async with storage.open_store(
            settings.database_url, settings.drafts_url or None, book=book, ends=ends
        ) as store:
            live = LiveRoster(store, secrets.signers, settings.secrets, lambda: believed())
            believed = believed_time(settings, now, trial=(await live.refresh()).trial)
            standing = LiveStanding(store.ledger, live, settings.secrets, believed)
            await standing.refresh()
            _check_keys(secrets, live())
            run = key_files.open_run(settings.run, settings.secrets, believed, demo=settings.demo)
            async with _counters(settings, run, believed) as counters:
                sealed = SealedPieces(store.keyring, live, settings.secrets)
                await sealed.keep()
                yield _put_together(
                    _Basis(
                        settings, store, live, standing, secrets, run, counters, believed, random, cost, sealed, ends
                    )
                )


def _signing(settings: Settings, parts: Collection[str] | None) -> list[str] | None:
    """The processes whose keys these parts sign with; a home of before the desk had its own uses the intake's there.

    Raises:
        BadSetting: there is no such part.
    """
    if parts is None:
        return None
    if unknown := set(parts) - SIGNS_AS.keys():
        raise errors.BadSetting(f"--only knows {', '.join(sorted(SIGNS_AS))}, not {', '.join(sorted(unknown))}")
    wanted = {SIGNS_AS[it] for it in parts}
    if DESK in wanted and not key_files.is_there(settings.secrets, settings.credentials, DESK):
        wanted = wanted - {DESK} | {INTAKE}
    return [it for it in PROCESSES if it in wanted]


def _check_keys(secrets: Secrets, roster: Roster) -> None:
    """That what these processes sign is believed: a home that came back has new keys, and no version yet that says so.

    Raises:
        BadSetting: the roster does not know a key.
    """
    for process, seed in secrets.signing.items():
        if verify_key(seed) not in roster.processes.get(process, ()):
            raise errors.BadSetting(
                f"the roster does not name the key of {process} in TINBAO_SECRETS: put the version that does into force"
                " (`tinbao roster apply`), or bring the right secrets"
            )


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


@dataclass(frozen=True, slots=True)
class _Basis:
    """What every part is made of."""

    settings: Settings
    store: storage.Store
    roster: LiveRoster
    standing: LiveStanding
    secrets: Secrets
    run: key_files.RunFolder
    counters: Counters
    now: Now
    random: Random
    cost: Cost
    sealed: SealedPieces  # what only the quorum opens
    ends: ChainEnds  # where cases ended


class _Clockwork(NamedTuple):
    """What time does, and whose turn it is."""

    escalation: Escalation
    retention: Retention
    departures: Departures
    reminders: Reminders
    early_signs: EarlySigns
    closing: Closing
    heads: Heads
    leases: Leases


def _put_together(it: _Basis) -> Product:
    files = Files(Cleaning(), it.store.blobs, it.now, it.random)
    laying = LayingDown(it.standing, it.standing.refresh, it.roster, it.store.ledger, it.now, it.random)
    own_texts = OwnTexts(laying, locales.SOURCE)
    reception = _reception(it, files, own_texts)
    former = FormerDesks(it.store.cases, it.roster, it.roster.organisation)
    review, casework = _desk(it, files, former)
    custody = Custody(it.store.ledger, it.store.keyring, it.now, it.random, it.sealed)
    devices = Devices(it.run, it.random)
    logins = Logins(it.store.accounts, it.store.keyring, it.roster, devices, it.now, it.random, it.cost)
    clock, archive = _clock(it), Archive(it.store.statistics, it.roster)
    exports = Exports(archive, it.store.ledger, it.roster.areas, it.now, it.random)
    return Product(
        settings=it.settings,
        store=it.store,
        run=it.run,
        counters=it.counters,
        roster=it.roster,
        standing=it.standing,
        now=it.now,
        random=it.random,
        cost=it.cost,
        reception=reception,
        mailboxes=reception.mailboxes,
        review=review,
        search=Search(it.store.cases, it.store.ledger, it.roster, it.roster.organisation, former, it.now, it.random),
        casework=casework,
        logins=logins,
        invitations=Invitations(it.store.invitations, it.roster, it.roster.knowing, it.now, it.random, it.cost),
        custody=custody,
        reporter_notifications=reception.reporter_notifications,
        officer_notifications=OfficerNotifications(
            it.store.officer_chats, it.store.outbox, it.roster, it.now, it.random
        ),
        undelivered=Undelivered(it.store.outbox, it.store.officer_chats, it.store.addresses, it.now),
        reorganisation=Reorganisation(lambda: _registrar(it), it.store.cases, laying),
        own_texts=own_texts,
        moves=Moves(lambda: _registrar(it), laying),
        holidays=Holidays(laying),
        incidents=Incidents(laying),
        unit_templates=UnitTemplates(laying),
        **clock._asdict(),
        jobs=Jobs((*_jobs(it, clock, logins), *_nightly(it, custody)), clock.leases, it.now),
        exports=exports,
        export_files=ExportFiles(exports, it.roster.organisation, it.roster().trial),
        archive=archive,
        recount=Recount(it.store.ledger, it.store.cases, archive, it.roster),
        health=Health(it.store),
        publication=_publication(it),
        signs_as=frozenset(it.secrets.signing),
    )


def _reception(it: _Basis, files: Files, texts: OwnTexts) -> Reception:
    """The citizen's side."""
    signing, address = it.secrets.of(INTAKE), f"{it.settings.public_url}/"
    triager_of = functools.lru_cache(maxsize=1)(Triager)
    return Reception(
        conversation=Conversation(
            newest_triager=lambda: triager_of(it.roster.organisation()),
            roster=it.roster,
            unit_name=_unit_names(it.roster.organisation),
            operator=functools.partial(_operator, it.settings, texts),
            web=address,
            languages=Languages(locales.TABLE, locales.LANGUAGES),
            contact=functools.partial(texts.said, TextName.CONTACT),
            notice=functools.partial(texts.said, TextName.NOTICE),
        ),
        intake=Intake(it.roster, it.roster.organisation, signing, it.now, it.random, Crowd(it.now)),
        mailboxes=Mailboxes(it.store.cases, it.roster, it.roster.organisation, signing, it.now, it.random),
        vault=Vault(it.store.drafts, it.run, it.now, it.random, _recent_loss(it.run, it.now)),
        files=files,
        filings=Filings(_heads(it), _publication(it), signing),
        reporter_notifications=ReporterNotifications(it.store.addresses, it.run, it.now, it.random),
        rate_limits=RateLimits(it.counters),
        now=it.now,
        tallies=Tallies(it.store.statistics, it.now),
        random=it.random,
    )


def _operator(settings: Settings, texts: OwnTexts, lang: str) -> Say:
    if said := texts.said(TextName.OPERATOR, lang) or settings.operator:
        return Say("plain", {"text": said})
    return Say("operator.demo" if settings.demo else "operator.unset")


def _desk(it: _Basis, files: Files, former: FormerDesks) -> tuple[Review, Casework]:
    """The officers' side: what is read, and what is done."""
    writer = Writer(it.store.cases, it.roster, it.now, it.random)
    exclusion = LateExclusion(it.store.cases, it.roster, writer, files, it.now, it.random)
    return (
        Review(it.store.cases, it.roster, it.roster.organisation, files, writer, exclusion, former, it.now),
        Casework(it.store.cases, it.roster, it.roster.organisation, writer, exclusion, it.now),
    )


def _clock(it: _Basis) -> _Clockwork:
    """What time does to cases."""
    organisation, signing = it.roster.organisation, it.secrets.of(CLOCK)  # whichever is in force
    cases, covered = it.store.cases, key_files.AllCovered(it.settings.secrets)
    mending = Mending(
        cases,
        it.roster,
        it.roster.refresh,
        covered,
        it.ends,
        it.store.outbox,
        it.secrets.release,
        signing,
        it.now,
        it.random,
    )
    rounds = Rounds(mending, it.store.clockwork, it.now)
    keepers = Keepers(it.store.keyring, it.roster)
    leases = Leases(it.store.clockwork, derive(signing, b"tinbao leases"), it.now, it.random)
    return _Clockwork(
        Escalation(cases, rounds, organisation, keepers, it.secrets.release, signing, it.now, it.random),
        Retention(cases, rounds, organisation, signing, it.now, it.random),
        Departures(cases, rounds, it.roster, signing, it.now, it.random),
        Reminders(cases, rounds, it.store.outbox, it.roster, organisation, it.now, it.random),
        EarlySigns(it.store.statistics, it.store.outbox, leases, it.roster, organisation, it.now, it.random),
        Closing(
            it.store.statistics,
            it.roster,
            it.roster.areas,
            it.settings.least,
            signing,
            it.now,
            it.random,
            {Tallied.CHANNEL: CHANNELS, Tallied.LANGUAGE: locales.LANGUAGES, Tallied.ASIDE: (), Tallied.SIGN: ()},
        ),
        _heads(it),
        leases,
    )


def _heads(it: _Basis) -> Heads:
    """The ledger's tree as it grows, and as it is believed."""
    kept, signing = HeadFile(it.settings.secrets), it.secrets.of(CLOCK)
    store = it.store
    continuity = Continuity(it.ends, store.tree, store.cases, store.outbox, it.roster, it.now, it.random)
    return Heads(store.tree, kept, it.roster, continuity, signing, it.now, it.random)


def _publication(it: _Basis) -> Publication:
    """The public side of the tree."""
    return Publication(BelievedHeads(it.store.tree, HeadFile(it.settings.secrets), it.roster), it.settings.witnesses)


def _jobs(it: _Basis, clock: _Clockwork, logins: Logins) -> tuple[Job, ...]:
    """Everything that is done by itself, and how often."""

    def newest(work: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
        """By the newest roster: who joined a moment ago has not left, and reads."""

        async def done() -> int:
            with contextlib.suppress(errors.NotVerified):
                await it.roster.refresh()
            return await work()

        return done

    return (
        Job(JobName.MEND, timedelta(hours=1), newest(clock.escalation.tick_all)),
        Job(JobName.ESCALATE, timedelta(minutes=15), newest(clock.escalation.tick)),
        Job(JobName.FREE, timedelta(minutes=15), newest(clock.departures.tick)),
        Job(JobName.DESTROY, timedelta(hours=1), clock.retention.tick),
        Job(JobName.REMIND, timedelta(hours=1), clock.reminders.tick),
        Job(JobName.EARLY_SIGNS, timedelta(hours=1), clock.early_signs.tick),
        Job(JobName.CLOSE, timedelta(hours=1), clock.closing.tick),
        Job(JobName.SEQUENCE, timedelta(hours=1), clock.heads.tick),
        Job(JobName.DRAFTS, timedelta(minutes=10), lambda: it.store.drafts.expire(it.now())),
        Job(JobName.FILES, timedelta(hours=1), lambda: it.store.blobs.expire(it.now())),
        Job(JobName.SESSIONS, timedelta(minutes=5), logins.forget_idle),
        Job(JobName.INVITATIONS, timedelta(hours=1), lambda: it.store.invitations.expire(it.now())),
    )


def _nightly(it: _Basis, custody: Custody) -> tuple[Job, ...]:
    """The audit of everything, and the backup, where the settings say into which folder."""
    signing, url, store, clock = it.secrets.of(CLOCK), it.settings.database_url, it.store, _heads(it)

    async def audited() -> int:
        now, roster = it.now(), it.roster()
        found = await audit(store.cases, store.ledger, store.blobs, store.keyring, roster, clock, now, custody.pieces)
        await custody.record(Kind.AUDITED, CLOCK, signing, problems=str(len(found.problems)))
        return len(found.problems)

    auditing = Job(JobName.AUDIT, timedelta(days=1), audited)
    if it.settings.backups is None:
        return (auditing,)
    nightly = backups.Nightly(it.settings.backups, url, custody, it.roster, signing, it.now)
    return (auditing, Job(JobName.BACK_UP, backup_rotation.EVERY, nightly.tick))


def _registrar(it: _Basis) -> Registrar:
    """Who makes the version that follows the one in force."""
    current, live = it.roster(), it.roster
    return Registrar(current, live.stored, live.organisation(), live.knowing, it.now(), it.random, it.cost)


def _unit_names(organisation: Callable[[], Organisation]) -> Callable[[str], Say]:
    """How citizens are told of a unit: an area's desk by its area."""

    def named(code: str) -> Say:
        unit = organisation().units.get(code)
        if unit is None:  # of an earlier organisation
            return Say("plain", {"text": code})
        if unit.kind == UnitKind.AREA_DESK:
            return Say("unit.area_desk", {"name": unit.name})
        if unit.kind == UnitKind.HELD:
            return Say("unit.held")
        return Say("plain", {"text": unit.name})

    return named


def _recent_loss(run: key_files.RunFolder, now: Now) -> Callable[[], bool]:
    lost = run.lost_since()
    return lambda: lost is not None and now() - lost < key_files.LOSS_TOLD_FOR

"""`tinbao doctor`: checks what a start would need, and says the remedy of whatever is wrong.

It ends with 0 where the parts can serve; what is only worth knowing (a trial home, a unit without people, a case that
the clock cannot bring on) is said and fails nothing.
"""

from __future__ import annotations

import asyncio
import functools
import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from bot import condition, zalo_tokens
from bot.commands import database_roles, error_messages
from bot.serve.health import OUTDATED
from bot.serve.zalo_bot import FOR_TRYING
from bot.settings import Settings, read
from bot.wiring import Product, open_product
from handlers.version import program_version
from storage import migrate
from storage.standing import Standing
from tips import errors
from tips.cases import ledger
from tips.cases.case import code_of
from tips.cases.ledger import Kind
from tips.desk.condition import is_quiet
from tips.people import recovery
from tips.ports.cases import ASIDE

OLDEST_SANE: Final = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST_ANSWER: Final = 10.0  # seconds
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 (compared, not listened on)


class Advice(str):
    """What a check found that stops nothing, with its remedy."""

    __slots__ = ()


Check = Callable[[Product], Awaitable[str]]


async def check(environment: Mapping[str, str], parts: Collection[str] | None = None) -> int:
    """Print a line for each check; 0 where the parts can serve.

    Args:
        environment: the settings, and the terminal's language.
        parts: what serves on this machine; None: whatever can, by the keys that are here.
    """
    print(f"  Tin Báo {program_version()}, database schema {migrate.revisions(migrate.SCRIPTS)[-1]}")
    try:
        settings = read(environment)
        async with open_product(settings, parts) as product:
            return await _all(settings, product, environment, _chosen(settings, parts))
    except errors.TinBaoError as error:
        print(f"✗ start: {error_messages.said(error, environment)}")
        return 1


def _chosen(settings: Settings, parts: Collection[str] | None) -> Mapping[str, Check]:
    """What can be looked at with the rights that whoever connects has in the database."""
    user = database_roles.look(settings, parts)
    chosen = CHECKS
    if user and not user.owns:
        print(f"  not looked at: {', '.join(WHOLE)}: run `tinbao doctor` with the owner's TINBAO_DATABASE_URL")
        chosen = {name: run for name, run in CHECKS.items() if name not in WHOLE}
    return {"rights": functools.partial(_rights, user, parts), **chosen}


async def _rights(user: Standing | None, parts: Collection[str] | None, _: Product) -> str:
    """Whether a part's process can do in the database what its part needs, and no more."""
    if user is None:
        return "SQLite: whoever has the file has every right on it"
    if said := database_roles.advice(user, parts):
        return Advice(said)
    if user.owns:
        return f"each part has a role of its own; {user.user} owns the tables"
    return f"{user.user} has those of {', '.join(sorted(user.parts))}, and no others"


async def _all(
    settings: Settings, product: Product, environment: Mapping[str, str], chosen: Mapping[str, Check]
) -> int:
    print("✓ settings, secrets, run folder, database schema, roster")
    print(f"  operator of the intake machine: {settings.operator or 'nobody: set TINBAO_OPERATOR'}")
    if product.roster().trial:
        print("! trial: this home is for trying out, no real tip is meant for it: a real one is made without --trial")
    failed = 0
    for name, run in chosen.items():
        try:
            found = await run(product)
            print(f"{'!' if isinstance(found, Advice) else '✓'} {name}: {found}")
        except errors.TinBaoError as error:
            failed += 1
            print(f"✗ {name}: {error_messages.said(error, environment)}")
        except Exception as error:  # its words may be anybody's: a row that a hand was in
            failed += 1
            print(f"✗ {name}: {type(error).__name__}: a row cannot be read, run `tinbao ledger verify`")
    return 1 if failed else 0


async def _clock(product: Product) -> str:
    if product.now() < OLDEST_SANE:
        raise errors.BadSetting("the machine's clock is wrong: set it, or one-time codes and deadlines fail")
    believed = product.now().isoformat(timespec="seconds")
    if product.settings.moved:
        return Advice(f"{believed}, moved by TINBAO_NOW ({product.settings.moved}): unset it to come back")
    return believed


async def _write(product: Product) -> str:
    await product.store.probe()
    await product.store.drafts.get(bytes(16))
    return "takes a tip; drafts can be reached"


async def _serving(product: Product) -> str:
    """How the process is that serves at this home's address, by its own word."""
    settings = product.settings
    host = settings.host if settings.host != EVERYWHERE else "127.0.0.1"
    report = await asyncio.to_thread(_asked, f"http://{host}:{settings.port}/readyz")
    if report is None:
        return f"no Tin Báo serves at port {settings.port} now"
    ill = {name: state for name, state in report.items() if state not in {"ok", "up"}}
    if ill:
        said = ", ".join(f"{name}: {state}" for name, state in ill.items())
        if OUTDATED in ill.values():
            raise errors.Outdated(f"{said}: it serves no more, and takes no tip")
        raise errors.StoreUnavailable(f"{said}; it goes on trying: check the disk, Valkey, the network and the tokens")
    return ", ".join(f"{name} {state}" for name, state in report.items())


def _asked(address: str) -> dict[str, str] | None:
    """What a process says of itself; None: there is none, or it is somebody else's."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        try:
            answer = opener.open(address, timeout=LONGEST_ANSWER)
        except urllib.error.HTTPError as error:  # 503 says which part is ill
            answer = error
        with answer:
            found: dict[str, str] = json.load(answer)
    except (OSError, ValueError):
        return None
    return found


async def _desks(product: Product) -> str:
    roster = product.roster()
    keyed = {unit.unit for unit in roster.units}
    able = {it for it in keyed if roster.reader(it)}
    if not able:
        return Advice("no unit has a key and people, every tip waits for the quorum: run `tinbao officer add`")
    left = sorted((keyed - able) & product.roster.organisation().units.keys())
    if left:
        return Advice(
            f"{len(able)} units have keys and people; nobody is left to read for {', '.join(left)}: what is for them"
            " goes to the level above"
        )
    return f"{len(able)} units have keys and people"


async def _ledger(product: Product) -> str:
    report = await product.audit()
    if not report.sound:
        raise errors.NotVerified(f"{len(report.problems)} problems: run `tinbao ledger verify`")
    unread = len({it.case for it in report.incidents if it.waits})
    if unread:
        return Advice(f"a hand was in the rows of {unread} cases that nobody has read since: open them at the desk")
    looked = f"; the clock looked last on {report.before.at:%Y-%m-%d}" if report.before else ""
    return f"{report.events} events of {report.cases} cases hold{looked}"


async def _data(product: Product) -> str:
    """Whether a later version wrote anything; the schema tells as well, unless a hand set it back."""
    verifiers = product.roster().verifiers
    later = sum(ledger.is_later(it, verifiers) for it in await product.store.ledger.waiting())
    if later:
        raise errors.BadSetting(
            f"this home was written by a newer Tin Báo: {later} events are of kinds that this version does not know."
            " Install that version"
        )
    return "nothing that only a later version knows"


async def _backups(product: Product) -> str:
    """Whether last night's is there."""
    found = condition.nightly(product)
    if found is None:
        return Advice("none is made by itself: set TINBAO_BACKUPS to a folder on another disk")
    newest = found.newest.isoformat(timespec="minutes") if found.newest else "never"
    if found.late:
        return Advice(f"the newest is older than 36 hours ({newest}): see the log of `tinbao serve`, and the disk")
    return f"{found.many}, the newest of {newest}"


async def _epochs(product: Product) -> str:
    """Whether this home came back from a backup, and by enough people's word."""
    (wanted,), roster = ledger.mentions(kind=Kind.RESTORED.value), product.roster()
    rows = [it for it in await product.store.ledger.waiting() if wanted in it.body]
    found = recovery.epochs([ledger.verify(it, roster.verifiers) for it in rows], roster)
    if alone := [it for it in found if not it.holds]:
        raise errors.NotVerified(f"{', '.join(sorted(alone[0].signers))} alone says that this home was restored")
    if not found:
        return "this home never came back from a backup"
    newest = found[-1]
    return f"came back {len(found)} times, last with {newest.ledger.events} events and roster version {newest.roster}"


async def _recovery(product: Product) -> str:
    """Whether who signs now is who has shares of the recovery key."""
    split, signers = await product.custody.kept(), product.roster().signers
    told = f"{split.needed} of {', '.join(split.offices)} bring it back"
    if product.roster().once and {it.office for it in signers.listed} != {*split.offices}:
        return Advice(f"{told}, and others sign by now: share it out anew (`tinbao roster split`)")
    return told


async def _undelivered(product: Product) -> str:
    found = await condition.letters(product)
    letters, reporters = found.officers_dead, found.reporters_dead
    if letters or reporters:
        return Advice(f"{letters} to officers, {reporters} to reporters: an admin sees why at /desk/undelivered")
    return "nothing that could not be told"


async def _channels(product: Product) -> str:
    """How each messenger was, by the word of whichever process serves it."""
    found = await product.store.contacts.all()
    quiet = [it for it in found if is_quiet(it, product.now())]
    if quiet:
        said = ", ".join(f"{it.name} ({it.error or it.state}, last {it.at or 'never'})" for it in quiet)
        return Advice(f"out of reach, or served by nobody: {said}")
    return ", ".join(f"{it.name} by {it.way}" for it in found) or "no messenger was ever served"


async def _incidents(product: Product) -> str:
    """What somebody said went wrong, and nobody said is over."""
    found = product.incidents.open_ones()
    if found:
        said = ", ".join(f"{it.kind} since {it.since.isoformat(timespec='minutes')}" for it in found)
        return Advice(f"{len(found)} are open: {said}. See /desk/incidents, or `tinbao incident list`")
    return "none is open"


async def _joining(product: Product) -> str:
    """Who is asked to join, and whose keys wait for signers."""
    found = await condition.joining(product)
    if found.taken_up:
        return Advice(f"{found.taken_up} took theirs up and wait for signers: run `tinbao roster propose`")
    return f"{found.asked} are open"


async def _mailboxes(product: Product) -> str:
    aside = await product.store.keyring.all_kept(ASIDE)
    if not aside:
        return "each case has one at most"
    many = len({name.split(".")[0] for name in aside})
    return Advice(
        f"{many} cases had several when the home was brought up, so a hand was there: only receipts tell whose"
    )


async def _late(product: Product) -> str:
    late = await product.store.cases.due(product.now(), 1000)
    return f"{len(late)} cases are late; the clock takes them up" if late else "no case is late"


async def _jobs(product: Product) -> str:
    """Whether some process does what time asks for."""
    late = [it for it in await condition.jobs(product) if it.late]
    waiting = [f"{it.name} ({it.last.isoformat(timespec='minutes') if it.last else 'never'})" for it in late]
    if waiting:
        return Advice(f"not done of late: {', '.join(waiting)}: let one process run `tinbao serve --only clock`")
    return "every job was done of late"


async def _stuck(product: Product) -> str:
    """What the clock goes past because it fails; see `tips.clock.rounds`."""
    found = await product.store.clockwork.stuck()
    if not found:
        return "no case stands still because of an error"
    listed = ", ".join(
        f"{code_of(it.case)} ({it.job}: {it.error}, since {it.since.isoformat(timespec='minutes')})" for it in found[:5]
    )
    return Advice(
        f"{len(found)} failed, each is tried again: {listed}{' …' if len(found) > 5 else ''}."
        " Run `tinbao ledger verify`; a backup may have the piece that is broken"
    )


async def _held(product: Product) -> str:
    """Cases that no unit with a key may read: they have no deadline, and wait for people."""
    many = len(await product.store.cases.held())
    if many:
        return Advice(
            f"{many} cases wait for the quorum, and nobody can read them: `tinbao held list` names them, `held open`"
            " gives one to a unit that has a key by now"
        )
    return "each case is somebody's to read"


async def _zalo(product: Product) -> str:
    """Whether the bot of Zalo is one that people can rely on."""
    settings = product.settings
    if settings.zalo_account and zalo_tokens.read(settings.secrets, settings.zalo_account).lost:
        raise errors.BadSetting(zalo_tokens.REMEDY)
    if not settings.zalo_token:
        return "no bot is set up"
    if not settings.zalo_webhook:
        return Advice(f"{FOR_TRYING}: set TINBAO_ZALO_WEBHOOK=1, with TINBAO_PUBLIC_URL reached from outside")
    return "by its webhook"


CHECKS: Final[Mapping[str, Check]] = {
    "clock": _clock,
    "database": _write,
    "serving": _serving,
    "desks": _desks,
    "data": _data,
    "ledger": _ledger,
    "epochs": _epochs,
    "recovery": _recovery,
    "backups": _backups,
    "mailboxes": _mailboxes,
    "deadlines": _late,
    "jobs": _jobs,
    "cases": _stuck,
    "held": _held,
    "undelivered": _undelivered,
    "channels": _channels,
    "invitations": _joining,
    "incidents": _incidents,
    "zalo": _zalo,
}
WHOLE: Final = (  # of the home
    "data",
    "ledger",
    "epochs",
    "recovery",
    "mailboxes",
    "deadlines",
    "jobs",
    "cases",
    "held",
    "undelivered",
    "invitations",
)

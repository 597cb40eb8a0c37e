"""What only the quorum's shares allow on the command line: opening what is held, and coming back from a backup."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import locales
import storage
from bot import backups, key_files
from bot.commands import error_messages, people
from bot.commands.cases import parse_id, session_of
from bot.commands.output import print_table, progress
from bot.commands.people import Signing
from bot.live_roster import document_of
from bot.new_home import check_new_home
from bot.settings import Settings
from bot.tree_files import ChainEndsInMemory, HeadInMemory
from bot.wiring import believed_time, open_product, wall_clock
from storage import backup
from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.case import NO_TIME
from tips.cases.ledger import Kind, SignedEvent
from tips.crypto import keys
from tips.crypto.keys import Identity
from tips.desk.audit import audit
from tips.organisation import roster, succession
from tips.organisation.roles import Task
from tips.organisation.roster import Roster, SignedRoster, Signers
from tips.people import key_rotation, proposals, recovery
from tips.people.recovery import LedgerState
from tips.transparency import heads
from tips.transparency.continuity import Continuity
from tips.transparency.heads import Heads

PIECE: Final = 64 * 1024


def shares_of(file: Path) -> dict[str, str]:
    """Office -> share, from lines `office:CODE` or from what `init --json` printed.

    Raises:
        BadSetting: the file is something else.
    """
    try:
        text = file.read_text("utf-8")
        lines = json.loads(text)["recovery"]["shares"] if text.lstrip().startswith("{") else text.splitlines()
        return keys.parse_shares(lines)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.BadSetting(
            f"--shares: {file.name} holds neither lines `office:CODE` nor what `tinbao init --json` printed"
        ) from error


async def list_held(settings: Settings, *, as_json: bool) -> int:
    """`tinbao held list`: nobody's words, and no more of each than its row says in the clear."""
    async with open_product(settings) as product:
        found = await product.store.cases.held()
    rows = [[it.id.hex(), it.code, it.urgency, it.received_at.isoformat(timespec="minutes")] for it in found]
    names = ["id", "code", "urgency", "received_at"]
    if as_json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return 0
    print_table(names, rows)
    return 0


async def open_held(settings: Settings, id_: str, shares: Path, officer: str, unit: str | None) -> int:
    """`tinbao held open`: give a held case to a unit that has a key and is not excluded, in an officer's name."""
    given = shares_of(shares)
    async with open_product(settings) as product:
        session = await session_of(product.logins, officer)
        seed = await product.custody.seed(session, Task.HELD_OPEN, given)
        row = await product.casework.release(recovery.with_seed(session, seed), parse_id(id_), unit or "")
        print(product.organisation.unit(row.unit).name)
    return 0


async def reclaim(settings: Settings, unit: str, shares: Path, officer: str) -> int:
    """`tinbao unit recover`: the quorum gives an overseer's seeds to the people who work there now."""
    given = shares_of(shares)
    async with open_product(settings) as product:
        if unit not in product.organisation.units:
            raise errors.Refused("error.unknown_unit", unit)
        session = await session_of(product.logins, officer)
        seed = await product.custody.seed(session, Task.UNIT_RECOVER, given)
        holders = await product.store.keyring.seed_holders(unit)
        kept = [it for it in holders if it.holder == keys.RECOVERY]
        if not kept:
            raise errors.Refused("error.no_key", "the quorum keeps no seed of this unit")
        await product.custody.record(Kind.RECLAIMED, session.name, session.signing, unit=unit)
        seeds = {it.generation: keys.open_seed(it, seed) for it in kept}
        again = key_rotation.admit(product.roster(), unit, seeds, holders)
        if not again:
            raise errors.Refused("error.no_key", "nobody lacks a seed of this unit")
        await product.store.keyring.add_seeds(again)
    print(len(again))
    return 0


async def back_up(settings: Settings, file: Path, officer: str) -> int:
    """`tinbao backup`: every lasting row, sealed to the recovery key, in an officer's name."""
    async with open_product(settings) as product:
        session = await session_of(product.logins, officer)
        product.custody.check(session, Task.BACKUP)
        public, sealed = product.roster().recovery, await product.custody.kept()
        with backups.whole(file) as out:
            await product.custody.record(Kind.BACKED_UP, session.name, session.signing)
            pieces = backups.pieces(settings.database_url, public, sealed, product.now())
            for piece in progress(pieces, "backup"):
                out.write(piece)
    return 0


async def restore(
    settings: Settings,
    file: Path,
    shares: Path,
    signing: Signing,
    *,
    despite: bool = False,
    head: Path | None = None,
) -> int:
    """`tinbao restore`: an empty home becomes what a backup holds; the processes' keys are made anew.

    It serves once its signers have signed that it came back: here, or on machines of their own.

    All of it or nothing: what does not open, fit or hold leaves the database as empty as it was. What an audit finds is
    named; `despite` goes on with it. `head`: a head of the log that a witness kept, which the backup is held against.
    """
    given, kept = shares_of(shares), head.read_bytes() if head else b""
    check_new_home(settings)
    with file.open("rb") as source:
        seed, data = recovery.unseal(progress(iter(lambda: source.read(PIECE), b""), "restore"), given)
        _, state = backup.load(settings.database_url, data)
    try:
        back = await _come_back(settings, seed, state, signing, kept, despite=despite)
        key_files.store(settings.secrets, back.secrets)
    except BaseException:
        backup.empty(settings.database_url)
        raise
    key_files.mark_run_before(settings.secrets)
    if signing.request:
        return 0
    async with open_product(settings) as product:
        await product.heads.begin_anew()
    return 0


async def _come_back(
    settings: Settings, seed: bytes, state: LedgerState, signing: Signing, kept: bytes, *, despite: bool
) -> recovery.Return:
    """Check what was loaded, and make the roster version with which it goes on."""
    async with storage.open_store(settings.database_url) as store:
        newest = await _newest_roster(store)
        admins = [] if signing.request else await _admins(store, signing.signers, newest.document)
        current = recovery.of_backup(newest) if signing.request else recovery.trusted(newest, admins)
        await document_of(current.organisation, current.organisation_digest, store.keyring)
        _refuse(await _differences(store, current, kept), despite=despite)
        now = believed_time(settings, wall_clock, trial=current.trial)
        release = await store.keyring.kept("release")
        said = {"at": deadlines.moment(_newest(await store.ledger.waiting()))}
        back = recovery.come_back(current, newest, release, seed, state, now(), os.urandom)
        if signing.request:
            people.ask(signing.request, back.proposal)
        else:
            step = proposals.signed_here(back.proposal, admins)
            await store.keyring.add_roster(step.roster, (), (), step.events)
    print(locales.say(error_messages.language(os.environ), "restore.tell", **said), file=sys.stderr)
    return back


async def _newest_roster(store: storage.Store) -> SignedRoster:
    """The last version of a chain that begins with the first; those that nobody signed are forgotten, and named.

    Raises:
        ForeignFile: there is none.
    """
    stored = await store.keyring.rosters()
    signers = roster.parse(stored[0].document).signers if stored else Signers(())
    chain = list(succession.walk(None, signers, stored))
    if not chain:
        raise errors.ForeignFile
    newest = chain[-1]
    for it in stored:
        if it.version > newest.version:
            print(f"! roster version {it.version}: nobody signed it, and it was left out", file=sys.stderr)
            await store.keyring.forget_roster(it.version, it.document)
    return newest


async def _differences(store: storage.Store, current: Roster, kept: bytes) -> tuple[str, ...]:
    """What in a home that was loaded is not as it was signed, or as a head says that somebody else kept.

    How much came after the backup is said, and is no difference.
    """
    at = _newest(await store.ledger.waiting())
    ends = ChainEndsInMemory()
    continuity = Continuity(ends, store.tree, store.cases, store.outbox, lambda: current, lambda: at, os.urandom)
    clock = Heads(store.tree, HeadInMemory(), lambda: current, continuity, b"", lambda: at, os.urandom)
    pieces = functools.partial(recovery.named, store.keyring, current)
    report = await audit(store.cases, store.ledger, store.blobs, store.keyring, current, clock, at, pieces)
    if not kept:
        return report.problems
    known, _ = await clock.believed()
    try:
        if known is None:
            raise errors.NotVerified("the backup holds no head of the log")
        if later := await heads.held_against(store.tree, known, kept, current):
            print(later, file=sys.stderr)
    except errors.NotVerified as error:
        return (*report.problems, str(error))
    return report.problems


def _newest(events: Sequence[SignedEvent]) -> datetime:
    """The hour of what happened last, of what can be read: for a home of then it is now."""
    found = []
    for event in events:
        with contextlib.suppress(errors.NotVerified):
            found.append(ledger.parse(event).at)
    return max(found, default=NO_TIME)


def _refuse(differences: Sequence[str], *, despite: bool) -> None:
    """Name them; only whoever says so goes on with them.

    Raises:
        Refused: there are some.
    """
    for it in differences:
        print(f"! {it}", file=sys.stderr)
    if differences and not despite:
        raise errors.Refused("error.restore_differs", str(len(differences)))


async def _admins(store: storage.Store, file: Path | None, document: bytes) -> list[Identity]:
    named = roster.parse(document)
    names = [it.name for it in named.signers.listed]
    if any(named.person(name) is None for name in names):
        raise errors.Refused("error.signers_apart", "--request FILE")
    words = people.passphrases(names, file)
    return [keys.unlock_identity((await store.accounts.get(name)).locked, words[name]) for name in names]

"""What only the quorum's shares allow on the command line: opening what is held, and coming back from a backup."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import storage
from bot import key_files
from bot.commands import people
from bot.commands.cases import parse_id, session_of
from bot.commands.output import progress
from bot.settings import Settings
from bot.wiring import believed_time, check_new_home, open_product, wall_clock
from storage import backup, migrate
from tips import errors
from tips.cases.ledger import Kind
from tips.crypto import keys
from tips.crypto.keys import Identity
from tips.organisation.roles import Task
from tips.people import founding, key_rotation, recovery

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
        kept = [it for it in holders if it.holder == founding.RECOVERY]
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
        public, sealed = product.roster().recovery, await recovery.kept(product.store.keyring)
        with _whole(file) as out:
            await product.custody.record(Kind.BACKED_UP, session.name, session.signing)
            rows = progress(backup.dump(settings.database_url), "backup")
            for piece in recovery.seal(public, sealed, rows, os.urandom):
                out.write(piece)
    return 0


@contextlib.contextmanager
def _whole(file: Path) -> Iterator[BinaryIO]:
    """A file that is written beside its place, and put there once it is whole; else nothing is left of it.

    Raises:
        BadSetting: it cannot be written there.
    """
    waiting = file.with_name(f"{file.name}.part")
    try:
        with waiting.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        waiting.replace(file)
    except BaseException as error:
        with contextlib.suppress(OSError):
            waiting.unlink()
        if isinstance(error, OSError):
            raise errors.BadSetting(f"{file.name} cannot be written there ({error.strerror})") from error
        raise


async def restore(settings: Settings, file: Path, shares: Path, signers: Path | None) -> int:
    """`tinbao restore`: an empty home becomes what a backup holds; the processes' keys are made anew."""
    given = shares_of(shares)
    check_new_home(settings)
    migrate.upgrade(settings.database_url)
    with file.open("rb") as source:
        seed, data = recovery.unseal(_pieces(source), given)
        backup.load(settings.database_url, progress(data, "restore"))
    async with storage.open_store(settings.database_url) as store:
        newest = await store.keyring.newest_roster()
        if newest is None:
            raise errors.NotVerified("this backup holds no roster")
        admins = await _admins(store, signers, newest.document)
        release = await store.keyring.kept("release")
        trial = json.loads(newest.document).get("trial", False)
        now = believed_time(settings, wall_clock, trial=trial)
        back = recovery.come_back(newest, release, seed, admins, now(), os.urandom)
        await store.keyring.add_roster(back.roster, (), (), (back.event,))
    key_files.store(settings.secrets, back.secrets)
    key_files.mark_run_before(settings.secrets)
    return 0


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    """The two lines of the header, then the rest."""
    yield source.readline(PIECE)
    yield source.readline(PIECE)
    yield from iter(lambda: source.read(PIECE), b"")


async def _admins(store: storage.Store, file: Path | None, document: bytes) -> list[Identity]:
    names = [name for name, _, _ in json.loads(document)["signers"]]
    words = people.passphrases(names, file)
    return [keys.unlock_identity((await store.accounts.get(name)).locked, words[name]) for name in names]

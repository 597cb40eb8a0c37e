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
from bot.commands.cases import parse_id
from bot.commands.output import progress
from bot.settings import Settings
from bot.wiring import Product, believed_time, check_new_home, open_product, wall_clock
from storage import backup, migrate
from tips import errors
from tips.crypto import keys
from tips.crypto.keys import Identity
from tips.people import founding, key_rotation, recovery
from tips.people.session import Session

FIRST_CHOICE: Final = ("duty", "vks-tp", "vks-tc")  # who gets a held case where nobody is named
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


async def open_held(settings: Settings, id_: str, shares: Path, unit: str | None) -> int:
    """`tinbao held open`: give a held case to a unit that has a key and is not excluded."""
    given = shares_of(shares)
    async with open_product(settings) as product:
        seed = keys.join_recovery(await recovery.kept(product.store.keyring), given)
        session = product.quorum(seed)
        case_id = parse_id(id_)
        target = unit or await _first_choice(product, session, case_id)
        await product.casework.release(session, case_id, target)
        print(product.organisation.unit(target).name)
    return 0


async def reclaim(settings: Settings, unit: str, shares: Path) -> int:
    """`tinbao unit recover`: the quorum gives an overseer's seeds to the people who work there now."""
    given = shares_of(shares)
    async with open_product(settings) as product:
        if unit not in product.organisation.units:
            raise errors.Refused("error.unknown_unit", unit)
        seed = keys.join_recovery(await recovery.kept(product.store.keyring), given)
        holders = await product.store.keyring.seed_holders(unit)
        seeds = {it.generation: keys.open_seed(it, seed) for it in holders if it.holder == founding.RECOVERY}
        again = key_rotation.admit(product.roster(), unit, seeds, holders)
        if not again:
            raise errors.Refused("error.no_key", "the quorum keeps no seed of this unit, or nobody lacks one")
        await product.store.keyring.add_seeds(again)
    print(len(again))
    return 0


async def _first_choice(product: Product, session: Session, case_id: bytes) -> str:
    able = product.casework.targets(await product.review.open(session, case_id))
    if not able:
        raise errors.Refused("error.no_key", "no clean unit has a key yet: `tinbao officer add` gives one to a unit")
    return next((code for code in FIRST_CHOICE if code in able), able[0])


async def back_up(settings: Settings, file: Path) -> int:
    """`tinbao backup`: every lasting row, sealed to the recovery key; written beside, then put in place."""
    async with open_product(settings) as product:
        public = product.roster().recovery
        sealed = await recovery.kept(product.store.keyring)
    rows = progress(backup.dump(settings.database_url), "backup")
    waiting = file.with_name(f"{file.name}.part")
    try:
        with waiting.open("wb") as out:
            for piece in recovery.seal(public, sealed, rows, os.urandom):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        waiting.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            waiting.unlink()
        raise errors.BadSetting(f"{file.name} cannot be written there ({error.strerror})") from error
    return 0


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

"""What the command line does with people and units: who joins, leaves, gets new keys; two admins sign each time."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.commands.output import print_table
from bot.settings import Settings
from bot.wiring import Product, open_product
from tips import errors
from tips.crypto import keys
from tips.crypto.keys import Identity
from tips.people.enrolment import Enrolled, Enrolment, Newcomer, Registrar


async def list_units(settings: Settings, *, as_json: bool) -> int:
    """`tinbao unit list`."""
    async with open_product(settings) as product:
        current = product.roster()
        rows = [
            {
                "code": unit.code,
                "name": unit.name,
                "parent": unit.parent,
                "receives": unit.receives and current.reader(unit.code) is not None,
                "members": len(current.members(unit.code)),
            }
            for unit in product.organisation.units.values()
        ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    print_table(["code", "name", "parent", "receives", "members"], [list(row.values()) for row in rows])
    return 0


async def add_officer(settings: Settings, newcomer: Newcomer, signers: Path | None) -> int:
    """`tinbao officer add`."""
    async with open_product(settings) as product:
        joined = await _sign(product, signers, lambda registrar: registrar.enrol([newcomer]))
        _print_login(joined.people[0])
    return 0


async def remove_officer(settings: Settings, name: str, signers: Path | None) -> int:
    """`tinbao officer remove`."""
    async with open_product(settings) as product:
        await _sign(product, signers, lambda registrar: registrar.leave(name))
        freed = await product.departures.tick()
    if freed:
        print(f"{freed} cases are back in their queues", file=sys.stderr)
    return 0


async def renew_officer(settings: Settings, name: str, signers: Path | None) -> int:
    """`tinbao officer renew`."""
    async with open_product(settings) as product:
        step = await _sign(product, signers, lambda registrar: registrar.renew(name))
        _print_login(step.people[0])
    return 0


async def rotate_unit(settings: Settings, unit: str, signers: Path | None) -> int:
    """`tinbao unit rotate`."""
    async with open_product(settings) as product:
        await _sign(product, signers, lambda registrar: registrar.rotate(unit))
    return 0


async def _sign(product: Product, signers: Path | None, change: Callable[[Registrar], Enrolment]) -> Enrolment:
    """Let the admins sign the next roster version, and put it into force."""
    step = change(product.registrar(await unlock_signers(product, signers)))
    await product.roster.put_into_force(step)
    return step


def _print_login(person: Enrolled) -> None:
    """Once; nobody can print it again. A person at a terminal also sees the address as a code for their telephone."""
    name, totp = person.identity.name, keys.totp_uri(person.identity)
    print(json.dumps({"name": name, "passphrase": person.passphrase, "totp": totp}))
    if sys.stderr.isatty():
        import segno

        segno.make(totp, micro=False).terminal(sys.stderr, compact=True)


async def enrol(
    product: Product,
    admins: Sequence[Identity],
    newcomers: Sequence[Newcomer],
    passphrase: str | None = None,
) -> Enrolment:
    """Let people join a running product, in one roster version."""
    joined = product.registrar(admins).enrol(newcomers, passphrase)
    await product.roster.put_into_force(joined)
    return joined


async def unlock_signers(product: Product, file: Path | None) -> list[Identity]:
    """The two admins, by the file that `init --json` printed, or by asking.

    Raises:
        WrongPassphrase: one of the passphrases is wrong.
    """
    words = passphrases([signer.name for signer in product.roster().signers], file)
    return [await product.logins.unlock(name, passphrase) for name, passphrase in words.items()]


def passphrases(names: Sequence[str], file: Path | None) -> dict[str, str]:
    """The admins' passphrases, by what `init --json` printed, or by asking.

    Raises:
        BadSetting: the file is something else, or lacks one of them.
    """
    if file is None:
        return {name: getpass.getpass(f"{name}: ", stream=sys.stderr) for name in names}
    try:
        known = {it["name"]: it["passphrase"] for it in json.loads(file.read_text("utf-8"))["admins"]}
        return {name: str(known[name]) for name in names}
    except (ValueError, KeyError, TypeError) as error:
        raise errors.BadSetting(
            f"--signers: {file.name} does not hold the passphrases of {' and '.join(names)} as `tinbao init --json`"
            " prints them"
        ) from error

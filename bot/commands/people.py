"""What the command line does with people and units: who joins, leaves, gets new keys; signers sign each time."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot import roster_files
from bot.commands.output import print_table
from bot.settings import Settings
from bot.wiring import Product, open_product
from tips import errors
from tips.crypto import keys
from tips.crypto.keys import Identity
from tips.organisation import roles
from tips.organisation.roster import UNDERWAY
from tips.people import proposals
from tips.people.enrolment import Newcomer, Registrar
from tips.people.invitations import VALID
from tips.people.proposals import Enrolled, Proposal


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


@dataclass(frozen=True, slots=True)
class Signing:
    """How a version comes to be signed: here, by who shares a shell, or as a request that travels."""

    signers: Path | None = None  # passphrases, as `init --trial --json` prints them
    request: Path | None = None  # where the request is written

    def until(self, now: datetime) -> datetime:
        """How long what somebody signs who goes by it counts: they work on while it travels."""
        return now + UNDERWAY if self.request else now


async def add_officer(settings: Settings, newcomer: Newcomer, signers: Path | None) -> int:
    """`tinbao officer add`: an invitation; in a home whose signers share a shell, the person is in at once."""
    async with open_product(settings) as product:
        if not product.roster().in_one_shell:
            await _invite(product, newcomer)
            return 0
    made = await _changed(settings, Signing(signers), lambda registrar: registrar.enrol([newcomer]))
    _print_login(made.people[0])
    return 0


async def _invite(product: Product, newcomer: Newcomer) -> None:
    """Print what is handed over to somebody, once."""
    code = await product.invitations.invite(newcomer)
    until = (product.now() + VALID).isoformat(timespec="minutes")
    address = f"{product.settings.public_url}/desk/activate"
    print(json.dumps({"name": newcomer.name, "invitation": code, "until": until, "address": address}))


async def uninvite(settings: Settings, name: str) -> int:
    """`tinbao officer uninvite`."""
    async with open_product(settings) as product:
        await product.invitations.take_back(name)
    return 0


async def remove_officer(settings: Settings, name: str, signing: Signing) -> int:
    """`tinbao officer remove`."""
    await _changed(settings, signing, lambda registrar: registrar.leave(name, signing.until(registrar.now)))
    return 0


async def move_officer(settings: Settings, name: str, unit: str, role: str, signing: Signing) -> int:
    """`tinbao officer move`; an empty unit or role stays what it is."""

    def change(registrar: Registrar) -> Proposal:
        person = registrar.current.person(name)
        if person is None:
            raise errors.Refused("error.nobody")
        to = Newcomer(name, unit or person.unit, roles.parse(role or person.role))
        return registrar.move(to, signing.until(registrar.now))

    await _changed(settings, signing, change)
    return 0


async def renew_officer(settings: Settings, name: str, signers: Path | None) -> int:
    """`tinbao officer renew`: an invitation to make new keys; or new ones at once, see `add_officer`."""
    async with open_product(settings) as product:
        if not product.roster().in_one_shell:
            person = product.roster().person(name)
            if person is None:
                raise errors.Refused("error.nobody")
            await _invite(product, Newcomer(name, person.unit, person.role))
            return 0
    made = await _changed(settings, Signing(signers), lambda registrar: registrar.renew(name))
    _print_login(made.people[0])
    return 0


async def rotate_unit(settings: Settings, unit: str, signing: Signing) -> int:
    """`tinbao unit rotate`."""
    await _changed(settings, signing, lambda registrar: registrar.rotate(unit))
    return 0


async def propose(settings: Settings, request: Path, change: Callable[[Registrar], Proposal]) -> Proposal:
    """Write the next version as a file that travels."""
    async with open_product(settings) as product:
        await product.check_clock()
        proposal = change(product.registrar())
    ask(request, proposal)
    return proposal


def ask(request: Path, proposal: Proposal) -> None:
    """Write a request, and print what is read out to each signer."""
    roster_files.write_request(request, proposal)
    print(request)
    print(f"  {proposals.digits(proposal)}")


async def _changed(settings: Settings, signing: Signing, change: Callable[[Registrar], Proposal]) -> Proposal:
    """Make the next roster version: signed here and put into force, or written down for its signers."""
    if signing.request:
        return await propose(settings, signing.request, change)
    async with open_product(settings) as product:
        await product.check_clock()
        signers = await unlock_signers(product, signing.signers)
        proposal = change(product.registrar())
        await product.roster.put_into_force(proposals.signed_here(proposal, signers))
        if freed := await product.departures.tick():
            print(f"{freed} cases are back in their queues", file=sys.stderr)
    return proposal


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
) -> Proposal:
    """Let people join a running product whose signers share a shell, in one roster version."""
    joined = product.registrar().enrol(newcomers, passphrase)
    await product.roster.put_into_force(proposals.signed_here(joined, admins))
    return joined


async def unlock_signers(product: Product, file: Path | None) -> list[Identity]:
    """The signers of a home where they share a shell, by the file that `init --json` printed, or by asking.

    Raises:
        WrongPassphrase: one of the passphrases is wrong.
        Refused: they sign on machines of their own.
    """
    if not product.roster().in_one_shell:
        raise errors.Refused("error.signers_apart", "--request FILE")
    names = [signer.name for signer in product.roster().signers.listed]
    return [await product.logins.unlock(*pair) for pair in passphrases(names, file).items()]


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

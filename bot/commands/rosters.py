"""The roster's versions at the home: one is proposed as a file, and put into force once enough signers have signed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import locales
from bot import new_home, roster_files
from bot.commands import error_messages, people, recovery
from bot.commands.output import printable
from bot.settings import Settings
from bot.wiring import Product, open_product
from tips import errors
from tips.cases import policy
from tips.cases.ledger import Kind
from tips.crypto import keys
from tips.organisation import roster
from tips.organisation.roster import Signer, Signers
from tips.people import proposals, signer_keys
from tips.people.enrolment import Given, Newcomer, Registrar
from tips.people.proposals import Proposal


async def show(settings: Settings, *, as_json: bool) -> int:
    """`tinbao roster show`."""
    async with open_product(settings) as product:
        current, stored = product.roster(), product.roster.stored
    signed = {it.name for it in current.signers.signed(stored)}
    rows = [
        {
            "name": it.name,
            "office": it.office,
            "signed": it.name in signed,
            "fingerprint": proposals.fingerprint(it.verify),
        }
        for it in current.signers.listed
    ]
    if as_json:
        plain = {"version": current.version, "digest": current.digest, "threshold": current.signers.needed}
        print(json.dumps({**plain, "signers": rows}, ensure_ascii=False))
        return 0
    print(f"version {current.version}, {current.signers.needed} of {len(rows)} sign; {current.digest}")
    for row in rows:
        print(f"  {'✓' if row['signed'] else ' '} {row['name']} ({row['office']})  {row['fingerprint']}")
    return 0


async def welcome(settings: Settings, request: Path, signers: Path | None) -> int:
    """`tinbao roster propose`: whoever took up an invitation joins, or works with new keys.

    `signers`: in a home where they share a shell, what `init --trial --json` printed: it is in force at once.
    """
    async with open_product(settings) as product:
        registrar, waiting = product.registrar(), await product.invitations.taken_up()
        given = [Given(Newcomer(it.name, it.unit, it.role), it.public, it.verify) for it in waiting]
        joining, left_out = registrar.fitting(given)
        _name(left_out)
        if not joining:
            raise errors.Refused("error.nobody_waits")
        names = {it.newcomer.name for it in joining}
        accounts = tuple(it.account for it in waiting if it.account and it.name in names)
        proposal = replace(registrar.join(joining), accounts=accounts)
        if signers:
            unlocked = await people.unlock_signers(product, signers)
            await product.roster.put_into_force(proposals.signed_here(proposal, unlocked))
    if not signers:
        people.ask(request, proposal)
    for it in joining:
        print(f"  {it.newcomer.name} ({it.newcomer.unit})")
    return 0


def _name(left_out: Sequence[tuple[Given, errors.Refused]]) -> None:
    """Who cannot join, each with the reason: whoever invited them asks anew, or takes it back."""
    for it, error in left_out:
        who, why = f"{it.newcomer.name} ({it.newcomer.unit})", error_messages.said(error, os.environ)
        print(
            printable(locales.say(error_messages.language(os.environ), "roster.left_out", who=who, why=why)),
            file=sys.stderr,
        )


async def succeed(
    settings: Settings, request: Path, lines: Sequence[str], without: Sequence[str], needed: int | None
) -> int:
    """`tinbao roster propose`: other signers, or another number of them."""
    new = [signer_keys.parse_line(it) for it in lines]

    def change(registrar: Registrar) -> Proposal:
        was = registrar.current.signers
        if unknown := set(without) - {it.name for it in was.listed}:
            raise errors.Refused("error.nobody", ", ".join(sorted(unknown)))
        staying = [it for it in was.listed if it.name not in without]
        coming = [Signer(it.name, it.office, it.verify) for it in new]
        return registrar.succeed(Signers((*staying, *coming), needed or was.needed))

    await people.propose(settings, request, change)
    return 0


async def split(settings: Settings, request: Path, shares: Path, lines: Sequence[str]) -> int:
    """`tinbao roster split`: who signs now gets shares of the recovery seed; who signed before has none that counts."""
    given, listed = recovery.shares_of(shares), [signer_keys.parse_line(it) for it in lines]
    async with open_product(settings) as product:
        seed = keys.join_recovery(await product.custody.kept(), given)
        release = (await product.custody.pieces())[keys.RELEASE]
        proposal = product.registrar().share_out(seed, release, listed)
    people.ask(request, proposal)
    return 0


async def apply(settings: Settings, request: Path, consents: Sequence[Path]) -> int:
    """`tinbao roster apply`."""
    proposal = roster_files.read_request(request)
    step = proposals.gather(proposal, map(roster_files.read_consent, consents))
    asked = roster.parse(proposal.before.document) if proposal.before else proposal.version
    if not asked.signers.agree(step.roster):
        raise errors.Refused("error.too_few_signed", f"{len(asked.signers.signed(step.roster))}/{asked.signers.needed}")
    returned = any(it.kind is Kind.RESTORED for events in proposal.events.values() for it in events)
    if proposal.before is None or returned:
        await new_home.begin(settings, step)
        async with open_product(settings) as product:
            if returned and not await product.heads.is_anew():  # who was stopped half way asks again
                await product.heads.begin_anew()
            print(product.roster().version)
        return 0
    async with open_product(settings) as product:
        await product.roster.put_into_force(step)
        await _follow(product, adopted=step.organisation is not None)
        print(product.roster().version)
    lang = error_messages.language(os.environ)
    print(locales.say(lang, "roster.applied"), file=sys.stderr)
    if step.pieces:
        print(locales.say(lang, "roster.shared_anew", days=str(policy.backup_days())), file=sys.stderr)
    return 0


async def _follow(product: Product, *, adopted: bool) -> None:
    """What those who left had taken goes back to its queue, and cases of units that are gone climb."""
    await product.departures.tick()
    if adopted:
        await product.escalation.tick_all()

"""Founding: the first keys of a new home. What is printed is printed once; what is stored opens nothing by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import deadlines, ledger
from tips.crypto import keys, sealing
from tips.crypto.keys import Cost, Identity
from tips.crypto.sealing import Random
from tips.organisation import roster
from tips.organisation.roles import Role
from tips.organisation.roster import Roster, SignedRoster, Signer
from tips.organisation.units import Organisation, branch_of
from tips.ports.people import Account

RECOVERY: Final = "recovery"  # the holder's name under which seeds are sealed to the recovery key


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the processes need and no backup ever holds."""

    signing: Mapping[str, bytes] = field(repr=False)  # process -> Ed25519 seed
    release: bytes = field(repr=False)  # the clock's X-Wing seed
    signers: tuple[Signer, ...]


@dataclass(frozen=True, slots=True)
class Founding:
    """Everything that `init` makes."""

    roster: SignedRoster
    event: ledger.SignedEvent
    accounts: tuple[Account, ...]
    kept: Mapping[str, bytes]
    secrets: Secrets
    passphrases: Mapping[str, str] = field(repr=False)  # admin -> passphrase: shown once
    shares: Mapping[str, str] = field(repr=False)  # office -> share: shown once


def found(
    organisation: Organisation,
    now: datetime,
    random: Random,
    cost: Cost,
    offices: Sequence[str] = (),
    needed: int = 0,
    *,
    trial: bool = False,
) -> Founding:
    """Make the first roster version, its two signers, the processes' keys and the split recovery seed.

    Args:
        organisation: the units, and who founds.
        now: the present.
        random: the source of randomness.
        cost: what stretching a passphrase costs.
        offices: who gets a share of the recovery seed; (): whom the organisation says.
        needed: how many of them bring it back; 0: as many as the organisation says.
        trial: the home is for trying out, for ever.

    Raises:
        BadSetting: a share-out in which one lineage could recover alone.
    """
    offices, needed = offices or organisation.founders.shares, needed or organisation.founders.needed
    _check_share_out(organisation, offices, needed)
    admins = [(keys.new_identity(name, random), office) for name, office in organisation.founders.admins]
    signing = {process: random(32) for process in roster.PROCESSES}
    release, recovery = random(32), random(32)
    signers = tuple(Signer(it.name, office, it.verify) for it, office in admins)
    first = Roster(
        version=1,
        organisation=organisation.name,
        organisation_digest=organisation.digest,
        signers=signers,
        people=tuple(roster.Person(it.name, office, Role.ADMIN, it.public, it.verify) for it, office in admins),
        former={},
        units=(),
        processes={process: (keys.verify_key(seed),) for process, seed in signing.items()},
        release=sealing.public_bytes(release),
        recovery=sealing.public_bytes(recovery),
        previous="",
        trial=trial,
    )
    split, shares = keys.split_recovery(recovery, offices, needed, random)
    passphrases = {it.name: keys.new_passphrase(random) for it, _ in admins}
    return Founding(
        roster=roster.sign(first, {it.name: it.signing for it, _ in admins}),
        event=roster_event(first, admins[0][0], now, random),
        accounts=tuple(new_account(it, passphrases[it.name], cost, random) for it, _ in admins),
        kept=_kept(split, release, sealing.public_bytes(recovery)),
        secrets=Secrets(signing, release, signers),
        passphrases=passphrases,
        shares=shares,
    )


def _kept(split: keys.Recovery, release: bytes, recovery_public: bytes) -> dict[str, bytes]:
    kept = {f"recovery:{offices}": sealed for offices, sealed in split.sealed.items()}
    kept["recovery"] = str(split.needed).encode()
    kept["release"] = sealing.seal_to(recovery_public, release, sealing.binding("release seed"))
    return kept


def _check_share_out(organisation: Organisation, offices: Sequence[str], needed: int) -> None:
    lineages = Counter(branch_of(organisation, office) for office in offices)
    if max(lineages.values()) >= needed:
        raise errors.BadSetting("offices of one lineage could bring the recovery seed back alone")


def new_account(identity: Identity, passphrase: str, cost: Cost, random: Random) -> Account:
    """A fresh login."""
    return Account(keys.lock_identity(identity, passphrase, cost, random), 0, 0, None)


def roster_event(version: Roster, admin: Identity, now: datetime, random: Random) -> ledger.SignedEvent:
    """The leaf that a roster version becomes, signed by one of its admins."""
    facts = {"version": str(version.version), "digest": version.digest, "organisation": version.organisation_digest}
    event = ledger.Event(ledger.Kind.ROSTER, b"", ledger.FIRST, deadlines.hour(now), admin.name, random(32), facts)
    return ledger.sign(event, admin.signing)

"""Founding: the first keys of a new home. What is printed is printed once; what is stored opens nothing by itself."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tips import errors
from tips.crypto import keys, sealing
from tips.crypto.keys import Cost, Identity
from tips.crypto.sealing import Random
from tips.organisation import roster, succession
from tips.organisation.roles import Role
from tips.organisation.roster import Roster, Signer, Signers
from tips.organisation.units import Organisation, branch_of
from tips.people import proposals, signer_keys
from tips.people.proposals import Enrolment, Proposal
from tips.people.signer_keys import PublicSigner
from tips.ports.people import Account


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the processes need and no backup ever holds."""

    signing: Mapping[str, bytes] = field(repr=False)  # process -> Ed25519 seed; of those only that run here
    release: bytes = field(repr=False)  # the clock's X-Wing seed
    signers: Signers

    def of(self, process: str) -> bytes:
        """What a process signs with; b"": it does not run here, and nothing signs in its name."""
        return self.signing.get(process, b"")

    @property
    def counting(self) -> tuple[str, bytes]:
        """The process in whose name a tally of all that is added here is signed, and what it signs with.

        Raises:
            BadSetting: no process runs here.
        """
        for process in roster.PROCESSES:
            if process in self.signing:
                return process, self.signing[process]
        raise errors.BadSetting("no process has its key in TINBAO_SECRETS: copy one from where this home was made")


@dataclass(frozen=True, slots=True)
class Founding:
    """Everything that `init` makes."""

    proposal: Proposal  # of the first version
    kept: Mapping[str, bytes]
    secrets: Secrets
    admins: tuple[Identity, ...] = field(default=(), repr=False)  # of a home whose signers share a shell
    passphrases: Mapping[str, str] = field(default_factory=dict, repr=False)  # admin -> passphrase: shown once
    shares: Mapping[str, str] = field(default_factory=dict, repr=False)  # office -> share: shown once

    @property
    def enrolment(self) -> Enrolment:
        """The first version, signed by those who share a shell."""
        return proposals.signed_here(self.proposal, self.admins)


@dataclass(frozen=True, slots=True)
class _Keys:
    """The first keys of the home itself."""

    signing: Mapping[str, bytes] = field(repr=False)
    release: bytes = field(repr=False)
    recovery: bytes = field(repr=False)


def found(
    organisation: Organisation,
    now: datetime,
    random: Random,
    cost: Cost,
    *,
    trial: bool = False,
) -> Founding:
    """Make a home whose signers are two admins with passphrases from one shell: for trying out.

    Args:
        organisation: the units, and who founds.
        now: the present.
        random: the source of randomness.
        cost: what stretching a passphrase costs.
        trial: the home is for trying out, for ever.
    """
    founders = organisation.founders
    admins = [(keys.new_identity(name, random), office) for name, office in founders.admins]
    signers = Signers(tuple(Signer(it.name, office, it.verify) for it, office in admins))
    people = tuple(roster.Person(it.name, office, Role.ADMIN, it.public, it.verify) for it, office in admins)
    passphrases = {it.name: keys.new_passphrase(random) for it, _ in admins}
    made = _Keys({process: random(32) for process in roster.PROCESSES}, random(32), random(32))
    split, shares = _split(organisation, made.recovery, founders.shares, founders.needed, random)
    kept = _kept(split, made)
    first = _first(organisation, signers, made)
    first = replace(first, people=people, trial=trial, quorum_digest=keys.pieces_digest(kept))
    accounts = tuple(new_account(it, passphrases[it.name], cost, random) for it, _ in admins)
    return Founding(
        proposal=replace(proposals.propose(first, None, now, random), accounts=accounts),
        kept=kept,
        secrets=Secrets(made.signing, made.release, signers),
        admins=tuple(it for it, _ in admins),
        passphrases=passphrases,
        shares=shares,
    )


def found_by(
    organisation: Organisation, listed: Sequence[PublicSigner], needed: int, now: datetime, random: Random
) -> Founding:
    """Make a home whose signers have keys of their own, each on a machine of theirs; nobody works in it yet.

    Each signer's office gets a share of the recovery seed, which is sealed to that signer, and as many bring it back as
    sign.

    Args:
        organisation: the units.
        listed: the signers.
        needed: how many of them sign a version.
        now: the present.
        random: the source of randomness.

    Raises:
        Refused: the signers cannot sign, or those of one branch could alone; an unknown office.
        BadSetting: fewer than three, or more than five.
    """
    for it in listed:
        if it.office not in organisation.units:
            raise errors.Refused("error.unknown_unit", it.office)
    signers = Signers(tuple(Signer(it.name, it.office, it.verify) for it in listed), needed)
    succession.check(signers, functools.partial(branch_of, organisation))
    made = _Keys({process: random(32) for process in roster.PROCESSES}, random(32), random(32))
    split, sealed = share_out(organisation, made.recovery, listed, needed, random)
    kept = _kept(split, made)
    first = replace(_first(organisation, signers, made), quorum_digest=keys.pieces_digest(kept))
    return Founding(
        proposal=replace(proposals.propose(first, None, now, random), shares=sealed),
        kept=kept,
        secrets=Secrets(made.signing, made.release, signers),
    )


def _first(organisation: Organisation, signers: Signers, made: _Keys) -> Roster:
    return Roster(
        version=1,
        organisation=organisation.name,
        organisation_digest=organisation.digest,
        signers=signers,
        people=(),
        former={},
        units=(),
        processes={process: (keys.verify_key(seed),) for process, seed in made.signing.items()},
        release=sealing.public_bytes(made.release),
        recovery=sealing.public_bytes(made.recovery),
        previous="",
    )


def share_out(
    organisation: Organisation, recovery: bytes, listed: Sequence[PublicSigner], needed: int, random: Random
) -> tuple[keys.Recovery, dict[str, bytes]]:
    """The recovery seed split among the signers' offices, and each signer's share, sealed to them.

    Raises:
        BadSetting: offices that cannot have shares, or one branch of them could recover alone.
    """
    split, shares = _split(organisation, recovery, [it.office for it in listed], needed, random)
    return split, {it.name: signer_keys.seal_share(it, shares[it.office]) for it in listed}


def _split(
    organisation: Organisation, recovery: bytes, offices: Sequence[str], needed: int, random: Random
) -> tuple[keys.Recovery, dict[str, str]]:
    """The recovery seed split among offices.

    Raises:
        BadSetting: a share-out in which one branch could recover alone.
    """
    if max(Counter(branch_of(organisation, office) for office in offices).values()) >= needed:
        raise errors.BadSetting("offices of one branch could bring the recovery seed back alone")
    return keys.split_recovery(recovery, offices, needed, random)


def _kept(split: keys.Recovery, made: _Keys) -> dict[str, bytes]:
    public = sealing.public_bytes(made.recovery)
    return {**split.pieces(), keys.RELEASE: sealing.seal_to(public, made.release, sealing.binding("release seed"))}


def new_account(identity: Identity, passphrase: str, cost: Cost, random: Random) -> Account:
    """A fresh login."""
    return Account(keys.lock_identity(identity, passphrase, cost, random), 0, 0, None)

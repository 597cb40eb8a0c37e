"""Enrolment: a person joins a unit. Their keys are made, the unit's if it has none, and two admins sign for both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tips import errors, founding, keys, ledger, roster, sealing
from tips.keys import Cost, Identity, SealedSeed
from tips.organisation import Organisation
from tips.ports import Account
from tips.roster import Person, Roster, SignedRoster, UnitKey
from tips.sealing import Random

ROLES: Final = ("officer", "head", "overseer", "coordinator", "admin", "auditor")
_OVERSEERS: Final = frozenset({"procuracy", "inspectorate", "ministry"})  # their seeds are sealed to recovery too


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is to join."""

    name: str
    unit: str
    role: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person who joined; the passphrase and TOTP address are shown once."""

    identity: Identity
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The next roster version and what goes with it."""

    roster: SignedRoster
    event: ledger.SignedEvent
    accounts: tuple[Account, ...]
    seeds: tuple[SealedSeed, ...]
    people: tuple[Enrolled, ...]


def enrol(
    current: Roster,
    organisation: Organisation,
    admins: Sequence[Identity],
    newcomers: Sequence[Newcomer],
    now: datetime,
    random: Random,
    cost: Cost,
    passphrase: str | None = None,
) -> Enrolment:
    """Let people join, in one roster version.

    Args:
        passphrase: one for all, for a demo; None: a generated one each.

    Raises:
        Refused: a name that is taken, an unknown role, or a unit that receives nothing.
    """
    for newcomer in newcomers:
        _check(current, organisation, newcomer)
    identities = [keys.new_identity(it.name, random) for it in newcomers]
    words = [passphrase or keys.new_passphrase(random) for _ in newcomers]
    people = tuple(
        Person(it.name, it.unit, it.role, identity.public, identity.verify)
        for it, identity in zip(newcomers, identities, strict=True)
    )
    fresh = {it.unit: random(32) for it in newcomers if _needs_key(current, it)}
    units = tuple(UnitKey(unit, 1, sealing.public_bytes(seed)) for unit, seed in fresh.items())
    version = current.next(people=(*current.people, *people), units=(*current.units, *units))
    seeds = [
        keys.seal_seed(person.unit, 1, person.name, person.public, fresh[person.unit])
        for person in people
        if person.unit in fresh and person.role in keys.UNIT_ROLES
    ]
    seeds += _to_recovery(version, organisation, fresh)
    return Enrolment(
        roster.sign(version, {admin.name: admin.signing for admin in admins}),
        founding.roster_event(version, admins[0], now, random),
        tuple(
            founding.new_account(identity, word, cost, random) for identity, word in zip(identities, words, strict=True)
        ),
        tuple(seeds),
        tuple(Enrolled(identity, word) for identity, word in zip(identities, words, strict=True)),
    )


def _check(current: Roster, organisation: Organisation, newcomer: Newcomer) -> None:
    if current.person(newcomer.name) or newcomer.name in current.processes:
        raise errors.Refused("error.name_taken")
    if newcomer.role not in ROLES:
        raise errors.Refused("error.role")
    unit = organisation.unit(newcomer.unit)
    if newcomer.role in keys.UNIT_ROLES and (not unit.receives or unit.kind == "held"):
        raise errors.Refused("error.not_a_receiver")


def _needs_key(current: Roster, newcomer: Newcomer) -> bool:
    return newcomer.role in keys.UNIT_ROLES and current.generation(newcomer.unit) == 0


def _to_recovery(version: Roster, organisation: Organisation, fresh: dict[str, bytes]) -> list[SealedSeed]:
    return [
        keys.seal_seed(unit, 1, founding.RECOVERY, version.recovery, seed)
        for unit, seed in fresh.items()
        if organisation.unit(unit).kind in _OVERSEERS
    ]


def open_seeds(identity: Identity, sealed: Iterable[SealedSeed]) -> dict[str, dict[int, bytes]]:
    """The unit seeds that a person holds: unit -> generation -> seed."""
    opened: dict[str, dict[int, bytes]] = {}
    for seed in sealed:
        opened.setdefault(seed.unit, {})[seed.generation] = keys.open_seed(seed, identity.seed)
    return opened


def admit(current: Roster, unit: str, held: dict[int, bytes], holders: Iterable[SealedSeed]) -> list[SealedSeed]:
    """A present member's session gives the unit's seeds to members of the roster who still lack them."""
    have = {(seed.generation, seed.holder) for seed in holders}
    return [
        keys.seal_seed(unit, generation, person.name, person.public, seed)
        for person in current.members(unit)
        for generation, seed in held.items()
        if (generation, person.name) not in have
    ]

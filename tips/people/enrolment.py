"""Enrolment: people join a unit, leave it, or get new keys; two admins sign each version that says so.

Whoever goes takes what they could open with them: their unit gets a new key at once, and nothing is sealed to the old
one any more. What was sealed to it stays readable to the others, who keep the old seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tips import errors
from tips.cases import ledger
from tips.crypto import keys
from tips.crypto.keys import Cost, Identity, SealedSeed
from tips.crypto.sealing import Random
from tips.organisation import roster
from tips.organisation.documents import Document
from tips.organisation.roles import NAME, Role
from tips.organisation.roster import Left, Person, Roster, SignedRoster
from tips.organisation.units import Organisation, UnitKind
from tips.people import founding
from tips.people.key_rotation import with_new_keys
from tips.ports.people import Account


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is to join."""

    name: str
    unit: str
    role: Role


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
    accounts: tuple[Account, ...] = ()
    seeds: tuple[SealedSeed, ...] = ()
    people: tuple[Enrolled, ...] = ()
    gone: tuple[str, ...] = ()  # names whose logins, sessions, chats and copies of seeds go
    organisation: Document | None = None  # what the version adopts; None: it goes on with the same one


@dataclass(frozen=True, slots=True)
class Registrar:
    """Makes the next roster version: from which one, who signs it, when, with which randomness and cost."""

    current: Roster
    organisation: Organisation
    admins: Sequence[Identity] = field(repr=False)
    now: datetime
    random: Random
    cost: Cost

    def enrol(self, newcomers: Sequence[Newcomer], passphrase: str | None = None) -> Enrolment:
        """Let people join, in one roster version.

        Args:
            newcomers: who joins where.
            passphrase: one for all, for a demo; None: a generated one each.

        Raises:
            Refused: a name that is taken or none, an unknown unit, or a unit that receives nothing.
        """
        for newcomer in newcomers:
            _check(self.current, self.organisation, newcomer)
        made = [_enrolled(it.name, passphrase, self.random) for it in newcomers]
        people = [_person(it, one.identity) for it, one in zip(newcomers, made, strict=True)]
        version = self.current.next(people=(*self.current.people, *people))
        keyless = [it.unit for it in newcomers if it.role.holds_seed and not self.current.members(it.unit)]
        return replace(self._with_new_keys(version, keyless), accounts=self._accounts(made), people=tuple(made))

    def leave(self, name: str) -> Enrolment:
        """Let a person go; their unit gets a new key if anybody is left in it.

        Raises:
            Refused: nobody of that name is there, or they sign the roster.
        """
        person = _leaving(self.current, name)
        rest = tuple(it for it in self.current.people if it.name != name)
        version = self.current.next(people=rest, **self._past(person))
        return replace(self._with_new_keys(version, _rekeyed(version, person)), gone=(name,))

    def renew(self, name: str) -> Enrolment:
        """New keys and a new passphrase for who lost theirs; somebody may have found it, so their unit gets a new key.

        The older seeds come back to them when a colleague logs in (`admit`); who was alone reads nothing older.

        Raises:
            Refused: nobody of that name is there, or they sign the roster.
        """
        person = _leaving(self.current, name)
        made = _enrolled(name, None, self.random)
        again = _person(Newcomer(name, person.unit, person.role), made.identity)
        people = tuple(again if it.name == name else it for it in self.current.people)
        version = self.current.next(people=people, **self._past(person))
        step = self._with_new_keys(version, _rekeyed(version, person))
        return replace(step, accounts=self._accounts([made]), people=(made,), gone=(name,))

    def rotate(self, unit: str) -> Enrolment:
        """A new key for a unit, given to everybody in it.

        Raises:
            Refused: there is no such unit, or nobody works there.
        """
        if unit not in self.organisation.units:
            raise errors.Refused("error.unknown_unit", unit)
        if not self.current.members(unit):
            raise errors.Refused("error.no_key")
        return self._with_new_keys(self.current.next(), [unit])

    def adopt(self, document: Document) -> Enrolment:
        """Go on with another organisation, which was checked; people and keys stay as they are."""
        version = self.current.next(organisation=document.plain["name"], organisation_digest=document.digest)
        return replace(self._signed(version), organisation=document)

    def _with_new_keys(self, version: Roster, units: Iterable[str]) -> Enrolment:
        """The version with the next key of these units."""
        renewed, seeds = with_new_keys(version, self.organisation, units, self.random)
        return replace(self._signed(renewed), seeds=seeds)

    def _past(self, person: Person) -> dict[str, Any]:
        """What somebody signed can be checked for ever, and is held to where they worked until now."""
        former, past, name = self.current.former, self.current.past, person.name
        left = Left(person.unit, person.role, person.verify, self.now)
        return {
            "former": {**former, name: (*former.get(name, ()), person.verify)},
            "past": {**past, name: (*past.get(name, ()), left)},
        }

    def _signed(self, version: Roster) -> Enrolment:
        signed = roster.sign(version, {admin.name: admin.signing for admin in self.admins})
        return Enrolment(signed, founding.roster_event(version, self.admins[0], self.now, self.random))

    def _accounts(self, made: Iterable[Enrolled]) -> tuple[Account, ...]:
        return tuple(founding.new_account(it.identity, it.passphrase, self.cost, self.random) for it in made)


def _enrolled(name: str, passphrase: str | None, random: Random) -> Enrolled:
    return Enrolled(keys.new_identity(name, random), passphrase or keys.new_passphrase(random))


def _person(newcomer: Newcomer, identity: Identity) -> Person:
    return Person(newcomer.name, newcomer.unit, newcomer.role, identity.public, identity.verify)


def _leaving(current: Roster, name: str) -> Person:
    person = current.person(name)
    if person is None:
        raise errors.Refused("error.nobody")
    if any(signer.name == name for signer in current.signers):
        raise errors.Refused("error.signer")
    return person


def _rekeyed(version: Roster, person: Person) -> list[str]:
    return [person.unit] if person.role.holds_seed and version.members(person.unit) else []


def _check(current: Roster, organisation: Organisation, newcomer: Newcomer) -> None:
    if current.person(newcomer.name) or newcomer.name in {*current.processes, *current.former}:
        raise errors.Refused("error.name_taken")
    if not NAME.fullmatch(newcomer.name):
        raise errors.Refused("error.name")
    unit = organisation.units.get(newcomer.unit)
    if unit is None:
        raise errors.Refused("error.unknown_unit", newcomer.unit)
    if newcomer.role.holds_seed and (not unit.receives or unit.kind == UnitKind.HELD):
        raise errors.Refused("error.not_a_receiver")

"""Enrolment: people join a unit, leave it, or get new keys; signers sign each version that says so (`proposals`).

Whoever goes takes what they could open with them: their unit gets a new key at once, and nothing is sealed to the old
one any more. What was sealed to it stays readable to the others, who keep the old seeds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from tips import errors
from tips.crypto import keys, sealing
from tips.crypto.keys import Cost
from tips.crypto.sealing import Random
from tips.organisation import succession
from tips.organisation.documents import Document
from tips.organisation.roles import NAME, Role
from tips.organisation.roster import PROCESSES, Coming, Left, Person, Roster, SignedRoster, Signer, Signers
from tips.organisation.units import Organisation, UnitKind, branch_of
from tips.people import founding, proposals
from tips.people.key_rotation import with_new_keys
from tips.people.proposals import Enrolled, Proposal
from tips.people.signer_keys import PublicSigner
from tips.ports.people import Account

FARTHEST: Final = timedelta(days=2 * 366)  # ahead of which an organisation is signed: a year mistyped is refused


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is to join."""

    name: str
    unit: str
    role: Role


@dataclass(frozen=True, slots=True)
class Given:
    """Who joins, or takes new keys, with the public halves of what they made."""

    newcomer: Newcomer
    public: bytes
    verify: bytes


@dataclass(frozen=True, slots=True)
class Registrar:
    """Makes the next roster version: from which one, when, with which randomness and cost."""

    current: Roster
    stored: SignedRoster  # the same, as a signer checks it
    organisation: Organisation  # in force
    knowing: Callable[[str], Organisation]  # the one that has a unit, be it that of a later day
    now: datetime
    random: Random
    cost: Cost

    def enrol(self, newcomers: Sequence[Newcomer], passphrase: str | None = None) -> Proposal:
        """Let people join, in one roster version.

        Args:
            newcomers: who joins where.
            passphrase: one for all, for a demo; None: a generated one each.

        Raises:
            Refused: a name that is taken or none, an unknown unit, or a unit that receives nothing.
        """
        for it in newcomers:
            check(self.current, self.knowing(it.unit), it)
        made = [_enrolled(it.name, passphrase, self.random) for it in newcomers]
        given = [Given(it, one.identity.public, one.identity.verify) for it, one in zip(newcomers, made, strict=True)]
        return replace(self.join(given), accounts=self._accounts(made), people=tuple(made))

    def join(self, given: Sequence[Given]) -> Proposal:
        """Let people join, or take new keys at their unit, by keys that they made themselves; in one version.

        Who takes new keys lost the old ones, and somebody may have found them: their unit gets a new key.

        Raises:
            Refused: a name that is taken or none, an unknown unit, or a unit that receives nothing.
        """
        version, rekeyed = self.current.next(), list[str]()
        for it in given:
            check(self.current, self.knowing(it.newcomer.unit), it.newcomer, renews=True)
            person = Person(it.newcomer.name, it.newcomer.unit, it.newcomer.role, it.public, it.verify)
            if before := version.person(person.name):
                people = tuple(person if one is before else one for one in version.people)
                version = replace(version, people=people, **self._past(version, before))
                rekeyed += _rekeyed(version, person)
            else:
                rekeyed += [person.unit] if person.role.holds_seed and not version.members(person.unit) else []
                version = replace(version, people=(*version.people, person))
        return self._with_new_keys(version, rekeyed)

    def fitting(self, given: Sequence[Given]) -> tuple[list[Given], list[tuple[Given, errors.Refused]]]:
        """Those whom `join` takes, and who cannot join, each with why: one of them keeps nobody else out."""
        fit, unfit = list[Given](), list[tuple[Given, errors.Refused]]()
        for it in given:
            try:
                check(self.current, self.knowing(it.newcomer.unit), it.newcomer, renews=True)
                _check_keys(it)
            except errors.Refused as error:
                unfit.append((it, error))
            else:
                fit.append(it)
        return fit, unfit

    def leave(self, name: str, until: datetime | None = None) -> Proposal:
        """Let a person go; their unit gets a new key if anybody is left in it.

        Args:
            name: whose.
            until: how long what they sign counts, where signers sign later; None: until now.

        Raises:
            Refused: nobody of that name is there, or they sign the roster.
        """
        person = _leaving(self.current, name)
        rest = tuple(it for it in self.current.people if it.name != name)
        version = self.current.next(people=rest, **self._past(self.current, person, until))
        return self._with_new_keys(version, _rekeyed(version, person))

    def move(self, to: Newcomer, until: datetime | None = None) -> Proposal:
        """Let a person work in another unit, or as something else, with the name and keys that they have.

        The unit whose cases they could open gets a new key. The older seeds of the other one come to them when a
        colleague logs in (`key_rotation`).

        Args:
            to: who, and where from then on.
            until: how long what they sign where they were counts, where signers sign later; None: until now.

        Raises:
            Refused: nobody of that name is there, they sign the roster, or work just there; or nobody can join so.
        """
        person = _leaving(self.current, to.name)
        if (person.unit, person.role) == (to.unit, to.role):
            raise errors.Refused("error.same_place")
        _check_place(self.knowing(to.unit), to)
        moved = replace(person, unit=to.unit, role=to.role)
        people = tuple(moved if it is person else it for it in self.current.people)
        past = self._past(self.current, person, until)["past"]
        version = self.current.next(people=people, past=past)
        rekeyed = _rekeyed(version, person) if proposals.loses_seeds(person, moved) else []
        first = moved.role.holds_seed and not self.current.members(moved.unit)
        return self._with_new_keys(version, [*rekeyed, *([moved.unit] if first else [])])

    def renew(self, name: str) -> Proposal:
        """New keys and a new passphrase for who lost theirs; somebody may have found it, so their unit gets a new key.

        The older seeds come back to them when a colleague logs in (`key_rotation`); who was alone reads nothing older.

        Raises:
            Refused: nobody of that name is there, or they sign the roster.
        """
        person = _leaving(self.current, name)
        made = _enrolled(name, None, self.random)
        given = Given(Newcomer(name, person.unit, person.role), made.identity.public, made.identity.verify)
        return replace(self.join([given]), accounts=self._accounts([made]), people=(made,))

    def rotate(self, unit: str) -> Proposal:
        """A new key for a unit, given to everybody in it, be the unit itself gone.

        Raises:
            Refused: there is no such unit, or nobody works there.
        """
        if not self.current.members(unit):
            there = unit in self.knowing(unit).units
            raise errors.Refused("error.no_key") if there else errors.Refused("error.unknown_unit", unit)
        return self._with_new_keys(self.current.next(), [unit])

    def succeed(self, signers: Signers) -> Proposal:
        """Other people sign from now on, or another number of them.

        Raises:
            Refused: they cannot sign, or those of one branch could alone.
        """
        people = {it.name for it in self.current.people} | self.current.former.keys() | self.current.processes.keys()
        for it in signers.listed:
            if it.office not in self.organisation.units:
                raise errors.Refused("error.unknown_unit", it.office)
            if it not in self.current.signers.listed and it.name in people:
                raise errors.Refused("error.name_taken", it.name)
        succession.check(signers, functools.partial(branch_of, self.organisation))
        gone = [it for it in self.current.signers.listed if it not in signers.listed]
        staying = [it for it in self.current.once if it not in signers.listed]
        version = self.current.next(signers=signers, once=(*staying, *gone))
        return proposals.propose(version, self.stored, self.now, self.random)

    def share_out(self, seed: bytes, release: bytes, listed: Sequence[PublicSigner]) -> Proposal:
        """Split the recovery seed anew among the offices of those who sign, as many of which bring it back as sign.

        The key itself stays: shares of before go on opening backups of before.

        Args:
            seed: the recovery seed.
            release: the clock's seed as it is kept, sealed to the recovery key.
            listed: everybody who signs, by their public lines.

        Raises:
            Refused: these are not who signs.
            BadSetting: offices that cannot have shares, or one branch of them could recover alone.
        """
        signers = self.current.signers
        if {Signer(it.name, it.office, it.verify) for it in listed} != set(signers.listed):
            raise errors.Refused("error.other_signers", ", ".join(it.name for it in signers.listed))
        split, shares = founding.share_out(self.organisation, seed, listed, signers.needed, self.random)
        pieces = {**split.pieces(), keys.RELEASE: release}
        version = self.current.next(quorum_digest=keys.pieces_digest(pieces))
        return replace(proposals.propose(version, self.stored, self.now, self.random), shares=shares, pieces=pieces)

    @property
    def awaited(self) -> Coming | None:
        """The organisation that is signed for a later day; None: none is, or it has come."""
        coming = self.current.coming
        return coming if coming and coming.at > self.now else None

    def check_another(self, document: Document, at: datetime | None) -> None:
        """That something comes of adopting a document; the one in force, at once, calls off what is signed ahead.

        Raises:
            Refused: it is in force already.
        """
        if document.digest == self.organisation.document.digest and (at or self.awaited is None):
            raise errors.Refused("error.org_same")

    def adopt(self, document: Document, at: datetime | None = None) -> Proposal:
        """Go on with another organisation, which was checked; people and keys stay as they are.

        Args:
            document: the organisation.
            at: from when on; until then the present one stays in force. None: at once.

        Raises:
            Refused: that is over, or further ahead than anybody plans.
        """
        name, digest, coming = document.plain["name"], document.digest, self.current.coming
        if at is None:
            version = self.current.next(organisation=name, organisation_digest=digest, coming=None)
        elif at <= self.now:
            raise errors.Refused("error.org_past")
        elif at > self.now + FARTHEST:
            raise errors.Refused("error.org_far")
        elif coming and coming.at <= self.now:
            now = {"organisation": coming.organisation, "organisation_digest": coming.digest}
            version = self.current.next(**now, coming=Coming(name, digest, at))
        else:
            version = self.current.next(coming=Coming(name, digest, at))
        proposal = proposals.propose(version, self.stored, self.now, self.random)
        return replace(proposal, organisation=document, instead_of=self.organisation.document)

    def _with_new_keys(self, version: Roster, units: Iterable[str]) -> Proposal:
        """The version with the next key of these units."""
        renewed, seeds = with_new_keys(version, self.knowing, units, self.random)
        return replace(proposals.propose(renewed, self.stored, self.now, self.random), seeds=seeds)

    def _past(self, version: Roster, person: Person, until: datetime | None = None) -> dict[str, Any]:
        """What somebody signed can be checked for ever, and is held to where they worked until now."""
        former, past, name = version.former, version.past, person.name
        left = Left(person.unit, person.role, person.verify, until or self.now)
        return {
            "former": {**former, name: (*former.get(name, ()), person.verify)},
            "past": {**past, name: (*past.get(name, ()), left)},
        }

    def _accounts(self, made: Iterable[Enrolled]) -> tuple[Account, ...]:
        return tuple(founding.new_account(it.identity, it.passphrase, self.cost, self.random) for it in made)


def _enrolled(name: str, passphrase: str | None, random: Random) -> Enrolled:
    return Enrolled(keys.new_identity(name, random), passphrase or keys.new_passphrase(random))


def _leaving(current: Roster, name: str) -> Person:
    person = current.person(name)
    if person is None:
        raise errors.Refused("error.nobody")
    if any(it.verify == person.verify for it in current.signers.listed):
        raise errors.Refused("error.signer")
    return person


def _check_keys(it: Given) -> None:
    try:
        sealing.public_key(it.public)
        keys.check_verify_key(it.verify)
    except ValueError as error:
        raise errors.Refused("error.joining_keys") from error


def _rekeyed(version: Roster, person: Person) -> list[str]:
    """The unit of who leaves: they could go on using its key. Of one who was alone, at most the quorum has the next."""
    return [person.unit] if person.role.holds_seed else []


def check(current: Roster, organisation: Organisation, newcomer: Newcomer, *, renews: bool = False) -> None:
    """That somebody can join so.

    Args:
        renews: who works in this very place already may take new keys, unless they sign the roster.

    Raises:
        Refused: they cannot.
    """
    person, signing = current.person(newcomer.name), (*current.signers.listed, *current.once)
    if renews and person and (person.unit, person.role) == (newcomer.unit, newcomer.role):
        _leaving(current, newcomer.name)
        return
    if person or newcomer.name in {*PROCESSES, *current.processes, *current.former, *(it.name for it in signing)}:
        raise errors.Refused("error.name_taken")
    if not NAME.fullmatch(newcomer.name):
        raise errors.Refused("error.name")
    _check_place(organisation, newcomer)


def _check_place(organisation: Organisation, newcomer: Newcomer) -> None:
    unit = organisation.units.get(newcomer.unit)
    if unit is None:
        raise errors.Refused("error.unknown_unit", newcomer.unit)
    if newcomer.role.holds_seed and (not unit.receives or unit.kind == UnitKind.HELD):
        raise errors.Refused("error.not_a_receiver")

"""The roster: who may receive, with which key; one versioned document, signed by m of n signers (`succession`).

Every process pins the signers and seals to nothing that this document does not name: a row that somebody slips into
the database is never sealed to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tips import errors
from tips.crypto import keys
from tips.crypto.sealing import Reader, Readers
from tips.organisation.roles import Role

HELD: Final = "held"  # its key is the recovery key: opened only by a quorum of offices
NEEDED: Final = 2  # signatures, where a document does not say: the first ones had two signers
INTAKE: Final = "intake"  # the processes that sign for themselves
DESK: Final = "desk"  # counts what officers add, and signs no event
CLOCK: Final = "clock"
LEAST_OFFICES: Final = 2  # whose signers sign a version together, whatever is needed besides
PROCESSES: Final = (INTAKE, DESK, CLOCK)
UNDERWAY: Final = timedelta(days=7)  # how long a version may take until it is in force; who goes by it works on so long
APART: Final = timedelta(hours=2)  # how far a desk may be behind a roster, and its clock behind another one's


@dataclass(frozen=True, slots=True)
class Person:
    """A member of a unit, as the roster names them."""

    name: str
    unit: str
    role: Role
    public: bytes
    verify: bytes


@dataclass(frozen=True, slots=True)
class Left:
    """Where somebody worked who left, moved, or got new keys since: what they signed then is held to that."""

    unit: str
    role: Role
    verify: bytes
    until: datetime | None  # None: an earlier program did not write it down


@dataclass(frozen=True, slots=True)
class UnitKey:
    """A unit's public key; a rotation adds a generation, old ones stay for old grants."""

    unit: str
    generation: int
    public: bytes


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody whose signature counts; pinned outside the database."""

    name: str
    office: str
    verify: bytes


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs the roster, and how many of them a version needs: m of n."""

    listed: tuple[Signer, ...]
    needed: int = NEEDED

    def signed(self, signed: SignedRoster) -> tuple[Signer, ...]:
        """Those whose signature of a version holds."""
        found = (it for it in self.listed if it.name in signed.signatures)
        return tuple(it for it in found if _holds(signed, it))

    def agree(self, signed: SignedRoster) -> bool:
        """Whether enough of them signed a version, of more offices than one."""
        by = self.signed(signed)
        return len({it.verify for it in by}) >= self.needed and len({it.office for it in by}) >= LEAST_OFFICES


@dataclass(frozen=True, slots=True)
class Coming:
    """The organisation of a later day, signed ahead of it."""

    organisation: str
    digest: str
    at: datetime  # from then on it is in force


@dataclass(frozen=True, slots=True)
class Roster:
    """One version of the roster."""

    version: int
    organisation: str  # the name of the organisation shipped with the product
    organisation_digest: str  # SHA-256 of its units, lineage and conflict table
    signers: Signers
    people: tuple[Person, ...]
    former: Mapping[str, tuple[bytes, ...]]  # who left or got new keys -> verify keys of what they once signed
    units: tuple[UnitKey, ...]
    processes: Mapping[str, tuple[bytes, ...]]  # process -> verify keys of its ledger events, newest last
    release: bytes  # the clock's public bytes: sleeping grants wait for it
    recovery: bytes  # the public half of the recovery seed
    previous: str  # digest of the version before; "" for the first
    trial: bool = False  # the home is for trying out: no real tip is meant for it
    past: Mapping[str, tuple[Left, ...]] = field(default_factory=dict)  # of those in `former`; of some not known
    signed: bytes = field(default=b"", repr=False, compare=False)  # as it was read: earlier programs wrote less
    once: tuple[Signer, ...] = ()  # who signed earlier versions: what they signed then still holds
    quorum_digest: str = ""  # of what only the quorum opens (`keys.pieces_digest`); "": it was not written down
    coming: Coming | None = None
    epoch: str = ""  # drawn anew whenever the home comes back from a backup: what was signed in a history that was lost

    def reader(self, unit: str) -> Reader | None:
        """The unit as a reader by its newest key; None while it has none, or nobody who could use it."""
        if unit == HELD:
            return Reader(HELD, self.recovery)
        return self.key_of(unit) if self.members(unit) else None

    def key_of(self, unit: str) -> Reader | None:
        """The unit by its newest key, whoever has it: somebody may come back to it, or get it from the quorum."""
        newest = max((key for key in self.units if key.unit == unit), key=lambda key: key.generation, default=None)
        return Reader(unit, newest.public) if newest else None

    def generation(self, unit: str) -> int:
        """The newest generation of a unit's key; 0: it has none."""
        return max((key.generation for key in self.units if key.unit == unit), default=0)

    def readers(self, chain: Sequence[str]) -> Readers:
        """Owner and sleeping levels of a chain; levels without a key are skipped, `held` always has one."""
        able = [reader for reader in map(self.reader, dict.fromkeys((*chain, HELD))) if reader]
        return Readers(tuple(able[:1]), tuple(able[1:]), self.version, self.release)

    def members(self, unit: str) -> tuple[Person, ...]:
        """The people of a unit who hold, or wait for, its seed."""
        return tuple(person for person in self.people if person.unit == unit and person.role.holds_seed)

    def person(self, name: str) -> Person | None:
        """The person of a name."""
        return next((person for person in self.people if person.name == name), None)

    @property
    def in_one_shell(self) -> bool:
        """Whether its signers are people with passphrases, as in a home for trying out and in those founded first."""
        people = {(it.name, it.verify) for it in self.people}
        return all((it.name, it.verify) in people for it in self.signers.listed)

    def places(self, name: str, at: datetime) -> tuple[Person | Left, ...] | None:
        """Where somebody worked at a time, as far as clocks and signers agree, the earliest first.

        Who moves with the keys that they had works where they were until signers signed, which nobody knows to the
        hour: for that long both places are theirs. None: of this name nothing is known.
        """
        listed = [*self._terms(name)]
        found = (it for it, since, until in listed if not _is_out(at, since, until))
        return tuple(found) if listed else None

    def offices(self, name: str, at: datetime) -> frozenset[str]:
        """In which offices and units somebody worked at a time, as far as `places` tells."""
        return frozenset(it.unit for it in self.places(name, at) or ())

    def former_units(self, name: str, unit: str) -> frozenset[str]:
        """In which others than this one somebody worked before."""
        return frozenset(it.unit for it in self.past.get(name, ())) - {unit}

    def _terms(self, name: str) -> Iterator[tuple[Person | Left, datetime | None, datetime | None]]:
        """Each place of somebody's, the earliest first, with since when and until when; None: not known, or open."""
        began = dict[bytes, datetime | None]()
        for it in self.past.get(name, ()):
            yield it, began.get(it.verify), it.until
            began[it.verify] = it.until and it.until - UNDERWAY
        if now := self.person(name):
            yield now, began.get(now.verify), None

    def ended(self, name: str) -> datetime | None:
        """Until when the older keys of somebody who left, or got new ones, were theirs; None: that is not known."""
        return max((it.until for it in self.past.get(name, ()) if it.until), default=None)

    def verifiers(self, by: str, at: datetime | None = None) -> tuple[bytes, ...]:
        """The keys that check the signatures of a process or a person, as of a time; None: all that ever did.

        Raises:
            NotVerified: nobody of that name is in the roster.
        """
        past = self.past.get(by, ())
        over = {it.verify for it in past} - {it.verify for it in past if not (at and _is_out(at, None, it.until))}
        found = (
            *self.processes.get(by, ()),
            *(person.verify for person in self.people if person.name == by),
            *(key for key in self.former.get(by, ()) if key not in over),
            *(signer.verify for signer in (*self.signers.listed, *self.once) if signer.name == by),
        )
        if not found:
            raise errors.NotVerified(f"nobody called {by} in the roster")
        return found

    def keys_as(self, by: str, roles: Collection[Role], at: datetime) -> tuple[bytes, ...]:
        """The keys that check what a person signed at a time in one of these roles; none: they never had one."""
        return tuple(it.verify for it in self.places(by, at) or () if it.role in roles)

    def document(self) -> bytes:
        """The canonical bytes that are signed and hashed."""
        return json.dumps(_plain(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in hex: the next version and the ledger name it."""
        return hashlib.sha256(self.signed or self.document()).hexdigest()

    def next(self, **changes: Any) -> Roster:
        """The following version, with changes."""
        return replace(self, version=self.version + 1, previous=self.digest, signed=b"", **changes)


def _is_out(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return bool((since and at < since - APART) or (until and until + APART < at))


def is_late(before: Roster, after: Roster, now: datetime) -> bool:
    """Whether a version lets somebody go as of a time since which they may have worked on: that would count no more."""
    kept = {it.name: it.verify for it in after.people}
    gone = [it for it in before.people if kept.get(it.name, it.verify) == it.verify]  # who got new keys lost the old
    added = {it for who in gone for it in after.past.get(who.name, ()) if it not in before.past.get(who.name, ())}
    return any(it.until is not None and it.until + APART < now for it in added)


@dataclass(frozen=True, slots=True)
class SignedRoster:
    """A roster as it is stored."""

    version: int
    document: bytes
    signatures: Mapping[str, bytes]  # signer's name -> Ed25519 over the document


def _message(document: bytes) -> bytes:
    return b"tinbao roster\x00" + document


def sign(roster: Roster, signing: Mapping[str, bytes]) -> SignedRoster:
    """Sign a version with the signers' Ed25519 seeds, by name."""
    document = roster.document()
    signatures = {name: keys.sign(seed, _message(document)) for name, seed in signing.items()}
    return SignedRoster(roster.version, document, signatures)


def with_past(newest: Roster, older: Iterable[Roster]) -> Roster:
    """The same version, which also knows where those worked who left while an earlier program wrote it.

    Args:
        newest: the version in force.
        older: verified ones, in any order.
    """
    found = dict(newest.past)
    for version in older:
        for it in version.people:
            known = found.get(it.name, ())
            if it.verify in newest.former.get(it.name, ()) and it.verify not in {at.verify for at in known}:
                found[it.name] = (*known, Left(it.unit, it.role, it.verify, None))
    return replace(newest, past=found)


def _holds(signed: SignedRoster, signer: Signer) -> bool:
    return keys.signed_by(signer.verify, signed.signatures[signer.name], _message(signed.document))


def verify(signed: SignedRoster, pinned: Signers) -> Roster:
    """The roster of a stored version, if enough of the pinned signers signed it.

    Raises:
        NotVerified: fewer signatures than that hold, or the document is not a roster.
    """
    if not pinned.agree(signed):
        raise errors.NotVerified(
            f"the roster lacks the signatures of {pinned.needed} pinned signers of different offices"
        )
    roster = parse(signed.document)
    if roster.version != signed.version:
        raise errors.NotVerified("the roster's version is not the one that was signed")
    return roster


def _plain(roster: Roster) -> dict[str, Any]:
    return {
        "version": roster.version,
        "organisation": roster.organisation,
        "organisation_digest": roster.organisation_digest,
        "signers": [[it.name, it.office, it.verify.hex()] for it in roster.signers.listed],
        "threshold": roster.signers.needed,
        "people": [[it.name, it.unit, it.role, it.public.hex(), it.verify.hex()] for it in roster.people],
        "former": {name: [key.hex() for key in them] for name, them in roster.former.items()},
        "units": [[it.unit, it.generation, it.public.hex()] for it in roster.units],
        "processes": {name: [key.hex() for key in them] for name, them in roster.processes.items()},
        "release": roster.release.hex(),
        "recovery": roster.recovery.hex(),
        "previous": roster.previous,
        **({"trial": True} if roster.trial else {}),
        **({"signers_once": [[it.name, it.office, it.verify.hex()] for it in roster.once]} if roster.once else {}),
        **({"past": {name: [*map(_of_left, them)] for name, them in roster.past.items()}} if roster.past else {}),
        **({"quorum_digest": roster.quorum_digest} if roster.quorum_digest else {}),
        **({"coming": _of_coming(roster.coming)} if roster.coming else {}),
        **({"epoch": roster.epoch} if roster.epoch else {}),
    }


def _of_coming(it: Coming) -> list[Any]:
    return [it.organisation, it.digest, int(it.at.timestamp())]


def _of_left(it: Left) -> list[Any]:
    return [it.unit, it.role, it.verify.hex(), None if it.until is None else int(it.until.timestamp())]


def _to_coming(organisation: str, digest: str, at: int) -> Coming:
    return Coming(str(organisation), str(digest), datetime.fromtimestamp(at, UTC))


def _to_left(unit: str, role: str, verify: str, until: int | None) -> Left:
    return Left(unit, Role(role), bytes.fromhex(verify), None if until is None else datetime.fromtimestamp(until, UTC))


def parse(document: bytes) -> Roster:
    """A roster of any program so far: the first ones knew nobody who had left, and one key a process.

    Raises:
        NotVerified: it is none.
    """
    unhex = bytes.fromhex
    try:
        plain = json.loads(document)
        return Roster(
            plain["version"],
            plain["organisation"],
            plain["organisation_digest"],
            Signers(_signers_of(plain["signers"]), plain.get("threshold", NEEDED)),
            tuple(
                Person(name, unit, Role(role), unhex(public), unhex(key))
                for name, unit, role, public, key in plain["people"]
            ),
            {name: tuple(map(unhex, them)) for name, them in plain.get("former", {}).items()},
            tuple(UnitKey(unit, generation, unhex(public)) for unit, generation, public in plain["units"]),
            {name: _keys_of(them) for name, them in plain["processes"].items()},
            unhex(plain["release"]),
            unhex(plain["recovery"]),
            plain["previous"],
            plain.get("trial", False),
            {name: tuple(_to_left(*it) for it in them) for name, them in plain.get("past", {}).items()},
            document,
            _signers_of(plain.get("signers_once", ())),
            str(plain.get("quorum_digest", "")),
            _to_coming(*plain["coming"]) if "coming" in plain else None,
            str(plain.get("epoch", "")),
        )
    except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
        raise errors.NotVerified("this is not a roster") from error


def _signers_of(listed: Iterable[Sequence[str]]) -> tuple[Signer, ...]:
    return tuple(Signer(name, office, bytes.fromhex(key)) for name, office, key in listed)


def _keys_of(listed: str | Sequence[str]) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, [listed] if isinstance(listed, str) else listed))

"""Proposals: the next version of the roster before it is in force, and how it comes to be signed.

A version is made at the home, travels to each signer as a file, is looked at and signed on a machine of theirs, and
comes into force at the home once enough have signed (`succession`). Only a trial home's signers sign in one shell.
Of what is signed a signer sees every change; what goes with it (locked logins, sealed seeds) opens nothing by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.case import NO_TIME
from tips.cases.ledger import Event, Kind, SignedEvent
from tips.crypto import keys
from tips.crypto.keys import Identity, Recovery, SealedSeed
from tips.crypto.sealing import Random
from tips.organisation import document_changes, document_checks, roster, succession, templates, units
from tips.organisation.documents import Document
from tips.organisation.roster import APART, UNDERWAY, Coming, Roster, SignedRoster, Signer
from tips.organisation.units import Organisation
from tips.ports.people import Account

GROUPS: Final = 6  # of a fingerprint, of five digits each: 99 bits
_SHOWN: Final = frozenset(
    {
        "version",
        "previous",
        "signed",
        "people",
        "units",
        "signers",
        "organisation",
        "organisation_digest",
        "quorum_digest",
        "coming",
    }
)
_FINGERPRINT: Final = b"tinbao fingerprint\x00"
_CONSENT: Final = b"tinbao consent\x00"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person who joined; the passphrase and TOTP address are shown once."""

    identity: Identity
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version that nobody has signed yet, and what goes with it."""

    version: Roster
    before: SignedRoster | None  # the one that it follows; None: it is the first
    events: Mapping[str, tuple[Event, ...]]  # signer -> what they sign for the ledger
    accounts: tuple[Account, ...] = ()
    seeds: tuple[SealedSeed, ...] = ()
    people: tuple[Enrolled, ...] = ()
    shares: Mapping[str, bytes] = field(default_factory=dict)  # signer -> their share of the recovery seed, sealed
    organisation: Document | None = None  # what the version adopts; None: it goes on with the same one
    instead_of: Document | None = None  # what it adopts that for
    pieces: Mapping[str, bytes] = field(default_factory=dict)  # what only the quorum opens, where its shares are others


@dataclass(frozen=True, slots=True)
class Consent:
    """What one signer gives: their signatures of a version and of the events that tell of it."""

    name: str
    digest: str  # of the version
    signature: bytes
    events: tuple[bytes, ...]
    whole: bytes  # of all that they saw, see `whole`
    bound: bytes  # their signature of it: what was taken out of a request since is missed


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A version that is signed, with what goes with it."""

    roster: SignedRoster
    events: tuple[SignedEvent, ...]
    accounts: tuple[Account, ...] = ()
    seeds: tuple[SealedSeed, ...] = ()
    people: tuple[Enrolled, ...] = ()
    gone: tuple[str, ...] = ()  # names whose logins, sessions, chats and copies of seeds go
    organisation: Document | None = None
    pieces: Mapping[str, bytes] = field(default_factory=dict)
    moved: tuple[str, ...] = ()  # names whose sessions and copies of seeds go, and nothing else


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a version changes, as a signer is told it."""

    text: str  # the id of its words
    values: Mapping[str, str]
    heard: str = ""  # the fingerprint that its owner has to read out before anybody signs; "": nobody's new keys


def propose(version: Roster, before: SignedRoster | None, now: datetime, random: Random) -> Proposal:
    """A version to be signed by whoever signs today and whoever would from then on."""
    bare = Proposal(version, before, {})
    return replace(bare, events={it.name: (_told(version, it.name, now, random),) for it in _asked(bare)})


def _told(version: Roster, by: str, now: datetime, random: Random) -> Event:
    """The event by which the ledger knows a version."""
    return Event(Kind.ROSTER, b"", ledger.FIRST, deadlines.hour(now), by, random(32), _facts(version))


def _facts(version: Roster) -> dict[str, str]:
    return {
        "version": str(version.version),
        "digest": version.digest,
        "organisation": version.organisation_digest,
    }


def fingerprint(*public: bytes) -> str:
    """Six groups of five digits that stand for public keys, to be read out and compared."""
    digest = hashlib.sha256(_FINGERPRINT + b"".join(len(it).to_bytes(4, "big") + it for it in public)).digest()
    digits = str(int.from_bytes(digest, "big") % 10 ** (5 * GROUPS)).zfill(5 * GROUPS)
    return " ".join(digits[at : at + 5] for at in range(0, len(digits), 5))


def digits(proposal: Proposal) -> str:
    """What stands for a whole version, and for all that goes with it: whoever proposed it reads it out to each signer.

    Of a unit's new key nobody else can tell whose it is: one that was put in on the way is heard so. The same version
    has the same digits whenever it is proposed: what is drawn anew each time in its events is left out.
    """
    told = [f"{name} {it.kind} {it.by} {sorted(it.facts.items())}" for name, it in _events_of(proposal)]
    return fingerprint(*_beside(proposal), *(it.encode() for it in told))


def whole(proposal: Proposal) -> bytes:
    """SHA-256 over a version and everything that goes with it, to the last byte."""
    told = [name.encode() + b" " + it.body() for name, it in _events_of(proposal)]
    return hashlib.sha256(b"".join(hashlib.sha256(it).digest() for it in (*_beside(proposal), b"", *told))).digest()


def _events_of(proposal: Proposal) -> list[tuple[str, Event]]:
    return [(name, event) for name, events in sorted(proposal.events.items()) for event in events]


def _beside(proposal: Proposal) -> list[bytes]:
    """A version, and what goes with it but for the events, each by a digest of its own."""
    documents = (proposal.organisation, proposal.instead_of)
    parts = [
        [proposal.version.document()],
        [proposal.before.document] if proposal.before else [],
        [f"{it.unit} {it.generation} {it.holder} ".encode() + it.sealed for it in proposal.seeds],
        [it.locked.name.encode() + b" " + it.locked.salt + it.locked.sealed for it in proposal.accounts],
        [name.encode() + b" " + sealed for name, sealed in sorted(proposal.shares.items())],
        [name.encode() + b" " + piece for name, piece in sorted(proposal.pieces.items())],
        [it.digest.encode() if it else b"" for it in documents],
    ]
    return [hashlib.sha256(b"".join(hashlib.sha256(it).digest() for it in part)).digest() for part in parts]


def changes(proposal: Proposal) -> list[Change]:
    """Everything that a version changes.

    Raises:
        NotVerified: the version before was not signed as it must be, or this one does not follow it.
    """
    after = proposal.version
    if proposal.before is None:
        return [
            Change("roster.founds", {"organisation": after.organisation}),
            *(_signing("roster.signer_new", it) for it in after.signers.listed),
            Change("roster.threshold", {"needed": str(after.signers.needed), "of": str(len(after.signers.listed))}),
            *(_joining(it) for it in after.people),
        ]
    before = succession.begin(roster.parse(proposal.before.document).signers, proposal.before)
    if (after.version, after.previous) != (before.version + 1, before.digest):
        raise errors.NotVerified("this version does not follow the one that it came with")
    returned = [it for _, it in _events_of(proposal) if it.kind is Kind.RESTORED][:1]
    return [
        *(Change("roster.restored", {"events": it.facts["events"]}) for it in returned),
        *_of_the_organisation(before, proposal),
        *_of_people(before, after),
        *_of_signers(before, after),
        *_of_shares(before, proposal),
        *_of_the_rest(before, proposal),
    ]


def _of_the_organisation(before: Roster, proposal: Proposal) -> list[Change]:
    """Another organisation, at once or from a later day, whose document comes along.

    Raises:
        NotVerified: it does not, or another one does.
    """
    after, due = proposal.version, before.coming
    named, coming = (after.organisation, after.organisation_digest), after.coming
    other = named != (before.organisation, before.organisation_digest)
    came = due is not None and named == (due.organisation, due.digest)
    over = due is not None and due.at <= _hour(proposal)
    found = []
    if due and came:
        found.append(Change("roster.comes_in" if over else "roster.comes_early", of_coming(due)))
    elif due and coming != due and not over:
        found.append(Change("roster.coming_gone", of_coming(due)))
    if other and not came:
        found += _adopted(before, proposal, named, "roster.adopts")
    if coming and coming != due:
        found += _adopted(before, proposal, (coming.organisation, coming.digest), "roster.adopts_from")
    return found


def _hour(proposal: Proposal) -> datetime:
    """When a version was proposed, by the hour that its events bear; each signer holds it against their own clock."""
    return max((event.at for _, event in _events_of(proposal)), default=NO_TIME)


def unit_names(proposal: Proposal) -> Mapping[str, str]:
    """How units are called, by their codes: by what ships, or by documents that came along and are those named."""
    after = proposal.version
    digests = {after.organisation_digest, after.coming.digest if after.coming else ""}
    shipped = templates.edition(after.organisation, after.organisation_digest)
    came = [it for it in (proposal.instead_of, proposal.organisation) if it and it.digest in digests]
    return {code: it.name for one in (shipped, *came) if one for code, it in units.of_document(one).units.items()}


def of_coming(it: Coming) -> dict[str, str]:
    """What is said of an organisation that is signed ahead of its day."""
    return {"organisation": it.organisation, "digest": it.digest[:16], "at": deadlines.moment(it.at)}


def _adopted(before: Roster, proposal: Proposal, named: tuple[str, str], text: str) -> list[Change]:
    """That an organisation is adopted, each thing that is another in it, and what would come of it by the roster."""
    document, coming = proposal.organisation, proposal.version.coming
    if document is None or (document.plain["name"], document.digest) != named:
        raise errors.NotVerified("the proposal names another organisation than the one that comes with it")
    if problems := document_checks.check(document):
        raise errors.NotVerified(f"the organisation of the proposal has {len(problems)} problems")
    values = {"organisation": named[0], "digest": named[1][:16], "issued": document.plain["issued"]}
    values |= {"units": str(len(document.plain["units"])), "at": deadlines.moment(coming.at) if coming else ""}
    old, new = _before(before, proposal), units.of_document(document)
    told = [*document_changes.changes(old, new), *document_changes.consequences(old, new, before, {})]
    return [Change(text, values), *(Change(it.key, it.params) for it in told)]


def _before(before: Roster, proposal: Proposal) -> Organisation:
    """The organisation that a version replaces.

    Raises:
        NotVerified: it does not come along.
    """
    found = proposal.instead_of
    known = {before.organisation_digest, before.coming.digest if before.coming else ""}
    if found is None or found.digest not in known:
        found = templates.signed_as(before.organisation, before.organisation_digest)
    if found is None:
        raise errors.NotVerified("the proposal does not bring the organisation that it replaces")
    return units.of_document(found)


def _of_people(before: Roster, after: Roster) -> list[Change]:
    known, staying = set(before.people), set(after.people)
    names, moves = {it.name for it in after.people}, _moves(before, after)
    gone = [it for it in before.people if it.name not in names]
    moved = {now for _, now in moves}
    return [
        *(Change("roster.leaves", {"name": it.name, "unit": it.unit}) for it in gone),
        *_ended(before, after),
        *(_moving(was, now) for was, now in moves),
        *(_joining(it) for it in after.people if it in staying - known - moved),
        *_bare(before, after),
        *(Change("roster.unit_key", {"unit": it.unit}) for it in after.units if it not in before.units),
        *(Change("roster.unit_key_gone", {"unit": it.unit}) for it in before.units if it not in after.units),
    ]


def _bare(before: Roster, after: Roster) -> list[Change]:
    """Units that lose the last who read for them: what they have then climbs, and who joins later cannot open it."""
    units = sorted({it.unit for it in before.people if before.members(it.unit)})
    return [Change("roster.nobody_left", {"unit": it}) for it in units if not after.members(it)]


def _ended(before: Roster, after: Roster) -> list[Change]:
    """Until when older keys of somebody are held to have been theirs."""
    return [
        Change("roster.until", {"name": name, "at": deadlines.moment(it.until)})
        for name, them in after.past.items()
        for it in them
        if it not in before.past.get(name, ()) and it.until
    ]


def _moves(before: Roster, after: Roster) -> list[tuple[roster.Person, roster.Person]]:
    """Who works elsewhere, or as something else, with the keys that they had: as they were, and are."""
    was = {(it.name, it.public, it.verify): it for it in before.people}
    both = ((was.get((it.name, it.public, it.verify)), it) for it in after.people)
    return [(one, it) for one, it in both if one and one != it]


def _moving(was: roster.Person, now: roster.Person) -> Change:
    values = {"name": was.name, "was": was.unit, "as": str(was.role), "unit": now.unit, "role": str(now.role)}
    return Change("roster.moves", values)


def loses_seeds(was: roster.Person, now: roster.Person) -> bool:
    """Whether somebody who moves could open what is no longer theirs to open."""
    return was.role.holds_seed and not (now.role.holds_seed and now.unit == was.unit)


def _joining(it: roster.Person) -> Change:
    values = {"name": it.name, "unit": it.unit, "role": str(it.role)}
    return Change("roster.joins", values, fingerprint(it.public, it.verify))


def _of_signers(before: Roster, after: Roster) -> list[Change]:
    was, now = before.signers, after.signers
    found = [
        *(_signing("roster.signer_new", it) for it in now.listed if it not in was.listed),
        *(_signing("roster.signer_gone", it) for it in was.listed if it not in now.listed),
    ]
    if was.needed != now.needed:
        found.append(Change("roster.threshold", {"needed": str(now.needed), "of": str(len(now.listed))}))
    return found


def _of_shares(before: Roster, proposal: Proposal) -> list[Change]:
    """Another split of the recovery seed, which comes along.

    Raises:
        NotVerified: it does not, or another one does.
    """
    if proposal.version.quorum_digest == before.quorum_digest:
        return []
    _check_pieces(proposal)
    try:
        split = Recovery.of(proposal.pieces)
    except errors.NotFound as error:
        raise errors.NotVerified("the proposal comes with no shares of the recovery seed") from error
    return [Change("roster.split", {"offices": ", ".join(split.offices), "needed": str(split.needed)})]


def _check_pieces(proposal: Proposal) -> None:
    """That what only the quorum opens is what the version names, where it comes along."""
    if proposal.pieces and keys.pieces_digest(proposal.pieces) != proposal.version.quorum_digest:
        raise errors.NotVerified("the proposal comes with other shares of the recovery seed than its version names")


def _signing(text: str, it: Signer) -> Change:
    heard = fingerprint(it.verify) if text == "roster.signer_new" else ""
    return Change(text, {"name": it.name, "unit": it.office}, heard)


def _of_the_rest(before: Roster, proposal: Proposal) -> list[Change]:
    """Whatever else differs is named by its field, unless it follows from who goes: a signer signs nothing unseen."""
    after = proposal.version
    differ = {it.name for it in fields(Roster) if getattr(before, it.name) != getattr(after, it.name)} - _SHOWN
    if after.former == _former(before, after):
        differ -= {"former"}
    if _follows(before, after):
        differ -= {"past"}
    if is_return(proposal) and (after.version, after.previous) == (before.version + 1, before.digest):
        differ -= {"epoch", "processes"}
    if set(after.once) == {*before.once, *before.signers.listed} - set(after.signers.listed):
        differ -= {"once"}
    return [Change("roster.differs", {"field": it}) for it in sorted(differ)]


def _follows(before: Roster, after: Roster) -> bool:
    """Whether it says of those who left where they worked, and of nobody else."""
    if any(not set(them) <= set(after.past.get(name, ())) for name, them in before.past.items()):
        return False
    was, now = ({(it.name, it.unit, it.role, it.verify) for it in one.people} for one in (before, after))
    left = was - now
    added = [(name, it) for name, them in after.past.items() for it in them if it not in before.past.get(name, ())]
    return left == {(name, it.unit, it.role, it.verify) for name, it in added} and len(added) == len(left)


def _former(before: Roster, after: Roster) -> dict[str, tuple[bytes, ...]]:
    """The keys of whoever left or got new ones, with those of all who did earlier."""
    left = _left(before, after)
    return {**before.former, **{it.name: (*before.former.get(it.name, ()), it.verify) for it in left}}


def _left(before: Roster, after: Roster) -> list[roster.Person]:
    """Whose keys of before are nobody's any more."""
    kept = {it.verify for it in after.people}
    return [it for it in before.people if it.verify not in kept]


def is_return(proposal: Proposal) -> bool:
    """Whether it is the version with which a home comes back from a backup."""
    return any(it.kind is Kind.RESTORED for _, it in _events_of(proposal))


def check_time(proposal: Proposal, now: datetime) -> None:
    """That a version is of the present, by a signer's own clock: what it says of who leaves counts from then on.

    Raises:
        Refused: one of the two clocks is wrong, or it waited for too long.
    """
    if not now - UNDERWAY <= _hour(proposal) <= now + APART:
        raise errors.Refused("error.request_time", deadlines.moment(_hour(proposal)))


def consent(proposal: Proposal, signer: Identity) -> Consent:
    """Sign a version, and the events that tell of it.

    Raises:
        Refused: it is not theirs to sign.
        NotVerified: it comes with an event that tells of something else.
    """
    version, events = proposal.version, proposal.events.get(signer.name, ())
    if not any(it.name == signer.name and it.verify == signer.verify for it in _asked(proposal)):
        raise errors.Refused("error.not_a_signer")
    for event in events:
        _check_event(event, version, signer.name)
    if not any(event.kind is Kind.ROSTER for event in events):
        raise errors.NotVerified("the proposal comes without the event that tells the ledger of it")
    signature = roster.sign(version, {signer.name: signer.signing}).signatures[signer.name]
    told = tuple(ledger.sign(event, signer.signing).signature for event in events)
    seen = whole(proposal)
    return Consent(signer.name, version.digest, signature, told, seen, keys.sign(signer.signing, _CONSENT + seen))


def _asked(proposal: Proposal) -> list[Signer]:
    """Whoever signs today, and whoever would from then on."""
    today = roster.parse(proposal.before.document).signers.listed if proposal.before else ()
    return [*today, *proposal.version.signers.listed]


def _check_event(event: Event, version: Roster, name: str) -> None:
    """That an event says of this version, in this signer's name, what events of its kind say, and no more."""
    wanted = {
        Kind.ROSTER: _facts(version),
        Kind.RESTORED: {**{it: event.facts.get(it, "") for it in ("events", "ledger")}, "roster": str(version.version)},
    }
    if event.by != name or event.case or event.claims or event.facts != wanted.get(event.kind):
        raise errors.NotVerified("the proposal comes with an event of something else")


def gather(proposal: Proposal, consents: Iterable[Consent]) -> Enrolment:
    """A version with the signatures that came back; whether they are enough `succession` tells.

    Raises:
        NotVerified: one is of another version, or does not hold.
    """
    _check_pieces(proposal)
    keys_of = {it.name: it.verify for it in _asked(proposal)}
    signatures, told, seen = {}, [], whole(proposal)
    for it in sorted(consents, key=lambda it: it.name):
        if it.name not in keys_of or it.digest != proposal.version.digest:
            raise errors.NotVerified(f"the signature of {it.name} is of another version, or of no signer")
        if it.whole != seen or not keys.signed_by(keys_of[it.name], it.bound, _CONSENT + seen):
            raise errors.NotVerified(f"{it.name} signed another request than this one: something of it was changed")
        signatures[it.name] = it.signature
        told.append(_events(proposal, it, keys_of[it.name]))
    signed = SignedRoster(proposal.version.version, proposal.version.document(), signatures)
    return Enrolment(
        signed,
        _first_of_each(told),
        proposal.accounts,
        proposal.seeds,
        proposal.people,
        tuple(it.name for it in _leaving(proposal)),
        proposal.organisation,
        proposal.pieces,
        tuple(was.name for was, now in _moving_in(proposal) if loses_seeds(was, now)),
    )


def _leaving(proposal: Proposal) -> list[roster.Person]:
    return _left(roster.parse(proposal.before.document), proposal.version) if proposal.before else []


def _moving_in(proposal: Proposal) -> list[tuple[roster.Person, roster.Person]]:
    return _moves(roster.parse(proposal.before.document), proposal.version) if proposal.before else []


def _events(proposal: Proposal, it: Consent, verify: bytes) -> list[SignedEvent]:
    events = proposal.events.get(it.name, ())
    if len(events) != len(it.events):
        raise errors.NotVerified(f"the signature of {it.name} lacks an event")
    found = [ledger.signed_by(event, signature) for event, signature in zip(events, it.events, strict=True)]
    for event in found:
        ledger.verify(event, lambda by, at: (verify,))
    return found


def _first_of_each(told: Sequence[Sequence[SignedEvent]]) -> tuple[SignedEvent, ...]:
    """One event tells of the version; of a return each signer says it for themselves."""
    return tuple(event for number, events in enumerate(told) for at, event in enumerate(events) if at or not number)


def signed_here(proposal: Proposal, signers: Sequence[Identity]) -> Enrolment:
    """A version that all of them sign in one shell, as only a trial home's do."""
    return gather(proposal, [consent(proposal, it) for it in signers])

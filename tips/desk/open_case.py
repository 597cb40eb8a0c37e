"""An opened case: its chain is checked first, then every piece that a session has a key to is opened, in its order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tips import errors
from tips.cases import clearing, ledger, reading_grants
from tips.cases.case import Case
from tips.cases.checking import Checked
from tips.cases.plaintext import Part, Plaintext
from tips.crypto import sealing
from tips.crypto.sealing import Envelope, Grant
from tips.evidence.files import File
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation
from tips.people.session import Session
from tips.ports.cases import CaseBundle, Change


@dataclass(frozen=True, slots=True)
class Piece:
    """One opened envelope."""

    part: str
    content: Plaintext
    envelope: bytes  # its id
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case, opened; `checked` and `envelopes` are what lay sealed in the store at the same moment."""

    checked: Checked
    tip: Plaintext
    thread: tuple[Piece, ...]  # everything after the tip, in order
    readers: tuple[str, ...]  # who can read it now
    asleep: tuple[str, ...]  # whom the clock would wake, in order
    envelopes: tuple[Envelope, ...]  # in no order
    roster: Roster  # by which its events were checked
    closed: frozenset[bytes]  # ids of later pieces that are gone, or that nobody opens: what they say is not known
    organisation: Organisation
    keys: Mapping[bytes, bytes] = field(repr=False)  # envelope id -> its key, of the pieces that this session opens

    @property
    def case(self) -> Case:
        """Its row, as it was signed."""
        return self.checked.case

    @property
    def events(self) -> tuple[ledger.Event, ...]:
        """Its chain."""
        return self.checked.events

    @property
    def shut_out(self) -> frozenset[str]:
        """Readers whom a piece of it accuses: they have keys to some of it until it is sealed anew."""
        return reading_grants.shut_out(self.checked.keys)

    @property
    def excluded(self) -> frozenset[str]:
        """Every unit that any piece shuts out, and that two offices have not cleared; and whoever followed it since.

        Of a piece that nobody reads any more the chain still tells who got no key to it.
        """
        found = self.tip.excluded.union(*(piece.content.excluded for piece in self.thread))
        found |= self.shut_out if self.closed else frozenset()
        standing = frozenset(unit for unit in found if not clearing.cleared(self.clearings(unit)))
        return standing | self.organisation.heirs(standing)

    @property
    def recused(self) -> frozenset[str]:
        """Who keeps away from it."""
        return reading_grants.recused(self.events)

    @property
    def disputed(self) -> frozenset[str]:
        """Who closed it when the reporter did not accept that."""
        return frozenset(it.facts["officer"] for it in self.events if it.kind is ledger.Kind.DISPUTED)

    @property
    def files(self) -> list[File]:
        """The files that came with the tip, and after it."""
        found = [piece for piece in self.thread if piece.part == Part.FILE]
        return [File.of_envelope(it.envelope, it.key, it.content.facts) for it in found]

    def clearings(self, unit: str) -> list[clearing.Clearing]:
        """The offices that took back the exclusion of a unit, since it was shut out last."""
        last = max((at for at, piece in enumerate(self.thread) if unit in piece.content.excluded), default=-1)
        words = (it for it in self.thread[last + 1 :] if it.part == Part.CLEARING)
        signed = reading_grants.brought_by(self.events)
        brought = (signed.get(it.envelope) for it in words if it.content.facts.get("cleared") == unit)
        return [it for event in brought if (it := clearing.by_signer(unit, event, self.roster, self.organisation))]

    def changed_since(self, head: bytes) -> bool:
        """Whether more than readings happened to it since this was its head; so for a head that it never had."""
        if head == self.case.head:
            return False
        first = next((at for at, it in enumerate(self.events) if it.previous == head), None)
        return first is None or any(it.kind is not ledger.Kind.READ for it in self.events[first:])

    def count(self, kind: ledger.Kind) -> int:
        """How often something happened to it."""
        return sum(it.kind is kind for it in self.events)


def open_case(session: Session, bundle: CaseBundle, roster: Roster, organisation: Organisation) -> OpenCase:
    """Open a case in the session of somebody whose unit holds a waking grant.

    Raises:
        NotFound: this session has no key to its tip, or its person worked in a unit that the case shuts out.
        NotVerified: the case's chain or a text was tampered with.
        Refused: this person keeps away from the case, or has only their unit's newer keys.
    """
    opened = _opened(session, bundle, roster, organisation)
    if _is_former_desk(session, opened):
        raise errors.NotFound
    return opened


def shuts_out_former_desk(session: Session, bundle: CaseBundle, roster: Roster, organisation: Organisation) -> bool:
    """Whether a case is not there for somebody because it shuts out a unit in which they once worked.

    Raises:
        NotFound: this session has no key to its tip.
        NotVerified: as `open_case` does.
        Refused: as `open_case` does.
    """
    return _is_former_desk(session, _opened(session, bundle, roster, organisation))


def _is_former_desk(session: Session, opened: OpenCase) -> bool:
    return bool(opened.excluded & opened.roster.former_units(session.name, session.unit))


def _opened(session: Session, bundle: CaseBundle, roster: Roster, organisation: Organisation) -> OpenCase:
    checked = bundle.checked(roster)
    if session.name in reading_grants.recused(checked.events):
        raise errors.Refused("error.recused")
    keys = _held_keys(session, bundle.envelopes, checked.grants, roster)
    ordered = [it for it in reading_grants.in_order(bundle.envelopes, checked.events) if it.id in keys]
    if not ordered or ordered[0].part != Part.TIP:
        raise errors.NotFound
    pieces = [_piece(ordered[0], keys[ordered[0].id])]
    closed = set(reading_grants.gone(bundle.envelopes, checked.events))
    for envelope in ordered[1:]:
        try:
            pieces.append(_piece(envelope, keys[envelope.id]))
        except errors.NotOpened:  # whoever sealed it so, or spoilt it, keeps nobody from the rest
            closed.add(envelope.id)
    awake, asleep = reading_grants.chain_of(checked.keys, pieces[0].envelope)
    return OpenCase(
        checked=checked,
        tip=pieces[0].content,
        thread=tuple(pieces[1:]),
        readers=tuple(awake),
        asleep=tuple(asleep),
        envelopes=tuple(bundle.envelopes),
        roster=roster,
        organisation=organisation,
        keys={id_: key for id_, key in keys.items() if id_ not in closed},
        closed=frozenset(closed),
    )


def open_for_reading(session: Session, bundle: CaseBundle, roster: Roster, organisation: Organisation) -> OpenCase:
    """As `open_case`, but not there for a unit that a piece of the case shuts out."""
    opened = open_case(session, bundle, roster, organisation)
    if session.unit in opened.shut_out:  # they have keys until the case is sealed anew
        raise errors.NotFound
    return opened


def after(opened: OpenCase, session: Session, change: Change) -> OpenCase:
    """The same case once a step that adds pieces, or none, was stored; nothing that was open is opened again."""
    keys = _keys(session, change.envelopes, change.grants)
    return replace(
        opened,
        checked=opened.checked.after(change.case, change.events, change.grants),
        thread=(*opened.thread, *(_piece(it, keys[it.id]) for it in change.envelopes if it.id in keys)),
        envelopes=(*opened.envelopes, *change.envelopes),
        keys={**opened.keys, **keys},
    )


def adds(event: ledger.Event) -> bool:
    """Whether a piece came to the case with it."""
    return "envelope" in event.facts


def last_reading(events: Sequence[ledger.Event], name: str) -> int:
    """Where in a case's chain this person read all of it last; -1: never."""
    own = (at for at, it in enumerate(events) if it.kind is ledger.Kind.READ and it.by == name)
    return max((at for at in own if events[at].facts.get("part") == "all"), default=-1)


def seen_by(name: str, envelopes: Iterable[Envelope], events: Sequence[ledger.Event]) -> frozenset[bytes]:
    """Ids of the pieces that stood in a case when this person last read it; none where they never did.

    Raises:
        NotVerified: the pieces are not those that the events name.
    """
    stood = sum(map(adds, events[: last_reading(events, name) + 1]))
    there = frozenset(it.id for it in reading_grants.in_order(envelopes, events))
    return there.intersection(reading_grants.in_chain(events)[:stood])


def _keys(session: Session, envelopes: Iterable[Envelope], grants: Iterable[Grant]) -> dict[bytes, bytes]:
    """The envelope keys that this session's grants open."""
    known = {envelope.id for envelope in envelopes}
    mine = [it for it in grants if it.reader in session.seeds and not it.asleep and it.envelope in known]
    return {grant.envelope: sealing.open_key(grant, session.seeds[grant.reader]) for grant in mine}


def _held_keys(
    session: Session, envelopes: Iterable[Envelope], grants: Iterable[Grant], roster: Roster
) -> dict[bytes, bytes]:
    """As `_keys`.

    Raises:
        Refused: one was sealed to a key of their unit from before they joined, which no colleague gave them yet.
        NotOpened: one opens with no key of their unit.
    """
    try:
        return _keys(session, envelopes, grants)
    except errors.NotOpened as error:
        if any(len(seeds) < roster.generation(unit) for unit, seeds in session.seeds.items()):
            raise errors.Refused("error.old_keys") from error
        raise


def _piece(envelope: Envelope, key: bytes) -> Piece:
    opened = Plaintext.from_bytes(sealing.open_envelope(envelope, key))
    return Piece(envelope.part, opened, envelope.id, key)

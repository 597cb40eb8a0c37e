"""An opened case: its chain is checked first, then every piece that a session has a key to is opened, in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tips import errors
from tips.cases import clearing, ledger, reading_grants
from tips.cases.case import Case
from tips.cases.clearing import Clearing
from tips.cases.plaintext import Part, Plaintext
from tips.crypto import sealing
from tips.crypto.sealing import Envelope, Grant
from tips.evidence.files import File
from tips.people.session import Session
from tips.ports.cases import CaseBundle, Change

Verifiers = Callable[[str], tuple[bytes, ...]]  # see `Roster.verifiers`


@dataclass(frozen=True, slots=True)
class Piece:
    """One opened envelope."""

    part: str
    content: Plaintext
    envelope: bytes  # its id
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case, opened; `envelopes` and `grants` are what lay sealed in the store at the same moment."""

    case: Case
    tip: Plaintext
    thread: tuple[Piece, ...]  # everything after the tip, in order
    events: tuple[ledger.Event, ...]
    readers: tuple[str, ...]  # who can read it now
    asleep: tuple[str, ...]  # whom the clock would wake, in order
    envelopes: tuple[Envelope, ...]  # in no order
    grants: tuple[Grant, ...]  # everybody's
    keys: Mapping[bytes, bytes] = field(repr=False)  # envelope id -> its key, of the pieces that this session opens

    @property
    def excluded(self) -> frozenset[str]:
        """Every unit that any piece shuts out, and that two offices have not cleared."""
        found = self.tip.excluded.union(*(piece.content.excluded for piece in self.thread))
        return frozenset(unit for unit in found if not clearing.cleared(self.clearings(unit)))

    @property
    def recused(self) -> frozenset[str]:
        """Who keeps away from it."""
        return _recused(self.events)

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
        facts = (piece.content.facts for piece in self.thread[last + 1 :] if piece.part == Part.CLEARING)
        return [Clearing.from_plain(it) for it in facts if it["cleared"] == unit]

    def count(self, kind: ledger.Kind) -> int:
        """How often something happened to it."""
        return sum(it.kind is kind for it in self.events)


def open_case(session: Session, bundle: CaseBundle, verifiers: Verifiers) -> OpenCase:
    """Open a case in the session of somebody whose unit holds a waking grant.

    Raises:
        NotFound: this session has no key to its tip.
        NotVerified: the case's chain or a text was tampered with.
        Refused: this person keeps away from the case.
    """
    events = ledger.verify_chain(bundle.events, bundle.case.head, verifiers)
    if session.name in _recused(events):
        raise errors.Refused("error.recused")
    keys = _keys(session, bundle.envelopes, bundle.grants)
    pieces = [
        _piece(envelope, keys[envelope.id])
        for envelope in reading_grants.in_order(bundle.envelopes, events)
        if envelope.id in keys
    ]
    if not pieces or pieces[0].part != Part.TIP:
        raise errors.NotFound
    awake, asleep = reading_grants.chain_of(bundle.grants, pieces[0].envelope)
    return OpenCase(
        case=bundle.case,
        tip=pieces[0].content,
        thread=tuple(pieces[1:]),
        events=tuple(events),
        readers=tuple(awake),
        asleep=tuple(asleep),
        envelopes=tuple(bundle.envelopes),
        grants=tuple(bundle.grants),
        keys=keys,
    )


def after(opened: OpenCase, session: Session, change: Change) -> OpenCase:
    """The same case once a step that adds pieces, or none, was stored; nothing that was open is opened again."""
    keys = _keys(session, change.envelopes, change.grants)
    return replace(
        opened,
        case=change.case,
        thread=(*opened.thread, *(_piece(it, keys[it.id]) for it in change.envelopes if it.id in keys)),
        events=(*opened.events, *map(ledger.parse, change.events)),
        envelopes=(*opened.envelopes, *change.envelopes),
        grants=(*opened.grants, *change.grants),
        keys={**opened.keys, **keys},
    )


def tip_text(session: Session, envelopes: Iterable[Envelope], grants: Sequence[Grant]) -> str:
    """The words of a case's tip alone; empty where this session has no key to it."""
    tips = [it for it in envelopes if it.part == Part.TIP]
    keys = _keys(session, tips, grants)
    return "".join(_piece(it, keys[it.id]).content.text for it in tips if it.id in keys)


def _recused(events: Sequence[ledger.Event]) -> frozenset[str]:
    return frozenset(it.facts["who"] for it in events if it.kind is ledger.Kind.RECUSED)


def _keys(session: Session, envelopes: Iterable[Envelope], grants: Iterable[Grant]) -> dict[bytes, bytes]:
    """The envelope keys that this session's grants open."""
    known = {envelope.id for envelope in envelopes}
    mine = [it for it in grants if it.reader in session.seeds and not it.asleep and it.envelope in known]
    return {grant.envelope: sealing.open_key(grant, session.seeds[grant.reader]) for grant in mine}


def _piece(envelope: Envelope, key: bytes) -> Piece:
    opened = Plaintext.from_bytes(sealing.open_envelope(envelope, key))
    return Piece(envelope.part, opened, envelope.id, key)

"""The mailbox: what a receipt opens. Officers' questions and answers can be read with it; the tip itself cannot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tips import errors
from tips.cases import case, claims, deadlines, ledger, lifecycle, milestones, reading_grants
from tips.cases.case import Case, State
from tips.cases.checking import Checked
from tips.cases.claims import Entry, Mailbox, Signature
from tips.cases.ledger import SignedEvent, envelope_facts
from tips.cases.pings import PingKind, of_a_hand, ping
from tips.cases.plaintext import Part, Plaintext
from tips.crypto import receipt, sealing
from tips.crypto.receipt import Receipt
from tips.crypto.sealing import RECEIPT, Envelope, Grant, Random, Readers
from tips.evidence.files import File, file_facts, seal_file
from tips.intake.submission import seal_shut_out
from tips.organisation.roster import INTAKE, Roster
from tips.organisation.units import Organisation
from tips.ports.cases import CaseBundle, Cases, Change
from tips.triage import Triage
from tips.triage.results import facts_of


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing an officer wrote to the reporter."""

    part: str  # question, answer, result, exclusion or clearing
    text: str
    at: datetime
    facts: Mapping[str, Any]
    answered: datetime | None = None  # when the reporter wrote after it; None: they have not


@dataclass(frozen=True, slots=True)
class View:
    """What the holder of a receipt sees."""

    case: Case
    letters: tuple[Letter, ...]  # oldest first
    escalations: int  # how many levels up it went, late
    awaits_answer: bool  # nothing came from the reporter since an officer's last question
    may_dispute: bool  # it is closed, and was not disputed yet
    shredded: datetime | None  # when the content was destroyed; None: it is there
    readers: tuple[str, ...]  # codes of the units that can read it now
    later: tuple[str, ...]  # and of those that follow while it is late, in order
    late: bool  # its deadline is over, and nobody has taken it up yet
    shared: tuple[tuple[str, datetime], ...]  # of those that can read it now: who was let in by its unit, and when
    received: SignedEvent | None  # its first event; None: it is gone
    closed_letters: int  # were given to the receipt, and open no more: a hand took their keys
    still: tuple[str, ...]  # who was shut out of a piece, and opens the earlier ones until the case is sealed anew


@dataclass(frozen=True, slots=True)
class _Piece:
    """One sealed thing of the reporter's, and what its event tells."""

    sealed: tuple[Envelope, tuple[Grant, ...]]
    facts: Mapping[str, str]
    kind: ledger.Kind = ledger.Kind.ADDED


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """The reporter's side of a case, through intake: it reads nothing that the reporter wrote."""

    cases: Cases
    roster: Callable[[], Roster]
    organisation: Callable[[], Organisation]
    signing: bytes
    now: Callable[[], datetime]
    random: Random

    async def read(self, typed: str) -> View:
        """What a receipt, as typed, opens.

        Raises:
            NotFound: wrong or mistyped; the answer is the same.
        """
        keys = receipt.parse(typed)
        bundle, checked = await self._found(keys)
        row, chain = checked.case, checked.events
        ordered = reading_grants.in_order(bundle.envelopes, chain)
        read = _letters(keys, ordered, checked.grants)
        letters = _answered([*read.values()], chain)
        awake, asleep = reading_grants.chain_of(checked.keys, ordered[0].id) if ordered else ([], [])
        shut = reading_grants.shut_out(checked.keys)
        gone = next((it.at for it in chain if it.kind is ledger.Kind.SHREDDED), None)
        disputed = any(it.kind is ledger.Kind.DISPUTED for it in chain)
        closed = row.state == State.CLOSED and gone is None
        return View(
            case=row,
            letters=tuple(letters),
            escalations=row.level,
            awaits_answer=_asked(chain),
            may_dispute=closed and not disputed,
            shredded=gone,
            readers=tuple(code for code in awake if code not in shut),
            later=tuple(code for code in asleep if code not in shut),
            late=row.due_at is not None and row.due_at <= self.now(),
            shared=tuple((code, at) for code, at in _shared(chain) if code in awake and code not in shut),
            received=_received(keys, bundle.events, self.roster()),
            closed_letters=_closed(chain, checked, read.keys()),
            still=tuple(code for code in awake if code in shut),
        )

    async def addition(self, typed: str, words: str, found: Triage | None, file: File | None) -> Change:
        """The reporter's further words, a further file that is sealed already, or both, as a step of the case.

        They go to the case's present readers; to the clean ones only if they accuse a reader, and then the clock is
        asked to wake the next clean level.

        Args:
            found: the triage of the words; None where there are none.

        Raises:
            NotFound: no such receipt.
            Refused: the case is closed.
        """
        bundle, checked = await self._found(receipt.parse(typed))
        row = checked.case
        if row.state == State.CLOSED:
            raise errors.Refused("mailbox.closed")
        excluded = found.route.excluded if found else frozenset[str]()
        readers = self._readers(bundle, checked, excluded)
        pieces = []
        if file:
            sealed = seal_file(row.id, file, readers, self.now(), self.random)
            pieces.append(_Piece(sealed, file_facts(sealed[0], file)))
        if found and words:
            pieces.append(self._written(row, Part.ADDITION, words, found, readers))
        if found and excluded:
            told = ("excluded",) if words else ("excluded", "accused")
            pieces.append(self._shut_out(checked, readers, found, told))
        return self._step(checked, row, readers, pieces, bool(excluded), answers=bool(words or file))

    async def about(self, typed: str) -> tuple[str | None, frozenset[str]]:
        """Of a receipt's case the code of its place, as far as its row tells, and everybody who holds keys to it.

        Raises:
            NotFound: no such receipt.
        """
        _, checked = await self._found(receipt.parse(typed))
        row, readers = checked.case, frozenset(it.reader for it in checked.keys) - {RECEIPT}
        return None if row.restricted else row.ward or row.area, readers

    async def case_of(self, typed: str) -> bytes:
        """The id of a receipt's case, to seal a file for it.

        Raises:
            NotFound: no such receipt.
        """
        _, checked = await self._found(receipt.parse(typed))
        return checked.case.id

    async def _found(self, keys: Receipt) -> tuple[CaseBundle, Checked]:
        """The case of a receipt, with all that belongs to it, and as it was signed.

        Raises:
            NotFound: no such receipt, or none that leads to this case by what was signed.
            NotVerified: the case's chain was tampered with.
        """
        row = await self.cases.mailbox(keys.lookup)
        bundle = await self.cases.bundle(row.case, None)
        checked = bundle.checked(self.roster())
        if checked.mailbox is None and _began(keys, checked.events):
            return bundle, replace(
                checked, mailbox=Mailbox(keys.lookup, row.case, sealing.public_bytes(keys.reading_seed))
            )
        if checked.mailbox is None or checked.mailbox.lookup != keys.lookup:
            raise errors.NotFound
        return bundle, checked

    async def dispute(self, typed: str, text: str, triage: Triage) -> Change:
        """The step that does not accept a closing: once, and the case goes on, at an overseer and another officer's.

        Raises:
            NotFound: no such receipt.
            Refused: the case is not closed, was disputed before, or was shredded.
        """
        view = await self.read(typed)
        if not view.may_dispute:
            raise errors.Refused("mailbox.no_dispute")
        bundle, checked = await self._found(receipt.parse(typed))
        row, chain = checked.case, checked.events
        closed_by = next(it.facts["officer"] for it in reversed(chain) if it.facts.get("to") == State.CLOSED)
        readers = self._readers(bundle, checked, triage.route.excluded)
        again = replace(
            row,
            state=State.RECEIVED,
            clock=deadlines.DISPUTE,
            due_at=deadlines.hour(self.now()),
            officer=None,
            disputed=True,
        )
        written = self._written(row, Part.DISPUTE, text, triage, readers)
        disputed = replace(written, facts={**written.facts, "officer": closed_by}, kind=ledger.Kind.DISPUTED)
        shut = [self._shut_out(checked, readers, triage)] if triage.route.excluded else []
        change = self._step(checked, again, readers, [disputed, *shut], bool(triage.route.excluded))
        done = [(milestones.Kind.DISPUTED, "")]
        return replace(change, milestones=milestones.reached(row, change.case, done, self.now(), self.random))

    def _shut_out(
        self, checked: Checked, readers: Readers, found: Triage, told: Sequence[str] = ("excluded",)
    ) -> _Piece:
        """Whom words, or a press, shut out: for the readers, and for whoever holds the receipt."""
        facts = {name: facts_of(found)[name] for name in told}
        informed = reading_grants.with_receipt(readers, checked.receipt)
        sealed = seal_shut_out(checked.case.id, facts, informed, self.now(), self.random)
        return _Piece(sealed, envelope_facts(sealed[0]))

    def _written(self, row: Case, part: str, text: str, triage: Triage, readers: Readers) -> _Piece:
        body = Plaintext(text, deadlines.hour(self.now()), "reporter", facts_of(triage)).to_bytes()
        sealed = sealing.seal(row.id, part, body, readers, self.random)
        return _Piece(sealed, envelope_facts(sealed[0]))

    def _readers(self, bundle: CaseBundle, checked: Checked, excluded: frozenset[str]) -> Readers:
        """Who reads the case now, without whom a piece of it, or the new one, accuses."""
        first = reading_grants.in_order(bundle.envelopes, checked.events)[0]
        awake, asleep = reading_grants.chain_of(checked.keys, first.id)
        shut = reading_grants.shut_out(checked.keys)
        return reading_grants.clean_readers(self.roster(), awake, asleep, excluded | shut)

    def _step(
        self,
        checked: Checked,
        row: Case,
        readers: Readers,
        pieces: Sequence[_Piece],
        accuses: bool,
        *,
        answers: bool = True,
    ) -> Change:
        """More pieces of the reporter's, each with its event, as one step; `answers`: there is something to read."""
        now = self.now()
        moved = self._moved(row, {reader.code for reader in readers.awake}, accuses, now, answers=answers)
        told = of_a_hand(checked.keys, checked.case.unit, now, self.random) if checked.mended else ()
        entries = [Entry(it.kind, {**it.facts, "state": moved.state}, self.random(32)) for it in pieces]
        change = Change(
            moved,
            envelopes=tuple(piece.sealed[0] for piece in pieces),
            grants=tuple(grant for piece in pieces for grant in piece.sealed[1]),
            pings=(ping(moved, PingKind.ANSWER, now, self.random), *told),
            mended=checked.mended,
        )
        who = Signature(INTAKE, self.signing, deadlines.hour(now))
        return change.signed(checked.case.head, entries, who, self.random(claims.SALT_BYTES))

    def _moved(self, row: Case, awake: set[str], accuses: bool, now: datetime, *, answers: bool) -> Case:
        """The case after an addition: an answer takes it back to work; an accused owner's loses its quiet."""
        moved = row
        if answers and row.state == State.NEEDS_INFO:
            clock = deadlines.start(self.organisation().terms, State.SCREENING, row.urgency, now)
            moved = replace(moved, state=State.SCREENING, clock=clock.name, due_at=clock.due_at)
        if accuses:
            moved = case.restricted(moved)
        if row.unit not in awake:
            moved = replace(moved, clock=deadlines.WAKE, due_at=deadlines.hour(now))
        return replace(moved, opened=False)


def _received(keys: Receipt, events: Sequence[SignedEvent], roster: Roster) -> SignedEvent | None:
    """The event that a receipt can point at: its blind comes from there, and the intake signed it."""
    blind = ledger.mentions(blind=keys.ledger_opening.hex())[0]
    for row in (it for it in events if blind in it.body):
        with suppress(errors.NotVerified):
            event = ledger.verify(row, roster.verifiers)
            if event.kind is ledger.Kind.RECEIVED and event.by == INTAKE:
                return row
    return None


def _began(keys: Receipt, chain: Sequence[ledger.Event]) -> bool:
    """Whether it is this receipt that blinds a case's first event: where no mailbox is, that tells whose it is."""
    return bool(chain) and chain[0].kind is ledger.Kind.RECEIVED and chain[0].blind == keys.ledger_opening


def _asked(chain: Sequence[ledger.Event]) -> bool:
    """Whether the last word between an office and the reporter was a question."""
    talk = [it for it in chain if _is_written(it) or it.facts.get("part") == Part.QUESTION]
    return bool(talk) and talk[-1].kind is ledger.Kind.ASKED


def _shared(chain: Sequence[ledger.Event]) -> list[tuple[str, datetime]]:
    """Whom the case's unit let read it along, and since when."""
    return [(it.facts["with"], it.at) for it in chain if it.kind is ledger.Kind.SHARED]


def _is_written(event: ledger.Event) -> bool:
    """Whether the reporter wrote or gave something then; whom they shut out is no answer."""
    return event.kind is ledger.Kind.ADDED and event.facts.get("part") != Part.SHUT_OUT


def _answered(letters: Sequence[Letter], chain: Sequence[ledger.Event]) -> list[Letter]:
    """The letters, each question with the time of the reporter's next words; what they say no receipt opens."""
    asked = [at for at, it in enumerate(chain) if it.facts.get("part") == Part.QUESTION]
    times = iter([next((it.at for it in chain[at:] if _is_written(it)), None) for at in asked])
    return [replace(it, answered=next(times, None)) if it.part == Part.QUESTION else it for it in letters]


def _closed(chain: Sequence[ledger.Event], checked: Checked, read: Collection[bytes]) -> int:
    """How many letters the events gave to the receipt that are gone, or open no more."""
    given = {it.envelope for it in checked.keys if it.reader == RECEIPT}
    parts = reading_grants.parts(chain)
    return sum(parts.get(it) != Part.SHUT_OUT for it in given.difference(read))


def _tells(part: str, facts: Mapping[str, Any]) -> bool:
    """Whether a letter says what its kind says: an officer's own program seals what it likes."""
    match part:
        case Part.RESULT:
            return facts.get("result") in lifecycle.results()
        case Part.EXCLUSION:
            return isinstance(facts.get("had"), list)
        case Part.SHUT_OUT:
            return isinstance(facts.get("excluded"), list)
        case Part.CLEARING:
            return {"cleared", "office"} <= facts.keys()
    return True


def _letters(keys: Receipt, envelopes: Sequence[Envelope], grants: Sequence[Grant]) -> dict[bytes, Letter]:
    """Those that open, by their envelopes' ids and in order."""
    mine = {grant.envelope: grant for grant in grants if grant.reader == RECEIPT}
    letters = {}
    for envelope in (it for it in envelopes if it.id in mine):
        with suppress(errors.NotOpened):
            key = sealing.open_key(mine[envelope.id], [keys.reading_seed])
            opened = Plaintext.from_bytes(sealing.open_envelope(envelope, key))
            if not _tells(envelope.part, opened.facts):
                continue
            letters[envelope.id] = Letter(envelope.part, opened.text, opened.at, opened.facts)
    return letters

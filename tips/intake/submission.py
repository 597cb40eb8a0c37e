"""Intake: a triaged draft becomes a sealed, durable, queued case. It writes tips and cannot read one back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tips import errors
from tips.cases import case, claims, deadlines, ledger, reading_grants
from tips.cases.case import Case, State
from tips.cases.claims import Entry, Mailbox, Signature
from tips.cases.ledger import Kind, envelope_facts
from tips.cases.pings import PingKind, ping
from tips.cases.plaintext import Part, Plaintext
from tips.crypto import receipt, sealing
from tips.crypto.sealing import Envelope, Grant, Random, Readers
from tips.evidence.files import file_facts, seal_file
from tips.intake.draft import Draft
from tips.intake.flood import Crowd
from tips.organisation.roster import HELD, INTAKE, Roster
from tips.organisation.taxonomy import Urgency
from tips.organisation.terms import Terms
from tips.organisation.units import Organisation
from tips.ports.cases import Change
from tips.triage import Triage
from tips.triage.results import facts_of

DEFAULT_URGENCY: Final = Urgency.P2


@dataclass(frozen=True, slots=True)
class Intake:
    """Seals tips to the readers that routing and the roster allow."""

    roster: Callable[[], Roster]  # the newest verified version
    organisation: Callable[[], Organisation]
    signing: bytes  # Ed25519 seed of the intake process
    now: Callable[[], datetime]
    random: Random
    crowd: Crowd

    def step(self, draft: Draft, triage: Triage, promised: Sequence[str]) -> Change:
        """Everything that one tip writes, in one transaction; its ids come from the draft's seed, so it counts once.

        Args:
            promised: codes of those whom the reporter was told of, the receiver first.

        Raises:
            Stale: by now it would go to others.
        """
        keys = receipt.of_seed(draft.seed)
        public = sealing.public_bytes(keys.reading_seed)
        now = self.now()
        readers = self._readers(triage)
        if [it.code for it in (*readers.awake, *readers.asleep)] != list(promised):
            raise errors.Stale
        triage = self.crowd.placed(draft.text, triage)
        case_id = receipt.case_id(draft.seed)
        body = of_tip(draft, triage, deadlines.hour(now)).to_bytes()
        envelope, grants = sealing.seal(case_id, Part.TIP, body, readers, self.random)
        row = _row(case_id, readers.awake[0].code, triage, now, self.organisation().terms)
        told = {**envelope_facts(envelope), "unit": row.unit, "state": row.state}
        pieces = [(envelope, grants)]
        entries = [Entry(Kind.RECEIVED, told, keys.ledger_opening)]
        for sealed, facts in self._beside(
            case_id, draft, triage, reading_grants.with_receipt(readers, public), readers
        ):
            pieces.append(sealed)
            entries.append(Entry(Kind.ADDED, {**facts, "state": row.state}, self.random(32)))
        given = tuple(grant for _, some in pieces for grant in some)
        change = Change(
            row,
            envelopes=tuple(it for it, _ in pieces),
            grants=given,
            mailbox=Mailbox(keys.lookup, case_id, public),
            pings=(ping(row, PingKind.NEW, now, self.random),),
        )
        who = Signature(INTAKE, self.signing, row.received_at)
        return change.signed(ledger.FIRST, entries, who, self.random(claims.SALT_BYTES))

    def _readers(self, triage: Triage) -> Readers:
        """Routing's chain as keys; an exclusion is checked once more where the keys are given out."""
        readers = self.roster().readers(triage.route.chain)
        for reader in (*readers.awake, *readers.asleep):
            if reader.code in triage.route.excluded:
                raise errors.Refused("error.excluded")
        return readers

    def _beside(
        self, case_id: bytes, draft: Draft, triage: Triage, informed: Readers, readers: Readers
    ) -> Iterator[tuple[tuple[Envelope, tuple[Grant, ...]], Mapping[str, str]]]:
        """What is sealed beside the words: the files, and whom the tip shuts out, which the receipt tells too."""
        now = self.now()
        for file in draft.files:
            sealed = seal_file(case_id, file, readers, now, self.random)
            yield sealed, file_facts(sealed[0], file)
        if triage.route.excluded:
            sealed = seal_shut_out(case_id, {"excluded": sorted(triage.route.excluded)}, informed, now, self.random)
            yield sealed, envelope_facts(sealed[0])


def _row(case_id: bytes, unit: str, triage: Triage, now: datetime, terms: Terms) -> Case:
    restricted = bool(triage.route.excluded)
    urgency = triage.urgency or DEFAULT_URGENCY
    state = State.HELD if unit == HELD else State.RECEIVED
    clock = deadlines.start(terms, state, urgency, now)
    return Case(
        id=case_id,
        unit=unit,
        state=state,
        urgency=urgency,
        category=case.RESTRICTED_CATEGORY if restricted else (triage.category or case.UNKNOWN_CATEGORY),
        area=case.RESTRICTED_AREA if restricted else triage.area.district,
        ward=None if restricted else triage.area.ward,
        received_at=deadlines.hour(now),
        clock=clock.name,
        due_at=clock.due_at,
        level=0,
        officer=None,
        opened=False,
        restricted=restricted,
        head=ledger.FIRST,
    )


def seal_shut_out(
    case_id: bytes, facts: Mapping[str, Any], readers: Readers, now: datetime, random: Random
) -> tuple[Envelope, tuple[Grant, ...]]:
    """The units that are shut out, as a piece of the case that its reporter can open.

    Args:
        facts: `excluded`; and `accused`, where nothing beside this piece tells readers who was pressed.
    """
    body = Plaintext("", deadlines.hour(now), "reporter", facts).to_bytes()
    return sealing.seal(case_id, Part.SHUT_OUT, body, readers, random)


def of_tip(draft: Draft, triage: Triage, at: datetime) -> Plaintext:
    """A tip: the words, the answers by slot, and what triage found, with its reasons."""
    answers = {it.slot: it.text for it in draft.fragments if it.slot}
    return Plaintext(
        draft.text,
        at,
        "reporter",
        {**facts_of(triage), "answers": answers, "lang": draft.lang},
    )

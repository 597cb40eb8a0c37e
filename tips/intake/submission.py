"""Intake: a triaged draft becomes a sealed, durable, queued case. It writes tips and cannot read one back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import case, deadlines, ledger, plaintext
from tips.cases.case import Case
from tips.cases.plaintext import Content
from tips.crypto import receipt, sealing
from tips.crypto.receipt import Receipt
from tips.crypto.sealing import Envelope, Grant, Random, Readers
from tips.evidence.files import PART, File
from tips.intake.draft import Draft
from tips.intake.flood import Crowd
from tips.organisation.roster import HELD, Roster
from tips.ports import Change, Mailbox, Ping
from tips.triage import Triage

PROCESS: Final = "intake"  # the name that its ledger events are signed by
DEFAULT_URGENCY: Final = "P2"


@dataclass(frozen=True, slots=True)
class Intake:
    """Seals tips to the readers that routing and the roster allow."""

    roster: Callable[[], Roster]  # the newest verified version
    signing: bytes  # Ed25519 seed of the intake process
    now: Callable[[], datetime]
    random: Random
    crowd: Crowd

    def step(self, draft: Draft, triage: Triage) -> Change:
        """Everything that one tip writes, in one transaction; its ids come from the draft's seed, so it counts once."""
        own = receipt.of_seed(draft.seed)
        triage = self.crowd.placed(draft.text, triage)
        now = self.now()
        readers = self._readers(triage)
        case_id = receipt.case_id(draft.seed)
        body = plaintext.of_tip(draft, triage, deadlines.hour(now)).to_bytes()
        envelope, grants = sealing.seal(case_id, "tip", body, readers, self.random)
        row = _row(case_id, readers.awake[0].code, triage, now)
        events = [ledger.sign(self._received(row, envelope, own), self.signing)]
        pieces = [(envelope, grants)]
        for file in draft.files:
            pieces.append(seal_file(case_id, file, readers, now, self.random))
            told = ledger.Event(
                ledger.Kind.ADDED,
                row.id,
                events[-1].leaf,
                row.received_at,
                PROCESS,
                self.random(32),
                {**file_facts(pieces[-1][0], file), "state": row.state},
            )
            events.append(ledger.sign(told, self.signing))
        return Change(
            case=replace(row, head=events[-1].leaf),
            before=None,
            events=tuple(events),
            envelopes=tuple(it for it, _ in pieces),
            grants=tuple(grant for _, given in pieces for grant in given),
            mailbox=Mailbox(own.lookup, case_id, sealing.public_bytes(own.reading_seed)),
            pings=(ping(row, "new", now, self.random),),
        )

    def _readers(self, triage: Triage) -> Readers:
        """Routing's chain as keys; an exclusion is checked once more where the keys are given out."""
        readers = self.roster().readers(triage.route.chain)
        for reader in (*readers.awake, *readers.asleep):
            if reader.code in triage.route.excluded:
                raise errors.Refused("error.excluded")
        return readers

    def _received(self, row: Case, envelope: Envelope, own: Receipt) -> ledger.Event:
        return ledger.Event(
            ledger.Kind.RECEIVED,
            row.id,
            ledger.FIRST,
            row.received_at,
            PROCESS,
            own.ledger_opening,
            {**envelope_facts(envelope), "unit": row.unit, "state": row.state},
        )


def seal_file(
    case_id: bytes, file: File, readers: Readers, now: datetime, random: Random
) -> tuple[Envelope, tuple[Grant, ...]]:
    """The envelope that describes a file, under the key that the file itself is sealed under."""
    body = Content("", deadlines.hour(now), "reporter", file.described()).to_bytes()
    return sealing.seal(case_id, PART, body, readers, random, (file.envelope, file.key))


def file_facts(envelope: Envelope, file: File) -> dict[str, str]:
    """How an event names a file: its envelope, and how many chunks must be stored."""
    return {**envelope_facts(envelope), "chunks": str(file.chunks)}


def envelope_facts(envelope: Envelope) -> dict[str, str]:
    """How an event names an envelope: by id, part, ciphertext and commitment."""
    return {
        "envelope": envelope.id.hex(),
        "part": envelope.part,
        "digest": envelope.digest.hex(),
        "commitment": envelope.commitment.hex(),
    }


def _row(case_id: bytes, unit: str, triage: Triage, now: datetime) -> Case:
    restricted = bool(triage.route.excluded)
    urgency = triage.urgency or DEFAULT_URGENCY
    state = "held" if unit == HELD else "received"
    clock = deadlines.start(state, urgency, now)
    return Case(
        id=case_id,
        unit=unit,
        state=state,
        urgency=urgency,
        category=case.RESTRICTED_CATEGORY if restricted else (triage.category or "unknown"),
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


def ping(row: Case, kind: str, now: datetime, random: Random) -> Ping:
    """A content-free word to the case's unit; for a restricted one the next fixed hour hides when it came.

    Where somebody is in danger (P0) it goes out at once, quiet hours and exclusions or not.
    """
    if row.urgency == "P0":
        return Ping(random(16), row.unit, "urgent", deadlines.hour(now))
    if row.restricted:
        return Ping(random(16), row.unit, "digest", deadlines.next_digest(now))
    return Ping(random(16), row.unit, kind, deadlines.hour(now))

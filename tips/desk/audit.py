"""Audit: whether everything that is stored is what was signed, without opening anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tips import errors
from tips.cases import ledger, reading_grants
from tips.cases.plaintext import Part
from tips.organisation.roster import Roster
from tips.ports.cases import Cases, Ledger
from tips.ports.evidence import Blobs


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found."""

    cases: int
    events: int
    kinds: Mapping[str, int]
    problems: tuple[str, ...]  # for auditors: case ids and what is wrong; no text

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


async def audit(cases: Cases, book: Ledger, blobs: Blobs, roster: Roster) -> Report:
    """Check every signature, every case's chain up to its head, and every envelope against its event."""
    rows = await book.waiting()
    kinds: Counter[str] = Counter()
    problems = []
    for row in rows:
        try:
            kinds[ledger.verify(row, roster.verifiers).kind.value] += 1
        except errors.NotVerified as error:
            problems.append(f"event {row.leaf.hex()[:16]}: {error}")
    heads = await book.heads()  # after the events: a case that comes in between is no case that is gone
    for head in heads:
        whole = await cases.bundle(head.id, None)
        try:
            chain = ledger.verify_chain(whole.events, whole.case.head, roster.verifiers)
            ordered = reading_grants.in_order(whole.envelopes, chain)
            described = [it for it in ordered if it.part == Part.FILE]  # none, once it was shredded
            chunks = [event.facts["chunks"] for event in chain if "chunks" in event.facts][: len(described)]
            for envelope, many in zip(described, chunks, strict=True):
                if await blobs.count(envelope.id) != int(many):
                    problems.append(f"case {head.id.hex()}: a part of a file is gone")
        except errors.NotVerified as error:
            problems.append(f"case {head.id.hex()}: {error}")
    gone = {row.case for row in rows} - {head.id for head in heads} - {b""}
    problems += [f"case {case.hex()}: its events are here, the case is gone" for case in sorted(gone)]
    return Report(len(heads), len(rows), dict(kinds), tuple(problems))

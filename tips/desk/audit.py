"""Audit: whether everything that is stored is what was signed, without opening anything."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import checking, ledger, reading_grants, signers
from tips.cases.ledger import Event, Kind
from tips.cases.plaintext import Part
from tips.organisation import documents, templates
from tips.organisation.roster import CLOCK, Roster, SignedRoster
from tips.people import recovery
from tips.ports.cases import CaseBundle, Cases, Ledger
from tips.ports.evidence import Blobs
from tips.ports.people import Keyring
from tips.transparency import audit as log_audit
from tips.transparency.heads import Heads

LATER: Final = "a later version of Tin Báo wrote it, and this one does not know its kind"
BATCH: Final = 100  # cases that are in memory at once


@dataclass(frozen=True, slots=True)
class Incident:
    """Rows of a case that were not what was signed, and were set right."""

    case: bytes
    at: datetime
    differed: tuple[str, ...]  # see `checking.WORDED`
    waits: bool  # nobody has read the case since: it is neither destroyed nor handed over


@dataclass(frozen=True, slots=True)
class Before:
    """What the clock found when it checked everything by itself."""

    at: datetime
    problems: int


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found."""

    cases: int
    events: int
    kinds: Mapping[str, int]
    problems: tuple[str, ...]  # for auditors: case ids and what is wrong; no text
    incidents: tuple[Incident, ...]  # what was wrong and is not any more
    before: Before | None = None  # the last one that the clock did; None: it did none yet

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


async def audit(
    cases: Cases,
    book: Ledger,
    blobs: Blobs,
    keyring: Keyring,
    roster: Roster,
    clock: Heads,
    now: datetime,
    sealed: Callable[[], Awaitable[Mapping[str, bytes]]],
) -> Report:
    """Check every signature, every case's rows and pieces against its chain, the tree, and the roster's versions.

    Args:
        roster: the one in force, which this process believed whatever is stored.
        clock: knows the newest head of the tree, whatever is stored.
        now: tells what should be in the tree by now.
        sealed: tells what only the quorum opens, wherever it is still what the roster names.
    """
    ends = clock.continuity.ends.load()
    seen = await clock.believed()  # before the events: what joins the tree in between is not missed
    rows = await book.waiting()
    held, problems, incidents = {}, [], []
    for number, row in enumerate(rows):
        if number % BATCH == 0:
            await asyncio.sleep(0)  # a process that serves goes on serving
        try:
            event = ledger.verify(row, roster.verifiers)
            signers.check_beside(event, roster)
            held[row.leaf] = event
        except errors.NotVerified as error:
            later = ledger.is_later(row, roster.verifiers)
            problems.append(f"event {row.leaf.hex()[:16]}: {LATER if later else error}")
    problems += [problem async for problem in log_audit.check(clock, seen, ends, held, now)]
    events = [*held.values()]
    kinds = Counter(event.kind.value for event in events)
    problems += _closed_anew(events)
    problems += await _sealed(keyring, sealed)
    problems += _rosters(await keyring.rosters(), events, roster)
    problems += await _organisation(keyring, roster.organisation, roster.organisation_digest)
    if coming := roster.coming:
        problems += await _organisation(keyring, coming.organisation, coming.digest)
    heads = await book.heads()  # after the events: a case that comes in between is no case that is gone
    async for whole in _bundles(cases, [it.id for it in heads]):
        head = whole.case
        try:
            checked = whole.checked(roster)
            problems += [f"case {head.id.hex()}: {code} is not what was signed" for code in checked.mended.differed]
            incidents += [
                Incident(head.id, it.at, checking.differed(it), checked.waits)
                for it in checked.events
                if checking.differed(it)
            ]
            for id_ in reading_grants.unnamed(whole.envelopes, checked.events):
                problems.append(f"case {head.id.hex()}: no event names its piece {id_.hex()}")
            for id_ in reading_grants.spoilt(whole.envelopes, checked.events):
                problems.append(f"case {head.id.hex()}: the keys of its piece {id_.hex()} cannot be woken any more")
            for id_ in reading_grants.gone(whole.envelopes, checked.events):
                problems.append(f"case {head.id.hex()}: its piece {id_.hex()} is gone, or not the one that was signed")
            ordered = reading_grants.in_order(whole.envelopes, checked.events)
            told = {id_: it.facts.get("chunks") for id_, it in reading_grants.brought_by(checked.events).items()}
            for envelope in (it for it in ordered if it.part == Part.FILE):  # none, once it was shredded
                many = told.get(envelope.id)  # none, where the chain began anew since
                if many is not None and await blobs.count(envelope.id) != int(many):
                    problems.append(f"case {head.id.hex()}: a part of a file is gone")
        except errors.NotVerified as error:
            problems.append(f"case {head.id.hex()}: {error}")
    gone = {row.case for row in rows} - {head.id for head in heads} - {b""}
    problems += [f"case {case.hex()}: its events are here, the case is gone" for case in sorted(gone)]
    return Report(len(heads), len(rows), dict(kinds), tuple(problems), tuple(incidents), _before(events))


async def _sealed(keyring: Keyring, believed: Callable[[], Awaitable[Mapping[str, bytes]]]) -> list[str]:
    """Whether what only the quorum opens is stored as it is believed."""
    try:
        found = await believed()
    except errors.NotVerified as error:
        return [str(error)]
    if found == await recovery.sealed(keyring):
        return []
    return ["what only the recovery offices open is not what this home was signed for"]


async def _bundles(cases: Cases, ids: Sequence[bytes]) -> AsyncIterator[CaseBundle]:
    """Every case with all that belongs to it, many at once."""
    for at in range(0, len(ids), BATCH):
        for bundle in await cases.bundles(ids[at : at + BATCH], None):
            yield bundle


def _rosters(stored: Iterable[SignedRoster], events: Iterable[Event], roster: Roster) -> Iterator[str]:
    """The versions whose row is gone or another than was signed, or that the ledger does not tell of."""
    digests = {it.version: hashlib.sha256(it.document).hexdigest() for it in stored}
    told: dict[int, set[str]] = {}
    for it in events:
        if it.kind is Kind.ROSTER:
            told.setdefault(int(it.facts["version"]), set()).add(it.facts["digest"])
    for version in sorted({*range(1, roster.version + 1), *digests, *told}):
        signed = {roster.digest} if version == roster.version else told.get(version)
        if version not in digests:
            yield f"roster version {version}: its row is gone"
        elif version not in told:
            yield f"roster version {version}: no event tells of it"
        elif not {digests[version]} == told[version] == signed:
            yield f"roster version {version}: it is not what was signed"


async def _organisation(keyring: Keyring, name: str, digest: str) -> list[str]:
    """Whether the document that the roster names is stored; of homes of earlier programs none is."""
    if templates.signed_as(name, digest):
        return []
    try:
        stored = await keyring.organisation(digest)
    except errors.NotFound:
        return [f"organisation {digest[:16]}: its row is gone"]
    return [] if documents.believed(stored, digest) else [f"organisation {digest[:16]}: it is not what was signed"]


def _before(events: Iterable[Event]) -> Before | None:
    audits = [it for it in events if it.kind is Kind.AUDITED and it.by == CLOCK]
    last = max(audits, key=lambda it: it.at, default=None)
    return Before(last.at, int(last.facts["problems"])) if last else None


def _closed_anew(events: Iterable[Event]) -> list[str]:
    """The periods that were closed more than once: a hand took the first figures away."""
    closed = Counter(event.facts.get("period", "") for event in events if event.kind is Kind.FROZEN)
    return [f"period {period}: it was closed {count} times" for period, count in sorted(closed.items()) if count > 1]

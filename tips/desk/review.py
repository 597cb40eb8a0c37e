"""Review: what an officer does with a case. Each act is one signed event and one transaction.

A case opens only in the session of somebody whose unit holds a waking grant; reading is recorded before anything
is shown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from tips import errors
from tips.cases import case, clearing, deadlines, ledger, lifecycle, plaintext, reading_grants, rekeying
from tips.cases.case import Case, QueueFilter, QueuePosition, State
from tips.cases.ledger import envelope_facts
from tips.cases.pings import ping
from tips.cases.plaintext import Part, Plaintext
from tips.crypto import sealing
from tips.crypto.sealing import Envelope, Grant, Random, Readers
from tips.desk import duplicates
from tips.evidence import files
from tips.evidence.files import File, Files
from tips.organisation import units
from tips.organisation.roles import Role
from tips.organisation.roster import Roster
from tips.organisation.taxonomy import categories
from tips.organisation.units import Organisation
from tips.people.session import Session
from tips.ports.cases import Cases, Change
from tips.triage import Corrections, accusations, routing
from tips.triage.results import AreaFinding

T = TypeVar("T")
MAX_WORDS: Final = 20_000  # characters of a question, answer or note
COMPARED: Final = 100  # cases that are compared for duplicates at most
EVERY: Final = QueueFilter()
TRIES: Final = 5  # how often a case is opened anew while others write to it
NOTHING: Final[Mapping[str, Any]] = {}
_PARTS_FOR_REPORTER: Final = frozenset({Part.QUESTION, Part.ANSWER, Part.CLEARING, Part.RESULT})
_PARTS_BY_NAME: Final = frozenset({Part.NOTE, Part.CORRECTION, Part.LINK})  # colleagues see who wrote these


@dataclass(frozen=True, slots=True)
class Piece:
    """One opened envelope."""

    part: str
    content: Plaintext
    envelope: bytes  # its id
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case, opened."""

    case: Case
    tip: Plaintext
    thread: tuple[Piece, ...]  # everything after the tip, in order
    events: tuple[ledger.Event, ...]
    readers: tuple[str, ...]  # who can read it now
    asleep: tuple[str, ...]  # whom the clock would wake, in order

    @property
    def excluded(self) -> frozenset[str]:
        """Every unit that any piece shuts out, and that two offices have not cleared."""
        found = self.tip.excluded.union(*(piece.content.excluded for piece in self.thread))
        return found - {unit for unit in found if clearing.cleared(self.clearings(unit))}

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
        return [files.of_envelope(it.envelope, it.key, it.content.facts) for it in found]

    def clearings(self, unit: str) -> list[clearing.Clearing]:
        """The offices that took back the exclusion of a unit."""
        facts = (piece.content.facts for piece in self.thread if piece.part == Part.CLEARING)
        return [clearing.from_plain(it) for it in facts if it["cleared"] == unit]


@dataclass(frozen=True, slots=True)
class Review:
    """The acts of officers, heads and overseers."""

    cases: Cases
    roster: Callable[[], Roster]
    organisation: Organisation
    files: Files
    now: Callable[[], datetime]
    random: Random

    async def queue(
        self, session: Session, wanted: QueueFilter = EVERY, limit: int = 50, after: QueuePosition | None = None
    ) -> list[Case]:
        """The cases of the session's units: urgent first, then what nobody has read, then the oldest."""
        return await self.cases.queue(session.units, wanted, limit, after)

    async def consulted(self, session: Session) -> list[Case]:
        """Open cases of others that an overseer's units read along, asked to or because they handed them over."""
        if session.role != Role.OVERSEER:
            return []
        return await self.cases.consulted(session.units, COMPARED)

    async def open(self, session: Session, case_id: bytes) -> OpenCase:
        """Open a case; that it was read is on record first.

        Raises:
            NotFound: no such case, or not this session's.
            NotVerified: the case's chain or a text was tampered with.
        """
        return await _undisturbed(lambda: self._read(session, case_id))

    async def _read(self, session: Session, case_id: bytes) -> OpenCase:
        row = await self.cases.get(case_id, session.units)
        before = await self._opened(session, row)  # whoever keeps away from it, or cannot open it, has not read it
        row = await self.record(session, row, ledger.Kind.READ, {"part": "all"}, replace(row, opened=True))
        return await self._opened(session, await self._without_accused(session, replace(before, case=row)))

    async def opened_for(self, session: Session, case_id: bytes, act: str) -> OpenCase:
        """A case, opened for an act that the table allows; nothing of it is shown, so no reading is recorded.

        Raises:
            NotFound: no such case, or not this session's.
            Refused: the table does not allow it, or this person keeps away from the case.
        """
        row = await self.cases.get(case_id, session.units)
        lifecycle.check(row, act, session.role)
        return await self._opened(session, row)

    async def _opened(self, session: Session, row: Case) -> OpenCase:
        whole = await self.cases.bundle(row.id, session.units)
        row, envelopes, grants = whole.case, whole.envelopes, whole.grants
        events = ledger.verify_chain(whole.events, row.head, self.roster().verifiers)
        if session.name in _recused(events):
            raise errors.Refused("error.recused")
        pieces = _open_in_order(session, envelopes, grants, events)
        if not pieces or pieces[0].part != Part.TIP:
            raise errors.NotFound
        awake, asleep = reading_grants.chain_of(grants, _tip_of(envelopes))
        return OpenCase(row, pieces[0].content, tuple(pieces[1:]), tuple(events), tuple(awake), tuple(asleep))

    async def file(self, session: Session, case_id: bytes, envelope: bytes) -> File:
        """A file of a case, for `files.read`; that it was read is on record first, once an hour and person.

        Raises:
            NotFound: no such case or file, or not this session's.
            NotVerified: the case's chain was tampered with.
        """
        return await _undisturbed(lambda: self._file(session, case_id, envelope))

    async def _file(self, session: Session, case_id: bytes, envelope: bytes) -> File:
        row = await self.cases.get(case_id, session.units)
        opened = await self._opened(session, row)
        found = next((it for it in opened.files if it.envelope == envelope), None)
        if found is None:
            raise errors.NotFound
        facts = {"part": envelope.hex()}
        this = (ledger.Kind.READ, session.name, deadlines.hour(self.now()), facts)
        if this not in [(it.kind, it.by, it.at, dict(it.facts)) for it in opened.events]:
            await self.record(session, row, ledger.Kind.READ, facts, row)
        return found

    async def claim(self, session: Session, case_id: bytes) -> Case:
        """Take a case on oneself; a new one is then being screened.

        Raises:
            Refused: it is another unit's, a colleague has it, or this person closed it and the reporter disputed that.
        """
        opened = await self.opened_for(session, case_id, "claim")
        row = opened.case
        if session.unit != row.unit:  # who only reads along would keep its own people from it
            raise errors.Refused("error.not_yours")
        if row.officer not in (None, session.name):
            raise errors.Refused("error.claimed")
        if session.name in opened.disputed:
            raise errors.Refused("error.disputed")
        moved = self.held_by(row, session.name)
        return await self.record(session, row, ledger.Kind.CLAIMED, {"state": moved.state}, moved)

    def held_by(self, row: Case, name: str) -> Case:
        """The case as this officer's; a new one is then being screened."""
        taken = replace(row, officer=name)
        return self.in_state(taken, State.SCREENING) if row.state == State.RECEIVED else taken

    async def ask(self, session: Session, case_id: bytes, text: str) -> Case:
        """Ask the reporter; whoever holds the receipt can read it and answer."""
        row = (await self.opened_for(session, case_id, "ask")).case
        begun = row.state in {State.ACCEPTED, State.VERIFYING}  # a question does not stop the clocks of the law
        moved = row if begun else self.in_state(row, State.NEEDS_INFO)
        return await self.write(session, row, moved, Part.QUESTION, ledger.Kind.ASKED, text)

    async def answer(self, session: Session, case_id: bytes, text: str) -> Case:
        """Tell the reporter something; no answer is awaited."""
        row = (await self.opened_for(session, case_id, "answer")).case
        return await self.write(session, row, row, Part.ANSWER, ledger.Kind.ASKED, text)

    async def note(self, session: Session, case_id: bytes, text: str) -> Case:
        """Write a note for those who read the case; the reporter does not see it."""
        row = (await self.opened_for(session, case_id, "note")).case
        return await self.write(session, row, row, Part.NOTE, ledger.Kind.NOTED, text)

    async def correct(self, session: Session, case_id: bytes, corrections: Corrections) -> Case:
        """Correct what triage found. An accused that is added shuts more units out; none is ever let in again.

        Raises:
            Refused: nothing is corrected, or a code is unknown.
        """
        row = (await self.opened_for(session, case_id, "correct")).case
        facts = self._corrected(corrections)
        if not facts:
            raise errors.Refused("error.correction")
        moved = replace(row, category=facts.get("category", row.category))
        if "district" in facts:
            moved = replace(moved, area=facts["district"], ward=facts["ward"])
        if row.restricted or facts.get("excluded"):
            moved = case.restricted(moved)
        written = await self.write(session, row, moved, Part.CORRECTION, ledger.Kind.CORRECTED, facts=facts)
        return await self._without_accused(session, await self._opened(session, written))

    async def _without_accused(self, session: Session, opened: OpenCase) -> Case:
        """Re-key a case if somebody who holds grants of it is accused in it by now; not in a session of theirs."""
        row = opened.case
        grants = await self.cases.grants(row.id)
        shut = rekeying.stale(grants, opened.events, opened.excluded)
        if not shut or session.unit in opened.excluded:
            return row
        envelopes = reading_grants.in_order(await self.cases.envelopes(row.id), opened.events)
        keys = _keys(session, envelopes, grants)
        mine = [it for it in envelopes if it.id in keys]
        receipt = (await self.cases.mailbox_of(row.id)).public
        chosen = {file.envelope: await self._renewed(row, file) for file in opened.files}
        renewal = rekeying.renew(mine, keys, grants, shut, self.roster(), receipt, chosen, self.random)
        had = rekeying.informed(grants, opened.events, opened.excluded)
        letter, given = self._told_of(session, opened, had, receipt)
        moved = case.restricted(row)
        if row.unit in shut:
            moved = replace(self.in_state(moved, State.RECEIVED), unit=session.unit, officer=None)
        try:
            return await self.record(
                session,
                row,
                ledger.Kind.EXCLUDED,
                renewal.facts() | envelope_facts(letter) | {"state": moved.state},
                moved,
                envelopes=(*renewal.envelopes, letter),
                grants=(*renewal.grants, *given),
                dropped=renewal.dropped,
                shut=tuple(sorted(shut)),
                news=deadlines.hour(self.now()),
            )
        except errors.Stale:  # a colleague was quicker, and did the same
            return await self.cases.get(row.id, session.units)

    async def _renewed(self, row: Case, file: File) -> tuple[bytes, bytes]:
        """Seal a file's bytes anew; the id and key that its next envelope must have."""
        chosen = self.random(16), self.random(32)
        await self.files.renew(row.id, file, chosen)
        return chosen

    def _told_of(
        self, session: Session, opened: OpenCase, had: frozenset[str], receipt: bytes
    ) -> tuple[Envelope, tuple[Grant, ...]]:
        """Word to the reporter, and to who reads on: which of the accused had access until now."""
        body = Plaintext("", deadlines.hour(self.now()), session.unit, {"had": sorted(had)})
        readers = reading_grants.clean_readers(self.roster(), opened.readers, opened.asleep, opened.excluded)
        readers = reading_grants.with_receipt(readers, receipt)
        return sealing.seal(opened.case.id, Part.EXCLUSION, body.to_bytes(), readers, self.random)

    async def clear(self, session: Session, case_id: bytes, unit: str) -> Case:
        """Take back the exclusion of a unit; it counts once two offices of different branches did, an overseer too.

        The reporter sees each step. Nobody gets a key by it: the case may be handed over from then on.

        Raises:
            Refused: the unit is not excluded, or it is the session's own, or this office has done so already.
        """
        opened = await self.opened_for(session, case_id, "clear")
        row = opened.case
        if unit not in opened.excluded or session.unit in opened.excluded:
            raise errors.Refused("error.clearing")
        step = clearing.Clearing(unit, session.unit, units.branch_of(self.organisation, session.unit), session.role)
        if any(it.branch == step.branch for it in opened.clearings(unit)):
            raise errors.Refused("error.cleared")
        return await self.write(session, row, row, Part.CLEARING, ledger.Kind.CLEARED, facts=step.plain())

    def _corrected(self, corrections: Corrections) -> dict[str, Any]:
        """The corrections as an envelope holds them."""
        facts: dict[str, Any] = {}
        area = AreaFinding()
        if corrections.area:
            district = self.organisation.areas.district_of(corrections.area)
            ward = corrections.area if corrections.area in self.organisation.areas.wards else None
            if district is None:
                raise errors.Refused("error.correction")
            area = AreaFinding(district, ward)
            facts |= {"district": district, "ward": ward}
        if corrections.category:
            if corrections.category not in categories():
                raise errors.Refused("error.correction")
            facts["category"] = corrections.category
        accused = accusations.chosen(corrections.accused, self.organisation)
        if accused:
            route = routing.route(self.organisation, area, corrections.category, accused)
            facts["accused"] = [{"kind": it.kind, "units": list(it.units)} for it in accused]
            facts["excluded"] = sorted(route.excluded)
        return facts

    async def alike(self, session: Session, case_id: bytes) -> list[tuple[Case, float]]:
        """The cases of this session's units that may tell of the same event, with how alike they are.

        The sketches live as long as this call; what was compared counts as read by nobody, and nothing is shown of it.
        """
        row = await self.cases.get(case_id, session.units)
        others = await self.cases.queue(session.units, case.OPEN, COMPARED, None)
        found = {it.id: it for it in (row, *others)}
        sketches = {it.id: duplicates.sketch(await self._tip_text(session, it)) for it in found.values()}
        own = sketches.pop(row.id)
        return [(found[it.case], it.likeness) for it in duplicates.find(own, sketches)]

    async def _tip_text(self, session: Session, row: Case) -> str:
        envelopes = [it for it in await self.cases.envelopes(row.id) if it.part == Part.TIP]
        keys = _keys(session, envelopes, await self.cases.grants(row.id))
        return "".join(
            plaintext.from_bytes(sealing.open_envelope(it, keys[it.id])).text for it in envelopes if it.id in keys
        )

    async def link(self, session: Session, case_id: bytes, other_id: bytes) -> None:
        """Note on both cases that they may be one event. They stay two: keys, mailboxes and states are apart.

        Raises:
            Refused: a reader of one is excluded by the other: the link would tell them of it.
        """
        mine, theirs = [await self.opened_for(session, it, "link") for it in (case_id, other_id)]
        one, other = mine.case, theirs.case
        chains = [(*it.readers, *it.asleep) for it in (mine, theirs)]
        if case_id == other_id or not duplicates.may_link(chains[0], mine.excluded, chains[1], theirs.excluded):
            raise errors.Refused("error.link")
        for row, about in ((one, other), (other, one)):
            await self.write(session, row, row, Part.LINK, ledger.Kind.LINKED, about.id.hex())

    async def hand_over(self, session: Session, case_id: bytes, target: str) -> Case:
        """Give a case to another unit, with all its pieces.

        Raises:
            Refused: the unit is excluded by the case, receives nothing, has no key, or has the case already.
        """
        opened = await self.opened_for(session, case_id, "hand_over")
        return await self._give(session, opened, target, ledger.Kind.HANDED_OVER)

    async def release(self, session: Session, case_id: bytes, target: str) -> Case:
        """The quorum's hand-over of a case that was held, by a session that holds the recovery seed.

        Raises:
            Refused: as for `hand_over`.
        """
        opened = await self._opened(session, await self.cases.get(case_id, session.units))
        return await self._give(session, opened, target, ledger.Kind.RELEASED)

    async def _give(self, session: Session, opened: OpenCase, target: str, kind: ledger.Kind) -> Case:
        row = opened.case
        self._check_receiver(opened, target)
        moved = replace(self.in_state(row, State.FORWARDED), unit=target, officer=None, opened=False)
        return await self.share(session, opened, target, kind, {"from": row.unit, "to": target}, moved, "new")

    async def share(
        self,
        session: Session,
        opened: OpenCase,
        target: str,
        kind: ledger.Kind,
        facts: Mapping[str, str],
        moved: Case,
        pinged: str,
    ) -> Case:
        """Give a unit keys to every piece of a case; where it slept on them, it is awake now and keeps its level.

        Raises:
            Refused: the case excludes it, or it has no key.
        """
        reader = self._reader(opened, target)
        row = opened.case
        envelopes = await self.cases.envelopes(row.id)
        grants = await self.cases.grants(row.id)
        levels = {grant.envelope: grant.level for grant in grants if grant.reader == target}
        readers = Readers((reader,), (), self.roster().version, self.roster().release)
        keys = _keys(session, envelopes, grants)
        given = [
            replace(grant, level=levels.get(grant.envelope, 0))
            for envelope in envelopes
            if envelope.id in keys
            for grant in sealing.share_key(envelope, keys[envelope.id], readers)
        ]
        return await self.record(session, row, kind, facts, moved, woken=tuple(given), pinged=pinged, to=target)

    def targets(self, opened: OpenCase) -> list[str]:
        """The units that this case may be handed to."""
        return [code for code in self.organisation.units if self._may_receive(opened, code)]

    def _may_receive(self, opened: OpenCase, target: str) -> bool:
        try:
            self._check_receiver(opened, target)
            self._reader(opened, target)
        except errors.Refused:
            return False
        return True

    def _check_receiver(self, opened: OpenCase, target: str) -> None:
        unit = self.organisation.units.get(target)
        if unit is None or not unit.receives or unit.kind == "held" or target == opened.case.unit:
            raise errors.Refused("error.not_a_receiver")

    def _reader(self, opened: OpenCase, target: str) -> sealing.Reader:
        if target in opened.excluded:
            raise errors.Refused("error.excluded")
        reader = self.roster().reader(target)
        if reader is None:
            raise errors.Refused("error.no_key")
        return reader

    async def write(
        self,
        session: Session,
        row: Case,
        moved: Case,
        part: str,
        kind: ledger.Kind,
        text: str = "",
        facts: Mapping[str, Any] = NOTHING,
        told: Mapping[str, str] = NOTHING,
    ) -> Case:
        """Seal one more piece to whoever reads the case and is not shut out, by this piece either."""
        words = text.strip()
        if not words and not facts:
            raise errors.Refused("error.empty")
        if len(words) > MAX_WORDS:
            raise errors.Refused("error.too_long")
        author = session.name if part in _PARTS_BY_NAME else session.unit
        body = Plaintext(words, deadlines.hour(self.now()), author, facts)
        opened = await self._opened(session, row)
        readers = reading_grants.clean_readers(
            self.roster(), opened.readers, opened.asleep, opened.excluded | body.excluded
        )
        if row.unit not in {it.code for it in readers.awake}:  # its own unit is shut out: the clock wakes the next one
            moved = replace(moved, clock=deadlines.WAKE, due_at=deadlines.hour(self.now()))
        if part in _PARTS_FOR_REPORTER:
            mailbox = await self.cases.mailbox_of(row.id)
            readers = reading_grants.with_receipt(readers, mailbox.public)
        envelope, grants = sealing.seal(row.id, part, body.to_bytes(), readers, self.random)
        known = {**envelope_facts(envelope), "state": moved.state, **told}
        news = deadlines.hour(self.now()) if part in _PARTS_FOR_REPORTER else None
        return await self.record(session, row, kind, known, moved, envelopes=(envelope,), grants=grants, news=news)

    def in_state(self, row: Case, state: str) -> Case:
        """The case in another state, with its clock."""
        clock = deadlines.start(state, row.urgency, self.now())
        return replace(row, state=state, clock=clock.name, due_at=clock.due_at)

    async def record(
        self,
        session: Session,
        row: Case,
        kind: ledger.Kind,
        facts: Mapping[str, str],
        moved: Case,
        *,
        pinged: str = "",
        to: str = "",
        spared: tuple[str, ...] = (),
        **stored: Any,
    ) -> Case:
        """Sign what was done and store it with what it changes; tell the unit `to`, but not who is spared, of it."""
        now = self.now()
        event = ledger.Event(kind, row.id, row.head, deadlines.hour(now), session.name, self.random(32), facts)
        signed = ledger.sign(event, session.signing)
        after = replace(moved, head=signed.leaf)
        told = ping(replace(after, unit=to), pinged, now, self.random)
        pings = (replace(told, spared=spared),) if pinged else ()
        await self.cases.apply(Change(after, row.head, (signed,), pings=pings, **stored))
        return after


def _recused(events: Sequence[ledger.Event]) -> frozenset[str]:
    return frozenset(it.facts["who"] for it in events if it.kind is ledger.Kind.RECUSED)


def _tip_of(envelopes: Sequence[Envelope]) -> bytes:
    return next(envelope.id for envelope in envelopes if envelope.part == Part.TIP)


def _keys(session: Session, envelopes: Sequence[Envelope], grants: Sequence[Grant]) -> dict[bytes, bytes]:
    """The envelope keys that this session's grants open."""
    known = {envelope.id for envelope in envelopes}
    mine = [it for it in grants if it.reader in session.seeds and not it.asleep and it.envelope in known]
    return {grant.envelope: sealing.open_key(grant, session.seeds[grant.reader]) for grant in mine}


async def _undisturbed(read: Callable[[], Awaitable[T]]) -> T:
    """Read, and begin anew where a colleague brought the case on in between: who only reads is not sent away."""
    for _ in range(TRIES):
        with suppress(errors.Stale):
            return await read()
    raise errors.Stale


def _open_in_order(
    session: Session, envelopes: Sequence[Envelope], grants: Sequence[Grant], events: Sequence[ledger.Event]
) -> list[Piece]:
    """The pieces that this session may read, in the order of the chain that names them."""
    keys = _keys(session, envelopes, grants)
    return [
        _piece(envelope, keys[envelope.id])
        for envelope in reading_grants.in_order(envelopes, events)
        if envelope.id in keys
    ]


def _piece(envelope: Envelope, key: bytes) -> Piece:
    opened = plaintext.from_bytes(sealing.open_envelope(envelope, key))
    return Piece(envelope.part, opened, envelope.id, key)

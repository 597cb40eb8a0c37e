"""Search: a case by its code, by words in the cases that somebody has opened before, or by what is like it.

Words are looked for in the session, in what it opens, and nothing is kept for it, on disk or in memory:
    the store names the cases of which an event says that this person read them
    each that they do not keep away from, and are not shut out of, is opened, as far as it stood when they last read it;
    every word must occur in that
    that they searched is on record, with how many cases that were and no word
    a case that holds the words is opened as whenever it is read, its whole chain checked; only then it is shown
What a person has never opened is not gone through, nor what came since, so that no search is a first reading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from tips import errors
from tips.cases import claims, deadlines, ledger, reading_grants
from tips.cases.case import OPEN, Case, code_span
from tips.cases.ledger import Kind
from tips.cases.plaintext import Part, Plaintext
from tips.cases.reading_grants import Key
from tips.crypto import sealing
from tips.crypto.sealing import Random
from tips.desk import duplicates, excerpts
from tips.desk.excerpts import Parts
from tips.desk.former_desks import FormerDesks
from tips.desk.open_case import OpenCase, last_reading, open_for_reading, seen_by
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation
from tips.people.session import Session
from tips.ports.cases import CaseBundle, Cases, Ledger

MOST: Final = 2000  # cases that are gone through, the newest ones
BATCH: Final = 100  # of them that are in memory at once
COMPARED: Final = 100  # cases that are compared with one
SHOWN: Final = 30  # cases that are shown
LONGEST: Final = 200  # characters that may be looked for
LOOKED_AT: Final = frozenset(
    {Part.TIP, Part.ADDITION, Part.DISPUTE, Part.QUESTION, Part.ANSWER, Part.RESULT, Part.NOTE}
)

Private = Mapping[str, Sequence[MLKEM768X25519PrivateKey]]  # by unit


@dataclass(frozen=True, slots=True)
class Hit:
    """A case that holds every word, and where one of them stands in it."""

    case: Case
    excerpt: Parts = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to."""

    searched: int  # cases that were gone through
    hits: tuple[Hit, ...]  # the newest first, `SHOWN` at most
    more: bool  # there are more hits, or older cases that were not gone through
    broken: int  # cases that could not be looked at, because a signature, a chain or a piece of them does not hold


@dataclass(frozen=True, slots=True)
class Search:
    """Finds cases again."""

    cases: Cases
    ledger: Ledger
    roster: Callable[[], Roster]
    organisation: Callable[[], Organisation]
    former: FormerDesks
    now: Callable[[], datetime]
    random: Random = field(repr=False)

    async def by_code(self, session: Session, typed: str) -> list[Case]:
        """The cases that this session may see whose code is, or begins with, what was typed."""
        span = code_span(typed)
        found = await self.cases.between(session.units, *span, SHOWN) if span else []
        return await self.former.told(session, found)

    async def by_words(self, session: Session, typed: str) -> Found:
        """The cases in which all these words stand, of those that this person has read.

        Raises:
            Refused: there is no word, or there are too many.
        """
        if len(typed) > LONGEST:
            raise errors.Refused("error.search.long")
        words = excerpts.wanted(typed)
        if not words:
            raise errors.Refused("error.search.empty")
        read = await self.cases.read_by(session.units, session.name, MOST + 1)
        looked = await self._gone_through(session, read[:MOST], words)
        await self._record(session, looked.count)
        hits, broken = await self._shown(session, looked.held, words)
        more = len(read) > MOST or len(looked.held) > SHOWN
        return Found(looked.count, tuple(hits), more, looked.broken + broken)

    async def alike(self, session: Session, case_id: bytes) -> list[tuple[Case, float]]:
        """The open cases of this session's units that may tell of the same event, with how alike they are.

        Of those that this person has read; the sketches live as long as this call, and that they searched is on record.

        Raises:
            NotFound: no such case, or not this session's.
            NotVerified: the case's chain or a text was tampered with.
            Refused: this person keeps away from it.
        """
        bundle = await self.cases.bundle(case_id, session.units)
        sought = open_for_reading(session, bundle, self.roster(), self.organisation())
        read = set(await self.cases.read_by(session.units, session.name, MOST)) - {case_id}
        rows = await self.cases.queue(session.units, OPEN, MOST, None)
        bundles = await self._bundles(session, [it.id for it in rows if it.id in read][:COMPARED])
        others = await asyncio.to_thread(self._read_before, session, bundles)
        await self._record(session, len(others))
        sketches = {it.case.id: duplicates.sketch(it.tip.text) for it in others}
        found = {it.case.id: it.case for it in others}
        return [(found[it.case], it.likeness) for it in duplicates.find(duplicates.sketch(sought.tip.text), sketches)]

    def _read_before(self, session: Session, bundles: Sequence[CaseBundle]) -> list[OpenCase]:
        """Those that hold, that are this person's to read, and that signed events say they read."""
        opened = []
        for bundle in bundles:
            with suppress(errors.NotVerified, errors.NotOpened, errors.NotFound, errors.Refused):
                opened.append(open_for_reading(session, bundle, self.roster(), self.organisation()))
        return [it for it in opened if last_reading(it.events, session.name) >= 0]

    async def _gone_through(self, session: Session, ids: Sequence[bytes], words: frozenset[str]) -> _Looked:
        private = {unit: [*map(sealing.private_key, seeds)] for unit, seeds in session.seeds.items()}
        looked = _Looked()
        for at in range(0, len(ids), BATCH):
            some = await self._bundles(session, ids[at : at + BATCH])
            await asyncio.to_thread(looked.over, session, some, private, words)
        return looked

    async def _bundles(self, session: Session, ids: Sequence[bytes]) -> list[CaseBundle]:
        """Those that are still this session's to read, in the order of their ids here."""
        found = {it.case.id: it for it in await self.cases.bundles(ids, session.units)}
        return [found[id_] for id_ in ids if id_ in found]

    async def _record(self, session: Session, count: int) -> None:
        """That they searched, and through how much."""
        hour, facts = deadlines.hour(self.now()), {"cases": str(count)}
        event = ledger.Event(Kind.SEARCHED, b"", ledger.FIRST, hour, session.name, self.random(32), facts)
        await self.ledger.append(ledger.sign(event, session.signing))

    async def _shown(self, session: Session, held: Sequence[bytes], words: frozenset[str]) -> tuple[list[Hit], int]:
        """The hits, each opened with all that is checked then; and how many of them do not hold."""
        hits, broken = [], 0
        for bundle in await self._bundles(session, held[:SHOWN]):
            try:
                opened = open_for_reading(session, bundle, self.roster(), self.organisation())
            except (errors.NotVerified, errors.NotOpened):
                broken += 1
            except (errors.Refused, errors.NotFound):  # they keep away, or are shut out, since a moment ago
                continue
            else:
                texts = _seen_texts(opened, session.name)
                if words <= frozenset().union(*map(excerpts.words_of, texts)):
                    hits.append(Hit(opened.case, _excerpt(texts, words)))
        return hits, broken


@dataclass(slots=True)
class _Looked:
    """What going through cases came to."""

    count: int = 0
    broken: int = 0
    held: list[bytes] = field(default_factory=list)  # ids of the cases that hold every word

    def over(self, session: Session, bundles: Sequence[CaseBundle], private: Private, words: frozenset[str]) -> None:
        """Go through some more of them."""
        kept_away = ledger.mentions(kind=Kind.RECUSED, who=session.name)
        for bundle in bundles:
            if _happened(bundle, kept_away):
                continue
            try:
                chain = ledger.chained(bundle.events, bundle.case.head)
                if session.unit in reading_grants.shut_out(_keys(bundle, chain)):
                    continue
                if _holds(session, bundle, chain, private, words):
                    self.held.append(bundle.case.id)
            except (errors.NotVerified, errors.NotOpened):
                self.broken += 1
            self.count += 1


def _happened(bundle: CaseBundle, said: Sequence[bytes]) -> bool:
    """Whether some event of a case says all of this; who signed it is looked at before anything is shown."""
    return any(all(fact in event.body for fact in said) for event in bundle.events)


def _keys(bundle: CaseBundle, chain: Sequence[ledger.Event]) -> Sequence[Key]:
    """The keys to a case by its events; a row that is gone shuts nobody out."""
    found = claims.claimed(chain)
    return [*found.keys.values()] if found else bundle.grants


def _holds(
    session: Session, bundle: CaseBundle, chain: Sequence[ledger.Event], private: Private, words: frozenset[str]
) -> bool:
    """Whether every word stands somewhere in what somebody has read; it is opened piece by piece until all were met."""
    seen = seen_by(session.name, bundle.envelopes, chain)
    missing = set(words)
    for text in _texts(bundle, seen, private):
        missing -= excerpts.words_of(text)
        if not missing:
            return True
    return False


def _texts(bundle: CaseBundle, seen: frozenset[bytes], private: Private) -> Iterator[str]:
    """The words of these pieces, as far as this session opens them."""
    mine = (it for it in bundle.grants if it.reader in private and not it.asleep)
    grants = {it.envelope: it for it in mine if it.envelope in seen}
    for envelope in bundle.envelopes:
        if envelope.part in LOOKED_AT and envelope.id in grants:
            grant = grants[envelope.id]
            key = sealing.open_key_with(grant, private[grant.reader])
            yield Plaintext.from_bytes(sealing.open_envelope(envelope, key)).text


def _seen_texts(opened: OpenCase, name: str) -> list[str]:
    """The words of a case as it stood when this person last read it; none where no signed event says they did."""
    seen = seen_by(name, opened.envelopes, opened.events)
    thread = (it.content.text for it in opened.thread if it.part in LOOKED_AT and it.envelope in seen)
    return [opened.tip.text, *thread] if seen else []


def _excerpt(texts: Sequence[str], words: frozenset[str]) -> Parts:
    """Of the piece in which most of the words stand."""
    best = max(texts, key=lambda text: len(words & excerpts.words_of(text)))
    return excerpts.excerpt(best, words)

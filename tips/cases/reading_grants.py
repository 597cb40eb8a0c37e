"""Who may read a case now: found from its grants, narrowed by its exclusions, sealed to only what the roster names."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, Protocol

from tips import errors
from tips.cases import ledger
from tips.cases.plaintext import Part
from tips.crypto.sealing import RECEIPT, Envelope, Reader, Readers
from tips.organisation.roster import HELD, Roster

DIGEST_DIGITS: Final = 64  # of a SHA-256 in hexadecimal


class Key(Protocol):
    """A key to an envelope: a grant, or what an event says of one."""

    @property
    def envelope(self) -> bytes:
        """The envelope's id."""
        ...

    @property
    def reader(self) -> str:
        """Whose it is: a unit's code, or `RECEIPT`."""
        ...

    @property
    def level(self) -> int:
        """When the clock wakes it; see `Grant`."""
        ...

    @property
    def asleep(self) -> bool:
        """Whether the clock has yet to wake it."""
        ...


def chain_of(grants: Iterable[Key], first: bytes) -> tuple[list[str], list[str]]:
    """The readers of a case's first envelope: those awake, and those asleep in escalation order.

    Args:
        grants: all keys of the case.
        first: id of the tip's envelope.
    """
    of_tip = [grant for grant in grants if grant.envelope == first and grant.reader != RECEIPT]
    ordered = sorted(of_tip, key=lambda grant: grant.level)
    awake = [grant.reader for grant in ordered if not grant.asleep]
    asleep = [grant.reader for grant in ordered if grant.asleep]
    return awake, asleep


def clean_readers(roster: Roster, awake: Sequence[str], asleep: Sequence[str], excluded: Collection[str]) -> Readers:
    """The readers of a new envelope: whoever reads the case now and is not excluded; nobody left means `held`.

    A sleeping reader is promoted to nobody's surprise: if all that are awake are excluded, the new envelope
    only sleeps, and the clock wakes the next clean one. A unit that has nobody now gets its key all the same: one that
    is missing would say for ever that the piece accuses it.
    """
    up = [reader for code in awake if code not in excluded and (reader := _by_key(roster, code))]
    down = [reader for code in asleep if code not in excluded and (reader := _by_key(roster, code))]
    if not up and not down:
        up = [_held(roster)]
    return Readers(tuple(up), tuple(down), roster.version, roster.release)


def _by_key(roster: Roster, code: str) -> Reader | None:
    return _held(roster) if code == HELD else roster.key_of(code)


def _held(roster: Roster) -> Reader:
    reader = roster.reader(HELD)
    if reader is None:
        raise errors.NotVerified("the roster has no recovery key")
    return reader


def with_another(readers: Readers, reader: Reader) -> Readers:
    """The same readers, and one more who is awake."""
    awake = (*(it for it in readers.awake if it.code != reader.code), reader)
    asleep = tuple(it for it in readers.asleep if it.code != reader.code)
    return Readers(awake, asleep, readers.roster, readers.release)


def with_receipt(readers: Readers, public: bytes) -> Readers:
    """The same readers, and whoever holds the receipt."""
    return Readers((*readers.awake, Reader(RECEIPT, public)), readers.asleep, readers.roster, readers.release)


def next_level(grants: Sequence[Key], unit: str, among: Collection[str] | None = None) -> str | None:
    """The reader that the clock gives a case to next: the lowest level above its owner's.

    It sleeps as a rule; one that was asked to read along is awake already. A reader who is missing on one envelope was
    shut out of it, because that piece accuses them: they are passed over.

    Args:
        grants: all keys of the case.
        unit: whose case it is now.
        among: only these; None: anybody.
    """
    envelopes = {grant.envelope for grant in grants if grant.reader != RECEIPT}
    levels: dict[str, int] = {}  # by reader the highest, that is the tip's: later pieces number those who sleep anew
    for grant in grants:
        levels[grant.reader] = max(levels.get(grant.reader, 0), grant.level)
    floor = levels.get(unit, 0)
    for reader in sorted(levels, key=lambda it: (levels[it], it)):
        if levels[reader] <= floor or reader == unit or (among is not None and reader not in among):
            continue
        if {grant.envelope for grant in grants if grant.reader == reader} >= envelopes:
            return reader
    return None


def shut_out(grants: Sequence[Key]) -> frozenset[str]:
    """Readers who lack a key to some envelope of a case: a piece of it accuses them."""
    readable = [grant for grant in grants if grant.reader != RECEIPT]
    envelopes = {grant.envelope for grant in readable}
    holding: dict[str, set[bytes]] = {}
    for grant in readable:
        holding.setdefault(grant.reader, set()).add(grant.envelope)
    return frozenset(reader for reader, held in holding.items() if held < envelopes)


def in_order(envelopes: Iterable[Envelope], events: Sequence[ledger.Event]) -> list[Envelope]:
    """The envelopes of a case in the order of its chain; the store keeps no order of its own.

    Where a case was re-keyed, the piece that is stored now stands where the first one stood, under its commitment. Each
    has the commitment and the part that were signed, whatever its row says. A later piece that is `gone` keeps nobody
    from the tip.

    Raises:
        NotVerified: the tip's envelope is gone, or has another ciphertext than was signed.
    """
    envelopes = [*envelopes]
    if events and events[-1].kind is ledger.Kind.SHREDDED and not envelopes:
        return []
    ordered, lost = still_named(envelopes, events), gone(envelopes, events)
    if not ordered or ordered[0].part != Part.TIP or lost[:1] == in_chain(events)[:1]:
        raise errors.NotVerified("the tip of this case is missing")
    return ordered


def in_chain(events: Sequence[ledger.Event]) -> list[bytes]:
    """The ids that the pieces of a case have now, in the order of its chain, whether they are there or not."""
    return [bytes.fromhex(id_) for id_, *_ in _named(events).values()]


def parts(events: Sequence[ledger.Event]) -> dict[bytes, str]:
    """By the id that a piece has now: which part of the case it is."""
    return {bytes.fromhex(id_): part for id_, _, _, part in _named(events).values()}


def gone(envelopes: Iterable[Envelope], events: Sequence[ledger.Event]) -> list[bytes]:
    """Ids of the pieces that are not there as they were signed; none once all of them were destroyed."""
    there, wanted = {it.id for it in still_named(envelopes, events)}, in_chain(events)
    is_over = bool(events) and events[-1].kind is ledger.Kind.SHREDDED
    return [] if is_over and not there else [it for it in wanted if it not in there]


def still_named(envelopes: Iterable[Envelope], events: Sequence[ledger.Event]) -> list[Envelope]:
    """Those whose ciphertext some events name, as these signed them, and in their order."""
    stored, found = {envelope.id.hex(): envelope for envelope in envelopes}, list[Envelope]()
    for id_, *signed in _named(events).values():
        with suppress(errors.NotVerified):
            found += [_as_signed(stored[id_], *signed)] if id_ in stored else []
    return found


def edited(envelopes: Iterable[Envelope], events: Sequence[ledger.Event]) -> tuple[Envelope, ...]:
    """Those whose commitment, part, or what wakes their keys is not what was signed, as they were."""
    stored, releases = {it.id.hex(): it for it in envelopes}, _releases(events)
    found = []
    for id_, digest, commitment, part in _named(events).values():
        it, release = stored.get(id_), releases.get(id_)
        if it is None or (_is_released(it, release) and (it.commitment.hex(), it.part) == (commitment, part)):
            continue
        with suppress(errors.NotVerified, ValueError):
            signed = _as_signed(it, digest, commitment, part)
            found.append(replace(signed, release=base64.b64decode(release, validate=True) if release else it.release))
    return tuple(found)


def _releases(events: Sequence[ledger.Event]) -> dict[str, str]:
    """By envelope what wakes its keys; of earlier programs' events, that only name its digest, nothing."""
    told = (it.facts for it in events if "release" in it.facts)
    return {it.get("envelope", ""): it["release"] for it in told if len(it["release"]) != DIGEST_DIGITS}


def _is_released(envelope: Envelope, told: str | None) -> bool:
    return told is None or base64.b64encode(envelope.release or b"").decode() == told


def _as_signed(envelope: Envelope, digest: str, commitment: str, part: str) -> Envelope:
    """An envelope with the plain columns that were signed with its ciphertext.

    Raises:
        NotVerified: its ciphertext is another.
    """
    if digest != envelope.digest.hex():
        raise errors.NotVerified("a piece of this case is not the one that was signed")
    if [digest, commitment, part] == _signed(envelope):
        return envelope
    return replace(envelope, commitment=bytes.fromhex(commitment), part=part)


def recused(events: Sequence[ledger.Event]) -> frozenset[str]:
    """Who keeps away from a case."""
    return frozenset(it.facts["who"] for it in events if it.kind is ledger.Kind.RECUSED)


def set_aside(events: Sequence[ledger.Event]) -> frozenset[bytes]:
    """Ids of the pieces that no event named any more when a chain began anew; they lie where they are."""
    return frozenset(bytes.fromhex(id_) for it in events for id_ in it.facts.get("aside", "").split())


def unnamed(envelopes: Iterable[Envelope], events: Sequence[ledger.Event]) -> list[bytes]:
    """Ids of pieces that no event names, and none set aside: whoever put them there, nobody is shown them."""
    known = {id_ for id_, *_ in _named(events).values()}
    return [it.id for it in envelopes if it.id.hex() not in known and it.id not in set_aside(events)]


def spoilt(envelopes: Iterable[Envelope], events: Sequence[ledger.Event]) -> list[bytes]:
    """Ids of pieces whose keys the clock cannot wake any more, as what it wakes them by is not what was signed."""
    said = {it.facts.get("envelope"): it.facts["release"] for it in events if "release" in it.facts}
    return [it.id for it in envelopes if it.id.hex() in said and said[it.id.hex()] not in _told(it.release or b"")]


def _told(release: bytes) -> tuple[str, str]:
    """How events of this program and of earlier ones tell what wakes an envelope's keys."""
    return base64.b64encode(release).decode(), hashlib.sha256(release).hexdigest()


def as_pieces(envelopes: Sequence[Envelope]) -> str:
    """How the event with which a chain begins anew names all pieces, in their order."""
    return " ".join(":".join([it.id.hex(), *_signed(it)]) for it in envelopes)


def _signed(it: Envelope) -> list[str]:
    """What is signed of a piece: ciphertext, commitment and part."""
    return [it.digest.hex(), it.commitment.hex(), it.part]


def _named(events: Sequence[ledger.Event]) -> dict[str, tuple[str, str, str, str]]:
    """By the id when it was written: id, digest, commitment and part of each piece now."""
    named: dict[str, tuple[str, str, str, str]] = {}
    for event in events:
        facts = event.facts
        for piece in facts.get("pieces", "").split():
            id_, digest, commitment, part = piece.split(":")
            named[id_] = (id_, digest, commitment, part)
        if "renewed" in facts:
            named = _renewed(named, facts["renewed"])
        if "envelope" in facts:
            named[facts["envelope"]] = (facts["envelope"], facts["digest"], facts["commitment"], facts["part"])
    return named


def brought_by(events: Sequence[ledger.Event]) -> dict[bytes, ledger.Event]:
    """By the id that a piece has now: the event that brought it to its case."""
    named = _named(events)
    brought = {it.facts["envelope"]: it for it in events if "envelope" in it.facts}
    return {bytes.fromhex(named[first][0]): event for first, event in brought.items() if first in named}


def _renewed(named: dict[str, tuple[str, str, str, str]], told: str) -> dict[str, tuple[str, str, str, str]]:
    """What is named after a re-keying: other ids and ciphertexts, in the same places and of the same plaintexts."""
    steps = {old: (new, digest) for old, new, digest in (step.split(">") for step in told.split())}
    return {
        first: (*steps.get(id_, (id_, digest)), commitment, part)
        for first, (id_, digest, commitment, part) in named.items()
    }

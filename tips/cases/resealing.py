"""Sealing anew: somebody who reads a case turns out to be accused in it. From then on nothing stored opens for them.

Every piece gets a new key, id and grants, without theirs; the old rows go. The commitments stay, so nobody can swap a
text on the way, and the event names which piece became which. It takes the session of a reader who is not accused. What
the accused read before cannot be unread: the reporter is told who had access.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tips.cases.ledger import Event, Kind
from tips.cases.reading_grants import Key
from tips.crypto import sealing
from tips.crypto.sealing import RECEIPT, Envelope, Grant, Random, Reader, Readers
from tips.organisation.roster import HELD, Roster


@dataclass(frozen=True, slots=True)
class Renewal:
    """A case's pieces under new keys."""

    envelopes: tuple[Envelope, ...]
    grants: tuple[Grant, ...]
    dropped: tuple[bytes, ...]  # ids of the pieces that they replace

    def facts(self) -> dict[str, str]:
        """How an event names what became what; see `reading_grants.in_order`."""
        pairs = zip(self.dropped, self.envelopes, strict=True)
        return {"renewed": " ".join(f"{old.hex()}>{new.id.hex()}>{new.digest.hex()}" for old, new in pairs)}


def stale(grants: Iterable[Key], events: Sequence[Event], excluded: Collection[str]) -> frozenset[str]:
    """The excluded who hold grants, awake or asleep, or who had the present keys before the clock shut them out."""
    return (frozenset(grant.reader for grant in grants) | _owners(events)) & frozenset(excluded)


def informed(grants: Iterable[Key], events: Sequence[Event], excluded: Collection[str]) -> frozenset[str]:
    """Those of the excluded who could read the case under its present keys."""
    return (frozenset(grant.reader for grant in grants if not grant.asleep) | _owners(events)) & frozenset(excluded)


def _owners(events: Sequence[Event]) -> frozenset[str]:
    """Whose case it was since its keys were last changed."""
    changes = [number for number, event in enumerate(events) if event.kind is Kind.EXCLUDED]
    since = events[changes[-1] + 1 :] if changes else events
    return frozenset(event.facts[name] for event in since for name in ("unit", "from") if name in event.facts)


def renew(
    envelopes: Sequence[Envelope],
    keys: Mapping[bytes, bytes],
    grants: Sequence[Key],
    excluded: Collection[str],
    roster: Roster,
    receipt: bytes,
    chosen: Mapping[bytes, tuple[bytes, bytes]],
    random: Random,
) -> Renewal:
    """Seal every piece anew to its present readers but the excluded.

    Args:
        envelopes: the case's pieces that this session opens.
        keys: envelope id -> its key.
        grants: every key of the case.
        excluded: who shall read nothing any more.
        roster: gives the readers' newest keys.
        receipt: the receipt's public bytes, for the pieces that it reads.
        chosen: envelope id -> the next id and key, where a file was sealed anew under them already.
        random: the source of randomness.
    """
    made: list[Envelope] = []
    given: list[Grant] = []
    dropped: list[bytes] = []
    for envelope in envelopes:
        of_it = sorted((it for it in grants if it.envelope == envelope.id), key=lambda grant: grant.level)
        readers = _readers(of_it, excluded, roster, receipt)
        again, fresh = sealing.seal_again(envelope, keys[envelope.id], readers, random, chosen.get(envelope.id))
        made.append(again)
        given += fresh
        dropped.append(envelope.id)
    return Renewal(tuple(made), tuple(given), tuple(dropped))


def _readers(grants: Sequence[Key], excluded: Collection[str], roster: Roster, receipt: bytes) -> Readers:
    clean = [(it.asleep, _reader(it.reader, roster, receipt)) for it in grants if it.reader not in excluded]
    return Readers(
        tuple(reader for asleep, reader in clean if reader and not asleep),
        tuple(reader for asleep, reader in clean if reader and asleep),
        roster.version,
        roster.release,
    )


def _reader(code: str, roster: Roster, receipt: bytes) -> Reader | None:
    if code == RECEIPT:
        return Reader(RECEIPT, receipt)
    return roster.reader(HELD) if code == HELD else roster.key_of(code)

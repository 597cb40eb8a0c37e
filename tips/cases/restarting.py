"""Restarting: a chain that does not hold begins anew, from those of its events that do.

An event that was deleted, forged, or claims what it may not would else close its case to everybody: an off switch for
whoever is accused in it. The clock signs where the chain begins anew; from there on it alone counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from tips import errors
from tips.cases import claims, ledger, reading_grants, scope, signers
from tips.cases.case import Case
from tips.cases.chain_ends import ChainEnd
from tips.cases.claims import Claimed, Held, Mailbox
from tips.cases.ledger import Event, Kind, SignedEvent
from tips.cases.plaintext import Part
from tips.crypto import sealing
from tips.crypto.sealing import Envelope, Grant
from tips.organisation.roster import CLOCK, Roster


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a case once every event that does not hold is passed over."""

    case: Case  # its row, as the last event that claims one has it; its head is the stored one
    grants: tuple[Grant, ...]  # those that are there and were given
    woken: tuple[Grant, ...]  # those of them that are awake, as far as no event says so any more
    shut: tuple[str, ...]  # who had been shut out of it when its end was kept: all keys of theirs go
    mailbox: Mailbox | None
    pieces: tuple[Envelope, ...]  # in their order, the tip first
    number: int  # which beginning this is
    cut: bool  # what was once its end is gone: nobody knows what had happened to it by then


def remains(
    stored: Case,
    envelopes: Sequence[Envelope],
    grants: Sequence[Grant],
    events: Sequence[SignedEvent],
    roster: Roster,
    release_seed: bytes,
    end: ChainEnd | None,
) -> Remains:
    """What holds of a case whose chain does not.

    Args:
        release_seed: tells whether a key is one that the clock woke.
        end: what is kept outside the database of it; None: nothing.

    Raises:
        NotVerified: nothing tells any more which piece the tip is, or what its row was.
    """
    stretches = _stretches(events, roster)
    found, kept = _folded(stretches, roster)
    pieces = tuple(reading_grants.still_named(envelopes, kept))
    if found is None or not pieces or pieces[0].part != Part.TIP:
        raise errors.NotVerified("too little is left of this case's events to begin anew")
    whole = {**{it.id: it for it in envelopes}, **{it.id: it for it in reading_grants.edited(envelopes, kept)}}
    given = claims.given(grants, found, stored.id)
    woken = tuple(woken_before(whole, grants, found.keys.values(), release_seed))
    woken += tuple(_woken_again(whole, given, end.circle.awake if end else frozenset(), release_seed))
    rest = {(it.envelope, it.reader): it for it in (*given, *woken)}
    shut = tuple(sorted(end.circle.shut)) if end else ()
    return Remains(
        claims.to_row(stored, stored.head, found.row),
        tuple(it for it in rest.values() if it.reader not in shut),
        tuple(it for it in woken if it.reader not in shut),
        shut,
        found.mailbox,
        pieces,
        1 + max([end.beginnings if end else 0, *map(_number, itertools.chain(*stretches))]),
        end is not None and end.leaf not in {it.leaf for it in events},
    )


def woken_before(
    envelopes: Mapping[bytes, Envelope], grants: Sequence[Grant], keys: Iterable[Held], release_seed: bytes
) -> Iterator[Grant]:
    """Keys that the clock had woken, though the events say that they sleep: laid to sleep again, they are the same.

    The event that woke them is gone. Nobody else can have taken their wrap off, so they were truly woken.
    """
    rows = {(it.envelope, it.reader): it for it in grants}
    for held in keys:
        row, envelope = rows.get((held.envelope, held.reader)), envelopes.get(held.envelope)
        if not held.asleep or row is None or envelope is None or claims.digest(row) == held.digest:
            continue
        awake = replace(row, level=held.level, roster=held.roster, asleep=False)
        with suppress(errors.NotOpened):
            if claims.digest(sealing.as_it_slept(envelope, awake, release_seed)) == held.digest:
                yield awake


def _woken_again(
    envelopes: Mapping[bytes, Envelope], given: Sequence[Grant], awake: Collection[str], release_seed: bytes
) -> Iterator[Grant]:
    """Keys that sleep, of those who could read the case when its end was kept: their rows of before were put back."""
    for grant in given:
        if grant.asleep and grant.reader in awake and grant.envelope in envelopes:
            with suppress(errors.NotOpened):
                yield sealing.wake(envelopes[grant.envelope], grant, release_seed)


def _begins_anew(event: Event) -> bool:
    return event.kind is Kind.RESTARTED and event.by == CLOCK


def _number(event: Event) -> int:
    return int(event.facts["number"]) if _begins_anew(event) else 0


def _stretches(events: Sequence[SignedEvent], roster: Roster) -> list[list[Event]]:
    """The events whose signatures hold, in stretches that are unbroken, by the time at which each begins.

    Where the clock began the chain anew before, what was before that is told by it, and by nothing else.
    """
    signed: dict[bytes, Event] = {}
    for row in events:
        with suppress(errors.NotVerified):
            signed[row.leaf] = ledger.verify(row, roster.verifiers)
    begun = [leaf for leaf, it in signed.items() if _begins_anew(it)]
    after: dict[bytes, list[bytes]] = {}
    for leaf, event in sorted(signed.items()):
        if leaf not in begun:
            after.setdefault(event.previous, []).append(leaf)
    begins = [leaf for previous, leaves in after.items() for leaf in leaves if previous not in signed]
    newest = sorted(begun, key=lambda it: _number(signed[it]))[-1:]
    if newest:
        since = signed[newest[0]].at
        begins = [it for it in begins if signed[it].at >= since and signed[it].previous != ledger.FIRST]
    begins.sort(key=lambda it: (signed[it].previous != ledger.FIRST, signed[it].at, it))
    return [stretch for leaf in (*newest, *begins) for stretch in _followed(leaf, signed, after)]


def _followed(leaf: bytes, signed: Mapping[bytes, Event], after: Mapping[bytes, Sequence[bytes]]) -> list[list[Event]]:
    """A stretch from where it begins, and those that fork off it."""
    found, begins = list[list[Event]](), [leaf]
    while begins:
        leaf = begins.pop()
        stretch, forks = [signed[leaf]], list[bytes]()
        while following := after.get(leaf):
            forks += following[1:]
            leaf = following[0]
            stretch.append(signed[leaf])
        found.append(stretch)
        begins += reversed(forks)
    return found


def _folded(stretches: Sequence[Sequence[Event]], roster: Roster) -> tuple[Claimed | None, list[Event]]:
    """What they claim one after the other, and those that count: their signers' to sign, and within their scope.

    What an event before a gap would have changed nobody knows: the first one behind it says how the row was by then.
    """
    found, kept = None, list[Event]()
    for stretch in stretches:
        for number, event in enumerate(stretch):
            with suppress(errors.NotVerified):
                signers.check(event, found, roster)
                after = claims.after(found, event)
                if found and after:
                    scope.check(event, replace(found, row=after.row) if number == 0 else found, after)
                found = after
                kept.append(event)
    return found, kept

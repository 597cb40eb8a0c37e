"""Restarting: a chain that does not hold begins anew, from those of its events that do.

An event that was deleted, forged, or claims what it may not would else close its case to everybody: an off switch for
whoever is accused in it. The clock signs where the chain begins anew; from there on it alone counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from tips import errors
from tips.cases import claims, ledger, reading_grants, scope, signers
from tips.cases.case import Case
from tips.cases.claims import Claimed, Mailbox
from tips.cases.ledger import Event, Kind, SignedEvent
from tips.cases.plaintext import Part
from tips.crypto.sealing import Envelope, Grant
from tips.organisation.roster import Roster


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a case once every event that does not hold is passed over."""

    case: Case  # its row, as the last event that claims one has it; its head is the stored one
    grants: tuple[Grant, ...]  # those that are there and were given
    mailbox: Mailbox | None
    pieces: tuple[Envelope, ...]  # in their order, the tip first
    number: int  # which beginning this is


def remains(
    stored: Case, envelopes: Sequence[Envelope], grants: Sequence[Grant], events: Sequence[SignedEvent], roster: Roster
) -> Remains:
    """What holds of a case whose chain does not.

    Raises:
        NotVerified: nothing tells any more which piece the tip is, or what its row was.
    """
    stretches = _stretches(events, roster)
    found, kept = _folded(stretches, roster)
    pieces = tuple(reading_grants.still_named(envelopes, kept))
    if found is None or not pieces or pieces[0].part != Part.TIP:
        raise errors.NotVerified("too little is left of this case's events to begin anew")
    given = claims.given(grants, found, stored.id)
    number = 1 + sum(it.kind is Kind.RESTARTED for some in stretches for it in some)
    return Remains(claims.to_row(stored, stored.head, found.row), given, found.mailbox, pieces, number)


def _stretches(events: Sequence[SignedEvent], roster: Roster) -> list[list[Event]]:
    """The events whose signatures hold, in stretches that are unbroken, by the time at which each begins."""
    signed: dict[bytes, Event] = {}
    for row in events:
        with suppress(errors.NotVerified):
            signed[row.leaf] = ledger.verify(row, roster.verifiers)
    after: dict[bytes, list[bytes]] = {}
    for leaf, event in sorted(signed.items()):
        after.setdefault(event.previous, []).append(leaf)
    begins = [leaf for previous, leaves in after.items() for leaf in leaves if previous not in signed]
    found = []
    for leaf in sorted(begins, key=lambda it: (signed[it].previous != ledger.FIRST, signed[it].at, it)):
        found += _followed(leaf, signed, after)
    return found


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

"""The ledger's events: an unbroken chain, each link signed by who it names, or nothing counts."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tips import errors
from tips.cases import ledger
from tips.cases.ledger import FIRST, Event, Kind, SignedEvent
from tips.crypto import keys
from tips.merkle import tree

CASE, NOW = b"c" * 16, datetime(2026, 11, 23, 3, tzinfo=UTC)
AN, BINH = os.urandom(32), os.urandom(32)
VERIFIERS = {"an": (keys.verify_key(AN),), "binh": (keys.verify_key(BINH),)}


def verifiers(name: str, at: datetime) -> tuple[bytes, ...]:
    return VERIFIERS.get(name, ())


def event(kind: Kind, previous: bytes, by: str = "an", case: bytes = CASE) -> Event:
    return Event(kind, case, previous, NOW, by, os.urandom(32), {"state": "received"})


def chain(*kinds: Kind) -> list[SignedEvent]:
    made: list[SignedEvent] = []
    for kind in kinds:
        made.append(ledger.sign(event(kind, made[-1].leaf if made else FIRST), AN))
    return made


def test_a_whole_chain_is_read_in_its_order_however_it_is_stored() -> None:
    """The store keeps no order; the links do."""
    rows = chain(Kind.RECEIVED, Kind.READ, Kind.CLAIMED)
    found = ledger.chained(reversed(rows), rows[-1].leaf, lambda row: ledger.verify(row, verifiers))
    assert [it.kind for it in found] == [Kind.RECEIVED, Kind.READ, Kind.CLAIMED]


@pytest.mark.parametrize(
    "forged",
    [
        ledger.sign(event(Kind.READ, FIRST), BINH),
        ledger.sign(event(Kind.READ, FIRST, by="nobody"), AN),
        replace(ledger.sign(event(Kind.READ, FIRST), AN), signature=bytes(64)),
        replace(ledger.sign(event(Kind.READ, FIRST), AN), signature=b""),
    ],
    ids=["somebody else signed", "nobody has this name", "no signature", "an empty signature"],
)
def test_an_event_counts_only_with_the_signature_of_who_it_names(forged: SignedEvent) -> None:
    """A name without its key is nothing."""
    with pytest.raises(errors.NotVerified):
        ledger.verify(forged, verifiers)


@pytest.mark.parametrize("name", ["kind", "at", "by", "facts", "blind", "previous"])
def test_an_altered_event_is_not_the_one_that_was_signed(name: str) -> None:
    """Whatever is changed, the leaf and the signature name another body."""
    signed = ledger.sign(event(Kind.READ, FIRST), AN)
    plain = json.loads(signed.body)
    other = {"kind": "claimed", "at": "2026-11-23T04:00:00+00:00", "by": "binh", "facts": {}}.get(name, "11" * 32)
    body = json.dumps({**plain, name: other}, sort_keys=True, separators=(",", ":")).encode()
    for forged in (replace(signed, body=body), replace(signed, body=body, leaf=tree.leaf_hash(body))):
        with pytest.raises(errors.NotVerified):
            ledger.verify(forged, verifiers)


BREAKS: dict[str, Callable[[list[SignedEvent]], list[SignedEvent]]] = {
    "the middle is gone": lambda it: [it[0], it[2]],
    "the end is gone": lambda it: it[:2],
    "the beginning is gone": lambda it: it[1:],
    "everything is gone": lambda it: [],
    "a fork": lambda it: [*it, ledger.sign(event(Kind.READ, it[0].leaf), AN)],
    "more than the head": lambda it: [*it, ledger.sign(event(Kind.READ, it[2].leaf), AN)],
    "one of another case": lambda it: [it[0], replace(it[1], case=b"d" * 16), it[2]],
    "one hangs in the air": lambda it: [*it, ledger.sign(event(Kind.READ, bytes([1]) * 32), AN)],
}


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS.keys())
def test_a_chain_with_a_piece_missing_added_or_moved_does_not_hold(
    broken: Callable[[list[SignedEvent]], list[SignedEvent]],
) -> None:
    """Who has rights on the database can take a row out; they cannot make the rest fit."""
    rows = chain(Kind.RECEIVED, Kind.READ, Kind.CLAIMED)
    with pytest.raises(errors.NotVerified):
        ledger.chained(broken(rows), rows[-1].leaf, lambda row: ledger.verify(row, verifiers))


def test_two_equal_events_have_leaves_that_nobody_can_match() -> None:
    """The blind is inside: the public tree tells nothing about what happened."""
    one, other = (ledger.sign(event(Kind.READ, FIRST), AN) for _ in range(2))
    assert one.leaf != other.leaf

"""What `tips.ports` promises of files that wait."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from storage import Store
from tests.contract.conftest import NOON, new_case, step
from tips import errors
from tips.cases.pings import Ping
from tips.crypto.sealing import Envelope
from tips.ports.cases import Change

HOUR = timedelta(hours=1)
ROOM = 1000


def with_file(change: Change, id_: bytes) -> Change:
    """The same change, and the envelope that describes a file."""
    return replace(change, envelopes=(*change.envelopes, Envelope(id_, change.case.id, "file", b"s", b"c", None)))


async def test_a_file_is_read_chunk_by_chunk_as_it_was_stored(store: Store) -> None:
    await store.blobs.begin(b"f" * 16, NOON, 30, ROOM)
    await store.blobs.add(b"f" * 16, 0, [b"one", b"two"])
    await store.blobs.add(b"f" * 16, 2, [b"three"])
    assert await store.blobs.count(b"f" * 16) == 3
    assert await store.blobs.read(b"f" * 16, 1, 9) == [b"two", b"three"]
    assert await store.blobs.read(b"f" * 16, 0, 1) == [b"one"]
    assert await store.blobs.read(b"g" * 16, 0, 9) == []


async def test_a_file_that_no_tip_named_in_time_is_swept_and_one_that_a_tip_has_is_not(store: Store) -> None:
    """The change that stores its envelope ends the waiting: of a new tip, of a draft's, and of a further step."""
    files = [bytes([number]) * 16 for number in range(4)]
    for id_ in files:
        await store.blobs.begin(id_, NOON, 10, ROOM)
        await store.blobs.add(id_, 0, [b"chunk"])
    assert await store.blobs.waiting() == 40
    first = with_file(new_case(), files[0])
    await store.tips.submit(first)
    await store.cases.apply(with_file(step(first.case), files[1]))
    await store.blobs.stay([files[2], b"gone" * 4], NOON + HOUR)
    assert await store.blobs.expire(NOON) == 1
    assert [await store.blobs.count(id_) for id_ in files] == [1, 1, 1, 0]
    await store.blobs.drop(files)
    assert [await store.blobs.count(id_) for id_ in files] == [1, 1, 0, 0]
    assert await store.blobs.waiting() == 0
    with pytest.raises(errors.StoreUnavailable):
        await store.blobs.add(files[2], 1, [b"late"])


async def test_what_expires_first_makes_room(store: Store) -> None:
    """No more goes than has to."""
    for number, hours in enumerate((3, 1, 2)):
        await store.blobs.begin(bytes([number]) * 16, NOON + hours * HOUR, 300, ROOM)
    await store.blobs.begin(b"new" * 4, NOON + HOUR, 300, ROOM)
    assert await store.blobs.waiting() == 900
    assert await store.blobs.expire(NOON + HOUR) == 1  # of those that expired then the older one had gone


async def test_a_dropped_envelope_takes_its_file_along(store: Store) -> None:
    await store.blobs.begin(b"f" * 16, NOON, 10, ROOM)
    await store.blobs.add(b"f" * 16, 0, [b"chunk"])
    change = with_file(new_case(), b"f" * 16)
    await store.tips.submit(change)
    await store.cases.apply(replace(step(change.case), dropped=(b"f" * 16,)))
    assert await store.blobs.count(b"f" * 16) == 0


async def test_a_step_that_cannot_be_stored_whole_is_not_stored_at_all(store: Store) -> None:
    """An envelope of an id that is taken: neither the row, nor the event, nor the ping of that step stays."""
    change, other = new_case(), new_case()
    await store.tips.submit(change)
    await store.tips.submit(other)
    bad = replace(
        step(change.case, officer="an"),
        envelopes=(replace(other.envelopes[0], case=change.case.id),),
        shut=("area-770",),
        pings=(Ping(secrets.token_bytes(16), "duty", "new", NOON),),
    )
    with pytest.raises(Exception):  # noqa: B017 - each store has its own word for it; a bug of ours, nobody catches it
        await store.cases.apply(bad)
    assert await store.cases.get(change.case.id, ("area-770",)) == change.case
    assert len(await store.cases.events(change.case.id)) == 1
    assert {it.unit for it in await store.outbox.due(NOON, 9)} == {"area-770"}

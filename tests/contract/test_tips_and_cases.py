"""What `tips.ports` promises of tips and cases, of every store."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage import Store
from tests.contract.conftest import NOON, event, is_stored, new_case, step
from tips import errors
from tips.cases import ledger
from tips.cases.case import OPEN, Case, QueueFilter, Sort
from tips.cases.claims import Mended
from tips.ports.cases import Change, Load, QueueCounts

EVERY = QueueFilter()
LAST = datetime.max.replace(tzinfo=UTC)


async def test_a_submission_is_stored_whole(store: Store) -> None:
    """Row, envelope, grants, event, mailbox and ping are all there, as they were given."""
    change = new_case()
    assert await store.tips.submit(change)
    case = change.case
    assert await is_stored(store, case.id)
    assert await store.cases.get(case.id, ("area-770",)) == case
    assert (await store.cases.bundle(case.id, None)).envelopes == list(change.envelopes)
    assert sorted((await store.cases.bundle(case.id, None)).grants, key=lambda it: it.level) == list(change.grants)
    assert await store.cases.events(case.id) == list(change.events)
    assert change.mailbox
    assert await store.cases.mailbox(change.mailbox.lookup) == change.mailbox
    assert (await store.cases.bundle(case.id, None)).mailboxes == [change.mailbox]
    assert await store.outbox.due(NOON, 10) == list(change.pings)


async def test_a_case_is_never_stored_twice(store: Store) -> None:
    """A second submission of the same id changes nothing and says so."""
    change = new_case()
    assert await store.tips.submit(change)
    assert not await store.tips.submit(replace(change, case=replace(change.case, urgency="P0")))
    assert await store.ledger.heads() == [change.case]
    assert len((await store.cases.bundle(change.case.id, None)).grants) == len(change.grants)


async def test_many_at_once_are_all_stored_once(store: Store) -> None:
    """Concurrent submissions share commits; every one is answered for itself."""
    changes = [new_case() for _ in range(60)]
    answers = await asyncio.gather(*(store.tips.submit(it) for it in [*changes, *changes[:20]]))
    assert sum(answers) == 60
    assert {row.id for row in await store.ledger.heads()} == {it.case.id for it in changes}


async def test_one_bad_submission_spoils_no_other(store: Store) -> None:
    """A row that the database refuses fails alone, although it shared a transaction."""
    good, bad = [new_case() for _ in range(20)], new_case()
    bad = replace(bad, case=replace(bad.case, state="no such state"))
    answers = await asyncio.gather(*(store.tips.submit(it) for it in [*good, bad]), return_exceptions=True)
    assert [answer is True for answer in answers] == [True] * 20 + [False]
    assert isinstance(answers[-1], Exception)
    assert not await is_stored(store, bad.case.id)


async def test_of_two_steps_from_the_same_head_one_counts(store: Store) -> None:
    """The slower one is told that the case has moved on, and nothing of it is kept."""
    first = new_case()
    await store.tips.submit(first)
    one, other = step(first.case, officer="an"), step(first.case, officer="binh")
    done = await asyncio.gather(store.cases.apply(one), store.cases.apply(other), return_exceptions=True)
    assert sorted(type(it).__name__ for it in done) == ["NoneType", "Stale"]
    assert len(await store.cases.events(first.case.id)) == 2
    stored = await store.cases.get(first.case.id, None)
    assert stored in (one.case, other.case)


async def test_a_case_is_visible_only_to_units_with_a_waking_grant(store: Store) -> None:
    """Who sleeps or holds nothing gets the same answer as for a case that does not exist."""
    change = new_case()
    await store.tips.submit(change)
    for units in (("duty",), ("area-760",), ()):
        assert await store.cases.queue(units, EVERY, 9, None) == []
        with pytest.raises(errors.NotFound):
            await store.cases.get(change.case.id, units)


async def test_waking_and_shutting_out_change_who_sees_a_case(store: Store) -> None:
    """A woken grant replaces the sleeping one; a reader who is shut out has no grant left."""
    change = new_case()
    await store.tips.submit(change)
    woken = replace(change.grants[1], asleep=False, sealed=b"without its wrap")
    moved = step(change.case, unit="duty", level=1)
    await store.cases.apply(replace(moved, woken=(woken,), shut=("area-770",)))
    assert (await store.cases.bundle(change.case.id, None)).grants == [woken]
    assert [it.id for it in await store.cases.queue(("duty",), EVERY, 9, None)] == [change.case.id]
    with pytest.raises(errors.NotFound):
        await store.cases.get(change.case.id, ("area-770",))


async def test_re_keying_leaves_nothing_of_the_old_envelope(store: Store) -> None:
    """A dropped envelope goes with all its grants, in the step that brings the new one."""
    old, new = new_case(), new_case()
    await store.tips.submit(old)
    envelope = replace(new.envelopes[0], case=old.case.id)
    grants = tuple(replace(it, case=old.case.id) for it in new.grants)
    dropped = (old.envelopes[0].id,)
    await store.cases.apply(replace(step(old.case), envelopes=(envelope,), grants=grants, dropped=dropped))
    assert (await store.cases.bundle(old.case.id, None)).envelopes == [envelope]
    assert {it.envelope for it in (await store.cases.bundle(old.case.id, None)).grants} == {envelope.id}


ORDERS: dict[Sort, Callable[[Case], Any]] = {
    Sort.URGENT: lambda it: (it.urgency, it.due_at or LAST, it.officer is not None, it.id),
    Sort.DUE: lambda it: (it.due_at or LAST, it.officer is not None, it.urgency, it.id),
    Sort.NEWEST: lambda it: (-it.received_at.timestamp(), bytes(255 - byte for byte in it.id)),
    Sort.OLDEST: lambda it: (it.received_at, it.id),
    Sort.AREA: lambda it: (it.area or "unknown", it.urgency, it.due_at or LAST, it.officer is not None, it.id),
}


async def mixed(store: Store, count: int) -> None:
    """Cases that differ in all that a queue is ordered by; some have no deadline, no area, nobody."""
    for number in range(count):
        made = new_case(urgency=f"P{number % 4}")
        values = {
            "received_at": NOON - timedelta(hours=number % 5),
            "due_at": NOON + timedelta(hours=number % 3) if number % 7 else None,
            "officer": "an" if number % 2 else None,
            "area": ("770", "778", "city", None)[number % 11 % 4],
        }
        await store.tips.submit(replace(made, case=replace(made.case, **values)))


@pytest.mark.parametrize("sort", Sort)
async def test_the_queue_pages_without_gaps_in_every_order_and_back_again(store: Store, sort: Sort) -> None:
    """Pages of any size put together are the whole queue in its order; backwards they are the same, turned round."""
    await mixed(store, 45)
    wanted = QueueFilter(sort=sort)
    whole = await store.cases.queue(("area-770",), wanted, 99, None)
    assert len(whole) == 45
    assert whole == sorted(whole, key=ORDERS[sort])
    paged: list[Case] = []
    while page := await store.cases.queue(("area-770",), wanted, 4, paged[-1].position if paged else None):
        paged += page
    assert paged == whole
    back = whole[-1:]
    while page := await store.cases.queue(("area-770",), wanted, 4, back[-1].position, backwards=True):
        back += page
    assert back == whole[::-1]


async def test_a_page_goes_on_where_it_ended_though_its_last_case_was_taken_meanwhile(store: Store) -> None:
    """A case that somebody took stands elsewhere; what stood behind it is still shown next."""
    for _ in range(6):
        await store.tips.submit(new_case())
    whole = await store.cases.queue(("area-770",), EVERY, 99, None)
    last = whole[2]
    await store.cases.apply(step(last, officer="an"))
    rest = await store.cases.queue(("area-770",), EVERY, 99, last.position)
    assert [it.id for it in rest] == [*(it.id for it in whole[3:]), last.id]


async def test_a_queue_s_counts_are_of_what_its_readers_may_see(store: Store) -> None:
    """By what the tabs show; a case that they hold no waking grant of is in no number."""
    for values in (
        {},
        {"opened": True, "officer": "an"},
        {"due_at": NOON},
        {"disputed": True, "officer": "chi", "due_at": NOON - timedelta(hours=1)},
        {"state": "closed", "officer": "an", "due_at": NOON},
        {"restricted": True},
        {"unit": "px05"},
    ):
        made = new_case()
        await store.tips.submit(replace(made, case=replace(made.case, **values)))
    asleep = new_case()
    await store.tips.submit(replace(asleep, grants=tuple(replace(it, asleep=True) for it in asleep.grants)))
    assert await store.cases.counts(("area-770",), "an", NOON) == QueueCounts(
        open=5, new=4, mine=1, unclaimed=3, overdue=2, disputed=1, closed=1
    )
    assert await store.cases.counts(("area-760",), "an", NOON) == QueueCounts(0, 0, 0, 0, 0, 0, 0)
    loads = sorted(await store.cases.loads(("area-770",), NOON), key=lambda it: it.officer or "")
    assert loads == [Load(None, 3, 1), Load("an", 1, 0), Load("chi", 1, 1)]


async def test_cases_are_found_by_how_their_id_begins(store: Store) -> None:
    """Only those that these units may read, and no more than asked for."""
    made = new_case()
    id_, other = b"\x12\x34\x56\x78\x9a" + bytes(11), b"\x12\x34\x56\x78\x9b" + b"\xff" * 11
    for at, case in enumerate((id_, other)):
        change = new_case()
        row, envelope = replace(change.case, id=case), replace(change.envelopes[0], case=case)
        grants = tuple(replace(it, case=case) for it in change.grants)
        events = (event(case, bytes([at]) * 32),)
        mailbox = replace(change.mailbox, case=case)
        await store.tips.submit(
            replace(change, case=row, envelopes=(envelope,), grants=grants, events=events, mailbox=mailbox)
        )
    await store.tips.submit(made)
    for first, last, found in (
        (id_[:5], id_[:5], [id_]),
        (id_[:5], other[:5], [id_, other]),
        (b"\x12\x34\x56\x78\x00", b"\x12\x34\x56\x78\xff", [id_, other]),
        (b"\x00" * 5, b"\x12\x34\x56\x78\x99", []),
    ):
        ids = [it.id for it in await store.cases.between(("area-770",), first, last, 9)]
        assert [it for it in ids if it != made.case.id] == found
    assert await store.cases.between(("area-760",), id_[:5], other[:5], 9) == []
    assert len(await store.cases.between(("area-770",), id_[:5], other[:5], 1)) == 1


async def test_what_a_person_read_is_found_by_their_events_alone(store: Store) -> None:
    """A colleague's reading, another event of theirs, and a case that is not theirs to read are not among it."""
    made = [new_case() for _ in range(5)]
    rows = [replace(it.case, received_at=NOON - timedelta(hours=at)) for at, it in enumerate(made)]
    for it, row in zip(made, rows, strict=True):
        await store.tips.submit(replace(it, case=row))
    for row, kind, by in zip(
        rows,
        (ledger.Kind.READ, ledger.Kind.READ, ledger.Kind.CLAIMED, ledger.Kind.READ, ledger.Kind.READ),
        ("an", "anh", "an", "an", 'an"'),
        strict=True,
    ):
        done = ledger.sign(ledger.Event(kind, row.id, row.head, NOON, by, bytes(32), {}), bytes(32))
        await store.cases.apply(Change(replace(row, head=done.leaf), row.head, (done,)))
    assert await store.cases.read_by(("area-770",), "an", 9) == [rows[0].id, rows[3].id]
    assert await store.cases.read_by(("area-770",), "an", 1) == [rows[0].id]
    assert await store.cases.read_by(("area-770",), 'an"', 9) == [rows[4].id]
    assert await store.cases.read_by(("area-760",), "an", 9) == []


async def test_several_cases_come_with_all_that_belongs_to_them(store: Store) -> None:
    """As one by one; those that are not these units' to read are left out."""
    cases = [new_case() for _ in range(3)]
    foreign = new_case(unit="px05")
    for made in (*cases, foreign):
        await store.tips.submit(made)
    asked = [made.case.id for made in (*cases[:2], foreign)]
    found = {it.case.id: it for it in await store.cases.bundles(asked, ("area-770",))}
    assert set(found) == set(asked[:2])
    for id_, bundle in found.items():
        one = await store.cases.bundle(id_, ("area-770",))
        for name in ("envelopes", "grants", "events"):
            assert sorted(map(repr, getattr(bundle, name))) == sorted(map(repr, getattr(one, name)))


WANTED = {
    "one state": (QueueFilter(frozenset({"screening"})), {"screening"}),
    "all that are open": (
        OPEN,
        {"plain", "screening", "urgent", "other", "elsewhere", "old", "late", "taken", "read", "disputed"},
    ),
    "what is closed": (QueueFilter(frozenset({"closed"})), {"closed"}),
    "how urgent": (QueueFilter(urgency="P0"), {"urgent"}),
    "which category": (QueueFilter(category="traffic.racing"), {"other"}),
    "which area": (QueueFilter(area="778"), {"elsewhere"}),
    "how old": (QueueFilter(received_before=NOON - timedelta(days=2)), {"old"}),
    "overdue": (QueueFilter(due_before=NOON), {"late"}),
    "whose": (QueueFilter(officer="an"), {"taken"}),
    "nobody's": (
        QueueFilter(claimed=False),
        {"plain", "screening", "closed", "urgent", "other", "elsewhere", "old", "late", "read", "disputed"},
    ),
    "somebody's": (QueueFilter(claimed=True), {"taken"}),
    "what somebody has read": (QueueFilter(opened=True), {"read"}),
    "disputed": (QueueFilter(disputed=True), {"disputed"}),
    "two at once": (QueueFilter(OPEN.states, officer="an", urgency="P0"), set()),
}


@pytest.mark.parametrize(("wanted", "found"), WANTED.values(), ids=WANTED.keys())
async def test_a_queue_shows_what_is_wanted_and_nothing_else(
    store: Store, wanted: QueueFilter, found: set[str]
) -> None:
    """Each filter by itself, and all of them together."""
    kinds: dict[str, dict[str, Any]] = {
        "plain": {},
        "screening": {"state": "screening"},
        "closed": {"state": "closed"},
        "urgent": {"urgency": "P0"},
        "other": {"category": "traffic.racing"},
        "elsewhere": {"area": "778"},
        "old": {"received_at": NOON - timedelta(days=3)},
        "late": {"due_at": NOON - timedelta(hours=1)},
        "taken": {"officer": "an"},
        "read": {"opened": True},
        "disputed": {"disputed": True},
    }
    names = {}
    for name, values in kinds.items():
        made = new_case()
        await store.tips.submit(replace(made, case=replace(made.case, **values)))
        names[made.case.id] = name
    page = await store.cases.queue(("area-770",), wanted, 99, None)
    assert {names[it.id] for it in page} == found


async def test_what_is_due_comes_longest_first_and_no_more_than_asked_for(store: Store) -> None:
    """The clock sees late cases only."""
    for hours in (5, 1, 3, -2):
        made = new_case()
        await store.tips.submit(replace(made, case=replace(made.case, due_at=NOON - timedelta(hours=hours))))
    late = await store.cases.due(NOON, 2)
    assert [it.at for it in late] == [int((NOON - timedelta(hours=hours)).timestamp()) for hours in (5, 3)]
    rest = await store.cases.due(NOON, 99, late[-1])
    assert [it.at for it in rest] == [int((NOON - timedelta(hours=1)).timestamp())]
    assert await store.cases.due(NOON, 99, rest[-1]) == []
    assert len(await store.cases.due(NOON, 99)) == 3


async def test_what_differed_is_set_right_in_the_same_step(store: Store) -> None:
    """A piece has its columns, a key its row again; whom the same step shuts out gets nothing back by it."""
    change = new_case()
    await store.tips.submit(change)
    (piece, *_), (key, other, *_) = change.envelopes, change.grants
    right = replace(piece, part="note", commitment=b"c" * 32, release=b"r")
    again, shut = replace(key, reader="area-778", level=3), replace(other, level=9)
    mended = Mended(
        differed=("key.edited",), strange=((key.envelope, key.reader),), again=(again, shut), pieces=(right,)
    )
    row = replace(change.case, head=b"h" * 32)
    await store.cases.apply(Change(row, change.case.head, shut=(other.reader,), mended=mended))
    bundle = await store.cases.bundle(row.id, None)
    assert right in bundle.envelopes
    readers = {it.reader for it in bundle.grants}
    assert again in bundle.grants
    assert not {key.reader, other.reader} & readers


async def test_what_is_laid_down_is_found_among_all_events(store: Store) -> None:
    """Events that concern no case and name a subject; of a case none, whatever it names."""
    case = new_case()
    await store.tips.submit(case)

    def laid(case_id: bytes, facts: dict[str, str]) -> ledger.SignedEvent:
        it = ledger.Event(ledger.Kind.HOLIDAYS, case_id, ledger.FIRST, NOON, "quan", secrets.token_bytes(32), facts)
        return ledger.sign(it, bytes(32))

    meant, others = laid(b"", {"subject": "1/QĐ"}), (laid(b"", {"of": 'a "subject": of words'}), laid(b"", {}))
    for it in (meant, *others):
        await store.ledger.append(it)
    named = laid(case.case.id, {"subject": "1/QĐ"})
    await store.cases.apply(Change(replace(case.case, head=named.leaf), case.case.head, (named,)))
    assert await store.ledger.standing() == [meant]

"""What `tips.ports` promises of tips and cases, of every store."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from storage import Store
from tests.contract.conftest import NOON, is_stored, new_case, step
from tips import errors
from tips.cases.case import OPEN, QueueFilter

EVERY = QueueFilter()


async def test_a_submission_is_stored_whole(store: Store) -> None:
    """Row, envelope, grants, event, mailbox and ping are all there, as they were given."""
    change = new_case()
    assert await store.tips.submit(change)
    case = change.case
    assert await is_stored(store, case.id)
    assert await store.cases.get(case.id, ("area-770",)) == case
    assert await store.cases.envelopes(case.id) == list(change.envelopes)
    assert sorted(await store.cases.grants(case.id), key=lambda it: it.level) == list(change.grants)
    assert await store.cases.events(case.id) == list(change.events)
    assert change.mailbox
    assert await store.cases.mailbox(change.mailbox.lookup) == change.mailbox
    assert await store.cases.mailbox_of(case.id) == change.mailbox
    assert await store.outbox.due(NOON, 10) == list(change.pings)


async def test_a_case_is_never_stored_twice(store: Store) -> None:
    """A second submission of the same id changes nothing and says so."""
    change = new_case()
    assert await store.tips.submit(change)
    assert not await store.tips.submit(replace(change, case=replace(change.case, urgency="P0")))
    assert await store.ledger.heads() == [change.case]
    assert len(await store.cases.grants(change.case.id)) == len(change.grants)


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
    assert await store.cases.grants(change.case.id) == [woken]
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
    assert await store.cases.envelopes(old.case.id) == [envelope]
    assert {it.envelope for it in await store.cases.grants(old.case.id)} == {envelope.id}


async def test_the_queue_is_urgent_first_then_unread_then_old_and_pages_without_gaps(store: Store) -> None:
    """Pages of any size put together are the whole queue in its order."""
    for number in range(23):
        made = new_case(urgency=f"P{number % 4}")
        received = NOON - timedelta(hours=number % 5)
        await store.tips.submit(replace(made, case=replace(made.case, opened=number % 2 == 0, received_at=received)))
    whole = await store.cases.queue(("area-770",), EVERY, 99, None)
    assert whole == sorted(whole, key=lambda it: (it.urgency, it.opened, it.received_at, it.id))
    paged, after = [], None
    while page := await store.cases.queue(("area-770",), EVERY, 5, after):
        paged += page
        after = page[-1].position
    assert paged == whole


async def test_a_page_goes_on_where_it_ended_though_its_last_case_was_read_meanwhile(store: Store) -> None:
    """A case that was read stands elsewhere; what stood behind it is still shown next."""
    for _ in range(6):
        await store.tips.submit(new_case())
    whole = await store.cases.queue(("area-770",), EVERY, 99, None)
    last = whole[2]
    await store.cases.apply(step(last, opened=True))
    rest = await store.cases.queue(("area-770",), EVERY, 99, last.position)
    assert [it.id for it in rest] == [*(it.id for it in whole[3:]), last.id]


WANTED = {
    "one state": (QueueFilter(frozenset({"screening"})), {"screening"}),
    "all that are open": (OPEN, {"plain", "screening", "urgent", "other", "elsewhere", "old", "late", "taken"}),
    "what is closed": (QueueFilter(frozenset({"closed"})), {"closed"}),
    "how urgent": (QueueFilter(urgency="P0"), {"urgent"}),
    "which category": (QueueFilter(category="traffic.racing"), {"other"}),
    "which area": (QueueFilter(area="778"), {"elsewhere"}),
    "how old": (QueueFilter(received_before=NOON - timedelta(days=2)), {"old"}),
    "overdue": (QueueFilter(due_before=NOON), {"late"}),
    "whose": (QueueFilter(officer="an"), {"taken"}),
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

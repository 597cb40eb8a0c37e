"""What `tips.ports` promises of the clock's pages, of counts, and of what an officer's rows take with them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from storage import Store
from tests.contract.conftest import NOON, new_case
from tips import errors
from tips.crypto.keys import Cost, LockedIdentity, SealedSeed
from tips.organisation.roster import SignedRoster
from tips.ports.cases import Due
from tips.ports.clock import Stuck
from tips.ports.desk import CountRow, OpenRow, Workload
from tips.ports.people import Account, StoredSession

HOUR = timedelta(hours=1)
LATE = {"due_at": NOON - HOUR}
READ = {"urgency": "P1", "opened": True, "received_at": NOON - HOUR}
Page = Callable[[Store, int, Due | None], Awaitable[list[Due]]]
PAGES: dict[str, tuple[Page, dict[str, Any], list[dict[str, Any]]]] = {
    # how the clock asks: what a case must be, and near misses
    "due": (
        lambda store, limit, after: store.cases.due(NOON, limit, after),
        LATE,
        [{}, LATE | {"state": "closed"}, LATE | {"clock": None}, {"due_at": None}],
    ),
    "expired": (
        lambda store, limit, after: store.cases.expired(NOON, limit, after),
        LATE | {"state": "closed"},
        [LATE, {"state": "closed"}, LATE | {"state": "closed", "clock": None}],
    ),
    "due within": (
        lambda store, limit, after: store.cases.due_within(NOON, NOON + HOUR, limit, after),
        {"due_at": NOON},
        [{"due_at": NOON + HOUR}, LATE, {"due_at": NOON, "restricted": True}, {"due_at": NOON, "state": "closed"}],
    ),
    "due within, restricted": (
        lambda store, limit, after: store.cases.due_within(NOON, NOON + HOUR, limit, after),
        {"due_at": NOON, "restricted": True, "urgency": "P0"},
        [{"due_at": NOON, "restricted": True, "urgency": "P1"}],
    ),
    "unattended": (
        lambda store, limit, after: store.cases.unattended(NOON, limit, after),
        READ,
        [
            READ | {"urgency": "P2"},
            READ | {"opened": False},
            READ | {"received_at": NOON},
            READ | {"officer": "an"},
            READ | {"state": "accepted"},
            READ | {"due_at": None},
            READ | {"restricted": True},
        ],
    ),
    "taken": (
        lambda store, limit, after: store.cases.taken(limit, after),
        {"officer": "an"},
        [{}, {"officer": "an", "state": "closed"}],
    ),
}


async def put(store: Store, **values: Any) -> bytes:
    made = new_case()
    await store.tips.submit(replace(made, case=replace(made.case, **values)))
    return made.case.id


@pytest.mark.parametrize("kind", PAGES)
async def test_each_of_the_clock_s_pages_shows_what_it_says_without_gaps(store: Store, kind: str) -> None:
    """Near misses are on none of them; pages of one, put together, are the whole."""
    page, values, misses = PAGES[kind]
    wanted = {await put(store, **values) for _ in range(3)}
    for miss in misses:
        await put(store, **miss)
    whole = await page(store, 99, None)
    assert {it.id for it in whole} == wanted
    assert whole == sorted(whole)
    paged: list[Due] = []
    while some := await page(store, 1, paged[-1] if paged else None):
        paged += some
    assert paged == whole


async def test_others_cases_that_are_read_along_are_shown_most_urgent_first(store: Store) -> None:
    """A waking grant makes them so; what is closed, asleep or one's own is not among them."""
    ids = {}
    for name, urgency, awake, state in (
        ("calm", "P2", True, "received"),
        ("urgent", "P0", True, "received"),
        ("asleep", "P0", False, "received"),
        ("closed", "P0", True, "closed"),
    ):
        made = new_case(urgency=urgency)
        grants = [replace(it, asleep=it.asleep and not awake) for it in made.grants]
        await store.tips.submit(replace(made, case=replace(made.case, state=state), grants=tuple(grants)))
        ids[made.case.id] = name
    assert [ids[it.id] for it in await store.cases.consulted(("duty",), 9)] == ["urgent", "calm"]
    assert await store.cases.consulted(("area-770", "duty"), 9) == []
    assert len(await store.cases.consulted(("duty",), 1)) == 1


async def test_what_waits_for_the_quorum_is_found(store: Store) -> None:
    held = await put(store, unit="held", state="held", clock=None, due_at=None)
    await put(store)
    assert [it.id for it in await store.cases.held()] == [held]


async def test_tips_are_counted_by_the_city_s_months(store: Store) -> None:
    """The last evening of a month in UTC is the next month in the city; a span takes its first moment, not its last."""
    evening = NOON.replace(month=10, day=31, hour=16)
    await put(store, received_at=evening)
    await put(store, received_at=evening + HOUR)
    await put(store, ward="27139")
    await put(store, area=None, category="corruption.bribery")
    expected = [
        CountRow("2026-10", "770", "", "drugs.trade", 1),
        CountRow("2026-11", "", "", "corruption.bribery", 1),
        CountRow("2026-11", "770", "", "drugs.trade", 1),
        CountRow("2026-11", "770", "27139", "drugs.trade", 1),
    ]
    order = lambda row: (row.period, row.district, row.ward)  # noqa: E731
    assert sorted(await store.statistics.counts(None, None), key=order) == expected
    assert sum(it.count for it in await store.statistics.counts(evening + HOUR, NOON)) == 1


async def test_opens_of_posters_add_up_by_month_and_place(store: Store) -> None:
    """Whichever process adds them."""
    await store.statistics.add_opens([OpenRow("2026-11", "770", 3), OpenRow("2026-11", "27139", 1)])
    await store.statistics.add_opens([OpenRow("2026-11", "770", 4), OpenRow("2026-12", "770", 1)])
    await store.statistics.add_opens([])
    assert await store.statistics.opens() == [
        OpenRow("2026-11", "27139", 1), OpenRow("2026-11", "770", 7), OpenRow("2026-12", "770", 1),
    ]  # fmt: skip


async def test_a_workload_counts_open_cases_without_an_exclusion(store: Store) -> None:
    for values in (
        {},
        {"opened": True, "officer": "an"},
        LATE,
        {"state": "closed"},
        {"restricted": True},
        {"unit": "px05"},
    ):
        await put(store, **values)
    assert await store.statistics.workload(("area-770",), "an", NOON) == Workload(open=3, unread=2, overdue=1, mine=1)
    assert await store.statistics.workload(("area-760",), "an", NOON) == Workload(0, 0, 0, 0)


async def test_what_fails_in_a_job_keeps_its_since_and_goes_when_it_no_longer_fails(store: Store) -> None:
    one, other = b"1" * 16, b"2" * 16
    await store.clockwork.note_stuck("climb", {one: "NotVerified"}, NOON)
    await store.clockwork.note_stuck("shred", {one: "NotFound"}, NOON + HOUR)
    await store.clockwork.note_stuck("climb", {one: "NotOpened", other: "NotOpened"}, NOON + 2 * HOUR)
    assert await store.clockwork.stuck() == [
        Stuck("climb", one, "NotOpened", NOON),
        Stuck("shred", one, "NotFound", NOON + HOUR),
        Stuck("climb", other, "NotOpened", NOON + 2 * HOUR),
    ]
    await store.clockwork.note_stuck("climb", {}, NOON)
    assert [it.job for it in await store.clockwork.stuck()] == ["shred"]


async def test_who_is_gone_takes_everything_of_theirs_along(store: Store) -> None:
    """Login, session, link, chat and copies of seeds go with the version that no longer names them; others' stay."""
    for name in ("an", "ba"):
        code = name.encode() * 8
        await store.accounts.put(Account(LockedIdentity(name, Cost(), b"s" * 16, b"sealed"), 0, 0, None))
        await store.accounts.open_session(StoredSession(code, name, b"sealed", NOON, NOON + HOUR))
        await store.officer_chats.offer(code, name, NOON + HOUR)
        await store.officer_chats.offer(code + b"x", name, NOON + HOUR)
        await store.officer_chats.take(code, name, NOON)
        await store.keyring.add_seeds([SealedSeed("area-770", 1, name, b"sealed")])
    await store.keyring.add_roster(SignedRoster(2, b"{}", {}), [], [], [], gone=["an"])
    for looking in (store.accounts.get("an"), store.accounts.session(b"an" * 8), store.officer_chats.chat("an")):
        with pytest.raises(errors.NotFound):
            await looking
    with pytest.raises(errors.NotFound):
        await store.officer_chats.take(b"an" * 8 + b"x", "41", NOON)
    assert await store.officer_chats.take(b"ba" * 8 + b"x", "42", NOON) == "ba"
    assert [it.holder for it in await store.keyring.seed_holders("area-770")] == ["ba"]
    assert [it.id for it in await store.accounts.sessions("ba")] == [b"ba" * 8]


async def test_a_copy_of_a_seed_that_is_there_stays(store: Store) -> None:
    seed = SealedSeed("area-770", 1, "an", b"first")
    await store.keyring.add_seeds([seed])
    await store.keyring.add_seeds([replace(seed, sealed=b"second"), replace(seed, generation=2)])
    assert sorted(it.sealed for it in await store.keyring.seeds("an")) == [b"first", b"first"]


async def test_sealed_pieces_are_found_by_name_and_by_how_it_begins(store: Store) -> None:
    await store.keyring.keep("share a_b", b"1")
    await store.keyring.keep("share axb", b"2")
    assert await store.keyring.kept("share axb") == b"2"
    assert await store.keyring.all_kept("share a_") == {"b": b"1"}
    with pytest.raises(errors.NotFound):
        await store.keyring.kept("share")

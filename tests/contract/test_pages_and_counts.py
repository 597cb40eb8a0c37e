"""What `tips.ports` promises of the clock's pages, of counts, and of what an officer's rows take with them."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from storage import Store
from tests.contract.conftest import NOON, event, new_case
from tips import errors
from tips.cases import ledger
from tips.cases.milestones import Milestone
from tips.crypto.keys import Cost, LockedIdentity, SealedSeed
from tips.organisation.roster import SignedRoster
from tips.ports.cases import Change, Due
from tips.ports.clock import Stuck
from tips.ports.desk import FrozenPeriod, MilestoneRow, Tally, Workload
from tips.ports.people import Account, StoredSession
from tips.statistics.periods import bounds

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
    await put(store, restricted=True, area="city", category="restricted")
    await put(store, opened=True, state="accepted")
    first, last = bounds("2026-11")
    rows = await store.statistics.counts(first, last)
    assert {(it.district, it.ward, it.category, it.urgency, it.state, it.opened, it.count) for it in rows} == {
        ("770", "", "drugs.trade", "P2", "received", False, 1),
        ("", "", "corruption.bribery", "P2", "received", False, 1),
        ("770", "27139", "drugs.trade", "P2", "received", False, 1),
        ("city", "", "restricted", "P2", "received", False, 1),
        ("770", "", "drugs.trade", "P2", "accepted", True, 1),
    }
    assert sum(it.count for it in await store.statistics.counts(*bounds("2026-10"))) == 1
    assert sum(it.count for it in await store.statistics.counts(evening + HOUR, NOON)) == 1
    assert await store.statistics.began() == evening
    assert [await store.statistics.restricted(it) for it in (NOON, last)] == [0, 1]


async def test_a_period_is_frozen_once_with_its_event_and_what_is_over_keeps_no_counts(store: Store) -> None:
    """Of two that close it the first counts; figures and signature never change."""
    made = [frozen("2026-10"), frozen("2026-11"), frozen("2026-10")]
    assert [await store.statistics.freeze(it, ()) for it in made] == [True, True, False]
    assert await store.statistics.frozen() == made[:2]
    assert await store.statistics.freeze(frozen("2026"), ("2026-10", "2026-11", "2026"))
    kept = await store.statistics.frozen()
    assert [it.period for it in kept] == ["2026-10", "2026-11", "2026"]
    assert [it.figures for it in kept[:2]] == [it.figures for it in made[:2]]
    assert not any(it.counted for it in kept)
    assert {it.leaf for it in await store.ledger.waiting()} == {it.closing.leaf for it in kept}


async def test_what_lies_among_closed_periods_and_in_no_ledger_can_be_taken_away(store: Store) -> None:
    """A period that another process has closed in this moment stays, whoever did not know of it yet."""
    await store.statistics.freeze(frozen("2026-10"), ())
    await store.statistics.freeze(frozen("2026-11"), ())
    await store.statistics.keep_only(["2026-10"])
    assert [it.period for it in await store.statistics.frozen()] == ["2026-10", "2026-11"]


async def test_what_is_published_of_a_closed_period_comes_without_its_counts(store: Store) -> None:
    """Small counts are hidden wherever figures are read; only the closing of a longer period needs them."""
    made = [frozen("2026-10"), frozen("2026-11")]
    for it in made:
        await store.statistics.freeze(it, ())
    assert await store.statistics.published() == [replace(it, counted=b"") for it in made]


def frozen(period: str) -> FrozenPeriod:
    event = ledger.Event(ledger.Kind.FROZEN, b"", ledger.FIRST, NOON, "clock", secrets.token_bytes(32), {})
    return FrozenPeriod(period, period.encode(), b"{}", ledger.sign(event, bytes(32)))


async def test_tallies_add_up_by_month_and_name(store: Store) -> None:
    """Whichever process adds them; those of posters lie in a table of their own."""
    await store.statistics.add_tallies([Tally("2026-11", "opens", "770", 3), Tally("2026-11", "opens", "27139", 1)])
    await store.statistics.add_tallies([Tally("2026-11", "opens", "770", 4), Tally("2026-12", "channel", "web", 1)])
    await store.statistics.add_tallies([Tally("2026-11", "channel", "web", 2), Tally("2026-12", "channel", "web", 5)])
    await store.statistics.add_tallies([])
    assert await store.statistics.tallies() == [
        Tally("2026-11", "channel", "web", 2), Tally("2026-11", "opens", "27139", 1),
        Tally("2026-11", "opens", "770", 7), Tally("2026-12", "channel", "web", 6),
    ]  # fmt: skip


async def test_milestones_lie_with_their_step_and_are_counted_by_the_city_s_months(store: Store) -> None:
    """All of a step or nothing; a span takes its first moment, not its last; what is forgotten is gone."""
    change = new_case()
    await store.tips.submit(change)
    evening = NOON.replace(month=10, day=31, hour=17)  # November, in the city

    def milestone(at: datetime, kind: str = "read", **other: str) -> Milestone:
        return Milestone(secrets.token_bytes(16), at, kind, "area-770", "P2", **other)

    first, last = bounds("2026-11")
    done = (milestone(evening - HOUR, took="4h"), milestone(evening, took="4h"), milestone(NOON, took="4h"),
            milestone(last - HOUR, "late", detail="screening"), milestone(last))  # fmt: skip
    with pytest.raises(errors.Stale):
        await store.cases.apply(replace(change, before=b"x" * 32, mailbox=None, milestones=done))
    assert await store.statistics.milestones(first, last) == []
    said = event(change.case.id, change.case.head)
    moved = replace(change.case, head=said.leaf)
    await store.cases.apply(Change(moved, change.case.head, (said,), milestones=done))
    assert await store.statistics.milestones(first, last) == [
        MilestoneRow("late", "area-770", "P2", "screening", "", 1),
        MilestoneRow("read", "area-770", "P2", "", "4h", 2),
    ]
    await store.statistics.forget_milestones(last)
    assert await store.statistics.milestones(evening - HOUR, last) == []
    assert [it.count for it in await store.statistics.milestones(last, last + HOUR)] == [1]


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
    assert await store.keyring.holders() == [("area-770", 1, "ba")]
    assert [it.id for it in await store.accounts.sessions("ba")] == [b"ba" * 8]


async def test_a_copy_of_a_seed_that_is_there_stays(store: Store) -> None:
    seed = SealedSeed("area-770", 1, "an", b"first")
    await store.keyring.add_seeds([seed])
    await store.keyring.add_seeds([replace(seed, sealed=b"second"), replace(seed, generation=2)])
    assert sorted(it.sealed for it in await store.keyring.seeds("an")) == [b"first", b"first"]


async def test_a_copy_of_a_seed_makes_way_if_it_is_still_that_one(store: Store) -> None:
    seed = SealedSeed("area-770", 1, "an", b"first")
    await store.keyring.add_seeds([seed, replace(seed, generation=2), replace(seed, holder="ba")])
    await store.keyring.drop_seeds([replace(seed, sealed=b"other"), replace(seed, generation=2)])
    assert await store.keyring.seeds("an") == [seed]
    await store.keyring.drop_seeds([seed])
    assert await store.keyring.seeds("an") == []
    assert len(await store.keyring.seeds("ba")) == 1


async def test_sealed_pieces_are_found_by_name_and_by_how_it_begins(store: Store) -> None:
    await store.keyring.keep("share a_b", b"1")
    await store.keyring.keep("share axb", b"2")
    assert await store.keyring.kept("share axb") == b"2"
    assert await store.keyring.all_kept("share a_") == {"b": b"1"}
    with pytest.raises(errors.NotFound):
        await store.keyring.kept("share")

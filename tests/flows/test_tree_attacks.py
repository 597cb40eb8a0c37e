"""An evening at the log: what somebody with the whole database, or an officer's key beside it, did to it once."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.tree_files import HeadFile
from storage.ledger import SqlLedger
from tests.fakes import home
from tests.fakes.desk import browser
from tests.fakes.home import Home
from tests.fakes.people import AN, KIEM
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_tree import another, behind, closings, found, published
from tips.cases import ledger
from tips.cases.ledger import FIRST, Event, Kind, SignedEvent
from tips.merkle import multiset, sequencing, tallies, tree
from tips.merkle.multiset import Multiset
from tips.merkle.tallies import SignedTally, Tally

ZERO = bytes(32)


@pytest.fixture
async def city(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with home.opened(tmp_path, (AN, KIEM), database_url) as opened:
        await opened.product.heads.tick()
        yield opened


def forged(case: bytes = b"", **instead: Any) -> SignedEvent:
    """A well-formed row of an event that nobody signed."""
    plain = {
        "kind": "noted",
        "case": case.hex(),
        "previous": "11" * 32,
        "at": "2026-11-23T03:00:00+00:00",
        "by": "an",
        "blind": "00" * 32,
        "facts": {},
    }
    body = json.dumps(plain | instead, sort_keys=True, separators=(",", ":")).encode()
    return SignedEvent(tree.leaf_hash(body), case, body, bytes(64))


def put_event(city: Home, event: SignedEvent) -> None:
    values = {"l": event.leaf, "c": event.case, "b": event.body, "s": event.signature}
    behind(city, "INSERT INTO event (leaf, case_id, body, signature) VALUES (:l, :c, :b, :s)", **values)


def put_tally(city: Home, it: SignedTally) -> None:
    values = {"i": it.instance, "b": it.body, "s": it.state, "g": it.signature}
    behind(city, "INSERT INTO leaf_tally (instance, body, state, signature) VALUES (:i, :b, :s, :g)", **values)


def wiped(city: Home, case: bytes) -> None:
    """A case is deleted whole, as far as its rows name it."""
    behind(city, "DELETE FROM waiting_leaf WHERE leaf IN (SELECT leaf FROM event WHERE case_id = :c)", c=case)
    behind(city, "DELETE FROM tree_place WHERE leaf IN (SELECT leaf FROM event WHERE case_id = :c)", c=case)
    for table in ("reading_grant", "envelope", "mailbox", "event"):
        behind(city, f"DELETE FROM {table} WHERE case_id = :c", c=case)
    behind(city, "DELETE FROM tip WHERE id = :c", c=case)


def odd_ones(event: Event) -> dict[str, str]:
    return {
        it: event.facts[it] for it in ("missing", "untold", "odd", "exchanged") if event.facts[it] not in {"0", "no"}
    }


async def test_a_log_that_was_stalled_for_an_evening_loses_no_case_unseen(city: Home) -> None:
    """The clock goes on from what it kept, so there is no evening to write anew."""
    await city.product.heads.tick()
    behind(city, "UPDATE tree_node SET hash = :zero WHERE level = 7 AND at = 0", zero=ZERO)
    receipts = []
    for number in range(3):
        receipts.append(await city.citizen(f"c{number}").sends(f"{TIP} Số nhà {number}."))
        assert await city.product.heads.tick() == sequencing.STEP
        city.clock.forward(hours=1)
    sizes = [it.size for it in await city.product.store.tree.heads(0, 10)]
    assert sizes == sorted(set(sizes), reverse=True)
    wiped(city, (await city.case_of(receipts[1])).id)
    behind(city, "DELETE FROM tree_head WHERE size > 128")
    behind(city, "DELETE FROM tree_place WHERE place >= 128")
    behind(
        city,
        "INSERT INTO waiting_leaf SELECT leaf, false FROM event WHERE leaf NOT IN (SELECT leaf FROM tree_place)"
        " AND leaf NOT IN (SELECT leaf FROM waiting_leaf)",
    )
    await city.product.heads.tick()
    assert any("neither its event" in it for it in await found(city))


@pytest.mark.parametrize(
    "edits",
    [
        ("UPDATE waiting_leaf SET told = false",),
        ("DELETE FROM leaf_tally", "UPDATE waiting_leaf SET told = false"),
        ("DELETE FROM leaf_tally",),
    ],
)
async def test_tallies_are_not_switched_off(city: Home, edits: tuple[str, ...]) -> None:
    """A tip that is deleted within its hour is missed, at the latest when its process adds something again."""
    first = await city.citizen("one").sends(TIP)
    wiped(city, (await city.case_of(first)).id)
    await city.citizen("two").sends(TIP + " Số nhà 12.")
    for edit in edits:
        behind(city, edit)
    await city.product.heads.tick()
    await city.citizen("three").sends(TIP + " Phòng số 6.")
    await city.product.heads.tick()
    assert sum(int(it.facts["missing"]) for it in await closings(city)) >= 1
    assert await found(city) != ()


@pytest.mark.parametrize(
    "edit",
    ["DELETE FROM leaf_tally", "UPDATE waiting_leaf SET told = false", "UPDATE leaf_tally SET signature = body"],
)
async def test_what_was_done_to_a_tally_before_a_head_accuses_nobody_of_taking_tips(city: Home, edit: str) -> None:
    """It may be named that some were not told of; missing they are not."""
    await city.citizen("one").sends(TIP)
    await city.product.heads.tick()
    behind(city, edit)
    await city.citizen("two").sends(TIP + " Số nhà 12.")
    await city.product.heads.tick()
    assert odd_ones((await closings(city))[-1]).keys() <= {"odd"}
    assert {it.facts["missing"] for it in await closings(city)} == {"0"}


async def test_an_officer_signs_no_tally(city: Home) -> None:
    """Nor does one of less than nothing take away from what was told of."""
    key = city.people["an"].signing
    put_tally(city, tallies.sign(Tally(b"o" * 16, Multiset(-1, 1)), "an", key))
    put_tally(city, tallies.sign(Tally(b"p" * 16, Multiset(7, 5)), "an", key))
    receipt = await city.citizen().sends(TIP)
    wiped(city, (await city.case_of(receipt)).id)
    await city.product.heads.tick()
    assert odd_ones((await closings(city))[-1]) == {"missing": "1", "odd": "2"}


@pytest.mark.parametrize("body", [b"[" * 200_000, b"[]", b'{"count":[]}', b"\xff", b'{"count":1e400}', b"0" * 5000])
async def test_a_tally_that_is_none_stops_nothing(city: Home, body: bytes) -> None:
    put_tally(city, SignedTally(b"q" * 16, body, bytes(multiset.SIZE), bytes(64)))
    assert await city.product.heads.tick() == sequencing.STEP
    assert (await closings(city))[-1].facts["odd"] == "1"


POISON = [
    {"by": []},
    {"by": {}},
    {"facts": []},
    {"claims": []},
    {"claims": {"row": []}},
    {"at": "9999-12-31T23:00:00+00:00"},
    {"at": "0001-01-01T00:00:00+00:00"},
    {"kind": "sequenced", "by": "clock"},
    {"kind": "roster", "facts": {"version": "9" * 5000}},
]


@pytest.mark.parametrize("instead", POISON, ids=[json.dumps(it)[:40] for it in POISON])
async def test_an_event_of_nothing_that_is_one_stops_no_case_no_page_and_no_audit(
    city: Home, instead: dict[str, Any]
) -> None:
    """It is named; the case that it lies in climbs, and its reporter still finds it."""
    receipt = await city.citizen().sends(TIP)
    case = await city.case_of(receipt)
    put_event(city, forged(case.id, **instead))
    put_event(city, forged(b"", **instead, blind="22" * 32))
    closing = forged(b"", **instead, blind="33" * 32)
    put_event(city, closing)
    note = behind(city, "SELECT note FROM tree_head")[0][0]
    behind(city, "INSERT INTO tree_head (size, note, closing) VALUES (63, :n, :c)", n=note, c=closing.leaf)
    await city.product.heads.tick()
    assert await found(city) != ()
    async with browser(city, "intake") as client:
        assert (await client.get("/minh-bach")).status_code == 200
        assert (await client.get("/minh-bach/so-cai")).status_code == 200
    city.clock.forward(hours=60)
    await city.product.escalation.tick_all()
    await city.product.escalation.tick()
    assert (await city.product.store.cases.get(case.id, None)).unit != case.unit
    assert (await city.citizen("later").says(receipt)).replies


async def test_text_that_is_no_utf_8_in_a_tally_stops_no_tip(tmp_path: Path) -> None:
    """SQLite alone takes it; a process looks at what it stored when it starts, and no more."""
    async with home.opened(tmp_path, (AN,)) as city:
        async with another(city) as ending:
            await ending.citizen("one").sends(TIP)
        for column in ("body", "state", "signature"):
            behind(city, f"UPDATE leaf_tally SET {column} = CAST(x'ff' AS TEXT)")
            async with another(city) as following:
                assert await following.citizen(f"after {column}").sends(f"{TIP} {column}")


async def test_more_heads_than_are_looked_at_stop_no_hour(city: Home) -> None:
    for number in range(1100):
        values = {"s": 1000 + number, "n": b"?", "c": ZERO}
        behind(city, "INSERT INTO tree_head (size, note, closing) VALUES (:s, :n, :c)", **values)
    assert await city.product.heads.tick() == sequencing.STEP
    assert behind(city, "SELECT count(*) FROM tree_head") == [(2,)]


async def test_a_head_that_only_the_log_can_have_signed_is_not_signed_beside(city: Home) -> None:
    """A clock whose secrets are of yesterday does not write today anew."""
    kept = city.product.heads.kept
    yesterday = kept.load()
    assert yesterday
    await city.product.heads.tick()
    older = replace(city.product.heads, kept=Yesterday(yesterday))
    behind(city, "UPDATE tree_node SET hash = :zero WHERE level = 7", zero=ZERO)
    with pytest.raises(Exception, match="Somebody changed this"):
        await older.tick()
    assert (await published(city)).size == 2 * sequencing.STEP


class Yesterday:
    """A kept head that somebody put back, and that stays."""

    def __init__(self, known: Any) -> None:
        self._known = known

    def load(self) -> Any:
        return self._known

    def keep(self, known: Any) -> None:
        pass


async def test_a_slow_reader_takes_no_kept_head_back(city: Home) -> None:
    """A page that began before the hour ended may be done after it."""
    kept = HeadFile(city.settings.secrets)
    before = kept.load()
    assert before
    await city.product.heads.tick()
    kept.keep(before)
    after = kept.load()
    assert after and after.note != before.note
    kept.keep(replace(after, taken={}, taken_at=before.taken_at, catching_up=True))  # believed by the page, not made
    assert kept.load() == after


@pytest.mark.parametrize("place", [-2, 2**62, 3])
async def test_a_place_that_is_none_shuts_nobody_out_of_their_mailbox(city: Home, place: int) -> None:
    receipt = await city.citizen().sends(TIP)
    await city.product.heads.tick()
    behind(city, "UPDATE tree_place SET place = :place", place=place)
    keys = {say.key for reply in (await city.citizen("later").says(receipt)).replies for say in reply.says}
    assert any(it.startswith("mailbox.state") for it in keys)


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (Kind.SEQUENCED, {"after": "64", "missing": "99", "exchanged": "yes"}),
        (Kind.SEQUENCED, {}),
        (Kind.FROZEN, {}),
        (Kind.ROSTER, {}),
        (Kind.ROSTER, {"version": "9" * 5000, "digest": ""}),
        (Kind.READ, {"part": "all"}),
    ],
)
async def test_an_officer_speaks_for_no_hour_no_roster_and_no_period(
    city: Home, kind: Kind, facts: dict[str, str]
) -> None:
    """Their own true signature is named, and nothing else comes of it."""
    event = Event(kind, b"", FIRST, city.clock().replace(minute=0), "an", b"x" * 32, facts)
    put_event(city, ledger.sign(event, city.people["an"].signing))
    named = await found(city)
    assert [it for it in named if "may not sign" in it] and not [it for it in named if "99" in it]


async def test_a_leaf_that_stands_twice_is_named(city: Home) -> None:
    """Or a tip could be made to look as if it had come later."""
    await city.citizen().sends(TIP)
    await city.product.heads.tick()
    ((leaf,),) = behind(city, "SELECT leaf FROM event WHERE case_id <> :none", none=b"")
    behind(city, "DELETE FROM tree_place WHERE leaf = :leaf", leaf=leaf)
    behind(city, "INSERT INTO waiting_leaf (leaf, told) VALUES (:leaf, true)", leaf=leaf)
    await city.product.heads.tick()
    assert any("already" in it for it in await found(city))


@pytest.mark.parametrize("moment", ["first of an hour", "later"])
async def test_a_process_that_ends_between_commit_and_file_accuses_nobody(
    city: Home, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await city.citizen("one").sends(TIP)
    if moment == "first of an hour":
        await city.product.heads.tick()
    async with another(city) as ending:
        await ending.citizen("two").sends(TIP + " Số nhà 12.")
        await city.product.heads.tick()
        monkeypatch.setattr("bot.tree_files.TallyFiles.keep", lambda *it: None)
        await ending.citizen("three").sends(TIP + " Số nhà 14.")
        monkeypatch.undo()
    async with another(city) as following:
        await following.citizen("four").sends(TIP + " Số nhà 16.")
    await city.product.heads.tick()
    assert [odd_ones(it) for it in await closings(city)] == [{}] * len(await closings(city))
    assert await found(city) == ()


async def test_an_audit_beside_a_tick_misses_nothing(city: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    await city.citizen().sends(TIP)
    every = SqlLedger.waiting

    async def slowly(self: Any) -> Any:
        rows = await every(self)
        await city.product.heads.tick()
        return rows

    monkeypatch.setattr(SqlLedger, "waiting", slowly)
    assert await found(city) == ()


async def test_a_clock_that_stood_still_accuses_nobody(city: Home) -> None:
    await city.citizen().sends(TIP)
    city.clock.forward(hours=30)
    assert await found(city) == ()
    assert city.clock() > datetime(2026, 11, 24, tzinfo=UTC) - timedelta(hours=1)


async def test_heads_of_before_that_are_gone_are_named(city: Home) -> None:
    await city.product.heads.tick()
    behind(city, "DELETE FROM tree_head WHERE size = 64")
    assert await found(city) == ("the head after 0 leaves: its row is gone",)

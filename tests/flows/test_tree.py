"""The ledger's tree: every event is a leaf of it within the hour, and what is taken away before or after is named."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import key_files, wiring
from storage import engine
from tests.fakes import home
from tests.fakes.desk import browser, log_in
from tests.fakes.home import Home
from tests.fakes.people import AN, KIEM
from tests.fakes.words import DRUGS as TIP
from tips.cases.ledger import Event, Kind
from tips.desk.actions import Fields
from tips.merkle import checkpoints, notes, sequencing, tree
from tips.ports.tree import Known
from tips.transparency import heads

PEOPLE = (AN, KIEM)


@pytest.fixture
async def city(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with home.opened(tmp_path, PEOPLE, database_url) as opened:
        yield opened


def behind(city: Home, statement: str, **values: Any) -> list[Any]:
    """What somebody with the whole database does beside the product."""
    created = sa.create_engine(engine.sync_url(city.settings.database_url))
    try:
        with created.begin() as connection:
            done = connection.execute(sa.text(statement), values)
            return list(done.all()) if done.returns_rows else []
    finally:
        created.dispose()


@contextlib.asynccontextmanager
async def another(city: Home) -> AsyncIterator[Home]:
    """A process that serves the same home for a while."""
    async with wiring.open_product(city.settings, now=city.clock, cost=home.CHEAP) as product:
        yield replace(city, product=product)


def put_back(city: Home, tallies: list[Any]) -> None:
    """The rows of before, which were truly signed."""
    behind(city, "DELETE FROM leaf_tally")
    for instance, body, state, signature in tallies:
        values = {"i": instance, "b": body, "s": state, "g": signature}
        behind(city, "INSERT INTO leaf_tally (instance, body, state, signature) VALUES (:i, :b, :s, :g)", **values)


async def closings(city: Home) -> list[Event]:
    """What the heads so far say of what they took up, in their order."""
    found = await city.recorded(Kind.SEQUENCED)
    return sorted(found, key=lambda it: int(it.facts["after"]))


async def published(city: Home) -> checkpoints.Checkpoint:
    head, *_ = await city.product.store.tree.heads(0, 1)
    return checkpoints.parse(notes.parse(head.note).text)


def recomputed(leaves: list[bytes]) -> bytes:
    """The root by the definition of RFC 9162, §2.1.1, and nothing of ours."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + recomputed(leaves[:split]) + recomputed(leaves[split:])).digest()


async def test_every_event_is_in_the_tree_within_the_hour_and_nobody_can_count_them(city: Home) -> None:
    """Sizes are whole steps, an hour without a word grows the tree as well."""
    await city.product.heads.tick()
    first = await published(city)
    await city.citizen().sends(TIP)
    await city.product.heads.tick()
    second = await published(city)
    await city.product.heads.tick()
    third = await published(city)
    assert [it.size for it in (first, second, third)] == [sequencing.STEP, 2 * sequencing.STEP, 3 * sequencing.STEP]
    every = await city.product.store.ledger.waiting()
    places = await city.product.store.tree.places([it.leaf for it in every])
    assert len(set(places.values())) == len(every)
    leaves = await city.product.store.tree.leaves(0, third.size)
    assert all(leaves[place] == leaf for leaf, place in places.items())
    assert recomputed([leaves[at] for at in range(third.size)]) == third.root


async def test_a_case_that_is_deleted_whole_before_the_hour_is_over_is_missed(city: Home) -> None:
    await city.product.heads.tick()
    await city.citizen().sends(TIP)
    for table in ("reading_grant", "envelope", "mailbox", "event", "milestone", "waiting_leaf", "tip"):
        behind(city, f"DELETE FROM {table}")
    await city.product.heads.tick()
    assert (await closings(city))[-1].facts["missing"] == "1"


async def test_a_tally_that_is_put_back_is_missed_by_who_signed_it(city: Home) -> None:
    """The row of before is truly signed; the process goes on from the one that it kept."""
    await city.product.heads.tick()
    await city.citizen("one").sends(TIP)
    older = behind(city, "SELECT instance, body, state, signature FROM leaf_tally ORDER BY instance")
    known = behind(city, "SELECT leaf FROM waiting_leaf")
    await city.citizen("two").sends(TIP + " Số nhà 12.")
    (newer,) = set(behind(city, "SELECT leaf FROM waiting_leaf")) - set(known)
    behind(city, "DELETE FROM waiting_leaf WHERE leaf = :leaf", leaf=newer[0])
    put_back(city, older)
    await city.product.heads.tick()
    assert (await closings(city))[-1].facts["missing"] == "0"  # nothing is wrong yet for who sees the database alone
    await city.citizen("three").sends(TIP + " Phòng số 6.")
    await city.product.heads.tick()
    assert (await closings(city))[-1].facts["missing"] == "1"


async def test_a_tally_that_is_deleted_hides_nothing_from_who_signed_it(city: Home) -> None:
    await city.product.heads.tick()
    await city.citizen("one").sends(TIP)
    behind(city, "DELETE FROM leaf_tally")
    behind(city, "DELETE FROM waiting_leaf")
    await city.citizen("two").sends(TIP + " Số nhà 12.")
    await city.product.heads.tick()
    assert (await closings(city))[-1].facts["missing"] == "1"


async def test_what_a_process_counted_is_remembered_by_the_next_one(city: Home) -> None:
    """A process that ends is followed by one that has its tally from the run folder."""
    await city.product.heads.tick()
    async with another(city) as first:
        await first.citizen("one").sends(TIP)
        older = behind(city, "SELECT instance, body, state, signature FROM leaf_tally ORDER BY instance")
        await first.citizen("two").sends(TIP + " Số nhà 12.")
    behind(city, "DELETE FROM waiting_leaf")
    put_back(city, older)
    async with another(city) as second:
        await second.citizen("three").sends(TIP + " Phòng số 6.")
    await city.product.heads.tick()
    assert (await closings(city))[-1].facts["missing"] == "2"


async def test_a_leaf_of_no_event_is_not_taken_up_and_is_named(city: Home) -> None:
    await city.product.heads.tick()
    behind(city, "INSERT INTO waiting_leaf (leaf, told) VALUES (:leaf, true)", leaf=bytes(range(32)))
    behind(city, "INSERT INTO waiting_leaf (leaf, told) VALUES (:leaf, true)", leaf=b"no leaf")
    await city.product.heads.tick()
    last = (await closings(city))[-1]
    assert (last.facts["untold"], last.facts["odd"]) == ("0", "2")


async def test_heads_that_somebody_else_wrote_are_passed_over(city: Home) -> None:
    """Neither junk nor a head that the log signed for another size stands in the tree's way."""
    await city.product.heads.tick()
    (note,) = behind(city, "SELECT note FROM tree_head")[0]
    behind(city, "INSERT INTO tree_head (size, note, closing) VALUES (6400, :note, :leaf)", note=note, leaf=bytes(32))
    behind(city, "INSERT INTO tree_head (size, note, closing) VALUES (128, :note, :leaf)", note=b"?", leaf=bytes(32))
    await city.citizen().sends(TIP)
    assert await city.product.heads.tick() == sequencing.STEP
    assert (await published(city)).size == 2 * sequencing.STEP


async def test_a_tree_that_is_emptied_grows_on_from_the_head_that_was_kept(city: Home) -> None:
    """So every head that was ever published is still the beginning of the next, and no two are of one size."""
    await city.product.heads.tick()
    await city.citizen().sends(TIP)
    await city.product.heads.tick()
    before, path = await published(city), tree.consistency_path(2 * sequencing.STEP, 3 * sequencing.STEP)
    for table in ("tree_head", "tree_node", "tree_place", "tree_blind"):
        behind(city, f"DELETE FROM {table}")
    await city.product.heads.tick()
    after = await published(city)
    known = city.product.heads.kept.load()
    assert known is not None
    nodes = {**known.peaks, **await city.product.store.tree.nodes(tree.needed(path))}
    tree.verify_consistency(before.size, before.root, after.size, after.root, tree.hashes(path, nodes))
    for _ in range(3):
        behind(city, "UPDATE tree_node SET hash = :zero WHERE level > 5", zero=bytes(32))
        assert await city.product.heads.tick() == sequencing.STEP
    assert (await published(city)).size == 6 * sequencing.STEP


async def test_of_two_processes_that_grow_it_one_is_too_late(city: Home) -> None:
    await city.product.heads.tick()
    done = await asyncio.gather(*(city.product.heads.tick() for _ in range(3)), return_exceptions=True)
    sizes = [it.size for it in await city.product.store.tree.heads(0, 10)]
    assert len(sizes) == len(set(sizes)) == 1 + sum(isinstance(it, int) for it in done)


async def test_what_was_there_before_there_was_a_tree_joins_it_in_pieces(
    city: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tips.transparency.heads.MOST", 3)
    for number in range(3):
        await city.citizen(f"c{number}").sends(f"{TIP} Số nhà {number}.")
    behind(city, "UPDATE waiting_leaf SET told = false")
    assert await city.product.heads.tick() >= 2 * sequencing.STEP
    assert behind(city, "SELECT count(*) FROM waiting_leaf") == [(0,)]
    assert await found(city) == ()


async def found(city: Home) -> tuple[str, ...]:
    return (await city.product.audit()).problems


async def test_what_is_taken_away_later_is_named_by_its_leaf(city: Home) -> None:
    """A case that is deleted whole, with its place in the tree; the reporter's chain is gone, the leaf is not."""
    await city.citizen().sends(TIP)
    await city.product.heads.tick()
    assert await found(city) == ()
    ((leaf, case),) = behind(city, "SELECT leaf, case_id FROM event WHERE case_id <> :none", none=b"")
    ((place,),) = behind(city, "SELECT place FROM tree_place WHERE leaf = :leaf", leaf=leaf)
    for table in ("reading_grant", "envelope", "mailbox", "milestone", "tip"):
        behind(city, f"DELETE FROM {table}")
    behind(city, "DELETE FROM event WHERE leaf = :leaf", leaf=leaf)
    behind(city, "DELETE FROM tree_place WHERE leaf = :leaf", leaf=leaf)
    gone = (
        f"case {bytes(case).hex()}: an event that stood at the end of it is gone",
        f"leaf {place}: there is neither its event nor what blinds a dummy",
    )
    assert await found(city) == gone
    behind(city, "INSERT INTO tree_blind (place, blind) VALUES (:place, :blind)", place=place, blind=bytes(32))
    assert await found(city) == gone


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("DELETE FROM tree_head", "head 64: "),
        ("DELETE FROM tree_node WHERE level = 0 AND at = 3", "leaf 3: it is gone"),
        (
            "UPDATE tree_node SET hash = (SELECT hash FROM tree_node WHERE level = 0 AND at = 5) WHERE level = 3",
            "nodes",
        ),
        ("UPDATE tree_place SET place = place + 1", "it is said to stand elsewhere"),
        ("DELETE FROM tree_place", "it is said to stand elsewhere"),
        (
            "UPDATE tree_node SET hash = (SELECT hash FROM tree_node WHERE level = 0 AND at = 5) WHERE level = 0",
            "head 64",
        ),
    ],
)
async def test_what_was_done_to_the_tree_is_named(city: Home, edit: str, said: str) -> None:
    await city.citizen().sends(TIP)
    await city.product.heads.tick()
    assert await found(city) == ()
    behind(city, edit)
    assert any(said in it for it in await found(city))


async def test_what_was_missed_is_named_with_its_hour(city: Home) -> None:
    await city.product.heads.tick()
    await city.citizen().sends(TIP)
    behind(city, "DELETE FROM waiting_leaf")
    await city.product.heads.tick()
    named = await found(city)
    assert "hour 2026-11-23 03:00: 1 events were told of and are missing" in named


async def test_an_event_that_no_head_took_up_is_named_once_its_hour_is_over(city: Home) -> None:
    await city.product.heads.tick()
    await city.citizen().sends(TIP)
    behind(city, "DELETE FROM waiting_leaf")
    assert await found(city) == ()
    city.clock.forward(hours=4)
    assert any("it is not in the tree" in it for it in await found(city))


async def test_a_history_that_was_written_anew_is_not_believed(city: Home, tmp_path: Path) -> None:
    """Whoever has the log's own key as well signs another history: the head that was kept says which was first."""
    await city.product.heads.tick()
    await city.citizen().sends(TIP)
    await city.product.heads.tick()
    before = await published(city)
    kept = city.product.heads.kept
    forger = replace(city.product.heads, kept=Forgetful())
    for table in ("tree_head", "tree_node", "tree_place", "tree_blind"):
        behind(city, f"DELETE FROM {table}")
    behind(city, "INSERT INTO waiting_leaf (leaf, told) SELECT leaf, false FROM event WHERE case_id = :none", none=b"")
    for _ in range(3):
        await forger.tick()
    assert (await published(city)).size > before.size
    known, passed_over = await city.product.heads.believed()
    assert known == kept.load() and heads.head_of(known) == before
    assert passed_over == {it.size for it in await city.product.store.tree.heads(before.size, 10)}
    assert any("does not continue" in it for it in await found(city))


class Forgetful:
    """Where somebody begins who has no earlier head."""

    known = None

    def load(self) -> Known | None:
        return self.known

    def keep(self, known: Known) -> None:
        self.known = known


async def test_each_day_the_clock_checks_everything_and_the_desk_says_what_it_found(city: Home) -> None:
    """It is on record, signed by the clock, and shown to who oversees."""
    await city.citizen().sends(TIP)
    await city.product.heads.tick()
    behind(city, "DELETE FROM tree_place")
    (job,) = [it for it in city.product.jobs if it.name == "audit"]
    assert await city.product.jobs.tick(job) > 0
    (done,) = await city.recorded(Kind.AUDITED)
    assert (done.by, int(done.facts["problems"])) == ("clock", len(await found(city)))
    async with browser(city) as client:
        await log_in(client, city, "kiem")
        page = await client.get("/desk/ledger")
        assert f"{done.facts['problems']} chỗ sai" in page.text


async def test_a_run_folder_that_is_full_loses_no_tip_and_accuses_nobody(
    city: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process counted it still knows itself."""
    await city.product.heads.tick()

    write = key_files.write_secret

    def full(path: Path, data: bytes) -> None:
        if path.name.startswith("tally"):
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(key_files, "write_secret", full)
    await city.citizen("one").sends(TIP)
    await city.citizen("two").sends(TIP + " Số nhà 12.")
    await city.product.heads.tick()
    last = (await closings(city))[-1]
    assert (last.facts["events"], last.facts["missing"], last.facts["untold"]) == ("2", "0", "0")


async def test_an_hour_of_honest_work_accuses_nobody(city: Home) -> None:
    """Citizens, officers, commands beside them, a step that came too late, two processes, several heads."""
    await city.product.heads.tick()
    session = await city.session("an")
    async with another(city) as beside:
        for number in range(3):
            await asyncio.gather(
                city.citizen(f"a{number}").sends(f"{TIP} Số nhà {number}."),
                beside.citizen(f"b{number}").sends(f"{TIP} Phòng {number}."),
            )
            (row, *_) = await city.product.review.queue(session)
            await city.product.review.open(session, row.id)
            acts = [city.product.casework.act(session, row.id, "note", Fields(text=f"Ghi {at}.")) for at in range(3)]
            await asyncio.gather(*acts, return_exceptions=True)
            await (beside if number % 2 else city).product.heads.tick()
            city.clock.forward(hours=1)
    await city.citizen("last").sends(TIP)
    await city.product.heads.tick()
    told = [{name: it.facts[name] for name in ("missing", "untold", "odd", "exchanged")} for it in await closings(city)]
    assert all(it == {"missing": "0", "untold": "0", "odd": "0", "exchanged": "no"} for it in told)
    assert await found(city) == ()

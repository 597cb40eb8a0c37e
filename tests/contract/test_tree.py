"""What `tips.ports.tree` promises of the ledger's tree: it is stored whole or not at all, and read as far as it is."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import Store, engine
from tests.contract.conftest import NOON, SIGNING, event, new_case, opened, step
from tests.fakes import databases
from tips import errors
from tips.cases import ledger
from tips.cases.ledger import Event, SignedEvent
from tips.merkle import sequencing, tree
from tips.ports.tree import Growth, Head, Waiting

MANY = 6000  # more than one statement asks for


def ours(head: Head) -> bool:
    """The log signed it, whatever it is."""
    return True


def nobodys(head: Head) -> bool:
    return False


def leaf() -> bytes:
    return secrets.token_bytes(32)


def closing(after: int) -> SignedEvent:
    facts = {"after": str(after)}
    done = Event(ledger.Kind.SEQUENCED, b"", ledger.FIRST, NOON, "clock", secrets.token_bytes(32), facts)
    return ledger.sign(done, SIGNING)


def grown(size: int, leaves: Sequence[bytes], peaks: dict[tree.Node, bytes], blinds: Sequence[bytes] = ()) -> Growth:
    """A growth by its closing event, these leaves, and dummies; the notes are not looked at by a store."""
    done = closing(size)
    dummies = [sequencing.dummy(it) for it in blinds]
    events = [done.leaf, *leaves]
    there = [*events, *dummies]
    first_dummy = size + len(events)
    return Growth(
        Head(size + len(there), b"note %d" % (size + len(there)), done.leaf),
        done,
        tree.grown(size, there, peaks),
        {it: size + at for at, it in enumerate(events)},
        {first_dummy + at: it for at, it in enumerate(blinds)},
    )


async def sequenced(store: Store, after: int = 0, count: int = 4) -> Growth:
    """The next head, with leaves of its own; what waits is left out of it."""
    peaks = await store.tree.nodes(tree.peaks(after))
    growth = grown(after, [leaf() for _ in range(count - 2)], peaks, [leaf()])
    await store.tree.sequence(after, ours, 100, lambda waiting: growth)
    return growth


async def test_what_a_head_brings_is_read_as_it_was_stored(store: Store) -> None:
    growth = await sequenced(store)
    assert await store.tree.heads(0, 10) == [growth.head]
    assert await store.tree.nodes([*growth.nodes]) == growth.nodes
    assert await store.tree.places([*growth.places]) == growth.places
    assert await store.tree.blinds(0, 4) == growth.blinds
    assert await store.tree.leaves(0, 4) == {at: it for (level, at), it in growth.nodes.items() if level == 0}
    assert growth.event in await store.ledger.waiting()


async def test_what_is_not_there_is_not_told_of(store: Store) -> None:
    """An empty tree, and beyond the end of one."""
    assert await store.tree.heads(0, 10) == []
    assert await store.tree.published(1000, 10) == []
    assert await store.tree.cosignatures([4], ["a"]) == {}
    await sequenced(store)
    assert await store.tree.nodes([(0, 4), (1, 2), (9, 0)]) == {}
    assert await store.tree.leaves(4, 9) == await store.tree.blinds(4, 9) == {}
    assert await store.tree.places([leaf()]) == {}
    assert await store.tree.nodes([]) == await store.tree.places([]) == {}


async def test_a_leaf_tells_its_case_as_long_as_both_have_a_row(store: Store) -> None:
    """Also of more leaves than one statement asks for; none of an event that is no case's, or is nowhere."""
    known = [new_case() for _ in range(3)]
    for it in known:
        assert await store.tips.submit(it)
    beside = closing(0)
    await store.ledger.append(beside)
    leaves = {it.case.head: it.case.id for it in known}
    assert await store.tree.cases([*leaves, beside.leaf, *(leaf() for _ in range(MANY))]) == leaves
    assert await store.tree.cases([known[0].case.head]) == {known[0].case.head: known[0].case.id}
    assert await store.tree.cases([]) == {}
    assert await store.tree.newest() == {id_: leaf for leaf, id_ in leaves.items()}
    moved = step(known[0].case)
    await store.cases.apply(moved)
    assert (await store.tree.newest())[moved.case.id] == moved.case.head != known[0].case.head


async def test_an_event_whose_case_is_gone_tells_none(sql_store: Store, database_url: str) -> None:
    """Nor does a case whose head is no event of its own."""
    case, other = new_case(), new_case()
    assert await sql_store.tips.submit(case) and await sql_store.tips.submit(other)
    created = sa.create_engine(engine.sync_url(database_url))
    with created.begin() as connection:
        connection.execute(
            sa.text("UPDATE tip SET head = :it WHERE id = :id"), {"it": case.case.head, "id": other.case.id}
        )
        for table in ("reading_grant", "envelope", "mailbox"):
            connection.execute(sa.text(f"DELETE FROM {table} WHERE case_id = :id"), {"id": case.case.id})
        connection.execute(sa.text("DELETE FROM tip WHERE id = :id"), {"id": case.case.id})
    created.dispose()
    assert await sql_store.tree.cases([case.case.head]) == {}
    assert await sql_store.tree.newest() == {}


async def test_a_stretch_of_leaves_has_its_first_and_not_its_stop(store: Store) -> None:
    growth = await sequenced(store)
    assert set(await store.tree.leaves(1, 3)) == {1, 2}
    (dummy,) = growth.blinds
    assert set(await store.tree.blinds(dummy, dummy + 1)) == {dummy}
    assert await store.tree.blinds(dummy - 1, dummy) == {}


async def test_heads_are_told_the_largest_first_above_a_size_or_down_from_one(store: Store) -> None:
    heads = [(await sequenced(store, after)).head for after in (0, 4, 8)]
    assert await store.tree.heads(0, 10) == heads[::-1]
    assert await store.tree.heads(4, 10) == [heads[2], heads[1]]
    assert await store.tree.heads(0, 1) == [heads[2]]
    assert [head for head, _ in await store.tree.published(8, 10)] == [heads[1], heads[0]]
    assert [head for head, _ in await store.tree.published(11, 1)] == [heads[1]]
    assert await store.tree.published(3, 10) == []


async def test_a_head_comes_with_the_event_that_closed_it(store: Store) -> None:
    growth = await sequenced(store)
    assert await store.tree.published(4, 1) == [(growth.head, growth.event)]


async def test_many_are_asked_for_at_once(store: Store) -> None:
    growth = await sequenced(store)
    wanted = [*growth.places, *(leaf() for _ in range(MANY))]
    assert await store.tree.places(wanted) == growth.places
    far = [(0, at) for at in range(MANY)]
    assert set(await store.tree.nodes(far)) == {(0, at) for at in range(4)}


async def test_who_grows_on_from_an_older_head_is_too_late(store: Store) -> None:
    """And nothing of what it brought is there."""
    first = await sequenced(store)
    late = grown(0, [leaf()], {})
    with pytest.raises(errors.Stale):
        await store.tree.sequence(0, ours, 100, lambda waiting: late)
    assert await store.tree.heads(0, 10) == [first.head]
    assert await store.tree.places([*late.places]) == {}
    assert late.event not in await store.ledger.waiting()


async def test_of_many_at_once_one_grows_the_tree(store: Store) -> None:
    async def once() -> Head:
        growth = grown(0, [leaf()], {})
        await store.tree.sequence(0, ours, 100, lambda waiting: growth)
        return growth.head

    done = await asyncio.gather(*(once() for _ in range(4)), return_exceptions=True)
    won = [it for it in done if isinstance(it, Head)]
    assert len(won) == 1
    assert {type(it) for it in done if it not in won} <= {errors.Stale, errors.StoreUnavailable}
    assert await store.tree.heads(0, 10) == won


async def test_heads_that_are_passed_over_go_with_the_next_one(store: Store) -> None:
    await sequenced(store)
    await sequenced(store, 4)
    growth = grown(4, [leaf()], await store.tree.nodes(tree.peaks(4)))
    await store.tree.sequence(4, nobodys, 100, lambda waiting: growth)
    assert await store.tree.heads(4, 10) == [growth.head]


async def test_a_growth_that_fails_leaves_nothing(store: Store) -> None:
    def grow(waiting: Waiting) -> Growth:
        raise errors.NotVerified("no")

    with pytest.raises(errors.NotVerified):
        await store.tree.sequence(0, ours, 100, grow)
    assert await store.tree.heads(0, 10) == []


async def test_every_event_waits_once_and_no_more_than_asked(store: Store) -> None:
    """Nobody tallies in a store without a book: all of it is untold."""
    await store.tips.submit(new_case())
    for _ in range(3):
        await store.ledger.append(event(b"", ledger.FIRST))
    events = {it.leaf for it in await store.ledger.waiting()}
    assert len(events) == 4
    taken: list[bytes] = []
    peaks: dict[tree.Node, bytes] = {}
    for size in (0, 3):

        def grow(waiting: Waiting, size: int = size) -> Growth:
            assert (len(waiting.told), len(waiting.untold), waiting.odd) == (0, 2, 0)
            taken.extend(waiting.untold)
            growth = grown(size, waiting.untold, peaks)
            peaks.update(growth.nodes)
            return growth

        await store.tree.sequence(size, ours, 2, grow)
    assert len(taken) == len(set(taken))
    assert set(taken) == events


async def test_a_cosignature_is_kept_once_a_head_and_witness(store: Store) -> None:
    """A later one of the same witness takes the place of the earlier; others' and other heads' stay."""
    await store.tree.cosign(64, "báo.example/a", b"first\n")
    await store.tree.cosign(64, "báo.example/a", b"again\n")
    await store.tree.cosign(64, "vks.example", b"other\n")
    await store.tree.cosign(128, "vks.example", b"later\n")
    both = ["báo.example/a", "vks.example"]
    found = await store.tree.cosignatures([64, 128, 192], both)
    assert {size: sorted(lines) for size, lines in found.items()} == {64: [b"again\n", b"other\n"], 128: [b"later\n"]}
    assert await store.tree.cosignatures([64], ["vks.example"]) == {64: [b"other\n"]}
    assert await store.tree.cosignatures([64], []) == await store.tree.cosignatures([], both) == {}


async def test_many_heads_cosignatures_are_asked_for_at_once(store: Store) -> None:
    await store.tree.cosign(64, "a", b"line\n")
    assert await store.tree.cosignatures(range(MANY), ["a"]) == {64: [b"line\n"]}


# --- what a hand left in the rows -------------------------------------------------------------------------------------


@pytest.fixture
async def sqlite_file(tmp_path: Path) -> AsyncIterator[tuple[Store, str]]:
    """The database whose columns take values of any type."""
    url = f"sqlite+aiosqlite:///{tmp_path}/junk.db"
    databases.prepare(url)
    async with opened(url) as opening:
        yield opening, url


def edit(url: str, *statements: str) -> None:
    created = sa.create_engine(engine.sync_url(url))
    with created.begin() as connection:
        for it in statements:
            connection.execute(sa.text(it))
    created.dispose()


async def test_rows_of_another_type_are_not_there(sqlite_file: tuple[Store, str]) -> None:
    store, url = sqlite_file
    growth = await sequenced(store)
    await store.tree.cosign(4, "a", b"line\n")
    edit(
        url,
        "INSERT INTO tree_head (size, note, closing) VALUES ('many', x'00', x'00')",
        "INSERT INTO tree_head (size, note, closing) VALUES (900, 'words', x'00')",
        "INSERT INTO tree_node (level, at, hash) VALUES (0, 7, 'words')",
        "INSERT INTO tree_blind (place, blind) VALUES (7, 7)",
        "INSERT INTO tree_place (leaf, place) VALUES (x'07', 'there')",
        "INSERT INTO tree_cosignature (size, witness, line) VALUES (4, 'b', 'words')",
        "UPDATE event SET body = 'words'",
    )
    assert await store.tree.heads(0, 10) == [growth.head]
    assert await store.tree.published(2000, 10) == [(growth.head, None)]
    assert await store.tree.nodes([(0, 7)]) == await store.tree.leaves(7, 8) == await store.tree.blinds(7, 8) == {}
    assert await store.tree.places([b"\x07"]) == {}
    assert await store.tree.cosignatures([4], ["a", "b"]) == {4: [b"line\n"]}


async def test_rows_of_another_type_stand_in_no_heads_way(sqlite_file: tuple[Store, str]) -> None:
    """What lies at its keys is replaced, and what waits and is no leaf goes."""
    store, url = sqlite_file
    edit(
        url,
        "INSERT INTO tree_head (size, note, closing) VALUES ('many', x'00', x'00')",
        "INSERT INTO tree_node (level, at, hash) VALUES (0, 1, 'words')",
        "INSERT INTO waiting_leaf (leaf, told) VALUES (x'07', 1)",
        "INSERT INTO waiting_leaf (leaf, told) VALUES ('words', 0)",
    )
    growth = grown(0, [leaf()], {})
    odd = []
    for after, next_one in ((0, growth), (2, grown(2, [leaf()], growth.nodes))):

        def grow(waiting: Waiting, next_one: Growth = next_one) -> Growth:
            odd.append((waiting.odd, list(waiting.told), list(waiting.untold)))
            return next_one

        await store.tree.sequence(after, ours, 100, grow)
    assert odd == [(2, [], []), (0, [], [])]
    assert await store.tree.nodes([(0, 1)]) == {(0, 1): growth.nodes[0, 1]}
    assert [it.size for it in await store.tree.heads(0, 10)] == [4, 2]


async def test_what_waits_is_told_from_what_does_not(store: Store) -> None:
    """An event waits from when it is stored to the head that takes it up; a stranger's leaf never did."""
    first = event(b"", ledger.FIRST)
    await store.ledger.append(first)
    assert await store.tree.waiting([first.leaf, leaf()]) == {first.leaf}
    growth = grown(0, [first.leaf], {})
    await store.tree.sequence(0, ours, 100, lambda waiting: growth)
    assert await store.tree.waiting([first.leaf]) == set()

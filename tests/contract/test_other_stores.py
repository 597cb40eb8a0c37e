"""What `tips.ports` promises of drafts, slots, logins, links and the roster."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import storage
from storage import Store
from tests.contract.conftest import NOON, draft, new_case, step
from tests.fakes import databases, memory_store, servers
from tips import errors
from tips.crypto.keys import Cost, LockedIdentity, SealedSeed
from tips.organisation.roles import Role
from tips.organisation.roster import SignedRoster
from tips.ports.desk import Chat
from tips.ports.intake import Drafts
from tips.ports.people import Account, Invitation, StoredSession


@pytest.fixture(params=["memory", "sqlite", "postgresql", "valkey"])
def drafts_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A database, and where drafts are kept beside it; memory has neither."""
    if request.param == "memory":
        yield "", ""
        return
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_url"), ""
        return
    url = f"sqlite+aiosqlite:///{tmp_path}/drafts.db"
    if request.param == "sqlite":
        yield url, ""
        return
    with servers.valkey() as server:
        yield url, servers.valkey_url(server)


@pytest.fixture
async def stores(drafts_urls: tuple[str, str]) -> AsyncIterator[tuple[Store, Store]]:
    """Two processes' stores over the same database and the same drafts."""
    url, drafts_url = drafts_urls
    if not url:
        kept = memory_store.Kept()
        yield memory_store.store(kept), memory_store.store(kept)
        return
    databases.prepare(url)
    async with storage.open_store(url, drafts_url) as one, storage.open_store(url, drafts_url) as other:
        yield one, other


@pytest.fixture
def drafts(stores: tuple[Store, Store]) -> Drafts:
    return stores[0].drafts


async def test_a_draft_is_read_as_it_was_written(drafts: Drafts) -> None:
    """Sealed bytes, version and expiry come back, the version however large it begins."""
    row = draft(2**48 + 1)
    assert await drafts.get(row.key) is None
    await drafts.put(row, 0)
    assert await drafts.get(row.key) == row


async def test_a_draft_is_only_written_over_the_version_that_was_seen(drafts: Drafts) -> None:
    """Of two turns that saw the same draft one is told to look again."""
    await drafts.put(draft(7), 0)
    await drafts.put(draft(8), 7)
    for version, seen in ((9, 7), (1, 0), (2**40, 0)):
        with pytest.raises(errors.Stale):
            await drafts.put(draft(version), seen)
    both = await asyncio.gather(drafts.put(draft(9), 8), drafts.put(draft(9), 8), return_exceptions=True)
    assert sorted(type(it).__name__ for it in both) == ["NoneType", "Stale"]


async def test_no_process_believes_what_it_remembers(stores: tuple[Store, Store]) -> None:
    """What another process wrote is seen at once, and what it overtook is refused."""
    one, other = (store.drafts for store in stores)
    row = draft(5)
    await one.put(row, 0)
    assert await one.get(row.key) == row
    newer = draft(6)
    await other.put(newer, 5)
    assert await one.get(row.key) == newer
    with pytest.raises(errors.Stale):
        await one.put(draft(6), 5)


async def test_a_draft_and_its_tip_are_stored_together(stores: tuple[Store, Store]) -> None:
    """Both, or neither; a tip that is there already is left as it is, and its draft is stored."""
    store, other = stores
    change = new_case()
    await store.drafts.put(draft(3), 0)
    with pytest.raises(errors.Stale):
        await store.drafts.put(draft(9), 1, change)
    with pytest.raises(errors.NotFound):
        await store.cases.get(change.case.id, None)
    sent = draft(4)
    await store.drafts.put(sent, 3, change)
    assert (await other.drafts.get(sent.key), await other.cases.get(change.case.id, None)) == (sent, change.case)
    again = draft(5)
    await other.drafts.put(again, 4, replace(change, case=replace(change.case, urgency="P0")))
    assert await store.drafts.get(sent.key) == again
    assert (await store.cases.get(change.case.id, None)).urgency == change.case.urgency


async def test_a_draft_and_a_step_of_its_case_are_stored_together(stores: tuple[Store, Store]) -> None:
    """A step over a head that has moved on stores no draft; a draft that has moved on stores no step."""
    store, other = stores
    change = new_case()
    await store.drafts.put(draft(3), 0, change)
    onward = step(change.case)
    with pytest.raises(errors.Stale):
        await store.drafts.put(draft(3), 2, onward)
    assert (await other.cases.get(change.case.id, None)).head == change.case.head
    said = draft(4)
    await store.drafts.put(said, 3, onward)
    with pytest.raises(errors.Stale):
        await other.drafts.put(draft(5), 4, onward)
    assert await other.drafts.get(said.key) == said
    assert (await other.cases.get(change.case.id, None)).head == onward.case.head


async def test_of_two_processes_that_send_one_draft_one_does(stores: tuple[Store, Store]) -> None:
    """The tip is there once, and the other one is told to look again."""
    await stores[0].drafts.put(draft(3), 0)
    changes = [new_case(), new_case()]
    sending = (store.drafts.put(draft(4), 3, it) for store, it in zip(stores, changes, strict=True))
    answers = await asyncio.gather(*sending, return_exceptions=True)
    assert sorted(type(it).__name__ for it in answers) == ["NoneType", "Stale"]
    assert [row.id for row in await stores[0].ledger.heads()] == [
        it.case.id for it, answer in zip(changes, answers, strict=True) if answer is None
    ]


async def test_an_expired_draft_is_forgotten(drafts: Drafts) -> None:
    """Only what is past its time goes."""
    old, fresh = draft(key=b"o" * 16, hours=1), draft(key=b"f" * 16, hours=30)
    await drafts.put(old, 0)
    await drafts.put(fresh, 0)
    assert await drafts.expire(old.expires_at) == 1
    assert await drafts.get(old.key) is None
    assert await drafts.get(fresh.key) == fresh


async def test_a_one_time_code_is_spent_once(store: Store) -> None:
    """Whoever comes second with the same or an older step is refused, also at the same moment."""
    await store.accounts.put(Account(LockedIdentity("an", Cost(), b"s" * 16, b"sealed"), 0, 0, None))
    both = await asyncio.gather(store.accounts.spend_code("an", 7, 9), store.accounts.spend_code("an", 7, 9))
    assert sorted(both) == [False, True]
    assert not await store.accounts.spend_code("an", 6, 9)
    assert await store.accounts.spend_code("an", 8, 9)
    assert await store.accounts.spend_code("an", 2, 4)  # 8 was used by a clock that ran ahead
    assert not await store.accounts.spend_code("an", 2, 4)


async def test_an_idle_session_is_forgotten(store: Store) -> None:
    """A touched session stays, an idle one goes with the keys that were in it."""
    for name in (b"a", b"b"):
        await store.accounts.open_session(StoredSession(name * 16, "an", b"sealed", NOON, NOON + timedelta(hours=8)))
    await store.accounts.touch_session(b"b" * 16, NOON + timedelta(minutes=20))
    assert await store.accounts.close_sessions(id=None, idle_before=NOON + timedelta(minutes=15)) == 1
    with pytest.raises(errors.NotFound):
        await store.accounts.session(b"a" * 16)
    assert (await store.accounts.session(b"b" * 16)).name == "an"


async def test_a_version_that_nobody_believes_is_forgotten_and_no_other_one(store: Store) -> None:
    await store.keyring.add_roster(SignedRoster(1, b"true", {}), (), (), ())
    await store.keyring.add_roster(SignedRoster(2, b"junk", {}), (), (), ())
    await store.keyring.forget_roster(1, b"junk")
    await store.keyring.forget_roster(2, b"junk")
    await store.keyring.forget_roster(3, b"junk")
    assert [it.document for it in await store.keyring.rosters()] == [b"true"]


def invitation(number: int, name: str, **more: Any) -> Invitation:
    return Invitation(bytes([number]) * 16, name, "area-770", Role.OFFICER, NOON + timedelta(days=2), **more)


LOCKED = LockedIdentity("an", Cost(64, 1, 1), b"salt", b"sealed")


async def test_an_invitation_is_taken_up_once_and_in_time(store: Store) -> None:
    """Of two at once one has it; what is over or gone nobody takes up."""
    await store.invitations.put(invitation(1, "an"), NOON)
    taken = invitation(1, "an", account=Account(LOCKED, 0, 0, None), public=b"p", verify=b"v")
    late = NOON + timedelta(days=2)
    assert not await store.invitations.take_up(taken, late)
    assert await asyncio.gather(*(store.invitations.take_up(taken, NOON) for _ in range(3))) in (
        [True, False, False], [False, True, False], [False, False, True],
    )  # fmt: skip
    assert await store.invitations.get(taken.id) == taken
    assert not await store.invitations.take_up(invitation(2, "binh", account=taken.account), NOON)


async def test_a_later_invitation_stands_in_place_of_an_earlier_one(store: Store) -> None:
    await store.invitations.put(invitation(2, "binh"), NOON)
    await store.invitations.put(invitation(1, "an"), NOON)
    await store.invitations.put(invitation(3, "an"), NOON)
    assert [it.id[0] for it in await store.invitations.all()] == [3, 2]
    with pytest.raises(errors.NotFound):
        await store.invitations.get(invitation(1, "an").id)
    assert await store.invitations.drop(["binh", "chi"]) == 1
    assert await store.invitations.expire(NOON) == 0
    assert await store.invitations.expire(NOON + timedelta(days=2)) == 1
    assert await store.invitations.all() == []


async def test_keys_that_somebody_made_make_way_for_no_other_invitation(store: Store) -> None:
    """As long as they wait; what is over gives way."""
    await store.invitations.put(invitation(1, "an"), NOON)
    taken = invitation(1, "an", account=Account(LOCKED, 0, 0, None), public=b"p", verify=b"v")
    assert await store.invitations.take_up(taken, NOON)
    assert not await store.invitations.put(invitation(2, "an"), NOON + timedelta(days=1))
    assert await store.invitations.all() == [taken]
    assert await store.invitations.put(invitation(2, "an"), NOON + timedelta(days=2))
    assert await store.invitations.all() == [invitation(2, "an")]


async def test_an_invitation_is_done_with_once_the_roster_names_the_person(store: Store) -> None:
    """And one for who left meanwhile."""
    for number, name in enumerate(("an", "binh", "chi"), start=1):
        await store.invitations.put(invitation(number, name), NOON)
    await store.keyring.add_roster(SignedRoster(1, b"{}", {}), (Account(LOCKED, 0, 0, None),), (), (), ("binh",))
    assert [it.name for it in await store.invitations.all()] == ["chi"]


async def test_who_moves_loses_sessions_and_copies_of_seeds_and_nothing_else(store: Store) -> None:
    """Also none of what the same version gives them."""
    account, chat = Account(LOCKED, 0, 0, None), NOON + timedelta(minutes=10)
    name = LOCKED.name
    old, new = (SealedSeed(unit, 1, name, b"s") for unit in ("area-770", "area-778"))
    other = SealedSeed("area-770", 1, "ba", b"s")
    await store.keyring.add_roster(SignedRoster(1, b"{}", {}), [account], [old, other], ())
    await store.accounts.open_session(StoredSession(b"s" * 16, name, b"sealed", NOON, NOON + timedelta(hours=12)))
    await store.officer_chats.offer(b"c" * 16, name, chat)
    await store.keyring.add_roster(SignedRoster(2, b"{}", {}), (), [new], (), moved=[name])
    assert [it.unit for it in await store.keyring.seeds(name)] == ["area-778"]
    assert [it.unit for it in await store.keyring.seeds("ba")] == ["area-770"]
    assert await store.accounts.sessions(name) == []
    assert (await store.accounts.get(name)).locked == LOCKED
    assert await store.officer_chats.take(b"c" * 16, "41", NOON) == name


async def test_a_link_code_links_one_chat_once(store: Store) -> None:
    """Used, expired and unknown codes get the same answer."""
    await store.officer_chats.offer(b"c" * 16, "an", NOON + timedelta(minutes=10))
    await store.officer_chats.offer(b"d" * 16, "an", NOON - timedelta(minutes=1))
    assert await store.officer_chats.take(b"c" * 16, "41", NOON) == "an"
    for code in (b"c", b"d", b"e"):
        with pytest.raises(errors.NotFound):
            await store.officer_chats.take(code * 16, "42", NOON)
    assert (
        await store.officer_chats.chats(["an", "binh"]) == [await store.officer_chats.chat("41")] == [Chat("41", "an")]
    )
    await store.officer_chats.keep_quiet("41", "22-6")
    assert await store.officer_chats.chats(["an"]) == [Chat("41", "an", "22-6")]
    await store.officer_chats.unlink("41")
    assert await store.officer_chats.chats(["an"]) == []
    with pytest.raises(errors.NotFound):
        await store.officer_chats.chat("41")


async def test_an_organisation_is_kept_under_its_digest_and_mended_in_its_place(store: Store) -> None:
    """Another one lies beside it; what is kept again takes the place of what a hand made of it."""
    with pytest.raises(errors.NotFound):
        await store.keyring.organisation("ab")
    await store.keyring.keep_organisation("ab", b"edited")
    await store.keyring.keep_organisation("cd", b"another")
    await store.keyring.keep_organisation("ab", b"{}")
    assert await store.keyring.organisation("ab") == b"{}"
    assert await store.keyring.organisation("cd") == b"another"


async def test_a_roster_version_is_added_once_with_all_it_names(store: Store) -> None:
    """The second writer of a version is stale, and nothing of it stays."""
    account = Account(LockedIdentity("an", Cost(), b"s" * 16, b"sealed"), 0, 0, None)
    seed = SealedSeed("area-770", 1, "an", b"sealed")
    await store.keyring.add_roster(SignedRoster(1, b"{}", {"x": b"s"}), [account], [seed], [])
    late = Account(LockedIdentity("binh", Cost(), b"s" * 16, b"sealed"), 0, 0, None)
    with pytest.raises(errors.Stale):
        await store.keyring.add_roster(SignedRoster(1, b"{'other'}", {}), [late], [], [])
    with pytest.raises(errors.NotFound):
        await store.accounts.get("binh")
    assert await store.keyring.seeds("an") == [seed]
    assert await store.keyring.newest_roster() == SignedRoster(1, b"{}", {"x": b"s"})


async def test_a_store_at_the_schema_that_is_known_takes_a_tip(stores: tuple[Store, Store]) -> None:
    """What it says at another one: `flows/test_version_skew.py`."""
    for it in stores:
        await it.probe.schema()
        await it.probe()

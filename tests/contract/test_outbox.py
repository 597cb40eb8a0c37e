"""What `tips.ports` promises of what waits to be told: to officers by pings and pushes, to reporters by addresses."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from storage import Store, mapping
from storage.engine import Database
from tests.contract.conftest import NOON, new_case, step
from tips import errors
from tips.cases import pings
from tips.cases.outbox import Trouble
from tips.cases.pings import Ping, PingKind, Push
from tips.ports.desk import Chat
from tips.ports.intake import ClaimedAddress

HOUR = timedelta(hours=1)
AT_ONCE = timedelta(0)  # a lease that is over when it is given: that of a process that died at once
KEY = b"relaykey"


def ping(number: int, case: bytes | None = None, hours: int = 0) -> Ping:
    due = None if case is None else NOON + HOUR
    return Ping(bytes([number]) * 16, "duty", "new", NOON + hours * HOUR, (), case, due)


def push(number: int, chat: str = "1", case: bytes | None = None) -> Push:
    return pings.push(b"test", chat, ping(number, case)) if case else pings.push(bytes([number]), chat, ping(number))


def for_every_chat(told: Sequence[Ping], chats: Sequence[Chat]) -> list[Push]:
    return [pings.push(it.id, chat.id, it) for it in told for chat in chats]


async def linked(store: Store, *chats: str) -> None:
    for chat in chats:
        await store.officer_chats.offer(chat.encode(), f"officer {chat}", NOON + HOUR)
        await store.officer_chats.take(chat.encode(), chat, NOON)


async def waiting(store: Store, *pushes: Push) -> None:
    """These pushes, as a ping would have left them."""
    await store.outbox.add([ping(0)])
    await store.outbox.fan_out(NOON, 1, lambda *_: list(pushes))


# --- officers ---------------------------------------------------------------------------------------------------------


async def test_a_ping_waits_until_its_time(store: Store) -> None:
    several = [replace(ping(at, hours=at), spared=("an",) * at) for at in range(3)]
    several[1] = replace(several[1], case=b"c" * 16, due=NOON)
    await store.outbox.add(several)
    await store.outbox.add([])
    assert await store.outbox.due(NOON + HOUR, 9) == several[:2]
    assert len(await store.outbox.due(NOON + HOUR, 1)) == 1


async def test_a_ping_becomes_one_push_for_each_chat_and_goes(store: Store) -> None:
    """Only those whose time has come, and no more than are asked for; case and due time go along."""
    await linked(store, "1", "2")
    several = [ping(1, b"c" * 16), ping(2), ping(3, hours=2)]
    await store.outbox.add(several)
    assert await store.outbox.fan_out(NOON, 1, for_every_chat) == 1
    assert await store.outbox.fan_out(NOON, 9, for_every_chat) == 1
    assert await store.outbox.fan_out(NOON, 9, for_every_chat) == 0
    assert await store.outbox.due(NOON + 9 * HOUR, 9) == several[2:]
    found = await store.outbox.claim(NOON, 9)
    assert sorted((it.chat, it.case, it.due) for it in found if it.case) == [
        (chat, b"c" * 16, NOON + HOUR) for chat in "12"
    ]
    assert len(found) == 4


async def test_what_cannot_be_fanned_out_leaves_its_ping(store: Store) -> None:
    await store.outbox.add([ping(1)])

    def fails(*_: object) -> list[Push]:
        raise ValueError

    with pytest.raises(ValueError):
        await store.outbox.fan_out(NOON, 9, fails)
    assert await store.outbox.due(NOON, 9) == [ping(1)]


async def test_many_who_fan_out_and_claim_at_once_get_each_push_once(store: Store) -> None:
    """However many processes: every ping is fanned out by one, and every push claimed by one."""
    await linked(store, "1", "2", "3")
    await store.outbox.add([ping(at) for at in range(20)])
    fanned: list[int] = []
    claimed: list[bytes] = []

    async def one() -> None:
        with contextlib.suppress(errors.StoreUnavailable):  # a busy database: the next look tries again
            fanned.append(await store.outbox.fan_out(NOON, 7, for_every_chat))
            claimed.extend(it.id for it in await store.outbox.claim(NOON, 9))

    for _ in range(10):
        await asyncio.gather(*(one() for _ in range(4)))
    assert sum(fanned) == 20
    assert len(claimed) == len(set(claimed)) == 60


async def test_what_was_claimed_and_never_answered_comes_back(store: Store) -> None:
    """The claims of a process that died lapse; until then nobody else gets them."""
    await waiting(store, push(1))
    (first,) = await store.outbox.claim(NOON, 9, AT_ONCE)
    (again,) = await store.outbox.claim(NOON, 9)
    assert await store.outbox.claim(NOON, 9) == []
    assert (first.id, first.tries, again.id, again.tries) == (again.id, 1, first.id, 2)
    await store.outbox.done(first)  # it comes late, and changes nothing
    await store.outbox.bury(first, Trouble.AWAY)
    await store.outbox.give_back(again)
    assert [it.tries for it in await store.outbox.claim(NOON, 9)] == [2]


async def test_a_claim_that_lies_too_far_ahead_is_none(sql_store: Store, database_url: str) -> None:
    """A hand in the row, or the machine's clock that was set back: nothing is held up for ever."""
    await waiting(sql_store, push(1))
    await with_news(sql_store, 1)
    database = Database(database_url)
    async with database.write() as connection:
        for name in ("push", "address"):
            await connection.execute(mapping.table(name).update().values(claimed_until=2**40))
    await database.close()
    assert len(await sql_store.outbox.claim(NOON, 9)) == 1
    assert (await the_claim(sql_store)).tries == 1


async def test_a_push_is_put_off_given_back_or_over(store: Store) -> None:
    await waiting(store, push(1), push(2), push(3))
    one, two, three = await store.outbox.claim(NOON, 9)
    await store.outbox.put_off(one, NOON + HOUR)
    await store.outbox.give_back(two)
    await store.outbox.done(three)
    assert [(it.id, it.tries) for it in await store.outbox.claim(NOON, 9)] == [(two.id, 1)]
    assert [(it.id, it.tries) for it in await store.outbox.claim(NOON + HOUR, 9)] == [(one.id, 2)]


async def test_a_dead_letter_is_kept_until_somebody_decides(store: Store) -> None:
    """It is claimed by nobody; begun anew it counts from nothing; what is no dead letter cannot be dropped."""
    await waiting(store, push(1), push(2))
    one, two = await store.outbox.claim(NOON, 9)
    for letter in (one, two):
        await store.outbox.bury(letter, Trouble.REFUSED)
    assert await store.outbox.claim(NOON + 9 * HOUR, 9, AT_ONCE) == []
    assert {(it.id, it.trouble) for it in await store.outbox.dead()} == {(one.id, "refused"), (two.id, "refused")}
    await store.outbox.send_again(one.id, NOON + HOUR)
    await store.outbox.drop(two.id)
    assert await store.outbox.dead() == []
    assert [(it.id, it.tries) for it in await store.outbox.claim(NOON + HOUR, 9)] == [(one.id, 1)]
    for change in (store.outbox.send_again(one.id, NOON), store.outbox.drop(one.id)):
        with pytest.raises(errors.NotFound):
            await change


async def test_a_dead_letter_for_which_nobody_decides_goes_in_the_end(store: Store) -> None:
    """By since when it waits; what is still to be sent stays."""
    await waiting(store, push(1), push(2))
    (one,) = await store.outbox.claim(NOON, 1)
    await store.outbox.bury(one, Trouble.AWAY)
    await store.outbox.expire(NOON)
    assert len(await store.outbox.dead()) == 1
    await store.outbox.expire(NOON + HOUR)
    assert await store.outbox.dead() == []
    assert len(await store.outbox.claim(NOON, 9)) == 1


async def test_a_digest_is_told_once_in_its_hour_whoever_puts_it(store: Store) -> None:
    """Put again after it was told it is not told again; the next hour's takes its place, told or dead."""
    digests = [pings.push(b"1", chat, Ping(b"", "", PingKind.DIGEST, NOON)) for chat in "12"]
    await asyncio.gather(*(store.outbox.put_digest(digests) for _ in range(4)))
    one, two = await store.outbox.claim(NOON, 9)
    await store.outbox.done(one)
    await store.outbox.bury(two, Trouble.AWAY)
    await store.outbox.put_digest(digests)
    await store.outbox.put_digest([])
    assert await store.outbox.claim(NOON + HOUR, 9) == []
    following = [pings.push(b"2", it.chat, Ping(b"", "", PingKind.DIGEST, NOON + HOUR)) for it in digests]
    await store.outbox.put_digest(following)
    assert await store.outbox.dead() == []
    assert {it.id for it in await store.outbox.claim(NOON + HOUR, 9)} == {it.id for it in following}


async def test_a_case_that_may_not_be_named_any_more_is_named_nowhere(store: Store) -> None:
    """Somebody was shut out, or it was destroyed: pings and pushes go without a name, its topics are forgotten."""
    for changes, forgotten in (({"restricted": True}, False), ({}, True)):
        change = new_case()
        await store.tips.submit(change)
        case = change.case.id
        await store.outbox.add([ping(1, case), ping(2, b"o" * 16)])
        await waiting(store, push(3, case=case))
        await store.officer_chats.keep_topic("1", case, 7)
        await store.cases.apply(replace(step(change.case, **changes), forgotten=forgotten))
        assert await store.officer_chats.topic("1", case) is None
        named = {it.id: it.case for it in await store.outbox.due(NOON, 9)}  # the tip's own ping is there too
        assert (named[ping(1).id], named[ping(2).id]) == (None, b"o" * 16)
        (unnamed,) = await store.outbox.claim(NOON, 9)
        assert (unnamed.case, unnamed.due) == (None, None)
        await store.outbox.fan_out(NOON, 9, lambda *_: [])
        await store.outbox.done(unnamed)


async def test_a_code_links_one_chat_and_its_words_may_come_twice(store: Store) -> None:
    """A messenger that brings the same words again gets the same answer; nobody else's chat does."""
    await store.officer_chats.offer(b"code", "an", NOON + HOUR)
    assert await store.officer_chats.take(b"code", "1", NOON) == "an"
    assert await store.officer_chats.take(b"code", "1", NOON) == "an"
    with pytest.raises(errors.NotFound):
        await store.officer_chats.take(b"code", "2", NOON)
    with pytest.raises(errors.NotFound):
        await store.officer_chats.take(b"code", "1", NOON + HOUR)
    assert await store.officer_chats.chats(["an"]) == [Chat("1", "an")]


@pytest.mark.parametrize("how", ["unlinked", "another's"])
async def test_what_waits_for_a_chat_goes_with_it(store: Store, how: str) -> None:
    """Its pushes and topics, and nobody else's."""
    await linked(store, "1", "2")
    await waiting(store, push(1, "1"), push(2, "2"))
    for chat in "12":
        assert await store.officer_chats.keep_topic(chat, b"c" * 16, 5) == 5
        assert await store.officer_chats.keep_topic(chat, b"c" * 16, 6) == 5
    if how == "unlinked":
        await store.officer_chats.unlink("1")
    else:
        await store.officer_chats.offer(b"other", "somebody else", NOON + HOUR)
        await store.officer_chats.take(b"other", "1", NOON)
    assert [it.chat for it in await store.outbox.claim(NOON, 9)] == ["2"]
    assert await store.officer_chats.topic("1", b"c" * 16) is None
    await store.officer_chats.forget_topic("2", b"c" * 16, 6)
    assert await store.officer_chats.topic("2", b"c" * 16) == 5
    await store.officer_chats.forget_topic("2", b"c" * 16, 5)
    assert await store.officer_chats.topic("2", b"c" * 16) is None


# --- reporters --------------------------------------------------------------------------------------------------------


async def with_news(store: Store, count: int, sealed: bytes = KEY + b"sealed") -> list[bytes]:
    """Cases of reporters for whom something waits from noon on."""
    cases = sorted((new_case() for _ in range(count)), key=lambda it: it.case.id)
    for change in cases:
        await store.tips.submit(change)
        await store.addresses.put(change.case.id, b"older")
        await store.addresses.put(change.case.id, sealed)
        await news(store, change.case.id)
    return [it.case.id for it in cases]


async def news(store: Store, case: bytes) -> None:
    await store.cases.apply(replace(step(await store.cases.get(case, None)), notify_from=NOON))


async def the_claim(store: Store, lease: timedelta = timedelta(minutes=1)) -> ClaimedAddress:
    (claim,) = await store.addresses.claim(KEY, NOON, 9, lease=lease)
    return claim


async def test_news_wait_only_for_who_left_an_address(store: Store) -> None:
    """From the moment that a step names; by pages; and only where the key is this process's."""
    cases = await with_news(store, 3)
    silent = new_case()
    await store.tips.submit(silent)
    await news(store, silent.case.id)
    assert [case for case, _ in await store.addresses.every()] == cases
    assert await store.addresses.claim(KEY, NOON - HOUR, 9) == []
    assert await store.addresses.claim(b"another!", NOON, 9) == []
    (first,) = await store.addresses.claim(KEY, NOON, 1)
    assert first == ClaimedAddress(cases[0], KEY + b"sealed", NOON, 1)
    assert [it.case for it in await store.addresses.claim(KEY, NOON, 9, cases[1])] == cases[2:]
    assert [it.case for it in await store.addresses.claim(KEY, NOON, 9)] == cases[1:2]
    await store.cases.apply(replace(step(await store.cases.get(cases[1], None)), forgotten=True))
    await store.addresses.drop(cases[:1])
    assert [case for case, _ in await store.addresses.every()] == cases[2:]


async def test_many_who_look_at_once_get_each_address_once(store: Store) -> None:
    cases = await with_news(store, 20)
    claimed: list[bytes] = []

    async def one() -> None:
        with contextlib.suppress(errors.StoreUnavailable):
            claimed.extend(it.case for it in await store.addresses.claim(KEY, NOON, 6))

    for _ in range(5):
        await asyncio.gather(*(one() for _ in range(4)))
    assert sorted(claimed) == cases


async def test_who_was_told_waits_for_nothing(store: Store) -> None:
    """Until there are other news."""
    (case,) = await with_news(store, 1)
    await store.addresses.told(await the_claim(store, AT_ONCE))
    assert await store.addresses.claim(KEY, NOON + HOUR, 9) == []
    await news(store, case)
    assert (await the_claim(store)).tries == 1


async def test_news_that_come_while_somebody_is_told_are_told_as_well(store: Store) -> None:
    """Even where they bear the same hour: whatever is answered of the older ones does not count for them."""
    (case,) = await with_news(store, 1)
    for answer in (
        store.addresses.told,
        lambda claim: store.addresses.bury(claim, Trouble.AWAY),
        lambda claim: store.addresses.put_off(claim, NOON + 9 * HOUR),
    ):
        claim = await the_claim(store, AT_ONCE)
        await news(store, case)
        await answer(claim)
    assert (await the_claim(store)).case == case


async def test_an_address_that_was_claimed_and_never_answered_comes_back(store: Store) -> None:
    """And who comes late with an answer changes nothing."""
    await with_news(store, 1)
    first = await the_claim(store, AT_ONCE)
    again = await the_claim(store)
    assert await store.addresses.claim(KEY, NOON, 9) == []
    await store.addresses.told(first)
    await store.addresses.give_back(again)
    assert (await the_claim(store)).tries == again.tries


async def test_news_are_put_off(store: Store) -> None:
    await with_news(store, 1)
    await store.addresses.put_off(await the_claim(store), NOON + HOUR)
    assert await store.addresses.claim(KEY, NOON, 9) == []
    assert [it.tries for it in await store.addresses.claim(KEY, NOON + HOUR, 9)] == [2]


async def test_a_dead_letter_to_a_reporter_is_a_number_until_there_are_other_news(store: Store) -> None:
    (case,) = await with_news(store, 1)
    await store.addresses.bury(await the_claim(store), Trouble.REFUSED)
    assert await store.addresses.dead() == 1
    assert await store.addresses.claim(KEY, NOON + 9 * HOUR, 9) == []
    await news(store, case)
    assert await store.addresses.dead() == 0
    assert (await the_claim(store, AT_ONCE)).tries == 1


async def test_whoever_is_gone_loses_their_address_unless_it_is_another_by_now(store: Store) -> None:
    (case,) = await with_news(store, 1)
    claim = await the_claim(store)
    await store.addresses.put(case, KEY + b"newer")
    await store.addresses.gone(claim)
    assert await store.addresses.every() == [(case, KEY + b"newer")]
    await store.addresses.gone(replace(claim, sealed=KEY + b"newer"))
    assert await store.addresses.every() == []


async def test_what_is_sealed_under_a_lost_key_is_nobody_s(store: Store) -> None:
    mine = await with_news(store, 1)
    await with_news(store, 2, b"lost key and more")
    await store.addresses.lost([])
    assert len(await store.addresses.every()) == 3
    await store.addresses.lost([b"lost key"])
    assert [case for case, _ in await store.addresses.every()] == mine


async def test_what_waits_is_counted_until_it_is_told_or_given_up(store: Store) -> None:
    """Only what could be sent by now; a digest that was told waits no more."""
    push = Push(b"p" * 16, "1", "new", NOON, NOON + timedelta(minutes=1))
    await store.outbox.put_digest([push, replace(push, id=b"q" * 16)])
    assert await store.outbox.waiting(NOON) == 0
    later = NOON + timedelta(minutes=2)
    assert await store.outbox.waiting(later) == 2
    first, second = await store.outbox.claim(later, 2)
    await store.outbox.done(first)
    assert await store.outbox.waiting(later) == 1
    await store.outbox.bury(second, Trouble.REFUSED)
    assert await store.outbox.waiting(later) == 0
    assert await store.addresses.waiting(later) == 0

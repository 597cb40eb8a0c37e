"""Every word once: whatever a platform repeats, however turns race, and whichever process takes them."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot import wiring
from bot.serve import web
from storage import mapping
from storage.engine import Database
from tests.fakes import home, servers
from tests.fakes.home import CHEAP, Citizen, Home, choices
from tests.fakes.words import DRUGS as TIP
from tips.intake.reception import Outcome
from tips.intake.turns import Inbound
from tips.ports.cases import Change
from tips.ports.intake import DraftRow, Drafts

BARE = "xe mau den bien so cuoi 41"  # seven words that were once taken for a receipt


@pytest.fixture
async def twin(a_home: Home) -> AsyncIterator[Citizen]:
    """The same person, met by a second product over the same home: another process, as far as memory goes."""
    async with wiring.open_product(a_home.settings, now=a_home.clock, cost=CHEAP) as other:
        yield Citizen(other, a_home.citizen().sender)


async def thread(a_home: Home) -> list[str]:
    """What the reporter added to the only case, oldest first, as its officer reads it."""
    officer = await a_home.session("an")
    (row,) = await a_home.product.review.queue(officer)
    opened = await a_home.product.review.open(officer, row.id)
    return [it.content.text for it in opened.thread]


async def drafts(url: str) -> list[tuple[int, int]]:
    """The size and the end of each row of drafts."""
    database, table = Database(url), mapping.table("draft").c
    found = await database.rows(sa.select(table.sealed, table.expires_at))
    await database.close()
    return sorted((len(sealed), int(ends.timestamp())) for sealed, ends in found)


async def test_words_that_a_platform_repeats_are_added_once(a_home: Home, twin: Citizen) -> None:
    """The same message again, at once, later, or in another process: the thread has it once."""
    someone = a_home.citizen()
    await someone.says(await someone.sends(TIP))
    said = Inbound("text", text="phòng 6, lầu 2", ref="41")
    first = await someone.hears(said)
    again = await asyncio.gather(someone.hears(said), twin.hears(said), someone.hears(said))
    assert (first.repeated, [it.repeated for it in again]) == (False, [True, True, True])
    await twin.hears(Inbound("text", text="cửa sau", ref="42"))
    assert await thread(a_home) == ["phòng 6, lầu 2", "cửa sau"]


async def test_two_processes_that_get_one_message_at_once_add_it_once(a_home: Home, twin: Citizen) -> None:
    """Of both only one stores it; the other one finds that it was said."""
    someone = a_home.citizen()
    await someone.says(await someone.sends(TIP))
    for number in range(6):
        said = Inbound("text", text=f"lần {number}", ref=f"r{number}")
        await asyncio.gather(someone.hears(said), twin.hears(said))
    assert await thread(a_home) == [f"lần {number}" for number in range(6)]


async def test_answers_without_accents_reach_the_case(a_home: Home) -> None:
    """In a mailbox in use, what is no receipt is words."""
    someone = a_home.citizen()
    await someone.says(await someone.sends(TIP))
    await someone.says(BARE)
    assert await thread(a_home) == [BARE]


async def test_what_is_repeated_after_the_receipt_is_no_new_tip(a_home: Home, twin: Citizen) -> None:
    """The draft has ended; its stub knows the last messages, in every process."""
    someone = a_home.citizen()
    await someone.hears(Inbound("text", text=TIP, ref="1"))
    assert (await someone.hears(Inbound("choose", choice="submit", ref="2"))).receipt
    for who, ref in ((twin, "1"), (someone, "2"), (twin, "2")):
        outcome = await who.hears(Inbound("text", text=TIP, ref=ref))
        assert (outcome.repeated, outcome.replies, outcome.receipt) == (True, (), None)
    assert len(await a_home.cases()) == 1


async def test_turns_of_one_conversation_wait_for_each_other(a_home: Home) -> None:
    """Thirty messages at once, over however many processes: each is kept, once, and nobody is told to try again."""
    someone = a_home.citizen()
    await someone.says(TIP)
    pieces = [f"phòng số {number}" for number in range(30)]
    outcomes = await asyncio.gather(*(someone.says(piece) for piece in pieces))
    assert {outcome.state for outcome in outcomes} == {"summary"}
    assert (await someone.presses("submit")).receipt
    officer = await a_home.session("an")
    (row,) = await a_home.product.review.queue(officer)
    opened = await a_home.product.review.open(officer, row.id)
    assert sorted(opened.tip.text.split("\n")) == sorted((TIP, *pieces))


@dataclass
class Watched:
    """A store of drafts that sees how many turns are between their reading and their writing."""

    drafts: Drafts
    inside: int = 0
    most: int = 0

    async def get(self, key: bytes) -> DraftRow | None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        return await self.drafts.get(key)

    async def put(self, row: DraftRow, seen: int, step: Change | None = None) -> None:
        self.inside -= 1
        await self.drafts.put(row, seen, step)

    async def expire(self, now: datetime) -> int:
        return await self.drafts.expire(now)


async def test_no_two_turns_of_one_conversation_are_under_way_at_once(tmp_path: Path) -> None:
    """Those that come while others end and begin wait as well, and are taken in the order they came."""
    async with (
        home.opened(tmp_path, people=()) as a_home,
        wiring.open_product(a_home.settings, now=a_home.clock, cost=CHEAP) as product,
    ):
        reception, sender, turns = product.reception, a_home.citizen().sender, []
        watched = Watched(reception.vault.drafts)
        reception.vault = replace(reception.vault, drafts=watched)
        for number in range(40):
            turns.append(asyncio.create_task(reception.turn(sender, Inbound("text", text=f"{TIP} {number}"))))
            await asyncio.sleep(0.001)
        await asyncio.gather(*turns)
        assert (watched.most, watched.inside) == (1, 0)
        held = await reception.vault.load(reception.key(sender))
        assert held.draft
        assert [it.text.rpartition(" ")[2] for it in held.draft.fragments] == [str(number) for number in range(40)]


async def test_every_receipt_that_two_processes_give_finds_a_tip_of_its_own(a_home: Home, twin: Citizen) -> None:
    """One person sends five tips, each turn by the other process: five tips, five receipts."""
    someone = a_home.citizen()
    receipts = []
    for number in range(5):
        await someone.says(f"{TIP} Lần thứ {number}.")
        receipts.append((await twin.presses("submit")).receipt)
        someone, twin = twin, someone
    assert len(set(receipts)) == 5
    assert len(await a_home.cases()) == 5
    cases = {(await a_home.product.mailboxes.read(str(it))).case.id for it in receipts}
    assert len(cases) == 5


async def test_two_processes_that_send_one_draft_store_one_tip(a_home: Home, twin: Citizen) -> None:
    """Pressed twice at once: one tip, and only its receipt is ever shown."""
    someone = a_home.citizen()
    await someone.says(TIP)
    outcomes = await asyncio.gather(someone.presses("submit"), twin.presses("submit"))
    assert len({it.receipt for it in outcomes if it.receipt}) == 1
    assert len(await a_home.cases()) == 1


async def test_words_set_aside_are_sent_by_the_other_process(a_home: Home, twin: Citizen) -> None:
    """`Send anyway` needs no memory of the process that did not take them for a tip."""
    greeting = "Xin chào, cho tôi hỏi mấy giờ làm việc"
    outcome = await a_home.citizen().says(greeting)
    assert "send_anyway" in choices(outcome)
    assert await sent(twin, await twin.presses("send_anyway"))
    row = await a_home.the_case()
    session = await a_home.session_at(row.unit)
    assert (await a_home.product.review.open(session, row.id)).tip.text == greeting


async def sent(someone: Citizen, outcome: Outcome) -> bool:
    """Refuse every question and send."""
    for _ in range(4):
        if outcome.receipt:
            return True
        offered = choices(outcome)
        outcome = await someone.presses("submit" if "submit" in offered else "skip")
    return False


async def test_no_row_tells_whether_its_tip_was_sent(a_home: Home, database_url: str) -> None:
    """Unfinished, sent, cancelled or erased: a row of one size and end for each, for a day after the last turn."""
    url = a_home.settings.database_url
    for name, last in (("unfinished", ""), ("sent", "submit"), ("cancelled", "cancel"), ("erased", "erase")):
        someone = a_home.citizen(name)
        await someone.says(TIP)
        if last:
            await someone.presses(last)
    await a_home.product.reception.forget(a_home.citizen("unfinished too").sender)
    found = await drafts(url)
    assert len(found) == 4
    assert len(set(found)) == 1
    a_home.clock.forward(hours=23)
    assert await a_home.product.store.drafts.expire(a_home.clock()) == 0
    a_home.clock.forward(hours=2)
    assert await a_home.product.store.drafts.expire(a_home.clock()) == 4


async def test_a_long_draft_leaves_a_stub_of_its_own_size(a_home: Home) -> None:
    """What was written and taken back again does not show in the row."""
    url = a_home.settings.database_url
    someone = a_home.citizen()
    await someone.says(TIP * 40)
    ((long, _),) = await drafts(url)
    await someone.presses("cancel")
    ((stub, _),) = await drafts(url)
    await someone.says(TIP)
    ((short, _),) = await drafts(url)
    assert long == stub == short > 3000


async def test_a_mailbox_is_read_while_nothing_can_be_written(tmp_path: Path) -> None:
    """A full or locked disk keeps nobody from reading the answer; it is said that nothing can be added now."""
    async with home.opened(tmp_path) as a_home:
        someone = a_home.citizen()
        code = await someone.sends(TIP)
        with contextlib.closing(sqlite3.connect(a_home.settings.home / "tinbao.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            outcome = await someone.says(code)
            other.execute("ROLLBACK")
        said = [say.key for reply in outcome.replies for say in reply.says]
        assert (said[0], said[-1]) == ("mailbox.state.unread", "mailbox.read_only")
        assert (await someone.says(BARE)).state != "mailbox"


async def test_a_receipt_is_shown_though_valkey_goes_while_the_tip_is_sent(tmp_path: Path) -> None:
    """The tip is stored, so the person gets its receipt: now, and again when Valkey is back with nothing in it."""
    async with home.opened(tmp_path) as a_home:
        a_home.clock.moment = datetime.now(UTC)  # Valkey forgets drafts by its own clock
        with servers.valkey() as server:
            own = replace(a_home.settings, drafts_url=servers.valkey_url(server))
            async with wiring.open_product(own, now=a_home.clock, cost=CHEAP) as product:
                someone = Citizen(product, a_home.citizen().sender)
                await someone.says(TIP)
                with contextlib.closing(sqlite3.connect(own.home / "tinbao.db", isolation_level=None)) as other:
                    other.execute("BEGIN IMMEDIATE")
                    pressed = Inbound("choose", choice="submit")
                    sending = asyncio.create_task(product.reception.turn(someone.sender, pressed))
                    async with asyncio.timeout(5):
                        while not server.client().keys("tinbao:claim:*"):
                            await asyncio.sleep(0.01)
                    server.stop()
                    other.execute("ROLLBACK")
                    code = (await sending).receipt
        with servers.valkey() as server:
            own = replace(own, drafts_url=servers.valkey_url(server))
            async with wiring.open_product(own, now=a_home.clock, cost=CHEAP) as product:
                someone = Citizen(product, someone.sender)
                assert code
                assert (await someone.says("còn ai không")).receipt == code
                assert (await product.mailboxes.read(code)).case.state == "received"


async def test_a_receipt_that_a_page_never_showed_is_not_confirmed_by_it(a_home: Home) -> None:
    """Two tabs of one person: what the first one confirms is its own receipt; the other's stays due."""
    reception, sender = a_home.product.reception, a_home.citizen().sender
    pressed = Inbound("choose", choice="submit")
    await reception.turn(sender, Inbound("text", text=TIP))
    first = await reception.turn(sender, pressed)
    await reception.turn(sender, Inbound("text", text=f"{TIP} Lần nữa.", confirms=first.tags))
    second = await reception.turn(sender, pressed)  # and its answer is lost
    outcome = await reception.turn(sender, Inbound("text", text="/giupdo", confirms=first.tags))
    assert (outcome.receipt, outcome.tags) == (second.receipt, second.tags)
    assert (await reception.turn(sender, Inbound("text", text="/giupdo", confirms=second.tags))).receipt is None


async def test_a_refused_file_is_told_beside_words_that_are_added(a_home: Home) -> None:
    """In a mailbox too: nobody believes that their evidence arrived."""
    someone = a_home.citizen()
    await someone.says(await someone.sends(TIP))
    outcome = await someone.hears(Inbound("file", text="ảnh cửa sau", problem="broken"))
    assert [say.key for reply in outcome.replies for say in reply.says] == [
        "file.broken",
        "mailbox.added",
        "mailbox.your_words",
    ]
    assert await thread(a_home) == ["ảnh cửa sau"]


# --- a page that asks again -------------------------------------------------------------------------------------------


@pytest.fixture
async def page(a_home: Home) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without scripts."""
    transport = httpx.ASGITransport(web.build(a_home.product, frozenset({"intake"})))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def say(page: httpx.AsyncClient, **fields: str) -> str:
    """One turn; all that was said."""
    answer = await page.post("/api/chat", data=fields)
    return "\n".join(message["text"] for message in answer.json()["messages"])


async def test_a_form_that_comes_twice_loses_no_words_set_aside(page: httpx.AsyncClient, a_home: Home) -> None:
    """Nor does opening the page anew: they can still be sent."""
    greeting = "Xin chào, cho tôi hỏi mấy giờ làm việc"
    for _ in range(2):
        await say(page, text=greeting, ref="one")
    assert "Vẫn gửi" in (await page.get("/")).text
    await say(page, choose="send_anyway", ref="two")
    for choice in ("skip", "skip", "skip", "submit"):
        await say(page, choose=choice)
    row = await a_home.the_case()
    session = await a_home.session_at(row.unit)
    assert (await a_home.product.review.open(session, row.id)).tip.text == greeting


async def test_an_addition_that_comes_twice_is_added_once_and_leaves_the_mailbox_open(
    page: httpx.AsyncClient, a_home: Home
) -> None:
    """What is written next goes into the case as well."""
    await say(page, text=await a_home.citizen().sends(TIP))
    for _ in range(2):
        await say(page, text="họ có súng", ref="one")
    await page.get("/")
    await say(page, text="nó chạy về hướng tân bình", ref="two")
    assert await thread(a_home) == ["họ có súng", "nó chạy về hướng tân bình"]


async def test_other_words_under_an_old_reference_are_said_for_the_first_time(
    page: httpx.AsyncClient, a_home: Home
) -> None:
    """A page whose answer was lost may have gone on: nothing that was typed is dropped."""
    await say(page, text=TIP, ref="one")
    await say(page, text=f"{TIP}\nchủ quán tên Tám", ref="one")
    await say(page, choose="submit")
    officer = await a_home.session("an")
    (row,) = await a_home.product.review.queue(officer)
    assert "chủ quán tên Tám" in (await a_home.product.review.open(officer, row.id)).tip.text


async def test_a_draft_of_a_later_program_can_be_erased(a_home: Home) -> None:
    """Who puts an older program back: nothing is read wrongly, people are told, and quick exit works."""

    class Later:
        def to_bytes(self) -> bytes:
            return b'{"v": 99}'

    citizen = a_home.citizen()
    await citizen.says(TIP)
    vault, key = a_home.product.reception.vault, a_home.product.reception.key(citizen.sender)
    for _ in range(2):
        await vault.save(await vault.load(key), Later())  # type: ignore[arg-type]
        outcome = await citizen.says("xin chào")
        assert outcome.replies[0].says[0].key == "drafts_lost"
    await vault.save(await vault.load(key), Later())  # type: ignore[arg-type]
    await a_home.product.reception.forget(citizen.sender)
    assert not (await vault.load(key)).lost

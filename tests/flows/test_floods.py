"""A flood, met without knowing anybody: look-alikes wait in a calm lane, masses from the web cost work or patience."""

import itertools
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from bot.serve import web
from tests.fakes import gallery, home, loopback, served, servers
from tests.fakes.home import Home
from tests.fakes.served import Citizen, Served
from tests.fakes.two import PROCESSES
from tips.intake import flood
from tips.intake.flood import Gate
from tips.intake.rate_limits import Memory

OPEN_FOR = flood.OPEN_FOR // PROCESSES  # from the web, through the one process that these doors are of
SELLING = "Có người bán ma tuý đá trong hẻm 12 đường Trần Quang Diệu, phường 14, quận 3, tối nào cũng giao hàng"
# Eight pairs of words in common at most: below the share that counts, whichever of them a process compares.
STEALING = "Có người bẻ khoá lấy xe máy trong hẻm 12 đường Trần Quang Diệu, quận 3, tuần này mất ba chiếc"
WAIT = "chờ"


@pytest.fixture
async def page(a_home: Home) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without scripts at the product's web chat, of a new person each time its cookies are cleared."""
    transport = httpx.ASGITransport(web.build(a_home.product, {web.INTAKE}))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def say(page: httpx.AsyncClient, **fields: str) -> dict[str, object]:
    """One turn; what came back."""
    answer = await page.post("/api/chat", data=fields, headers={"origin": "http://127.0.0.1"})
    assert answer.status_code == 200
    turn: dict[str, object] = answer.json()
    return turn


async def ready(page: httpx.AsyncClient, text: str = SELLING) -> None:
    """A tip that only has to be sent."""
    page.cookies.clear()
    await say(page, text=text)


async def crowded(page: httpx.AsyncClient) -> None:
    """So many tips from the web that the next one costs work."""
    for number in range(OPEN_FOR):
        await ready(page, f"{SELLING}, căn số {number}")
        assert (await say(page, choose="submit"))["receipt"]


def proof(puzzle: str) -> str:
    return next(answer for it in itertools.count() if flood.solves(puzzle, answer := str(it)))


async def test_a_browser_solves_a_puzzle_and_is_let_in(page: httpx.AsyncClient) -> None:
    """A wrong answer is told to wait, and loses nothing; a puzzle serves one conversation."""
    await crowded(page)
    await ready(page)
    asked = await say(page, choose="submit")
    assert asked["receipt"] is None
    assert WAIT in json.dumps(asked["messages"], ensure_ascii=False)
    own = proof(str(asked["puzzle"]))
    wrong = await say(page, choose="submit", proof=own + "x")
    assert (wrong["receipt"], wrong["puzzle"]) == (None, asked["puzzle"])
    assert (await say(page, choose="submit", proof=own))["receipt"]
    await ready(page)
    assert (await say(page, choose="submit", proof=own))["receipt"] is None


WAYS = [{"choose": "submit:hide"}, *({"text": it} for it in ("gửi đi", "1", "1" + " " * 80, "gửi đi" + "\u200b" * 80))]


async def test_words_beside_a_file_send_nothing(page: httpx.AsyncClient) -> None:
    """Or a file that is turned down would carry a tip around the gate."""
    await ready(page)
    for words in ("1", "gửi đi"):
        answer = await page.post("/api/chat", data={"text": words}, files={"file": ("a.txt", b"x")})
        assert answer.json()["receipt"] is None


@pytest.mark.parametrize("way", WAYS, ids=str)
async def test_no_other_way_to_send_gets_around_it(page: httpx.AsyncClient, way: dict[str, str]) -> None:
    """The second button, a typed word, a number: each costs the same."""
    await crowded(page)
    await ready(page)
    assert (await say(page, **way))["receipt"] is None
    asked = await say(page, **way)
    assert asked["puzzle"]
    assert (await say(page, **way, proof=proof(str(asked["puzzle"]))))["receipt"]


async def test_who_cannot_compute_waits(a_home: Home, page: httpx.AsyncClient) -> None:
    await crowded(page)
    await ready(page)
    assert (await say(page, choose="submit"))["receipt"] is None
    a_home.clock.forward(seconds=flood.PATIENCE.total_seconds() - 1)
    assert (await say(page, choose="submit"))["receipt"] is None
    a_home.clock.forward(seconds=1)
    assert (await say(page, choose="submit"))["receipt"]


async def test_the_gate_opens_again(a_home: Home, page: httpx.AsyncClient) -> None:
    await crowded(page)
    a_home.clock.forward(minutes=10)
    await ready(page)
    assert (await say(page, choose="submit"))["receipt"]


# --- puzzles that nobody keeps ----------------------------------------------------------------------------------------


def a_gate(now: home.Clock, key: bytes = b"k" * 32) -> Gate:
    """A gate that is closed to tips."""
    return Gate(Memory(now), lambda: key, now, os.urandom, open_for=1)


async def closed(gate: Gate) -> Gate:
    await gate.count("tip")
    assert await gate.closed("tip")
    return gate


async def test_a_solved_puzzle_counts_once_and_only_for_its_conversation() -> None:
    """Also when many send it at the same moment."""
    clock = home.Clock()
    gate = await closed(a_gate(clock))
    puzzle = await gate.puzzle("one", "")
    answer = proof(puzzle)
    assert not await gate.passes("tip", "other", puzzle, answer)
    assert [await gate.passes("tip", "one", puzzle, answer) for _ in range(3)] == [True, False, False]
    assert await gate.puzzle("one", puzzle) != puzzle


@pytest.mark.parametrize(
    "altered", ["", "-", "0-", "x", "9" * 40, "١٢٣-" + "0" * 32, "1-" + "0" * 32, "1e9-" + "0" * 32, "é"]
)
async def test_a_puzzle_that_was_not_given_out_is_none(altered: str) -> None:
    """Neither solved nor waited for: a moment of long ago is not believed."""
    clock = home.Clock()
    gate = await closed(a_gate(clock))
    assert not await gate.passes("tip", "one", altered, proof(altered))
    made = await gate.puzzle("one", altered)
    moment, _, rest = made.partition("-")
    earlier = f"{int(moment) - 60}-{rest}"
    assert not await gate.passes("tip", "one", earlier, proof(earlier))
    assert not await gate.passes("tip", "one", made, "")
    foreign = await a_gate(clock, b"o" * 32).puzzle("one", "")
    assert not await gate.passes("tip", "one", foreign, proof(foreign))


async def test_waiting_counts_from_when_the_puzzle_was_given_and_once_each_time() -> None:
    """Whoever keeps pressing neither waits longer nor gets through more often; a puzzle of long ago is renewed."""
    clock = home.Clock()
    gate = await closed(a_gate(clock))
    puzzle = await gate.puzzle("one", "")
    for _ in range(4):
        clock.forward(seconds=4)
        assert not await gate.passes("tip", "one", puzzle, "")
        assert await gate.puzzle("one", puzzle) == puzzle
    clock.forward(seconds=4)
    assert [await gate.passes("tip", "one", puzzle, "") for _ in range(3)] == [True, False, False]
    clock.forward(minutes=5)
    assert await gate.passes("tip", "one", puzzle, "")
    clock.moment += flood.LIFE
    await gate.count("tip")
    assert await gate.puzzle("one", puzzle) != puzzle
    assert not await gate.passes("tip", "one", puzzle, "")


# --- files ------------------------------------------------------------------------------------------------------------


async def attack(page: httpx.AsyncClient, uploads: int) -> int:
    """So many strangers with a tiny file each; how many were taken."""
    taken = 0
    for number in range(uploads):
        page.cookies.clear()
        content = gallery.picture("PNG", (2, 1 + number % 3))
        answer = await page.post("/api/chat", files={"file": ("a.png", content)})
        taken += "Đã nhận tệp" in answer.text
    page.cookies.clear()
    return taken


async def give(page: httpx.AsyncClient, **fields: str) -> httpx.Response:
    return await page.post("/api/chat", data=fields, files={"file": ("a.png", gallery.picture("PNG"))})


async def test_four_hundred_strangers_with_files_keep_nobodys_out(a_home: Home, page: httpx.AsyncClient) -> None:
    """Beyond the first ones each costs work; a page that asks before it sends gets its file through at once."""
    assert await attack(page, 401) == OPEN_FOR
    toll = (await page.get("/api/toll")).json()["puzzle"]
    answer = await give(page, text=SELLING, proof=proof(toll))
    assert "Đã nhận tệp" in answer.text
    assert (await say(page, choose="submit"))["receipt"]
    again = await give(page, proof=proof(toll))
    assert "Đã nhận tệp" not in again.text
    assert again.json()["puzzle"] not in {None, toll}


async def test_without_scripts_a_file_waits_and_its_words_do_not(a_home: Home, page: httpx.AsyncClient) -> None:
    """The words are the tip at once; the file is taken when it is sent again after the wait."""
    product = a_home.product
    gate = Gate(product.counters, product.run.web_key, product.now, product.random)
    for _ in range(OPEN_FOR):
        await gate.count("file")
    assert (await page.get("/api/toll")).json()["puzzle"]
    picture = {"file": ("a.png", gallery.picture("PNG"))}
    turned = await page.post("/chat", data={"text": SELLING}, files=picture)
    assert "chờ nửa phút" in turned.text
    assert "submit" in turned.text
    a_home.clock.forward(seconds=flood.PATIENCE.total_seconds())
    assert "Đã nhận tệp" in (await page.post("/chat", files=picture)).text
    a_home.clock.moment += flood.WINDOW
    assert (await page.get("/api/toll")).json()["puzzle"] is None


# --- two processes ----------------------------------------------------------------------------------------------------


async def test_two_processes_count_together_and_know_each_others_puzzles() -> None:
    """On one Valkey: the tips of both close the gate of both, and a puzzle of one is spent at the other, once."""
    with home.in_memory() as folder, servers.valkey() as valkey:
        one = served.made(folder)
        two = Served(folder, loopback.free_port(), one.admins, one.officers)
        more = {"TINBAO_DRAFTS_URL": servers.valkey_url(valkey)}
        async with served.serving(one, more=more), served.serving(two, more=more):
            for number in range(flood.OPEN_FOR):
                async with Citizen((one, two)[number % 2].url) as citizen:
                    await citizen.sends(f"{SELLING}, căn số {number}")
            async with httpx.AsyncClient(trust_env=False, timeout=20) as browser:
                await browser.post(f"{one.url}/api/chat", data={"text": SELLING})
                refused = (await browser.post(f"{one.url}/api/chat", data={"choose": "submit"})).json()
                assert (refused["receipt"], refused["state"]) == (None, "flooded")
                fields = {"choose": "submit", "proof": proof(refused["puzzle"])}
                assert (await browser.post(f"{two.url}/api/chat", data=fields)).json()["receipt"]
                for at in (one, two):
                    await browser.post(f"{at.url}/api/chat", data={"text": SELLING, "ack": "1"})
                    assert not (await browser.post(f"{at.url}/api/chat", data=fields)).json()["receipt"]


async def test_a_process_alone_takes_its_share() -> None:
    """Of sixty, each of four grants fifteen; of one, each still grants one."""
    clock = home.Clock()
    four = Memory(clock, processes=4)
    assert sum([await four.hit(b"a", 60, timedelta(minutes=1)) for _ in range(60)]) == 15
    assert [await four.hit(b"b", 1, timedelta(minutes=1)) for _ in range(2)] == [True, False]
    clock.forward(minutes=1)
    assert await four.hit(b"a", 60, timedelta(minutes=1))


async def test_a_crowd_of_strangers_does_not_make_a_count_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has an end; what is asked for stays, what nobody asks for goes."""
    monkeypatch.setattr("tips.intake.rate_limits.KEPT", 50)
    memory, minute = Memory(home.Clock()), timedelta(minutes=1)
    assert await memory.hit(b"gate", 1, minute)
    for number in range(500):
        await memory.hit(b"%d" % number, 1, minute)
        assert await memory.full(b"gate", 1, minute)
    assert await memory.hit(b"0", 1, minute)


# --- look-alikes ------------------------------------------------------------------------------------------------------


async def test_look_alikes_in_masses_wait_behind_and_a_tip_among_them_does_not(a_home: Home) -> None:
    """All are kept; beyond ten of a kind each says why it is last."""
    for number in range(flood.CROWD + 2):
        await a_home.citizen(f"neighbour {number}").sends(f"{SELLING}, căn số {number}")
    await a_home.citizen("another").sends(STEALING)
    assert await lanes(a_home) == {"drugs.trade": flood.CROWD, "drugs.trade, crowd": 2, "property.theft": 1}


async def test_a_crowd_is_forgotten_after_an_hour(a_home: Home) -> None:
    for number in range(flood.CROWD):
        await a_home.citizen(f"neighbour {number}").sends(SELLING)
    a_home.clock.forward(minutes=61)
    await a_home.citizen("another").sends(SELLING)
    assert await lanes(a_home) == {"drugs.trade": flood.CROWD + 1}


async def lanes(home: Home) -> Counter[str]:
    """How many cases the desk finds of each category, those that wait behind apart."""
    officer = await home.session("an")
    found: Counter[str] = Counter()
    for row in await home.product.review.queue(officer):
        reasons = [it["rule"] for it in (await home.product.review.open(officer, row.id)).tip.facts["reasons"]]
        crowd = "crowd" in reasons
        assert crowd == (row.urgency == flood.LAST)
        found[f"{row.category}, crowd" if crowd else row.category] += 1
    return found

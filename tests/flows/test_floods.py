"""A flood, met without knowing anybody: look-alikes wait in a calm lane, masses from the web cost work or patience."""

import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from bot import web
from tests.fakes.home import Home
from tips import flood

SELLING = "Có người bán ma tuý đá trong hẻm 12 đường Trần Quang Diệu, phường 14, quận 3, tối nào cũng giao hàng"
STEALING = "Có người bẻ khoá lấy xe máy trong hẻm 12 đường Trần Quang Diệu, phường 14, quận 3, tuần nào cũng mất"
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
    for number in range(flood.OPEN_FOR):
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

"""Finding a case again: by its code, or by words in what somebody has opened before; and what is never gone through."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.fakes.desk import CSRF, acts, browser, log_in
from tests.fakes.home import Home
from tests.fakes.people import CHI
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED
from tests.flows.test_insider import signs
from tips import errors
from tips.cases import ledger
from tips.cases.case import Case
from tips.cases.claims import Entry, Signature
from tips.cases.ledger import Kind, SignedEvent
from tips.desk import search
from tips.ports.cases import Change, Ledger

OTHER = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý, xe biển 59X1, gọi số 0903.123.456."
LATER = "Thêm: người cầm đầu tên Hùng ở số nhà 12 hẻm 5."


async def finds(client: httpx.AsyncClient, words: str) -> httpx.Response:
    """Type it into the queue's box, and Enter."""
    csrf = CSRF.search((await client.get("/desk/")).text)
    return await client.post("/desk/search", data={"csrf": csrf.group(1) if csrf else "", "words": words})


def shown(page: httpx.Response) -> list[str]:
    """The cases that are found by words."""
    return re.findall(r'<article.*?href="/desk/case/([0-9a-f]{32})"', page.text, re.DOTALL)


def excerpts(page: httpx.Response) -> list[str]:
    return re.findall(r'<p class="found">(.*?)</p>', page.text, re.DOTALL)


async def case_with(home: Home, text: str) -> Case:
    """A tip that says this, and its case."""
    return await home.case_of(await home.citizen(text).sends(text))


async def searches(home: Home) -> list[ledger.Event]:
    """What the ledger holds of searches."""
    events = map(ledger.parse, await home.product.store.ledger.waiting())
    return [it for it in events if it.kind is Kind.SEARCHED]


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it stands": lambda code: code,
    "lower case": str.lower,
    "without a dash": lambda code: code.replace("-", ""),
    "spaces": lambda code: f"  {code.replace('-', ' ')} ",
    "dots": lambda code: code.replace("-", "."),
    "look-alikes": lambda code: code.replace("0", "o").replace("1", "l"),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
async def test_a_case_s_code_leads_straight_to_it(a_home: Home, spelling: Callable[[str], str]) -> None:
    """Whatever way people type it; the case is read then, and nothing was searched."""
    row = await case_with(a_home, TIP)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        page = await finds(client, spelling(row.code))
        assert page.url.path == f"/desk/case/{row.id.hex()}"
        assert not page.url.query
        assert TIP in page.text
    assert await searches(a_home) == []


async def test_the_beginning_of_a_code_lists_its_case_and_another_unit_s_case_is_not_there(a_home: Home) -> None:
    """From four signs on, and nothing is opened; who may not see the case finds nothing, as if there were none."""
    row = await case_with(a_home, TIP)
    async with browser(a_home) as client, browser(a_home) as stranger:
        await log_in(client, a_home, "an")
        await log_in(stranger, a_home, "binh")
        for signs in (4, 6, 7):
            page = await finds(client, row.code.replace("-", "")[:signs])
            assert page.url.path == "/desk/search"
            assert row.id.hex() in page.text
            assert not (await a_home.case(row.id)).opened
            assert row.code not in re.sub(r'value="[^"]*"', "", (await finds(stranger, row.code[:signs])).text)
        assert row.id.hex() not in (await finds(client, row.code[:3])).text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("karaoke", True),
        ("MA TUÝ", True),
        ("tuy ma sy", True),
        ("lê văn sĩ", True),
        ("sỹ: karaoke, ma-tuý!", True),
        ("59x1", True),
        ("59 X 1", True),
        ("0903123456", True),
        ("0903 123 456", True),
        ("karaok", False),
        ("karaoke heroin", False),
        ("0903123457", False),
        ("phòng mấy", True),  # what was asked
        ("karaoke mấy", True),  # one word in the tip, one in the question
    ],
)
async def test_words_are_found_as_people_type_them(a_home: Home, words: str, *, found: bool) -> None:
    """Without accents, in any case and order, with signs between; but every one of them must be in the case."""
    row = await case_with(a_home, OTHER)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await client.get(f"/desk/case/{row.id.hex()}")
        await acts(client, row.id.hex(), "ask", text="Phòng số mấy?")
        page = await finds(client, words)
        assert page.status_code == 200
        assert shown(page) == ([row.id.hex()] if found else [])
        assert bool(excerpts(page)) == found
        if found:
            assert "<mark>" in excerpts(page)[0]
        assert ("1 vụ anh/chị đã mở" in page.text) or found


async def test_words_stand_in_no_address(a_home: Home) -> None:
    """Neither the page with the hits nor one that led to it names them."""
    row = await case_with(a_home, TIP)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await client.get(f"/desk/case/{row.id.hex()}")
        page = await finds(client, "karaoke")
        assert shown(page)
        for answer in (*page.history, page):
            assert "karaoke" not in str(answer.url)
        assert "karaoke" not in "".join(re.findall(r'(?:href|action)="([^"]*)"', page.text))
        assert (await client.get("/desk/search?words=karaoke")).text.count("karaoke") == 0


async def test_what_somebody_has_never_opened_is_not_gone_through(a_home: Home) -> None:
    """Of three cases with the word one is theirs, one a colleague has read, one they claimed from the queue unread."""
    await a_home.join(CHI)
    mine, theirs, claimed = [await case_with(a_home, f"{TIP} Phòng {number}.") for number in range(3)]
    async with browser(a_home) as client, browser(a_home) as colleague:
        await log_in(client, a_home, "an")
        await log_in(colleague, a_home, "chi")
        await client.get(f"/desk/case/{mine.id.hex()}")
        await colleague.get(f"/desk/case/{theirs.id.hex()}")
        page = (await client.get("/desk/")).text
        csrf = CSRF.search(page)
        assert csrf
        await client.post("/desk/claim", data={"csrf": csrf.group(1), "case": [claimed.id.hex()]})
        before = [await a_home.events(row.id) for row in (theirs, claimed)]
        page_found = await finds(client, "karaoke")
        assert shown(page_found) == [mine.id.hex()]
        assert [await a_home.events(row.id) for row in (theirs, claimed)] == before
    assert [dict(it.facts) for it in await searches(a_home)] == [{"cases": "1"}]


async def test_what_came_after_one_s_last_reading_is_not_found_before_it_is_read(a_home: Home) -> None:
    """The reporter adds words and a colleague notes some: no search shows them, nor that they are there."""
    await a_home.join(CHI)
    receipt = await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client, browser(a_home) as colleague:
        await log_in(client, a_home, "an")
        await log_in(colleague, a_home, "chi")
        await client.get(f"/desk/case/{row.id.hex()}")
        triaged = a_home.product.triager.triage(LATER)
        await a_home.product.store.cases.apply(await a_home.product.mailboxes.addition(receipt, LATER, triaged, None))
        await acts(colleague, row.id.hex(), "note", text="Gọi cho tổ trưởng Mười.")
        for words in ("hùng hẻm", "tổ trưởng mười", "karaoke hùng"):
            page = await finds(client, words)
            assert (shown(page), excerpts(page)) == ([], [])
            assert "1 vụ anh/chị đã mở" in page.text
        assert shown(await finds(client, "karaoke")) == [row.id.hex()]
        await client.get(f"/desk/case/{row.id.hex()}")
        for words in ("hùng hẻm", "tổ trưởng mười", "karaoke hùng"):
            assert shown(await finds(client, words)) == [row.id.hex()]


async def test_a_reading_that_a_hand_wrote_opens_nothing(a_home: Home) -> None:
    """Somebody with the database, and no key, writes that an officer has read a case: its words stay where they are."""
    row = await case_with(a_home, TIP)
    entries = [Entry(Kind.READ, {"part": "all"}, bytes(32))]
    forged = Change(row).signed(row.head, entries, Signature("an", bytes(32), a_home.clock()), bytes(16))
    await a_home.product.store.cases.apply(forged)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        page = await finds(client, "karaoke")
        assert shown(page) == []
        assert "1 vụ không tìm được" in page.text
        assert "Lê Văn Sỹ" not in page.text


async def test_what_a_colleague_signed_is_no_reading_of_one_s_own(a_home: Home) -> None:
    """An event of theirs that holds the bytes by which the store finds somebody else's: the case is not shown."""
    await a_home.join(CHI)
    row = await case_with(a_home, TIP)
    await signs(a_home, row, Kind.READ, "chi", Change(row), by="an")
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        page = await finds(client, "karaoke")
        assert shown(page) == []
        assert "Lê Văn Sỹ" not in page.text


async def test_who_keeps_away_from_a_case_finds_it_no_more(a_home: Home) -> None:
    """They had read it before."""
    row = await case_with(a_home, TIP)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await client.get(f"/desk/case/{row.id.hex()}")
        assert shown(await finds(client, "karaoke")) == [row.id.hex()]
        await acts(client, row.id.hex(), "recuse")
        assert shown(await finds(client, "karaoke")) == []
    assert sorted(it.facts["cases"] for it in await searches(a_home)) == ["0", "1"]


async def test_who_is_shut_out_finds_it_no_more(a_home: Home) -> None:
    """From the very addition that accuses them on, before anybody takes their keys away."""
    receipt = await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await client.get(f"/desk/case/{row.id.hex()}")
        assert shown(await finds(client, "karaoke")) == [row.id.hex()]
        found = a_home.product.triager.triage(THE_DESK_IS_BRIBED)
        said = await a_home.product.mailboxes.addition(receipt, THE_DESK_IS_BRIBED, found, None)
        await a_home.product.store.cases.apply(said)
        page = await finds(client, "karaoke")
        assert shown(page) == []
        assert "1 vụ anh/chị đã mở" not in page.text


class Unwritable:
    """A ledger as it is, on a disk that takes nothing more."""

    def __init__(self, book: Ledger) -> None:
        self._book = book

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    async def append(self, event: SignedEvent) -> None:
        raise errors.StoreUnavailable


async def test_a_search_is_on_record_before_a_hit_is_shown(a_home: Home) -> None:
    """Who, when to the hour, through how many cases; no word of it. What could not be recorded is not shown."""
    row = await case_with(a_home, TIP)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await client.get(f"/desk/case/{row.id.hex()}")
        await finds(client, "karaoke")
        (event,) = await searches(a_home)
        assert (event.by, dict(event.facts), event.case, event.at.minute) == ("an", {"cases": "1"}, b"", 0)
        assert "karaoke" not in json.dumps([it.body.decode() for it in await a_home.product.store.ledger.waiting()])
        assert (await a_home.product.audit()).sound
        broken = replace(a_home.product.search, ledger=Unwritable(a_home.product.search.ledger))
        home = replace(a_home, product=replace(a_home.product, search=broken))
    async with browser(home) as client:
        a_home.clock.forward(minutes=1)
        await log_in(client, home, "an")
        page = await finds(client, "karaoke")
        assert page.status_code == 503
        assert "Lê Văn Sỹ" not in page.text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Chưa có chữ nào để tìm"),
        ("   ", "Chưa có chữ nào để tìm"),
        ("?!… -", "Chưa có chữ nào để tìm"),
        ("x" * 201, "Dài quá 200 ký tự"),
        ("x" * 50_000, "Dài quá 200 ký tự"),
        ("không có chữ này", "Không thấy vụ nào"),
        ("\0%_'\";--", "Chưa có chữ nào để tìm"),
        ("毒品", "Không thấy vụ nào"),
    ],
)
async def test_what_finds_nothing_is_told_why(a_home: Home, words: str, said: str) -> None:
    """Nothing, too much, and no hit; the box stays, and what was refused is no search."""
    row = await case_with(a_home, TIP)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await client.get(f"/desk/case/{row.id.hex()}")
        page = await finds(client, words)
        assert said in page.text
        assert 'id="words"' in page.text
        assert "x" * 201 not in page.text
    assert len(await searches(a_home)) == said.startswith("Không thấy")


async def test_a_search_from_elsewhere_or_by_who_holds_no_key_is_none(a_home: Home) -> None:
    """Without the page's token it is refused; to an auditor the page is not there."""
    await a_home.join(("toan", "ttra-tp", "auditor"))
    async with browser(a_home) as client, browser(a_home) as auditor:
        await log_in(client, a_home, "an")
        assert (await client.post("/desk/search", data={"csrf": "0" * 32, "words": "karaoke"})).status_code == 409
        await log_in(auditor, a_home, "toan")
        for answer in (await auditor.get("/desk/search"), await auditor.post("/desk/search", data={"words": "a"})):
            assert answer.status_code == 404
    assert await searches(a_home) == []


async def test_of_more_cases_than_are_gone_through_the_newest_are_and_that_is_said(
    a_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of three: the oldest one is left out."""
    monkeypatch.setattr(search, "MOST", 2)
    rows = []
    for number in range(3):
        rows.append(await case_with(a_home, f"{TIP} Phòng {number}."))
        a_home.clock.forward(hours=1)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        for row in rows:
            await client.get(f"/desk/case/{row.id.hex()}")
        page = await finds(client, "karaoke")
        assert shown(page) == [row.id.hex() for row in rows[:0:-1]]
        assert "Còn nữa" in page.text

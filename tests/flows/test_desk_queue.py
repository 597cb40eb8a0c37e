"""The desk's queue over HTTP: tabs that count, orders, cases beside a case, and a head who gives work to people."""

import html
import re
from dataclasses import replace
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.fakes.desk import CSRF, acts, browser, log_in
from tests.fakes.home import Home
from tests.fakes.people import ANH, BA, CHI
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_desk import fill, listed
from tips.cases.case import Sort
from tips.cases.claims import Entry, Signature
from tips.cases.ledger import Kind
from tips.organisation.roster import CLOCK, INTAKE
from tips.ports.cases import Change

TABS = ("open", "mine", "overdue", "unclaimed", "new", "disputed", "closed")


def counts(page: httpx.Response) -> dict[str, str]:
    """The numbers on the tabs, in their order."""
    tabs = page.text.partition('class="tabs"')[2].partition("</nav>")[0]
    return dict(zip(TABS, re.findall(r'class="count">([^<]*)<', tabs), strict=True))


def hrefs(page: httpx.Response, name: str) -> list[str]:
    """The links of one of the page's navigations."""
    part = page.text.partition(f'class="{name}"')[2].partition("</nav>")[0]
    return [html.unescape(it) for it in re.findall(r'href="([^"]*)"', part)]


async def changed(home: Home, case: bytes, **values: object) -> None:
    """The case's row as the clock, or intake, would leave it, signed by them."""
    row, product = await home.case(case), home.product
    kind, by, signing = (Kind.ESCALATED, CLOCK, product.escalation.signing)
    if "disputed" in values:
        kind, by, signing = Kind.DISPUTED, INTAKE, product.mailboxes.signing
    facts = {"from": row.unit, "to": row.unit, "officer": "an"}
    change = Change(replace(row, **values))  # type: ignore[arg-type]
    who, entries = Signature(by, signing, home.clock()), [Entry(kind, facts, bytes(32))]
    await product.store.cases.apply(change.signed(row.head, entries, who, bytes(16)))


async def sends(client: httpx.AsyncClient, path: str, **fields: object) -> httpx.Response:
    """A form of the queue's page."""
    csrf = CSRF.search((await client.get("/desk/")).text)
    return await client.post(path, data={"csrf": csrf.group(1) if csrf else "", **fields})


async def test_tabs_count_what_a_person_may_see_and_lead_to_it(a_home: Home) -> None:
    """Each number is the length of the list behind it."""
    await fill(a_home, 4)
    one, two, three, _ = [row.id for row in await a_home.cases()]
    await changed(a_home, one, officer="an", opened=True)
    await changed(a_home, two, due_at=a_home.clock(), disputed=True)
    await changed(a_home, three, state="closed", officer="an")
    async with browser(a_home) as client, browser(a_home) as stranger:
        await log_in(client, a_home, "an")
        page = await client.get("/desk/")
        assert counts(page) == dict(zip(TABS, ("3", "1", "1", "2", "2", "1", "1"), strict=True))
        for name, path in zip(TABS, hrefs(page, "tabs"), strict=True):
            shown = await client.get(path)
            assert str(len(listed(shown.text))) == counts(page)[name], name
            assert shown.text.count('aria-current="page"') == 1
        assert "người báo không đồng ý</span>" in page.text
        await log_in(stranger, a_home, "binh")
        assert set(counts(await stranger.get("/desk/")).values()) == {"0"}


async def test_what_is_due_first_and_free_stands_above_what_is_due_later_and_taken(a_home: Home) -> None:
    """Within one level; before that it was the other way round, because the first had been read."""
    await fill(a_home, 3)
    late, taken, free = [row.id for row in await a_home.cases()]
    noon = a_home.clock().replace(minute=0)
    await changed(a_home, late, due_at=noon.replace(hour=9), officer="an")
    await changed(a_home, taken, due_at=noon.replace(hour=8), officer="an")
    await changed(a_home, free, due_at=noon.replace(hour=8), opened=True)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert listed((await client.get("/desk/")).text) == [it.hex() for it in (free, taken, late)]


@pytest.mark.parametrize("sort", Sort)
async def test_an_order_keeps_the_filter_and_pages_without_gaps(a_home: Home, sort: Sort) -> None:
    """By plain links, through every page; the tabs keep the order, too."""
    for number in range(53):
        a_home.clock.forward(minutes=17)
        await a_home.citizen(f"citizen {number}").sends(f"{TIP} Phòng số {number}.")
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        page = await client.get("/desk/?area=770")
        path = hrefs(page, "row sorts")[tuple(Sort).index(sort)]
        first = await client.get(path)
        assert "area=770" in path
        assert all(f"sort={sort}" in it for it in hrefs(first, "tabs")) or sort is Sort.URGENT
        (more,) = re.findall(r'class="button" href="([^"]*after=[^"]*)"', first.text)
        second = await client.get(html.unescape(more))
        whole = listed(first.text) + listed(second.text)
        assert len(whole) == len(set(whole)) == 53
    rows = {row.id.hex(): row for row in await a_home.cases()}
    ranks = [sort.rank(rows[it].position) for it in whole]
    assert ranks == sorted(ranks, reverse=sort.descends)  # type: ignore[type-var]


async def test_from_a_case_to_those_beside_it_in_the_list_it_was_opened_from(a_home: Home) -> None:
    """Next and previous, by links that keep filter and order; and back to that list."""
    await fill(a_home, 4)
    for row in (await a_home.cases())[:3]:
        await changed(a_home, row.id, officer="an")
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        mine = "/desk/?sort=newest&mine=1"
        page = await client.get(mine)
        order = listed(page.text)
        path = html.unescape(re.findall(rf'href="(/desk/case/{order[0]}[^"]*)"', page.text)[0])
        first = await client.get(path)
        back, behind = hrefs(first, "row beside")
        assert listed((await client.get(back)).text) == order
        second = await client.get(behind)
        assert second.url.path.endswith(order[1])
        back, before, behind = hrefs(second, "row beside")
        assert (await client.get(before)).url == first.url
        third = await client.get(behind)
        assert third.url.path.endswith(order[2])
        back, before = hrefs(third, "row beside")
        assert (await client.get(before)).url == second.url
        assert dict((await client.get(back)).url.params) == {"mine": "1", "sort": "newest"}


@pytest.mark.parametrize(
    "listed_from", ["%00", "a%3D%00", "sort%3Dnonsense", "x" * 4000, "list%3D1%26after%3Dx", "%F0%28"]
)
async def test_a_list_that_is_none_is_the_plain_one(a_home: Home, listed_from: str) -> None:
    """Whatever stands there."""
    await fill(a_home, 2)
    row = (await a_home.cases())[0]
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        page = await client.get(f"/desk/case/{row.id.hex()}?list={listed_from}")
        assert page.status_code == 200
        assert hrefs(page, "row beside")[0] == "/desk/"
        assert len(hrefs(page, "row beside")) == 2


async def test_after_an_act_that_leaves_the_case_the_same_list_is_shown(a_home: Home) -> None:
    """Its form brings the list along; after an act that does not leave, the case stands in it as before."""
    await fill(a_home, 2)
    row = (await a_home.cases())[0]
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        page = await client.get(f"/desk/case/{row.id.hex()}?list=sort%3Ddue%26area%3D770")
        (kept,) = set(re.findall(r'name="list" value="([^"]*)"', page.text))
        claimed = await acts(client, row.id.hex(), "claim", list=html.unescape(kept))
        assert dict(parse_qsl(claimed.url.params["list"])) == {"sort": "due", "area": "770"}
        assert hrefs(claimed, "row beside")[0] == "/desk/?sort=due&area=770"
        left = await acts(client, row.id.hex(), "handover", unit="pc03", list="sort=due&area=770&text=nonsense")
        assert left.url.path == "/desk/"
        assert dict(left.url.params) == {"sort": "due", "area": "770"}


async def test_a_head_gives_several_cases_to_a_colleague_and_is_told_which_could_not_be(a_home: Home) -> None:
    """Who keeps away from a case, or has it already, is not given it; the others are theirs."""
    await a_home.join(ANH, BA)
    await a_home.session("an")
    await fill(a_home, 3)
    away, theirs, free = [row for row in await a_home.cases()]
    await a_home.product.casework.act(await a_home.session("anh"), away.id, "recuse")
    await a_home.product.casework.act(await a_home.session("anh"), theirs.id, "claim")
    async with browser(a_home) as head:
        await log_in(head, a_home, "ba")
        ids = [row.id.hex() for row in (away, theirs, free)]
        page = await sends(head, "/desk/assign", case=[*ids, "00" * 16, "zz"], who="anh", area="770")
        assert "Đã giao 1 vụ cho anh." in page.text
        for row in (away, theirs):
            assert row.code in page.text.partition("chưa giao được")[2].partition("</p>")[0]
        assert "area=770" in str(page.url)
        assert "zz" not in str(page.url)
    assert [(await a_home.case(row.id)).officer for row in (away, theirs, free)] == [None, "anh", "anh"]


async def test_only_who_leads_a_unit_gives_work_and_only_to_its_people(a_home: Home) -> None:
    """An officer is neither offered it nor obeyed; somebody of another unit cannot be given a case."""
    await a_home.join(BA)
    await a_home.session("an")
    await fill(a_home, 1)
    row = await a_home.the_case()
    async with browser(a_home) as officer, browser(a_home) as head:
        await log_in(officer, a_home, "an")
        assert "/desk/assign" not in (await officer.get("/desk/")).text
        assert (await sends(officer, "/desk/assign", case=row.id.hex(), who="an")).status_code == 409
        await log_in(head, a_home, "ba")
        assert 'formaction="/desk/assign"' in (await head.get("/desk/")).text
        for who in ("binh", "", "nobody"):
            assert (await sends(head, "/desk/assign", case=row.id.hex(), who=who)).status_code == 409
    assert (await a_home.case(row.id)).officer is None


@pytest.mark.parametrize("act", ["claim", "assign"])
async def test_nothing_picked_is_said(a_home: Home, act: str) -> None:
    """The list stays as it was, and so does every case."""
    await a_home.join(BA)
    await a_home.session("an")
    await fill(a_home, 1)
    async with browser(a_home) as head:
        await log_in(head, a_home, "ba")
        page = await sends(head, f"/desk/{act}", who="an", unclaimed="1")
        assert "Chưa chọn vụ nào" in page.text
        assert "unclaimed=1" in str(page.url)
        assert "Đã" not in "".join(re.findall(r'class="banner"[^>]*>([^<]*)', page.text))
    assert (await a_home.the_case()).officer is None


async def test_a_head_sees_who_has_how_much_and_an_officer_does_not(a_home: Home) -> None:
    """Everybody of the unit, those with nothing too; what nobody has stands first."""
    await a_home.join(ANH, BA, CHI)
    await a_home.session("an")
    await fill(a_home, 4)
    one, two, _, _ = [row.id for row in await a_home.cases()]
    await changed(a_home, one, officer="anh", due_at=a_home.clock())
    await changed(a_home, two, officer="anh")
    async with browser(a_home) as head, browser(a_home) as officer:
        await log_in(head, a_home, "ba")
        table = (await head.get("/desk/")).text.partition('class="card load"')[2].partition("</details>")[0]
        rows = re.findall(r'<th scope="row">([^<]*)</th><td>(\d+)</td><td>(?:<span[^>]*>)?(\d+)', table)
        assert rows == [
            ("Chưa ai nhận", "2", "0"),
            ("an", "0", "0"),
            ("anh", "2", "1"),
            ("ba", "0", "0"),
            ("chi", "0", "0"),
        ]
        await log_in(officer, a_home, "an")
        assert "card load" not in (await officer.get("/desk/")).text


async def test_every_level_is_explained_in_words(a_home: Home) -> None:
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        legend = (await client.get("/desk/")).text.partition('class="card marks"')[2].partition("</details>")[0]
        assert re.findall(r">(P\d)<", legend) == ["P0", "P1", "P2", "P3"]
        assert "tính mạng" in legend


async def test_a_name_is_still_there_after_a_failed_try(a_home: Home) -> None:
    """The passphrase and the code are not."""
    async with browser(a_home) as client:
        page = await log_in(client, a_home, "an", passphrase="wrong-words", code="123456")
        assert page.status_code == 401
        assert 'name="name" value="an"' in page.text
        assert "wrong-words" not in page.text
        assert "123456" not in page.text
        odd = await log_in(client, a_home, "an", name='"><script>x</script>')
        assert "<script>x" not in odd.text


async def test_the_ledger_s_page_names_a_broken_case_as_people_do(a_home: Home) -> None:
    """By its code, not by the 32 digits of its id."""
    await a_home.join(("toan", "ttra-tp", "auditor"))
    await fill(a_home, 1)
    row = await a_home.the_case()
    await a_home.product.store.cases.apply(Change(replace(row, head=bytes(32)), row.head))
    async with browser(a_home) as auditor:
        await log_in(auditor, a_home, "toan")
        page = await auditor.get("/desk/ledger")
        assert f"case {row.code}" in page.text
        assert row.id.hex() not in page.text

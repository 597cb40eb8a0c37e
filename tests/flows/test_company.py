"""A company founds a home of its own from the small template, and a tip goes its whole way there."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.serve import web
from tests.fakes.home import Home, choices, opened
from tips import errors
from tips.desk.actions import Fields
from tips.intake.turns import Inbound

NORTH, SOUTH = ("nam", "branch-north", "officer"), ("son", "branch-south", "officer")
INTAKE, ON_CALL = ("lan", "intake", "officer"), ("duy", "duty", "officer")
COMMITTEE, OUTSIDE = ("hoa", "audit-committee", "overseer"), ("minh", "ombudsperson", "overseer")
PEOPLE = (NORTH, SOUTH, INTAKE, ON_CALL, COMMITTEE, OUTSIDE)
TIP = "Tối nào kho hàng cũng có người lấy trộm thùng máy lạnh chở đi bán, tôi thấy ba lần trong tháng này."
BRIBES = "Nhà cung cấp đưa hối lộ 50 triệu để được trúng thầu gói mua hàng, phong bì trao tối qua."


@pytest.fixture
async def company(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, PEOPLE, database_url, organisation="company") as home:
        yield home


async def test_a_tip_is_received_answered_and_closed(company: Home) -> None:
    """The one on call takes it; the reporter is asked, answers, and is told how it ended."""
    receipt = await company.citizen().sends(TIP)
    row = await company.the_case()
    assert row.unit == "duty"
    session = await company.session("duy")
    assert (await company.product.review.open(session, row.id)).tip.text == TIP
    for name in ("nam", "son"):
        with pytest.raises(errors.NotFound):
            await company.product.review.open(await company.session(name), row.id)
    act = company.product.casework.act
    await act(session, row.id, "ask", Fields(text="Kho nào, anh chị có thấy biển số xe không?"))
    (letter,) = (await company.product.mailboxes.read(receipt)).letters
    assert letter.text.startswith("Kho nào")
    for name in ("accept", "verify"):
        await act(session, row.id, name)
    await act(session, row.id, "conclude", Fields(result="other_office", text="Đã thu hồi và xử lý."))
    await act(session, row.id, "close")
    assert (await company.the_case()).state == "closed"
    assert "Đã thu hồi và xử lý." in [it.text for it in (await company.product.mailboxes.read(receipt)).letters]
    assert (await company.product.audit()).sound


async def test_nobody_is_asked_for_a_ward(company: Home) -> None:
    """Where there are no areas, the summary comes at once."""
    assert "submit" in choices(await company.citizen().says(TIP))


async def test_bribes_go_to_the_committee(company: Home) -> None:
    """Its owners say so; the management is no level of it."""
    await company.citizen().sends(BRIBES)
    row = await company.the_case()
    assert row.unit == "audit-committee"
    assert {it.reader for it in await company.grants(row.id)} == {"audit-committee", "ombudsperson", "held"}


async def test_a_branch_that_is_shut_out_never_gets_a_key(company: Home) -> None:
    """The menu offers what a company has; the branch is chosen by its name, and the intake reads."""
    citizen = company.citizen()
    await citizen.says(TIP)
    menu = choices(await citizen.presses("exclude"))
    assert {it for it in menu if it.startswith("exclude:")} == {
        "exclude:branch", "exclude:management", "exclude:other_official", "exclude:unknown",
    }  # fmt: skip
    which = choices(await citizen.presses("exclude:branch"))
    assert {"exclude:branch-north", "exclude:branch-south"} <= {*which}
    await citizen.presses("exclude:branch-north")
    shown = await citizen.presses("include:branch")
    assert "submit" in choices(shown)
    await citizen.presses("submit")
    row = await company.the_case()
    assert row.unit == "intake"
    opened_case = await company.product.review.open(await company.session("lan"), row.id)
    assert opened_case.excluded == {"branch-north"}
    assert "branch-north" not in {it.reader for it in await company.grants(row.id)}
    with pytest.raises(errors.Refused):
        await company.product.casework.act(
            await company.session("lan"), row.id, "hand_over", Fields(unit="branch-north")
        )
    await company.product.casework.act(await company.session("lan"), row.id, "hand_over", Fields(unit="branch-south"))
    assert (await company.product.review.open(await company.session("son"), row.id)).tip.text == TIP


async def test_who_does_not_know_whom_shuts_out_all_of_them(company: Home) -> None:
    """The committee reads; neither a branch nor the intake, nor who is on call there."""
    citizen = company.citizen()
    await citizen.says(TIP)
    await citizen.presses("exclude:unknown")
    await citizen.presses("submit")
    row = await company.the_case()
    assert row.unit == "audit-committee"
    seen = await company.product.review.open(await company.session("hoa"), row.id)
    assert seen.excluded == {"branch-north", "branch-south", "intake", "duty"}


async def test_what_nobody_reads_climbs_outside_of_the_company(company: Home) -> None:
    """From the one on call to the committee, and on to the ombudsperson, text included."""
    await company.citizen().sends(TIP)
    for unit, name in (("audit-committee", "hoa"), ("ombudsperson", "minh")):
        company.clock.forward(days=8)
        await company.product.escalation.tick()
        row = await company.the_case()
        assert row.unit == unit
        assert (await company.product.review.open(await company.session(name), row.id)).tip.text == TIP


async def test_a_city_s_places_and_police_mean_nothing_to_it(company: Home) -> None:
    """A text that names them is a tip all the same; a place that is sent has no ward; nothing fails."""
    await company.citizen().sends("Công an phường Võ Thị Sáu quận 3 và PC03 nhận tiền của chi nhánh mỗi tháng.")
    row = await company.the_case()
    assert (row.unit, row.ward) == ("ombudsperson", None)
    other = company.citizen("another")
    await other.hears(Inbound("location", lat=10.78, lon=106.69))
    assert company.product.triager.nearest(10.78, 106.69) == ()


async def test_its_pages_are_shown(company: Home) -> None:
    """The chat, who reads, what is published, and the desk's login."""
    app = web.build(company.product, frozenset({"intake", "desk"}))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=company.settings.public_url) as client:
        for path in ("/", "/ai-doc", "/minh-bach", "/desk/login"):
            page = await client.get(path, follow_redirects=True)
            assert page.status_code == 200, path
        assert "Chi nhánh phía Bắc" in (await client.get("/ai-doc")).text

"""The desk over HTTP: who comes in, what they see, and what a form from elsewhere can do (nothing)."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.desk import CSRF, acts, browser, log_in
from tests.fakes.home import Home
from tips import errors, ledger
from tips.ports import Cases, Change

TIP = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý, mỗi đêm chừng 10 giờ."
COMPLAINT = "Công an phường Võ Thị Sáu quận 3 nhận tiền bảo kê sòng bạc mỗi tháng, tôi thấy đưa phong bì tối qua."


@pytest.mark.parametrize(
    "instead", [{"passphrase": "wrong"}, {"code": "000000"}, {"name": "nobody"}, {"name": "", "code": ""}]
)
async def test_wrong_and_unknown_get_one_answer(a_home: Home, instead: dict[str, str]) -> None:
    """Passphrase, code or name: 401 and the same words."""
    async with browser(a_home) as client:
        answer = await log_in(client, a_home, "an", **instead)
        assert answer.status_code == 401
        assert "Tên, mật khẩu hoặc mã" in answer.text
        assert (await client.get("/desk/")).url.path == "/desk/login"


async def test_a_code_counts_once(a_home: Home) -> None:
    """Whoever saw a code being typed cannot use it again."""
    async with browser(a_home) as client, browser(a_home) as thief:
        assert (await log_in(client, a_home, "an")).status_code == 200
        assert (await log_in(thief, a_home, "an")).status_code == 401


async def test_a_session_ends_when_nobody_touches_it(a_home: Home) -> None:
    """After the idle time the keys are gone, and the login stands there again."""
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert (await client.get("/desk/")).url.path == "/desk/"
        a_home.clock.moment += timedelta(hours=2)
        assert (await client.get("/desk/")).url.path == "/desk/login"


async def test_an_officer_works_a_case_through(a_home: Home) -> None:
    """Open, claim, ask, move, hand over: each is on the page, in words."""
    await a_home.citizen().sends(TIP)
    (row,) = await a_home.product.store.ledger.heads()
    case = row.id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert "mới</span>" in (await client.get("/desk/")).text
        page = (await client.get(f"/desk/case/{case}")).text
        assert TIP in page
        assert "Vì sao tới đây" in page
        assert "· đang sàng lọc" in (await acts(client, case, "claim")).text
        asked = await acts(client, case, "ask", text="Phòng số mấy?")
        assert "Phòng số mấy?" in asked.text
        assert "· đã tiếp nhận" in (await acts(client, case, "accept")).text
        handed = await acts(client, case, "handover", unit="pc03")
        assert handed.url.path == "/desk/"
        assert row.code not in handed.text
        assert "Queue" in (await client.get("/desk/?lang=en")).text


async def test_reading_is_on_record_before_anything_is_shown(a_home: Home) -> None:
    """Each opening is a signed event with who, when and which part; a page that could not be recorded is not shown."""
    await a_home.citizen().sends(TIP)
    (row,) = await a_home.product.store.ledger.heads()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        for _ in range(2):
            await client.get(f"/desk/case/{row.id.hex()}")
        read = [it for it in map(ledger.parse, await a_home.product.store.cases.events(row.id)) if it.kind == "read"]
        assert [(it.by, it.facts["part"], it.at.minute) for it in read] == [("an", "all", 0)] * 2
        review = replace(a_home.product.review, cases=Unwritable(a_home.product.store.cases))
        home = replace(a_home, product=replace(a_home.product, review=review))
    async with browser(home) as client:
        a_home.clock.forward(minutes=1)
        await log_in(client, home, "an")
        page = await client.get(f"/desk/case/{row.id.hex()}")
        assert page.status_code == 503
        assert TIP not in page.text


class Unwritable:
    """Cases as they are, on a disk that takes nothing more."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cases, name)

    async def apply(self, change: Change) -> None:
        raise errors.StoreUnavailable


async def test_an_exclusion_is_shown_and_not_offered(a_home: Home) -> None:
    """The receiving inspector sees who is shut out and cannot choose them; a forged choice is refused."""
    await a_home.citizen().sends(COMPLAINT)
    (row,) = await a_home.product.store.ledger.heads()
    case = row.id.hex()
    async with browser(a_home) as inspector, browser(a_home) as accused:
        await log_in(inspector, a_home, "thanh")
        page = (await inspector.get(f"/desk/case/{case}")).text
        assert "<li>Quận 3</li>" in page
        targets = page.partition('id="handover"')[2].partition("</select>")[0]
        assert 'value="area-770"' not in targets
        assert 'value="pc03"' in targets
        forged = await acts(inspector, case, "handover", unit="area-770")
        assert forged.status_code == 409
        await log_in(accused, a_home, "an")
        assert (await accused.get(f"/desk/case/{case}")).status_code == 404


async def test_another_unit_s_case_is_not_there(a_home: Home) -> None:
    """Reading, acting, and an id that is none: the same 404."""
    await a_home.citizen().sends(TIP)
    (row,) = await a_home.product.store.ledger.heads()
    async with browser(a_home) as client:
        await log_in(client, a_home, "binh")
        for id_ in (row.id.hex(), "00" * 16, "zz", "1" * 400):
            assert (await client.get(f"/desk/case/{id_}")).status_code == 404
        token = CSRF.search((await client.get("/desk/")).text)
        assert token
        answer = await client.post(f"/desk/case/{row.id.hex()}/claim", data={"csrf": token.group(1)})
        assert answer.status_code == 404


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {}])
async def test_a_form_from_elsewhere_does_nothing(a_home: Home, headers: dict[str, str]) -> None:
    """Without the page's token, or from another site, an act is refused and the case stays."""
    await a_home.citizen().sends(TIP)
    (row,) = await a_home.product.store.ledger.heads()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        answer = await client.post(f"/desk/case/{row.id.hex()}/claim", data={"csrf": "0" * 32}, headers=headers)
        assert answer.status_code == 409
    assert await a_home.product.store.ledger.heads() == [row]


async def test_pages_by_role(a_home: Home) -> None:
    """Counts for heads and admins, the ledger for auditors; an officer has neither."""
    await a_home.join(("chi", "area-770", "head"), ("ke", "ttra-tp", "auditor"))
    async with browser(a_home) as officer, browser(a_home) as head, browser(a_home) as auditor:
        await log_in(officer, a_home, "an")
        assert (await officer.get("/desk/statistics")).status_code == 404
        assert (await officer.get("/desk/ledger")).status_code == 404
        await log_in(head, a_home, "chi")
        assert (await head.get("/desk/statistics")).status_code == 200
        await log_in(auditor, a_home, "ke")
        landed = await auditor.get("/desk/")
        assert landed.url.path == "/desk/ledger"
        assert "đều khớp" in landed.text


async def test_a_telegram_code_is_given_where_a_bot_runs(a_home: Home) -> None:
    """The page shows a code that links a chat; without a bot nothing offers it."""
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert "/desk/link" not in (await client.get("/desk/")).text
    a_home.clock.forward(minutes=1)
    own = replace(a_home.settings, officers_token="1:x")
    home = replace(a_home, product=replace(a_home.product, settings=own))
    async with browser(home) as client:
        await log_in(client, home, "an")
        token = CSRF.search((await client.get("/desk/")).text)
        assert token
        page = (await client.post("/desk/link", data={"csrf": token.group(1)})).text
        code = re.search(r"/lienket ([0-9A-Z]{8})", page)
        assert code
        assert await home.product.notices.link(code.group(1), "99") == "an"

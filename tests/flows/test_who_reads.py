"""The page that tells who would read a tip: from the signed roster, and nothing is kept or left in an address."""

import re

import pytest

from tests.fakes.desk import browser
from tests.fakes.home import Home
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN

FORM = {"khu-vuc": "770", "loai-viec": "cover_up.protection", "co-quan": "ward_police"}


async def test_a_link_may_name_a_place_and_nothing_else(a_home: Home) -> None:
    """A poster's link shows who receives there; a matter or an office in an address is not looked at."""
    async with browser(a_home, "intake") as client:
        page = await client.get("/ai-doc", params=FORM)
        assert "<strong>Công an (bàn trực khu vực Quận 3)</strong>" in page.text
        assert "trong 24 giờ" in page.text
        assert page.headers["cache-control"] == "no-store"
        assert 'class="answer"' not in (await client.get("/ai-doc")).text
        assert 'action="/ai-doc?lang=vi"' in page.text


async def test_it_promises_what_becomes_of_such_a_tip(a_home: Home) -> None:
    """The receiver that it names is the one that gets the tip, and the shut-out are those of the case."""
    async with browser(a_home, "intake") as client:
        page = (await client.post("/ai-doc", data=FORM)).text
    await a_home.citizen().sends(WARD_POLICE_BRIBED_SEEN)
    row = await a_home.the_case()
    assert f"<strong>{a_home.product.organisation.unit(row.unit).name}</strong>" in page
    assert "công an</span>" in page
    assert "Công an (bàn trực khu vực Quận 3)</li>" in page


async def test_a_long_list_of_who_is_shut_out_is_folded(a_home: Home) -> None:
    """Its number is said before."""
    async with browser(a_home, "intake") as client:
        page = (await client.post("/ai-doc?lang=en", data={"co-quan": "ward_police"})).text
    folded = re.search(r"<details><summary>[^<]*: (\d+) unit\(s\)</summary><ul>(.*)</ul></details>", page)
    assert folded
    assert folded[2].count("<li>") == int(folded[1]) > 100


async def test_no_member_and_no_number_of_them_is_told(a_home: Home) -> None:
    """A second officer of a unit changes no letter of the page."""
    async with browser(a_home, "intake") as client:
        before = (await client.get("/ai-doc?khu-vuc=770")).text
        await a_home.join(("chin", "area-770", "officer"))
        after = (await client.get("/ai-doc?khu-vuc=770")).text
    assert before == after


async def test_where_only_the_accused_have_a_key_that_is_said(a_home: Home) -> None:
    """Held is no office, and is not called one."""
    async with browser(a_home, "intake") as client:
        page = (await client.post("/ai-doc", data={"co-quan": "court_or_procuracy"})).text
    assert "chỉ mở khi nhiều cơ quan cùng đồng ý" in page
    assert "phải mở trong" not in page
    assert "Giữ lại chờ" not in page


@pytest.mark.parametrize(
    "fields",
    [{"khu-vuc": "999"}, {"khu-vuc": "\0"}, {"loai-viec": "no"}, {"co-quan": "'"}, {"khu-vuc": "x" * 9000}],
)
async def test_what_is_not_in_the_lists_gets_a_clear_sentence(a_home: Home, fields: dict[str, str]) -> None:
    """And the lists again."""
    async with browser(a_home, "intake") as client:
        answer = await client.post("/ai-doc", data=fields)
        assert answer.status_code == 404
        assert "Xin chọn lại" in answer.text
        assert "<select" in answer.text
        if "khu-vuc" in fields:
            assert (await client.get("/ai-doc", params=fields)).status_code == 404


async def test_what_is_no_form_of_ours_is_turned_down(a_home: Home) -> None:
    """From another site, without an end, or with a thousand parts."""
    async with browser(a_home, "intake") as client:
        strange = {"origin": "http://evil.example"}
        assert (await client.post("/ai-doc", data=FORM, headers=strange)).status_code == 403
        many = "&".join(["a=1"] * 1000)
        kind = {"content-type": "application/x-www-form-urlencoded"}
        assert (await client.post("/ai-doc", content=many, headers=kind)).status_code == 400
        broken = {"content-type": "multipart/form-data; boundary=x"}
        assert (await client.post("/ai-doc", content=b"--x\r\n", headers=broken)).status_code == 400

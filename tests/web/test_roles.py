"""A day's work of each role in a real browser: head, inspector and overseer, coordinator, and who only counts."""

import json
import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.fakes.served import Served
from tests.fakes.visitor import DESK, PHONE, follow, log_in, send, visitor
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN as COMPLAINT

ELSEWHERE = "Đánh bạc ở đường Lạc Long Quân quận 11 mỗi tối."
PLACELESS = "Họ bán pháo lậu cho nhiều người."


async def open_the_one(page: Page, text: str) -> None:
    """The case that says it, wherever other cases put it in the queue."""
    await page.goto("/desk/")
    for case in [await it.get_attribute("href") for it in await page.locator("#rows a").all()]:
        await page.goto(case or "")
        if await page.locator(".card .text", has_text=text).count():
            return
    raise AssertionError("no case says it")


async def skip_the_rest(page: Page) -> None:
    """Answer nothing more, and send."""
    for _ in range(4):
        shown = await page.locator(".reply").count()
        submit = page.locator("button[value=submit]")
        if await submit.count():
            await submit.click()
            await page.locator(".due").wait_for()
            return
        await page.click("button[value=skip]")
        await page.locator(".reply").nth(shown).wait_for()
    raise AssertionError("it cannot be sent")


async def does(page: Page, act: str, words: str = "", choice: str = "") -> None:
    """An act on the open case, by its form; with words or a choice where it asks for them."""
    form = page.locator(f"form[action$='/{act}']")
    await page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    if words:
        await form.locator("textarea").fill(words)
    if choice:
        await form.locator("select").first.select_option(choice)
    await follow(page, form.locator("button.do"))
    if await page.locator(".sure").count():
        await follow(page, ".sure button")


async def test_a_head_extends_suspends_and_resumes(browser: Browser, site: Served) -> None:
    """From acceptance through the twenty days, two months more, standing still, and on; each with its words."""
    async with visitor(browser, site, PHONE) as citizen, visitor(browser, site, DESK) as head:
        await send(citizen, ELSEWHERE)
        await log_in(head, site, "truong")
        await open_the_one(head, ELSEWHERE)
        for act in ("accept", "verify"):
            await does(head, act)
        await expect(head.locator("dl").first).to_contain_text("Điều 147")
        before = await head.locator("dl dd").first.inner_text()
        await does(head, "extend", "phải xác minh ở nhiều nơi")
        assert await head.locator("dl dd").first.inner_text() != before
        await expect(head.locator("form[action$='/extend']")).to_have_count(0)  # the second one is the procuracy's
        await does(head, "suspend", "chờ kết quả giám định")
        await expect(head.locator("h1")).to_contain_text("tạm đình chỉ")
        await does(head, "resume")
        await expect(head.locator("h1")).to_contain_text("đang xác minh")
        await expect(head.locator(".piece.note").last).to_contain_text("chờ kết quả giám định")


async def test_a_complaint_needs_the_overseer_and_its_reporter_may_dispute_the_end(
    browser: Browser, site: Served
) -> None:
    """The inspector concludes and cannot close; the overseer endorses; the reporter disputes what it answers."""
    async with (
        visitor(browser, site, PHONE) as citizen,
        visitor(browser, site, DESK) as inspector,
        visitor(browser, site, DESK) as overseer,
    ):
        receipt = await send(citizen, COMPLAINT)
        await log_in(inspector, site, "thanh")
        await open_the_one(inspector, COMPLAINT)
        await does(inspector, "claim")
        case = inspector.url
        await inspector.goto(f"{case}/conclusion/administrative")
        await inspector.fill("textarea", "Đã xử lý kỷ luật hai cán bộ.")
        await inspector.locator("main form button.main").click()
        await expect(inspector.locator("h1")).to_contain_text("đã có kết quả")
        await expect(inspector.locator("form[action$='/close']")).to_have_count(0)
        await does(inspector, "consult", choice="vks-tc")
        await log_in(overseer, site, "giam-sat")
        await overseer.locator(f"a[href='{case.removeprefix(site.url)}']").click()
        await does(overseer, "endorse")
        await inspector.goto(case)
        await does(inspector, "close")
        assert inspector.url.endswith("/desk/")
        await expect(inspector.locator("[role=status]")).to_contain_text("Đã đóng vụ")
        await citizen.goto("/")
        await citizen.fill("#text", receipt)
        await citizen.click(".send")
        await expect(citizen.locator("#talk")).to_contain_text("Đã xử lý kỷ luật hai cán bộ.")
        await citizen.click("button[value=dispute]")
        await expect(citizen.locator(".reply").last).to_contain_text("vì sao không đồng ý")
        await citizen.fill("#text", "Họ vẫn nhận tiền như cũ.")
        await citizen.click(".send")
        await expect(citizen.locator(".reply").last).to_contain_text("được mở lại")
        await inspector.goto(case)
        await expect(inspector.locator("h1")).to_contain_text("mới nhận")


async def test_a_coordinator_sends_what_has_no_place_to_the_right_desk(browser: Browser, site: Served) -> None:
    """The duty desk asks nobody twice: it reads, corrects the area, and hands over; then the case is not its own."""
    async with visitor(browser, site, PHONE) as citizen, visitor(browser, site, DESK) as duty:
        await citizen.goto("/")
        await citizen.fill("#text", PLACELESS)
        await citizen.click(".send")
        await citizen.locator("button[value=skip]").wait_for()  # where it happened
        await skip_the_rest(citizen)
        await log_in(duty, site, "truc")
        await open_the_one(duty, PLACELESS)
        await duty.locator(".actbar a", has_text="Bàn giao").click()
        await duty.fill("#to", "Quận 3")
        await duty.fill("#text", "Người báo tin không rõ chỗ.")
        await follow(duty, "main form button.main")
        assert duty.url.endswith("/desk/")
        await expect(duty.locator("[role=status]")).to_contain_text("Đã bàn giao vụ")
        await expect(duty.locator("#empty")).to_be_visible()


async def test_who_only_counts_sees_no_case(browser: Browser, site: Served) -> None:
    """The auditor lands in the ledger, which holds; the admin among counts; neither page has a case's address."""
    async with visitor(browser, site, DESK) as auditor, visitor(browser, site, DESK) as admin:
        await log_in(auditor, site, "toan")
        await expect(auditor.locator("main")).to_contain_text("đều khớp")
        await auditor.click("a[href='/desk/people']")
        await expect(auditor.locator("main")).to_contain_text("truong")
        await log_in(admin, site, "tri")
        await expect(admin.locator("h1")).to_have_text("Thống kê")
        for page in (auditor, admin):
            assert await page.locator("a[href*='/desk/case/']").count() == 0


async def test_the_cells_of_a_row_are_drawn_alike(browser: Browser, site: Served) -> None:
    """A column's name is no style of something else: the deadline of a case is not a receipt that is due."""
    async with visitor(browser, site, PHONE) as citizen, visitor(browser, site, DESK) as officer:
        await send(citizen, ELSEWHERE)
        await log_in(officer, site, "truong")
        await officer.goto("/desk/")
        cells = officer.locator("#rows tr").first.locator("td")
        await cells.first.wait_for()
        look = "it => ['border', 'outline', 'background', 'fontSize'].map(name => getComputedStyle(it)[name]).join()"
        drawn = await cells.evaluate_all(f"cells => cells.map({look})")
        assert len(drawn) == 9
        assert len(set(drawn)) == 1


@pytest.mark.parametrize("scripts", [True, False])
async def test_an_admin_saves_a_request_and_reads_its_digits_off_the_page(
    browser: Browser, site: Served, scripts: bool
) -> None:
    """The digits are in neither the file nor its name: what travels cannot vouch for itself."""
    async with visitor(browser, site, PHONE, scripts=scripts) as page:
        await log_in(page, site, "quan")
        await page.goto("/desk/people/move?name=bon")
        await page.select_option("#unit", "area-778")
        await follow(page, "button.main")
        digits = await page.locator("#digits").inner_text()
        async with page.expect_download() as download:
            await page.click("#file")
        saved = await download.value
        assert re.fullmatch(r"roster-\d+\.request", saved.suggested_filename)
        assert json.loads((await saved.path()).read_bytes())
        assert re.fullmatch(r"(\d{5} ){5}\d{5}", digits)
        assert digits.replace(" ", "") not in re.sub(r"\D", "", (await saved.path()).read_text())

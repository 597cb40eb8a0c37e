"""Finding a case again in a real browser, counted in steps; and the queue on paper."""

from playwright.async_api import Browser, expect

from tests.fakes.served import Served
from tests.fakes.visitor import DESK, PHONE, log_in, send, visitor

TIP = "Đánh bạc ở đường Nguyễn Huệ quận 1 mỗi tối, tầng hầm khách sạn."


async def test_a_known_case_is_one_step_away_by_its_code_and_two_by_a_word(browser: Browser, site: Served) -> None:
    """From the open queue, by keyboard alone: type and Enter; a word shows where it stands, and its link leads on."""
    async with visitor(browser, site, PHONE) as citizen, visitor(browser, site, DESK) as officer:
        await log_in(officer, site, "soi")
        others = await officer.locator("#rows a").all_inner_texts()  # who else wrote to this unit, in other tests
        await send(citizen, TIP)
        await officer.reload()
        (code,) = {*await officer.locator("#rows a").all_inner_texts()} - {*others}
        await officer.locator("#rows a", has_text=code).click()
        await expect(officer.locator("h1")).to_contain_text(code)
        await officer.goto("/desk/")
        await officer.keyboard.press("/")
        await officer.keyboard.type(code.lower().replace("-", " "))
        await officer.keyboard.press("Enter")
        await officer.wait_for_url("**/desk/case/*")
        await expect(officer.locator("h1")).to_contain_text(code)
        await officer.goto("/desk/")
        await officer.keyboard.press("/")
        await officer.keyboard.type("tang ham danh bac")
        await officer.keyboard.press("Enter")
        await expect(officer.locator("mark").first).to_have_text("Đánh")
        assert officer.url == f"{site.url}/desk/search"
        await officer.locator("article a").first.click()
        await expect(officer.locator(".card .text").first).to_contain_text("tầng hầm")
        await officer.goto("/desk/")
        await officer.emulate_media(media="print")
        await expect(officer.locator("#rows tr").first).to_be_visible()
        for hidden in (".bar", ".find", ".filters", ".sorts", "#rows .pick", ".tabs a:not([aria-current])"):
            await expect(officer.locator(hidden).first).to_be_hidden()


async def test_the_queue_refreshes_rows_and_counts_and_leaves_only_when_it_is_locked(
    browser: Browser, site: Served
) -> None:
    """A new tip comes in by itself; a store that is away sends nobody to the login, an ended session does."""
    async with visitor(browser, site, PHONE) as citizen, visitor(browser, site, DESK, away=True) as officer:
        await officer.clock.install()
        await log_in(officer, site, "soi")
        count = officer.locator(".tabs .count").first
        before = int(await count.inner_text())
        await officer.locator("h1").click()
        await send(citizen, f"{TIP} Phòng 9.")
        await officer.clock.run_for(21_000)
        await expect(count).to_have_text(str(before + 1))
        assert await officer.locator("#rows template").count() == 0
        await officer.route("**/desk/rows*", lambda route: route.fulfill(status=503, body="away"))
        async with officer.expect_response("**/desk/rows*"):
            await officer.clock.run_for(21_000)
        await expect(count).to_have_text(str(before + 1))
        assert officer.url.endswith("/desk/")
        await officer.unroute("**/desk/rows*")
        await officer.context.clear_cookies()
        await officer.clock.run_for(21_000)
        await officer.wait_for_url("**/desk/login")

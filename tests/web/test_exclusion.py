"""On a phone, by the product itself: who reads, who does not, and help at a touch."""

from typing import Any

from playwright.async_api import Browser, expect

from tests.fakes.served import Served
from tests.fakes.visitor import PHONE, visitor
from tests.fakes.words import DRUGS as TIP
from tests.web.test_accessible import faults

TOUCH: dict[str, Any] = {"has_touch": True, "is_mobile": True}


async def test_somebody_is_shut_out_in_two_taps_and_the_receipt_names_another(browser: Browser, site: Served) -> None:
    """The summary names both lists; what is asked beside it goes with it; the page is fit for everybody throughout."""
    async with visitor(browser, site, PHONE, **TOUCH) as page:
        await page.goto("/")
        await page.fill("#text", TIP)
        await page.tap(".send")
        await expect(page.locator(".summary")).to_contain_text("Sẽ đọc được: Công an (bàn trực khu vực Quận 3)")
        await page.tap("button[value=exclude]")
        await page.tap("button[value='exclude:city_department']")
        await expect(page.locator(".beside")).to_be_visible()
        assert await faults(page) == []
        await page.tap("button[value=exclude]")
        await page.tap("button[value='exclude:unknown']")
        await expect(page.locator(".beside")).to_have_count(0)
        await expect(page.locator(".summary")).to_have_count(1)
        await expect(page.locator(".summary")).to_contain_text("KHÔNG đọc được")
        await page.locator("button[value=submit]").tap()
        await expect(page.locator(".receipt")).to_contain_text("Cảm ơn anh/chị")
        await expect(page.locator(".receipt")).not_to_contain_text("Quận 3")


async def test_a_threat_is_answered_with_numbers_that_call(browser: Browser, site: Served) -> None:
    """In a bubble of its own, in view; the numbers above the first words call too."""
    async with visitor(browser, site, PHONE, **TOUCH) as page:
        await page.goto("/")
        await expect(page.locator(".emergency a").first).to_have_attribute("href", "tel:113")
        await page.fill("#text", "nó biết tôi báo rồi nó giết tôi")
        await page.tap(".send")
        await expect(page.locator(".danger a.call").first).to_be_in_viewport(ratio=1)
        await expect(page.locator(".danger a.call").first).to_have_attribute("href", "tel:113")


async def test_without_scripts_it_goes_the_same_way(browser: Browser, site: Served) -> None:
    """Every choice is a button of the one form."""
    async with visitor(browser, site, PHONE, scripts=False) as page:
        await page.goto("/")
        await page.fill("#text", "thằng bán ma tuý ở phường 9 quận 3 khoe có chỗ dựa")
        await page.click(".send")
        await page.click("button[value='exclude:ward_police']")
        await expect(page.locator(".summary")).to_contain_text("Công an Phường Nhiêu Lộc")
        await page.click("button[value=submit]")
        await expect(page.locator(".receipt code")).to_be_visible()

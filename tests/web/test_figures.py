"""Pictures of statistics in a real browser: nothing that axe finds, nothing too wide, day and night, on paper too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.async_api import Browser, Page

from bot.serve import web
from tests.fakes import home, loopback, published
from tests.fakes.home import Home
from tests.fakes.visitor import DESK, PHONE, log_in, visitor
from tests.web.test_accessible import LOOKS, faults
from tips.crypto import keys

VIEWS = (
    "/desk/statistics", "/desk/statistics?view=wards", "/desk/statistics?district=769", "/desk/statistics?group=drugs",
    "/desk/statistics?period=2031-01", "/desk/statistics?view=work&period=2026-Q3", "/minh-bach",
    "/desk/statistics/export?period=2026-Q3",
)  # fmt: skip
WHITE = "rgb(255, 255, 255)"
SMALLEST = 8  # pixels of the letters of a picture on a telephone
LETTERS = "all => Math.min(...all.map(it => it.getBoundingClientRect().height))"
OUTSIDE = """() => [...document.querySelectorAll("svg.picture text")].filter((it) => {
  const own = it.getBoundingClientRect(), all = it.ownerSVGElement.getBoundingClientRect();
  return own.left < all.left - 1 || own.right > all.right + 1 || own.bottom > all.bottom + 1 || own.top < all.top - 1;
}).map((it) => it.textContent)"""


@dataclass(frozen=True)
class Site:
    """A home with made-up figures, served by this process; its people log in as those of a served home do."""

    home: Home
    url: str

    def passphrase(self, name: str) -> str:
        return self.home.passphrases[name]

    def one_time_code(self, name: str) -> str:
        return keys.totp_code(self.home.people[name].totp, self.home.clock())


@pytest.fixture
async def drawn(tmp_path: Path) -> AsyncIterator[Site]:
    port = loopback.free_port()
    url = f"http://127.0.0.1:{port}"
    async with home.opened(tmp_path) as opened:
        settings = replace(opened.product.settings, port=port, public_url=url)
        shelf: Any = published.Shelf(*published.MONTHS, "2026-Q2", "2026-Q3", "2025")
        files = opened.product.export_files
        files = replace(files, exports=replace(files.exports, archive=shelf))
        product = replace(opened.product, settings=settings, archive=shelf, export_files=files)
        async with loopback.serving(web.build(product, frozenset({"intake", "desk"})), port):
            yield Site(opened, url)


@asynccontextmanager
async def overseer(browser: Browser, site: Site, size: dict[str, int], scheme: str) -> AsyncIterator[Page]:
    async with visitor(browser, site, size, absent=True, color_scheme=scheme) as page:  # type: ignore[arg-type]
        await log_in(page, site, "kiem")  # type: ignore[arg-type]
        await page.wait_for_url("**/desk/")
        yield page


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=["phone, day", "phone, night", "desk, day", "desk, night"])
async def test_axe_finds_nothing_on_any_page_of_figures(
    browser: Browser, drawn: Site, size: dict[str, int], scheme: str
) -> None:
    """All of it unfolded; and no letter of a picture is outside of it."""
    found: dict[str, list[str]] = {}
    async with overseer(browser, drawn, size, scheme) as page:
        for view in VIEWS:
            await page.goto(view)
            await page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
            found[view] = [*await faults(page), *await page.evaluate(OUTSIDE)]
    assert {at: wrong for at, wrong in found.items() if wrong} == {}


async def test_pictures_can_be_read_on_a_telephone(browser: Browser, drawn: Site) -> None:
    """Letters are not smaller than footnotes, and what is too wide for the page scrolls in a box of its own."""
    async with overseer(browser, drawn, PHONE, "light") as page:
        for view in VIEWS[:4]:
            await page.goto(view)
            assert await page.locator("svg.picture text").evaluate_all(LETTERS) > SMALLEST, view
        await page.goto(VIEWS[0])
        box = page.locator(".of-heat .wide")
        assert await box.evaluate("it => it.scrollWidth > it.clientWidth && getComputedStyle(it).overflowX == 'auto'")


async def test_a_tile_leads_to_its_district_by_mouse_and_by_keyboard(browser: Browser, drawn: Site) -> None:
    """The map is the shortest way to a district; its tile says which that is."""
    async with overseer(browser, drawn, DESK, "light") as page:
        await page.goto("/desk/statistics")
        await page.locator(".of-tiles a", has_text="Q10").click()
        await page.wait_for_url("**district=771")
        await page.go_back()
        await page.locator(".of-tiles a", has_text="Q3").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**district=770")
        assert "Quận 3" in await page.locator(".crumbs").inner_text()


async def test_paper_shows_the_pictures_and_no_way_to_go(browser: Browser, drawn: Site) -> None:
    """Bright, whatever the screen was; without navigation, and with the whole heat table."""
    async with overseer(browser, drawn, DESK, "dark") as page:
        await page.emulate_media(media="print", color_scheme="dark")
        for view in ("/desk/statistics", "/minh-bach"):
            await page.goto(view)
            for gone in (".top", ".figures .links", ".years"):
                assert not await page.locator(gone).first.is_visible()
            assert await page.locator("svg.picture").last.is_visible()
            assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == WHITE
            ink = "getComputedStyle(document.querySelector('svg.picture text')).fill"
            assert await page.evaluate(ink) == "rgb(27, 29, 27)"


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=["phone, day", "phone, night", "desk, day", "desk, night"])
async def test_a_report_opens_from_its_quarters_page_in_two_clicks_and_can_be_read(
    browser: Browser, drawn: Site, size: dict[str, int], scheme: str
) -> None:
    """Nothing that axe finds, nothing too wide, bright as paper is; and its address says nothing."""
    async with overseer(browser, drawn, size, scheme) as page:
        await page.goto("/desk/statistics?period=2026-Q3")
        await page.locator("p.bar .button").click()
        await page.locator('button[value="html"]').click()
        await page.wait_for_selector("main header")
        assert page.url.endswith("/desk/statistics/export")
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert await page.locator("table").count() > 5
        assert await page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor") == WHITE


async def test_a_printed_report_says_on_every_page_who_took_it(browser: Browser, drawn: Site, tmp_path: Path) -> None:
    """On A4, with the number of each page of how many, and nothing of the screen."""
    async with overseer(browser, drawn, DESK, "dark") as page:
        await page.goto("/desk/statistics/export?period=2026-Q3")
        await page.locator('button[value="html"]').click()
        await page.wait_for_selector("main header")
        await page.pdf(path=tmp_path / "it.pdf", prefer_css_page_size=True)
    document = pypdfium2.PdfDocument(tmp_path / "it.pdf")
    assert len(document) > 2
    for at, paper in enumerate(document, 1):
        words = paper.get_textpage().get_text_bounded()
        assert "Bản của kiem" in words
        assert f"{at}/{len(document)}" in words
        assert "Ctrl+P" not in words
        assert [round(it) for it in paper.get_size()] == [595, 842]


async def test_a_file_is_kept_without_a_script(browser: Browser, drawn: Site) -> None:
    """The form is the browser's own; the page stays."""
    async with overseer(browser, drawn, PHONE, "light") as page:
        await page.goto("/desk/statistics/export?period=2026-Q3")
        async with page.expect_download() as begun:
            await page.get_by_role("button", name="Xuất", exact=True).click()
        kept = await begun.value
        assert kept.suggested_filename == "tinbao-2026-Q3_total.xlsx"
        assert page.url.endswith("/desk/statistics/export?period=2026-Q3")
